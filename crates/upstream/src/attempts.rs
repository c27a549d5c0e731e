//! Whether a call is tried again, and when.

use std::time::Duration;

use engine::{Chance, NotSent, Unknown, UpstreamFault};

/// Tries beyond the first.
const MORE: u32 = 2;
/// Shortest and longest wait before another try, in milliseconds.
const WAIT_MS: (u64, u64) = (50, 400);

/// What the tries of one call have come to so far.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    made: u32,
    /// A try is under way, and what it asks for may be happening.
    under_way: bool,
    /// The fault of an earlier try after which the call may have been carried out. It stays the truth
    /// about the call, even if no later try gets as far.
    unknown: Option<Unknown>,
    not_sent: Option<NotSent>,
}

impl Attempts {
    pub(crate) fn begins(&mut self) {
        self.made += 1;
        self.under_way = true;
    }

    /// How many came before the one under way.
    pub(crate) fn before(&self) -> u32 {
        self.made.saturating_sub(1)
    }

    /// Notes a fault and tells whether to try again.
    pub(crate) fn failed(&mut self, fault: UpstreamFault, repeatable: bool) -> bool {
        self.under_way = false;
        match fault {
            UpstreamFault::Unknown(unknown) => self.unknown = Some(unknown),
            // Turned away by the breaker: the fault before says more.
            UpstreamFault::NotSent(NotSent::Suspended) if self.not_sent.is_some() => {}
            UpstreamFault::NotSent(not_sent) => self.not_sent = Some(not_sent),
        }
        self.made <= MORE && may_pass(fault, repeatable)
    }

    /// The fault of the whole call: what is certain about all its tries together.
    pub(crate) fn fault(&self) -> UpstreamFault {
        match (self.unknown, self.not_sent) {
            (Some(unknown), _) => UpstreamFault::Unknown(unknown),
            (None, Some(not_sent)) => UpstreamFault::NotSent(not_sent),
            (None, None) => UpstreamFault::Unknown(Unknown::TimedOut),
        }
    }

    /// The fault of a call whose time is over.
    pub(crate) fn timed_out(&mut self) -> UpstreamFault {
        if self.under_way {
            self.unknown = Some(Unknown::TimedOut);
        }
        self.fault()
    }
}

/// Whether a fault may have passed by the next try, and trying does no harm.
fn may_pass(fault: UpstreamFault, repeatable: bool) -> bool {
    match fault {
        UpstreamFault::NotSent(NotSent::Unreachable) => true,
        UpstreamFault::NotSent(_) => false,
        UpstreamFault::Unknown(unknown) => {
            repeatable
                && match unknown {
                    Unknown::TimedOut | Unknown::CutOff | Unknown::Unreadable => true,
                    Unknown::Status(status) => status == 429 || status >= 500,
                    // Wrong keys stay wrong.
                    Unknown::NotTheirs | Unknown::Certificate => false,
                }
        }
    }
}

/// How long to wait before another try: anything within the range ("full jitter"), so that many who
/// failed together do not come back together.
pub(crate) fn wait(chance: &dyn Chance) -> Duration {
    let (shortest, longest) = WAIT_MS;
    Duration::from_millis(shortest + random(chance) % (longest - shortest + 1))
}

/// 64 bits of chance.
pub(crate) fn random(chance: &dyn Chance) -> u64 {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::SeededChance;

    const UNREACHABLE: UpstreamFault = UpstreamFault::NotSent(NotSent::Unreachable);
    const CUT_OFF: UpstreamFault = UpstreamFault::Unknown(Unknown::CutOff);

    #[test]
    fn what_may_have_happened_in_one_try_is_not_unsaid_by_the_next() {
        let mut attempts = Attempts::default();
        attempts.begins();
        assert!(attempts.failed(CUT_OFF, true));
        attempts.begins();
        assert!(attempts.failed(UNREACHABLE, true));
        attempts.begins();
        assert!(!attempts.failed(UpstreamFault::NotSent(NotSent::Suspended), true));
        assert_eq!(attempts.fault(), CUT_OFF);
    }

    #[test]
    fn nothing_is_sent_a_fourth_time() {
        let mut attempts = Attempts::default();
        for more in [true, true, false] {
            attempts.begins();
            assert_eq!(attempts.failed(UNREACHABLE, false), more);
        }
        assert_eq!(attempts.fault(), UNREACHABLE);
    }

    #[test]
    fn a_time_that_ends_between_two_tries_says_what_the_first_one_did() {
        let mut attempts = Attempts::default();
        attempts.begins();
        attempts.failed(UNREACHABLE, false);
        assert_eq!(attempts.timed_out(), UNREACHABLE);
        attempts.begins();
        assert_eq!(attempts.timed_out(), UpstreamFault::Unknown(Unknown::TimedOut));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let again = |fault, repeatable| may_pass(UpstreamFault::Unknown(fault), repeatable);
        for fault in [Unknown::TimedOut, Unknown::CutOff, Unknown::Status(502), Unknown::Unreadable]
        {
            assert!(again(fault, true) && !again(fault, false), "{fault}");
        }
        for fault in [Unknown::NotTheirs, Unknown::Certificate, Unknown::Status(404)] {
            assert!(!again(fault, true) && !again(fault, false), "{fault}");
        }
        for fault in [NotSent::Suspended, NotSent::Crowded, NotSent::Unsigned] {
            assert!(!may_pass(UpstreamFault::NotSent(fault), true), "{fault}");
        }
    }

    #[test]
    fn waits_are_spread_over_their_range() {
        let chance = SeededChance::new(1);
        let waits: Vec<u128> = (0..200).map(|_| wait(&chance).as_millis()).collect();
        assert!(waits.iter().all(|wait| (50..=400).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < 100) && waits.iter().any(|wait| *wait > 350));
    }
}

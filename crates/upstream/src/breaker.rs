//! Leaves a gateway alone that fails again and again: calls are then turned away at once, with
//! certainty that nothing was sent, instead of one by one after a long wait.
//!
//! Pure: time and chance come as arguments.

use jiff::{SignedDuration, Timestamp};

/// So many faults one after the other, and it opens.
const FAULTS: u32 = 5;
/// How long it stays open the first time.
const FIRST: SignedDuration = SignedDuration::from_secs(2);
/// And at most, after it has opened again and again.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// The state of one gateway as its callers have found it.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: State,
    /// How often it has opened since the last success.
    opened: u32,
    /// Counts changes of state: what a call that began before one finds out says nothing of after it.
    turn: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls go through.
    Closed { faults: u32 },
    /// None do, for so long.
    Open { since: Timestamp, lasting: SignedDuration },
    /// One does, and tells.
    Probing,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { faults: 0 }
    }
}

/// Leave to make one call. It must be given back by [`Breaker::leave`], whatever became of the call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    turn: u64,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The gateway answered, be it with a refusal.
    Answer,
    /// It did not, or with something that is no answer.
    Fault,
    /// Nothing was learnt: the call was given up by its caller.
    Nothing,
}

impl Breaker {
    /// Leave for a call now, or none.
    pub(crate) fn enter(&mut self, now: Timestamp) -> Option<Pass> {
        match self.state {
            State::Closed { .. } => {}
            State::Probing => return None,
            State::Open { since, lasting } => {
                // A clock that was set back must not keep it open for hours.
                if (since..since.saturating_add(lasting).unwrap_or(since)).contains(&now) {
                    return None;
                }
                self.turn_to(State::Probing);
            }
        }
        Some(Pass { turn: self.turn })
    }

    /// Gives a pass back. `chance` spreads the moments at which many of us try again. Tells whether
    /// this has opened it.
    pub(crate) fn leave(&mut self, pass: &Pass, found: Found, now: Timestamp, chance: u64) -> bool {
        if pass.turn != self.turn {
            return false;
        }
        match (self.state, found) {
            (State::Closed { .. }, Found::Answer) => self.state = State::default(),
            (State::Closed { faults }, Found::Fault) if faults + 1 < FAULTS => {
                self.state = State::Closed { faults: faults + 1 };
            }
            (State::Closed { .. } | State::Probing, Found::Fault) => {
                let lasting = lasting(self.opened, chance);
                self.opened = self.opened.saturating_add(1);
                self.turn_to(State::Open { since: now, lasting });
                return true;
            }
            (State::Probing, Found::Answer) => {
                self.opened = 0;
                self.turn_to(State::default());
            }
            // The next call is the probe.
            (State::Probing, Found::Nothing) => {
                self.turn_to(State::Open { since: now, lasting: SignedDuration::ZERO });
            }
            (State::Closed { .. }, Found::Nothing) | (State::Open { .. }, _) => {}
        }
        false
    }

    /// Whether the last that was found are faults, and too many.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed { .. })
    }

    fn turn_to(&mut self, state: State) {
        self.state = state;
        self.turn += 1;
    }
}

/// Doubles with each opening; of that, somewhere between the half and the whole.
fn lasting(opened: u32, chance: u64) -> SignedDuration {
    let whole = FIRST.checked_mul(1 << opened.min(8)).unwrap_or(LONGEST).min(LONGEST);
    let half = whole.as_millis() / 2;
    let part = i128::from(chance) % (half + 1);
    i64::try_from(half + part).map_or(LONGEST, SignedDuration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    /// The chance that makes it stay open for the whole time.
    fn whole(seconds: u64) -> u64 {
        seconds * 500
    }

    fn open(breaker: &mut Breaker, now: Timestamp) {
        for fault in 1..=FAULTS {
            let pass = breaker.enter(now).unwrap();
            assert_eq!(breaker.leave(&pass, Found::Fault, now, whole(2)), fault == FAULTS);
        }
    }

    #[test]
    fn the_fifth_fault_in_a_row_opens_it_for_two_seconds() {
        let mut breaker = Breaker::default();
        for _ in 0..FAULTS - 1 {
            let pass = breaker.enter(at(0)).unwrap();
            breaker.leave(&pass, Found::Fault, at(0), 0);
        }
        let pass = breaker.enter(at(0)).unwrap();
        breaker.leave(&pass, Found::Answer, at(0), 0);
        assert!(!breaker.is_open());
        open(&mut breaker, at(0));
        assert!(breaker.is_open());
        assert_eq!(breaker.enter(at(0)), None);
        assert_eq!(breaker.enter(at(1999)), None);
        assert!(breaker.enter(at(2000)).is_some());
    }

    #[test]
    fn one_probe_decides_and_the_time_doubles_up_to_thirty_seconds() {
        let mut breaker = Breaker::default();
        open(&mut breaker, at(0));
        let mut now = 2000;
        for seconds in [4, 8, 16, 30, 30] {
            let probe = breaker.enter(at(now)).unwrap();
            assert_eq!(breaker.enter(at(now)), None);
            assert!(breaker.leave(&probe, Found::Fault, at(now), whole(seconds)));
            let lasting = i64::try_from(seconds).unwrap() * 1000;
            assert_eq!(breaker.enter(at(now + lasting - 1)), None);
            now += lasting;
        }
        let probe = breaker.enter(at(now)).unwrap();
        assert!(breaker.is_open(), "until the probe is back");
        breaker.leave(&probe, Found::Answer, at(now), 0);
        assert!(!breaker.is_open());
        open(&mut breaker, at(now));
        assert_eq!(breaker.enter(at(now + 1999)), None);
        assert!(breaker.enter(at(now + 2000)).is_some());
    }

    #[test]
    fn a_probe_that_is_given_up_lets_the_next_call_probe() {
        let mut breaker = Breaker::default();
        open(&mut breaker, at(0));
        let probe = breaker.enter(at(2000)).unwrap();
        breaker.leave(&probe, Found::Nothing, at(2001), 0);
        let next = breaker.enter(at(2001)).unwrap();
        // The one given up may not tell any more.
        breaker.leave(&probe, Found::Answer, at(2001), 0);
        assert_eq!(breaker.enter(at(2001)), None);
        breaker.leave(&next, Found::Answer, at(2001), 0);
        assert!(breaker.enter(at(2001)).is_some());
    }

    #[test]
    fn calls_from_before_it_opened_say_nothing_of_after() {
        let mut breaker = Breaker::default();
        let slow = breaker.enter(at(0)).unwrap();
        open(&mut breaker, at(0));
        breaker.leave(&slow, Found::Answer, at(1), 0);
        assert_eq!(breaker.enter(at(1)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut breaker = Breaker::default();
        open(&mut breaker, at(3_600_000));
        assert!(breaker.enter(at(0)).is_some());
    }

    proptest! {
        /// Whatever happens in whatever order: while it is open nothing passes, never more than one
        /// probe is out, and once all passes are back and time has gone by, calls pass again.
        #[test]
        fn it_is_never_stuck_and_never_lets_two_probes_out(
            steps in proptest::collection::vec((0..5_u8, 0..9_000_i64, any::<u64>()), 0..200),
        ) {
            let mut breaker = Breaker::default();
            let (mut now, mut out, mut probes) = (0, Vec::new(), 0_usize);
            for (step, wait, chance) in steps {
                now += wait;
                if step < 2 {
                    let was_open = matches!(breaker.state, State::Open { .. });
                    if let Some(pass) = breaker.enter(at(now)) {
                        probes += usize::from(was_open);
                        out.push((pass, was_open));
                    }
                } else if !out.is_empty() {
                    let index = usize::try_from(chance).unwrap_or_default() % out.len();
                    let (pass, probe) = out.remove(index);
                    probes -= usize::from(probe);
                    let found = [Found::Answer, Found::Fault, Found::Nothing][usize::from(step) - 2];
                    let opened = breaker.leave(&pass, found, at(now), chance);
                    if opened {
                        prop_assert!(breaker.enter(at(now + 999)).is_none());
                    }
                }
                prop_assert!(probes <= 1);
            }
            for (pass, _) in out {
                breaker.leave(&pass, Found::Nothing, at(now), 0);
            }
            prop_assert!(breaker.enter(at(now + 30_000)).is_some());
        }

        #[test]
        fn it_stays_open_for_one_to_thirty_seconds(opened in any::<u32>(), chance in any::<u64>()) {
            let lasting = lasting(opened, chance);
            prop_assert!(lasting >= SignedDuration::from_secs(1) && lasting <= LONGEST);
        }
    }
}

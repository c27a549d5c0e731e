//! What calls of a gateway have come to, counted for whoever watches over the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use engine::{Meaning, NotSent, Timings, Unknown, UpstreamFault, UpstreamReply, UpstreamUsage};

/// What an attempt can come to, in the order of [`place`].
const OUTCOMES: [&str; 14] = [
    "done",
    "refused",
    "unsure",
    "unreachable",
    "suspended",
    "crowded",
    "unsigned",
    "timed_out",
    "cut_off",
    "status",
    "unreadable",
    "not_theirs",
    "certificate",
    "given_up",
];

/// Counts since the gateway was set up.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    outcomes: [AtomicU64; OUTCOMES.len()],
    timings: Timings,
}

/// An attempt that is under way. One that nobody waits for any more, or for which there was no more
/// time, is counted as given up.
struct UnderWay<'c> {
    counts: &'c Counts,
    begun: Instant,
    place: usize,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.counts.timings.add(self.begun.elapsed());
        self.counts.one_more(self.place);
    }
}

impl Counts {
    /// Counts what an attempt comes to.
    pub(crate) async fn counted(
        &self,
        attempt: impl Future<Output = Result<UpstreamReply, UpstreamFault>>,
    ) -> Result<UpstreamReply, UpstreamFault> {
        // Measures durations only; no decision depends on it.
        let begun = Instant::now();
        let mut under_way = UnderWay { counts: self, begun, place: OUTCOMES.len() - 1 };
        let result = attempt.await;
        under_way.place = match &result {
            Ok(reply) => answered(reply.meaning),
            Err(fault) => place(*fault),
        };
        result
    }

    /// Counts a call that was turned away before it was sent.
    pub(crate) fn turned_away(&self, why: NotSent) -> UpstreamFault {
        let fault = UpstreamFault::NotSent(why);
        self.one_more(place(fault));
        fault
    }

    pub(crate) fn usage(&self) -> UpstreamUsage {
        let counts = self.outcomes.iter().map(|count| count.load(Ordering::Relaxed));
        UpstreamUsage {
            outcomes: OUTCOMES.into_iter().zip(counts).collect(),
            timed: self.timings.timed(),
        }
    }

    fn one_more(&self, place: usize) {
        if let Some(count) = self.outcomes.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Tells the span of an attempt what it came to.
pub(crate) fn tell(span: &tracing::Span, result: &Result<UpstreamReply, UpstreamFault>) {
    if let Err(fault) = result {
        span.record("otel.status_code", "error");
        span.record("error.type", OUTCOMES.get(place(*fault)));
    }
}

fn answered(meaning: Meaning) -> usize {
    match meaning {
        Meaning::Done => 0,
        Meaning::Refused => 1,
        Meaning::Unsure => 2,
    }
}

fn place(fault: UpstreamFault) -> usize {
    match fault {
        UpstreamFault::NotSent(NotSent::Unreachable) => 3,
        UpstreamFault::NotSent(NotSent::Suspended) => 4,
        UpstreamFault::NotSent(NotSent::Crowded) => 5,
        UpstreamFault::NotSent(NotSent::Unsigned) => 6,
        UpstreamFault::Unknown(Unknown::TimedOut) => 7,
        UpstreamFault::Unknown(Unknown::CutOff) => 8,
        UpstreamFault::Unknown(Unknown::Status(_)) => 9,
        UpstreamFault::Unknown(Unknown::Unreadable) => 10,
        UpstreamFault::Unknown(Unknown::NotTheirs) => 11,
        UpstreamFault::Unknown(Unknown::Certificate) => 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(counts: &Counts) -> Vec<(&'static str, u64)> {
        counts.usage().outcomes.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    #[tokio::test]
    async fn every_attempt_is_counted_once_and_timed_and_who_was_turned_away_is_not_timed() {
        let counts = Counts::default();
        let reply = |meaning| UpstreamReply { meaning, node: String::new() };
        for result in [
            Ok(reply(Meaning::Done)),
            Ok(reply(Meaning::Refused)),
            Err(UpstreamFault::Unknown(Unknown::Status(502))),
            Err(UpstreamFault::Unknown(Unknown::Certificate)),
        ] {
            assert_eq!(counts.counted(async { result.clone() }).await, result);
        }
        counts.turned_away(NotSent::Suspended);
        drop(Box::pin(counts.counted(std::future::pending())));
        assert_eq!(counts.usage().timed.count(), 4, "what never began is no attempt");
        let mut given_up = Box::pin(counts.counted(std::future::pending()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(given_up.as_mut().poll(&mut context).is_pending());
        drop(given_up);
        let expected = ["done", "refused", "suspended", "status", "certificate", "given_up"];
        assert_eq!(seen(&counts), expected.map(|outcome| (outcome, 1)));
        assert_eq!(counts.usage().timed.count(), 5);
    }
}

//! How much functions are used, counted for whoever watches over the server.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of calls and workers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    succeeded: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    started: AtomicU64,
    under_way: AtomicU64,
    ended: [AtomicU64; Reason::ALL.len()],
}

/// Why a worker was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody waited for its call any more.
    GivenUp,
    /// It died, or said something it must not say.
    Crashed,
    /// It gave no answer in time.
    TimedOut,
    /// It was not fit for another call.
    Retired,
    /// It had served as many calls as one may.
    WornOut,
    /// Its files have changed.
    Changed,
    /// It was not needed for so long.
    Idle,
    /// Another function needed its place.
    Evicted,
    /// The program ends.
    Shutdown,
}

impl Reason {
    const ALL: [Self; 9] = [
        Self::GivenUp,
        Self::Crashed,
        Self::TimedOut,
        Self::Retired,
        Self::WornOut,
        Self::Changed,
        Self::Idle,
        Self::Evicted,
        Self::Shutdown,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::GivenUp => "given_up",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::Retired => "retired",
            Self::WornOut => "worn_out",
            Self::Changed => "changed",
            Self::Idle => "idle",
            Self::Evicted => "evicted",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What has happened since the start, and what happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls that gave a result.
    pub succeeded: u64,
    /// Calls that gave none.
    pub failed: u64,
    /// Calls for which there was no place.
    pub refused: u64,
    /// Workers that had to be started.
    pub cold_starts: u64,
    /// Calls that run or wait for a worker.
    pub under_way: u64,
    /// Workers that wait for a call.
    pub idle: u64,
    /// Workers that serve one.
    pub busy: u64,
    /// Workers that have ended, by reason. With the idle and the busy ones they make up all that were
    /// started.
    pub ended: [(&'static str, u64); Reason::ALL.len()],
}

/// A call that is under way, until dropped.
pub(crate) struct UnderWay<'c>(&'c Counts);

impl Counts {
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    pub(crate) fn cold_start(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker has ended.
    pub(crate) fn worker_ended(&self, reason: Reason) {
        let place = Reason::ALL.iter().position(|known| *known == reason);
        if let Some(count) = place.and_then(|place| self.ended.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// `idle` is known to the pool.
    pub(crate) fn usage(&self, idle: usize) -> Usage {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut ended = Reason::ALL.map(|reason| (reason.name(), 0));
        for ((_, number), count) in ended.iter_mut().zip(&self.ended) {
            *number = read(count);
        }
        let idle = u64::try_from(idle).unwrap_or(u64::MAX);
        let gone: u64 = ended.iter().map(|(_, number)| number).sum();
        Usage {
            idle,
            busy: read(&self.started).saturating_sub(gone).saturating_sub(idle),
            ended,
            succeeded: read(&self.succeeded),
            failed: read(&self.failed),
            refused: read(&self.refused),
            cold_starts: read(&self.started),
            under_way: read(&self.under_way),
        }
    }
}

impl UnderWay<'_> {
    /// It has ended, and not only been given up by who asked.
    pub(crate) fn ended<T>(self, result: &Result<T, crate::FunctionError>) {
        let count = match result {
            Ok(_) => &self.0.succeeded,
            Err(crate::FunctionError::Busy) => &self.0.refused,
            Err(_) => &self.0.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionError;

    #[test]
    fn every_end_is_counted_once_and_who_gave_up_is_under_way_no_more() {
        let counts = Counts::default();
        counts.begin().ended(&Ok(()));
        counts.begin().ended::<()>(&Err(FunctionError::Busy));
        counts.begin().ended::<()>(&Err(FunctionError::Crashed));
        drop(counts.begin());
        let running = counts.begin();
        let usage = counts.usage(0);
        let counted = [usage.succeeded, usage.failed, usage.refused, usage.under_way];
        assert_eq!(counted, [1, 1, 1, 1]);
        drop(running);
        assert_eq!(counts.usage(0).under_way, 0);
    }

    #[test]
    fn a_worker_is_idle_or_busy_or_has_ended_for_one_reason() {
        let counts = Counts::default();
        for _ in 0..12 {
            counts.cold_start();
        }
        for reason in Reason::ALL {
            counts.worker_ended(reason);
        }
        let usage = counts.usage(1);
        assert_eq!((usage.cold_starts, usage.idle, usage.busy), (12, 1, 2));
        assert!(usage.ended.iter().all(|(_, count)| *count == 1), "{usage:?}");
    }
}

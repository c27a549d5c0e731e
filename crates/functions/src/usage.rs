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
}

/// What has happened since the start, and what happens now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

    pub(crate) fn usage(&self) -> Usage {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Usage {
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
        counts.cold_start();
        let usage = Usage { succeeded: 1, failed: 1, refused: 1, cold_starts: 1, under_way: 1 };
        assert_eq!(counts.usage(), usage);
        drop(running);
        assert_eq!(counts.usage().under_way, 0);
    }
}

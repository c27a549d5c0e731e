//! How long something takes, counted by what it stays below: additions only, on the way of a call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Durations of one kind.
#[derive(Debug, Default)]
pub struct Timings {
    /// By the bound they keep below; the last keep below none.
    counts: [AtomicU64; Timings::BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

/// Durations as they were counted at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timed {
    /// How many kept below each of [`Timings::BOUNDS`] and not below the one before; the last, below
    /// none.
    pub counts: [u64; Timings::BOUNDS.len() + 1],
    /// All of them together, in microseconds.
    pub sum_micros: u64,
}

impl Timings {
    /// Upper bounds, in microseconds.
    pub const BOUNDS: [u64; 16] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 10_000_000, 60_000_000,
    ];

    /// One more has taken so long.
    pub fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bounds = &Self::BOUNDS;
        let place = bounds.iter().position(|bound| micros <= *bound).unwrap_or(bounds.len());
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What has been counted.
    pub fn timed(&self) -> Timed {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Timed { counts: self.counts.each_ref().map(read), sum_micros: read(&self.sum_micros) }
    }
}

impl Timed {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_counted_below_its_bound() {
        let timings = Timings::default();
        for micros in [0, 100, 101, 60_000_000, 60_000_001] {
            timings.add(Duration::from_micros(micros));
        }
        let timed = timings.timed();
        let found: Vec<_> = timed.counts.iter().enumerate().filter(|(_, n)| **n > 0).collect();
        assert_eq!(found, [(0, &2), (1, &1), (15, &1), (16, &1)]);
        assert_eq!((timed.count(), timed.sum_micros), (5, 120_000_202));
    }
}

//! A clock that stands still.

use std::sync::Mutex;

use engine::Clock;
use jiff::{SignedDuration, Timestamp};

/// Shows the time it was set to.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that shows `now`, such as `2026-11-24T08:00:00Z`.
    pub fn at(now: &str) -> Self {
        Self(Mutex::new(now.parse().unwrap()))
    }

    /// Shows `now` from here on; back is possible too.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }

    /// Moves on by `step`, which may be negative.
    pub fn advance(&self, step: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(step).unwrap();
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

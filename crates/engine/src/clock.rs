//! Time as an argument.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time, in whole milliseconds, which is what the store keeps.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes in")]
    fn now(&self) -> Timestamp {
        whole_millisecond(Timestamp::now())
    }
}

/// A clock that can be moved forward: the machine's plus an offset. For test mode.
#[derive(Debug)]
pub struct MovableClock<C> {
    base: C,
    offset_ms: AtomicI64,
}

impl<C: Clock> MovableClock<C> {
    /// Starts ahead of the base clock by what an earlier run was moved.
    pub fn new(base: C, offset_ms: i64) -> Self {
        Self { base, offset_ms: AtomicI64::new(offset_ms) }
    }

    /// How far it is ahead of the base clock.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    /// Moves the clock forward by whole seconds and tells the new time. Never moves it back, nor
    /// past the last representable instant.
    pub fn advance(&self, seconds: u32) -> Timestamp {
        self.offset_ms.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
        self.now()
    }
}

impl<C: Clock> Clock for MovableClock<C> {
    fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_ms());
        self.base.now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }
}

fn whole_millisecond(instant: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant)
}

//! Time as an argument.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

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

/// As far as a clock can be moved: 9999-01-01, so that instants reckoned from it exist too.
const LATEST_MS: i64 = 253_370_764_800_000;

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
    /// past the year 9998.
    pub fn advance(&self, seconds: u32) -> Timestamp {
        let moved = |offset: i64| Some((offset + i64::from(seconds) * 1000).min(LATEST_MS));
        // The closure always gives a value.
        let _ = self.offset_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
        self.now()
    }
}

impl<C> MovableClock<C> {
    /// Stands where it stood when its world was put aside, be it earlier.
    pub fn set_offset(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms.clamp(0, LATEST_MS), Ordering::SeqCst);
    }
}

impl<C: Clock> Clock for MovableClock<C> {
    fn now(&self) -> Timestamp {
        let now = self.base.now().as_millisecond().saturating_add(self.offset_ms());
        Timestamp::from_millisecond(now.min(LATEST_MS)).unwrap_or(Timestamp::MAX)
    }
}

fn whole_millisecond(instant: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant)
}

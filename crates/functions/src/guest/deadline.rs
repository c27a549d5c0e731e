//! When the running call must have ended.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Shared with the engine, which asks it regularly whether to go on.
#[derive(Debug, Clone)]
pub(super) struct Deadline(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    at: Cell<Instant>,
    missed: Cell<bool>,
}

impl Deadline {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner { at: Cell::new(Instant::now()), missed: Cell::new(false) }))
    }

    /// Begins a call that has `left`.
    pub(super) fn arm(&self, left: Duration) {
        self.0.at.set(Instant::now() + left);
        self.0.missed.set(false);
    }

    pub(super) fn at(&self) -> Instant {
        self.0.at.get()
    }

    /// Whether it has passed. Once it has, it stays so until the next call.
    pub(super) fn has_passed(&self) -> bool {
        if !self.0.missed.get() && Instant::now() >= self.0.at.get() {
            self.0.missed.set(true);
        }
        self.0.missed.get()
    }
}

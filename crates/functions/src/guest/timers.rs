//! When which timer is due. The callbacks stay with the guest.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Identifies a timer; grows with every timer made.
pub(super) type TimerId = u32;

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// In order of firing: earlier first, and of equals the one made first.
    queue: BTreeMap<(Instant, TimerId), Keeps>,
    due: BTreeMap<TimerId, Instant>,
    keeping: usize,
}

/// Whether the call waits for the timer.
type Keeps = bool;

impl Timers {
    /// Sets a timer, also one that is set already.
    pub(super) fn set(&mut self, id: TimerId, delay: Duration, keeps: Keeps) {
        self.clear(id);
        let due = Instant::now() + delay;
        self.queue.insert((due, id), keeps);
        self.due.insert(id, due);
        self.keeping += usize::from(keeps);
    }

    pub(super) fn keep(&mut self, id: TimerId, keeps: Keeps) {
        let Some(due) = self.due.get(&id) else { return };
        if let Some(before) = self.queue.insert((*due, id), keeps) {
            self.keeping = self.keeping + usize::from(keeps) - usize::from(before);
        }
    }

    pub(super) fn clear(&mut self, id: TimerId) {
        let Some(due) = self.due.remove(&id) else { return };
        if self.queue.remove(&(due, id)) == Some(true) {
            self.keeping -= 1;
        }
    }

    pub(super) fn clear_all(&mut self) {
        *self = Self::default();
    }

    /// Whether a call may still be waiting for one.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keeping > 0
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the first timer that is due at `now`.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<TimerId> {
        let ((due, id), _) = self.queue.first_key_value()?;
        let id = (*due <= now).then_some(*id)?;
        self.clear(id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_only_keep_the_call_when_asked() {
        let mut timers = Timers::default();
        timers.set(1, Duration::from_millis(20), true);
        timers.set(2, Duration::from_millis(10), false);
        timers.set(3, Duration::from_millis(5), true);
        timers.clear(3);
        timers.keep(1, false);
        assert!(!timers.keeps_alive());
        timers.keep(1, true);
        assert!(timers.keeps_alive());
        let later = Instant::now() + Duration::from_secs(1);
        assert_eq!(timers.take_due(later), Some(2));
        assert_eq!(timers.take_due(later), Some(1));
        assert_eq!(timers.take_due(later), None);
        assert!(!timers.keeps_alive());
    }
}

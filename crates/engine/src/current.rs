//! What is exchanged as a whole while calls are in flight.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that those who come later find exchanged; who has taken it keeps what it took.
pub struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// Begins with `value`.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value of this moment. To be taken once for everything that must fit together.
    pub fn get(&self) -> Arc<T> {
        // Nothing can fail while the lock is held, so what a panic left behind is whole.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `value` in its place.
    pub fn exchange(&self, value: T) {
        let value = Arc::new(value);
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, value);
        drop(place);
        // It may hold much, and end here: not while others wait.
        drop(before);
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Current<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Current;

    #[test]
    fn who_has_taken_a_value_keeps_it() {
        let current = Current::new("old");
        let taken = current.get();
        current.exchange("new");
        assert_eq!((*taken, *current.get()), ("old", "new"));
        assert_eq!(format!("{current:?}"), "\"new\"");
    }
}

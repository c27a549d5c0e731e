//! So many at once, and so many of each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A number of places.
#[derive(Debug)]
pub(crate) struct Places<K> {
    taken: Arc<Mutex<Taken<K>>>,
    most: usize,
    most_each: usize,
}

#[derive(Debug)]
struct Taken<K> {
    total: usize,
    each: BTreeMap<K, usize>,
}

/// A place, until dropped.
#[derive(Debug)]
pub(crate) struct Place<K: Ord> {
    taken: Arc<Mutex<Taken<K>>>,
    key: Option<K>,
}

impl<K: Ord + Clone> Places<K> {
    pub(crate) fn new(most: usize, most_each: usize) -> Self {
        let taken = Taken { total: 0, each: BTreeMap::new() };
        Self { taken: Arc::new(Mutex::new(taken)), most, most_each }
    }

    /// A place, if there is one left for `key`. Without a key only the whole counts.
    pub(crate) fn enter(&self, key: Option<K>) -> Option<Place<K>> {
        let mut taken = lock(&self.taken);
        if taken.total >= self.most {
            return None;
        }
        if let Some(key) = &key {
            let of_key = taken.each.entry(key.clone()).or_default();
            if *of_key >= self.most_each {
                return None;
            }
            *of_key += 1;
        }
        taken.total += 1;
        drop(taken);
        Some(Place { taken: Arc::clone(&self.taken), key })
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        lock(&self.taken).total
    }
}

impl<K: Ord> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.total = taken.total.saturating_sub(1);
        if let Some(key) = &self.key
            && let Some(of_key) = taken.each.get_mut(key)
        {
            *of_key = of_key.saturating_sub(1);
            if *of_key == 0 {
                taken.each.remove(key);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<Taken<K>>) -> MutexGuard<'_, Taken<K>> {
    // Nothing in here can fail half way.
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_so_many_of_each() {
        let places = Places::new(3, 2);
        let first = places.enter(Some("a"));
        let second = places.enter(Some("a"));
        assert!(first.is_some() && second.is_some());
        assert!(places.enter(Some("a")).is_none(), "two of each");
        let third = places.enter(Some("b"));
        assert!(third.is_some());
        assert!(places.enter(Some("c")).is_none() && places.enter(None).is_none(), "three in all");
        drop(first);
        assert!(places.enter(Some("a")).is_some());
        drop((second, third));
        assert_eq!(places.taken(), 0);
        assert!(lock(&places.taken).each.is_empty(), "nobody who left is remembered");
        let unnamed = [places.enter(None), places.enter(None), places.enter(None)];
        assert!(unnamed.iter().all(Option::is_some), "only the whole counts without a key");
    }
}

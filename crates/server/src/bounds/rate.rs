//! How often: the generic cell rate algorithm, by key, in bounded memory.
//!
//! Of each key one instant is kept: when all it has spent will have come back. Where that is past,
//! the key has its whole budget, as if it had never been seen, and can be forgotten.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A budget that comes back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// As many at once, and as many again in each period.
    most: u32,
    period: Duration,
}

impl Rate {
    /// `most` at once, and as many again in each `period`; none for zero, which means: no limit.
    pub fn new(most: u32, period: Duration) -> Option<Self> {
        (most > 0).then(|| Self::of(most, period))
    }

    pub(super) const fn of(most: u32, period: Duration) -> Self {
        Self { most, period }
    }

    /// After how many microseconds one comes back.
    fn interval(self) -> i64 {
        let period = i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX);
        (period / i64::from(self.most.max(1))).max(1)
    }

    /// After how many microseconds all of it is back.
    fn whole(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.most))
    }
}

/// Nothing is left; ask again after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(Duration);

impl Wait {
    /// For `Retry-After`: whole seconds, at least one.
    pub(crate) fn seconds(self) -> u64 {
        self.0.as_secs().saturating_add(u64::from(self.0.subsec_nanos() > 0)).max(1)
    }
}

/// Counts by key.
#[derive(Debug)]
pub(crate) struct Meter<K> {
    rate: Option<Rate>,
    most_keys: usize,
    seen: Mutex<Seen<K>>,
}

#[derive(Debug)]
struct Seen<K> {
    /// When a key has its whole budget again, in microseconds since 1970. `None` is everybody who
    /// found no room.
    whole_at: BTreeMap<Option<K>, i64>,
    swept_at: i64,
}

impl<K: Ord> Meter<K> {
    /// Without a rate everything is let through. No more than `most_keys` are told apart.
    pub(crate) fn new(rate: Option<Rate>, most_keys: usize) -> Self {
        let seen = Seen { whole_at: BTreeMap::new(), swept_at: i64::MIN };
        Self { rate, most_keys, seen: Mutex::new(seen) }
    }

    /// Spends one of `key`'s budget.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), Wait> {
        let Some(rate) = self.rate else { return Ok(()) };
        let now = now.as_microsecond();
        let mut seen = self.seen();
        let key = seen.room_for(key, self.most_keys, rate, now);
        let next = after_one_more(seen.whole_at.get(&key).copied(), rate, now)?;
        seen.whole_at.insert(key, next);
        Ok(())
    }

    /// Whether `key` could spend one.
    pub(crate) fn has_left(&self, key: K, now: Timestamp) -> Result<(), Wait> {
        let Some(rate) = self.rate else { return Ok(()) };
        let now = now.as_microsecond();
        let mut seen = self.seen();
        let key = seen.room_for(key, self.most_keys, rate, now);
        after_one_more(seen.whole_at.get(&key).copied(), rate, now).map(drop)
    }

    fn seen(&self) -> MutexGuard<'_, Seen<K>> {
        // Nothing in here can fail half way.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord> Seen<K> {
    /// The key, or that of all who found no room. Looking for room costs a walk along all keys, so
    /// it is done once while a whole budget comes back, and not for each stranger.
    fn room_for(&mut self, key: K, most: usize, rate: Rate, now: i64) -> Option<K> {
        let key = Some(key);
        if self.whole_at.len() < most || self.whole_at.contains_key(&key) {
            return key;
        }
        let moved_back = self.swept_at > now;
        if moved_back || self.swept_at.saturating_add(rate.whole()) <= now {
            let latest = now.saturating_add(rate.whole());
            self.whole_at.retain(|_, at| (now..=latest).contains(at) && *at > now);
            self.swept_at = now;
        }
        if self.whole_at.len() < most { key } else { None }
    }
}

/// When all will be back after one more is spent.
fn after_one_more(whole_at: Option<i64>, rate: Rate, now: i64) -> Result<i64, Wait> {
    let latest = now.saturating_add(rate.whole());
    // Later than can be reckoned today: the clock was moved back, and what was is forgotten.
    let from = whole_at.filter(|at| (now..=latest).contains(at)).unwrap_or(now);
    let next = from.saturating_add(rate.interval());
    let late = next.saturating_sub(latest);
    if late <= 0 {
        return Ok(next);
    }
    Err(Wait(Duration::from_micros(late.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_700_000_000_000_000 + micros).unwrap()
    }

    fn meter(most: u32, period: Duration, keys: usize) -> Meter<u32> {
        Meter::new(Rate::new(most, period), keys)
    }

    #[test]
    fn as_many_at_once_then_one_by_one() {
        let meter = meter(3, Duration::from_secs(3), 10);
        let tell =
            |key, seconds: i64| meter.take(key, at(seconds * 1_000_000)).map_err(Wait::seconds);
        assert_eq!([tell(1, 0), tell(1, 0), tell(1, 0)], [Ok(()); 3]);
        assert_eq!(tell(1, 0), Err(1));
        assert_eq!(tell(2, 0), Ok(()), "another has its own");
        assert_eq!(tell(1, 1), Ok(()));
        assert_eq!(tell(1, 1), Err(1));
        assert_eq!([tell(1, 9), tell(1, 9), tell(1, 9)], [Ok(()); 3], "all of it is back, no more");
        assert_eq!(tell(1, 9), Err(1));
    }

    #[test]
    fn looking_spends_nothing_and_no_rate_is_no_limit() {
        let hours = meter(1, Duration::from_hours(1), 10);
        for _ in 0..5 {
            assert_eq!(hours.has_left(1, at(0)), Ok(()));
        }
        assert_eq!(hours.take(1, at(0)), Ok(()));
        assert_eq!(hours.has_left(1, at(0)).map_err(Wait::seconds), Err(3600));
        let open = meter(0, Duration::from_secs(1), 10);
        for _ in 0..1000 {
            assert_eq!(open.take(1, at(0)), Ok(()));
        }
    }

    #[test]
    fn strangers_who_find_no_room_share_one_budget_until_others_are_forgotten() {
        let meter = meter(2, Duration::from_secs(2), 3);
        for key in 0..3 {
            assert_eq!(meter.take(key, at(0)), Ok(()));
        }
        assert_eq!([meter.take(10, at(0)), meter.take(11, at(0))], [Ok(()); 2]);
        assert!(meter.take(12, at(0)).is_err());
        assert_eq!(meter.take(0, at(0)), Ok(()), "who is known keeps a budget of its own");
        assert_eq!(meter.take(12, at(4_000_000)), Ok(()));
        assert_eq!(meter.seen().whole_at.len(), 1);
    }

    proptest! {
        #[test]
        fn never_more_than_the_budget_and_what_came_back(
            most in 1_u32..20,
            steps in prop::collection::vec(0_i64..300_000, 1..300),
        ) {
            let meter = meter(most, Duration::from_secs(1), 4);
            let (mut now, mut let_in) = (0, 0_i64);
            for step in steps {
                now += step;
                let_in += i64::from(meter.take(1, at(now)).is_ok());
                // In whole millionths: what is let in, times the time of one, fits into the time
                // that passed and one whole budget.
                let interval = 1_000_000 / i64::from(most);
                prop_assert!(let_in * interval <= now + interval * i64::from(most));
            }
        }

        #[test]
        fn who_keeps_to_the_rate_is_never_refused(
            most in 1_u32..20,
            more in prop::collection::vec(0_i64..200_000, 1..200),
        ) {
            let meter = meter(most, Duration::from_secs(1), 4);
            let mut now = 0;
            for more in more {
                prop_assert_eq!(meter.take(1, at(now)), Ok(()));
                now += 1_000_000 / i64::from(most) + more;
            }
        }

        #[test]
        fn memory_is_bounded_and_a_clock_moved_back_locks_nobody_out(
            calls in prop::collection::vec((0_u32..1000, -5_000_000_i64..5_000_000), 1..300),
        ) {
            let meter = meter(2, Duration::from_secs(1), 16);
            for (key, when) in calls {
                let waits = meter.take(key, at(when)).err().map_or(0, Wait::seconds);
                prop_assert!(waits <= 1);
                prop_assert!(meter.seen().whole_at.len() <= 17);
            }
        }
    }
}

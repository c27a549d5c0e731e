//! Who gets which worker, and who waits.
//!
//! A lease is the right to run one call: a warm worker, or room for a new one. Leases go out first
//! come, first served, across all functions; a full pool ends an idle worker to make room.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::worker::Worker;
use crate::{FunctionName, Limits};

/// Names a function among all folders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) root: PathBuf,
    pub(super) name: FunctionName,
}

/// The pool has no room for this call, not even to wait.
#[derive(Debug)]
pub(super) struct Full;

/// All workers.
#[derive(Debug)]
pub(super) struct Pool {
    limits: Limits,
    state: Mutex<State>,
    /// Told whenever a lease ends.
    released: Notify,
}

#[derive(Debug, Default)]
struct State {
    functions: BTreeMap<Key, Slot>,
    waiters: VecDeque<Waiter>,
    /// Live workers, idle and busy.
    workers: usize,
    tickets: u64,
    closed: bool,
    reaping: bool,
}

#[derive(Debug, Default)]
struct Slot {
    /// The most recently used is last.
    idle: Vec<Idle>,
    busy: usize,
    waiting: usize,
}

#[derive(Debug)]
struct Idle {
    worker: Worker,
    since: Instant,
}

#[derive(Debug)]
struct Waiter {
    key: Key,
    ticket: u64,
    lease: oneshot::Sender<Lease>,
}

/// What a lease begins with.
enum Seat {
    Warm(Box<Worker>),
    Empty,
}

/// The right to run one call. Ends when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    pool: Arc<Pool>,
    key: Key,
    worker: Option<Worker>,
}

impl Lease {
    /// The warm worker that came with the lease, if any.
    pub(super) fn take_worker(&mut self) -> Option<Worker> {
        self.worker.take()
    }

    /// Ends the lease and leaves `worker` for the next call.
    pub(super) fn give_back(mut self, worker: Worker) {
        self.worker = Some(worker);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.release(&self.key, self.worker.take());
    }
}

/// A place in the queue; leaves it when dropped.
struct Place<'p> {
    pool: &'p Pool,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pool.lock().leave(self.ticket);
    }
}

impl Pool {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), released: Notify::new() })
    }

    /// A lease for `key`, now or when its turn comes.
    pub(super) async fn lease(self: &Arc<Self>, key: &Key) -> Result<Lease, Full> {
        let (turn, ticket) = {
            let mut state = self.lock();
            if state.closed {
                return Err(Full);
            }
            if let Some(seat) = state.claim(key, &self.limits) {
                return Ok(self.seated(key.clone(), seat));
            }
            state.queue(key, &self.limits)?
        };
        let _place = Place { pool: self, ticket };
        turn.await.map_err(|_| Full)
    }

    /// Ends idle workers, refuses new calls, and waits for the running ones.
    pub(super) async fn close(&self) {
        loop {
            let released = self.released.notified();
            {
                let mut state = self.lock();
                state.close();
                if state.workers == 0 {
                    return;
                }
            }
            released.await;
        }
    }

    fn seated(self: &Arc<Self>, key: Key, seat: Seat) -> Lease {
        let worker = match seat {
            Seat::Warm(worker) => Some(*worker),
            Seat::Empty => None,
        };
        Lease { pool: Arc::clone(self), key, worker }
    }

    fn release(self: &Arc<Self>, key: &Key, worker: Option<Worker>) {
        let undelivered = {
            let mut state = self.lock();
            state.put_back(key, worker);
            self.serve(&mut state)
        };
        // Each comes back here, so this must not happen under the lock.
        drop(undelivered);
        self.released.notify_waiters();
    }

    /// Gives leases to those who wait, in order. Returns those whose receiver had just gone.
    fn serve(self: &Arc<Self>, state: &mut State) -> Vec<Lease> {
        let mut undelivered = Vec::new();
        for waiter in std::mem::take(&mut state.waiters) {
            match state.claim(&waiter.key, &self.limits) {
                Some(seat) => {
                    state.slot(&waiter.key).waiting -= 1;
                    let lease = self.seated(waiter.key, seat);
                    undelivered.extend(waiter.lease.send(lease).err());
                }
                None => state.waiters.push_back(waiter),
            }
        }
        self.start_reaping(state);
        undelivered
    }

    /// Sees to it that idle workers are ended in time, as long as there are any.
    fn start_reaping(self: &Arc<Self>, state: &mut State) {
        let Some(next) = state.oldest_idle() else { return };
        if state.reaping {
            return;
        }
        // Outside a runtime there is no clock to wait for; the next call tries again.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            state.reaping = true;
            runtime.spawn(reap(Arc::downgrade(self), next + self.limits.idle));
        }
    }

    /// Ends workers idle too long; says when to look again, if ever.
    fn reap_now(&self) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        state.end_idle(|idle| idle.since + self.limits.idle <= now);
        let next = state.oldest_idle().map(|since| since + self.limits.idle);
        state.reaping = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn reap(pool: Weak<Pool>, first: Instant) {
    let mut next = Some(first);
    while let Some(when) = next {
        sleep_until(when).await;
        next = pool.upgrade().and_then(|pool| pool.reap_now());
    }
}

impl State {
    fn slot(&mut self, key: &Key) -> &mut Slot {
        self.functions.entry(key.clone()).or_default()
    }

    /// A seat for `key`, if there is one now.
    fn claim(&mut self, key: &Key, limits: &Limits) -> Option<Seat> {
        let slot = self.slot(key);
        if let Some(idle) = slot.idle.pop() {
            slot.busy += 1;
            return Some(Seat::Warm(Box::new(idle.worker)));
        }
        if slot.busy >= limits.workers_per_function.max(1) || !self.make_room(limits.workers.max(1))
        {
            return None;
        }
        self.workers += 1;
        self.slot(key).busy += 1;
        Some(Seat::Empty)
    }

    /// Whether one more worker fits, if need be in the place of the longest idle one.
    fn make_room(&mut self, most: usize) -> bool {
        if self.workers >= most
            && let Some(oldest) = self.oldest_idle()
        {
            let mut one = true;
            self.end_idle(|idle| idle.since == oldest && std::mem::take(&mut one));
        }
        self.workers < most
    }

    fn oldest_idle(&self) -> Option<Instant> {
        self.functions.values().flat_map(|slot| &slot.idle).map(|idle| idle.since).min()
    }

    /// Kills the idle workers that `ends` picks, and forgets functions without any trace of use.
    fn end_idle(&mut self, mut ends: impl FnMut(&Idle) -> bool) {
        for slot in self.functions.values_mut() {
            let before = slot.idle.len();
            slot.idle.retain(|idle| !ends(idle));
            self.workers -= before - slot.idle.len();
        }
        self.functions.retain(|_, slot| !slot.idle.is_empty() || slot.busy + slot.waiting > 0);
    }

    fn put_back(&mut self, key: &Key, worker: Option<Worker>) {
        let closed = self.closed;
        let slot = self.slot(key);
        slot.busy -= 1;
        match worker.filter(|_| !closed) {
            Some(worker) => slot.idle.push(Idle { worker, since: Instant::now() }),
            None => self.workers -= 1,
        }
    }

    fn queue(
        &mut self,
        key: &Key,
        limits: &Limits,
    ) -> Result<(oneshot::Receiver<Lease>, u64), Full> {
        let slot = self.slot(key);
        if slot.waiting >= limits.waiting {
            return Err(Full);
        }
        slot.waiting += 1;
        self.tickets += 1;
        let (lease, turn) = oneshot::channel();
        self.waiters.push_back(Waiter { key: key.clone(), ticket: self.tickets, lease });
        Ok((turn, self.tickets))
    }

    fn leave(&mut self, ticket: u64) {
        let Some(at) = self.waiters.iter().position(|waiter| waiter.ticket == ticket) else {
            return;
        };
        if let Some(waiter) = self.waiters.remove(at) {
            self.slot(&waiter.key).waiting -= 1;
        }
    }

    fn close(&mut self) {
        self.closed = true;
        self.end_idle(|_| true);
        for waiter in std::mem::take(&mut self.waiters) {
            self.slot(&waiter.key).waiting -= 1;
        }
    }
}

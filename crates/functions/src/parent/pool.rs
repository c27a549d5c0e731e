//! Who gets which worker, and who waits.
//!
//! A lease is the right to run one call: a warm worker, or room for a new one. Leases go out first
//! come, first served, across all functions; a full pool ends an idle worker to make room.

mod state;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::worker::Worker;
use crate::usage::Reason;
use crate::{FunctionName, Limits};
use state::{Seat, State};

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

    /// How many workers wait for a call.
    pub(super) fn idle(&self) -> usize {
        self.lock().idle()
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
            let undelivered = state.serve(&self.limits, |key, seat| self.seated(key, seat));
            self.start_reaping(&mut state);
            undelivered
        };
        // Each comes back here, so this must not happen under the lock.
        drop(undelivered);
        self.released.notify_waiters();
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
        state.end_idle(Reason::Idle, |idle| idle.since + self.limits.idle <= now);
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

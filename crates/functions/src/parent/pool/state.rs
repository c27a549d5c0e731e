//! The pool's books: which workers there are, who has them, and who waits.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Full, Key, Lease};
use crate::Limits;
use crate::parent::worker::Worker;
use crate::usage::Reason;

#[derive(Debug, Default)]
pub(super) struct State {
    functions: BTreeMap<Key, Slot>,
    waiters: VecDeque<Waiter>,
    /// Live workers, idle and busy.
    pub(super) workers: usize,
    tickets: u64,
    pub(super) closed: bool,
    /// Somebody will look after idle workers.
    pub(super) reaping: bool,
}

#[derive(Debug, Default)]
struct Slot {
    /// The most recently used is last.
    idle: Vec<Idle>,
    busy: usize,
    waiting: usize,
}

#[derive(Debug)]
pub(super) struct Idle {
    worker: Worker,
    pub(super) since: Instant,
}

#[derive(Debug)]
struct Waiter {
    key: Key,
    ticket: u64,
    lease: oneshot::Sender<Lease>,
}

/// What a lease begins with.
pub(super) enum Seat {
    Warm(Box<Worker>),
    Empty,
}

impl State {
    fn slot(&mut self, key: &Key) -> &mut Slot {
        self.functions.entry(key.clone()).or_default()
    }

    /// A seat for `key`, if there is one now.
    pub(super) fn claim(&mut self, key: &Key, limits: &Limits) -> Option<Seat> {
        let full = self.busy_in(&key.root) >= limits.workers_per_folder.max(1);
        let slot = self.slot(key);
        if let Some(idle) = slot.idle.pop_if(|_| !full) {
            slot.busy += 1;
            return Some(Seat::Warm(Box::new(idle.worker)));
        }
        if slot.busy >= limits.workers_per_function.max(1)
            || full
            || !self.make_room(limits.workers.max(1))
        {
            return None;
        }
        self.workers += 1;
        self.slot(key).busy += 1;
        Some(Seat::Empty)
    }

    /// How many workers the functions of a folder have in use.
    fn busy_in(&self, root: &Path) -> usize {
        let functions = self.functions.iter().filter(|(key, _)| key.root == root);
        functions.map(|(_, slot)| slot.busy).sum()
    }

    /// Whether one more worker fits, if need be in the place of the longest idle one.
    fn make_room(&mut self, most: usize) -> bool {
        if self.workers >= most
            && let Some(oldest) = self.oldest_idle()
        {
            let mut one = true;
            self.end_idle(Reason::Evicted, |idle| idle.since == oldest && std::mem::take(&mut one));
        }
        self.workers < most
    }

    /// How many are idle.
    pub(super) fn idle(&self) -> usize {
        self.functions.values().map(|slot| slot.idle.len()).sum()
    }

    /// Since when the longest idle worker has been idle.
    pub(super) fn oldest_idle(&self) -> Option<Instant> {
        self.functions.values().flat_map(|slot| &slot.idle).map(|idle| idle.since).min()
    }

    /// Kills the idle workers that `ends` picks, and forgets functions without any trace of use.
    pub(super) fn end_idle(&mut self, reason: Reason, mut ends: impl FnMut(&Idle) -> bool) {
        for slot in self.functions.values_mut() {
            for idle in slot.idle.extract_if(.., |idle| ends(idle)) {
                self.workers -= 1;
                idle.worker.end(reason);
            }
        }
        self.functions.retain(|_, slot| !slot.idle.is_empty() || slot.busy + slot.waiting > 0);
    }

    /// Gives leases to those who wait, in order. Returns those whose receiver had just gone.
    pub(super) fn serve(
        &mut self,
        limits: &Limits,
        seated: impl Fn(Key, Seat) -> Lease,
    ) -> Vec<Lease> {
        let mut undelivered = Vec::new();
        for waiter in std::mem::take(&mut self.waiters) {
            match self.claim(&waiter.key, limits) {
                Some(seat) => {
                    self.slot(&waiter.key).waiting -= 1;
                    undelivered.extend(waiter.lease.send(seated(waiter.key, seat)).err());
                }
                None => self.waiters.push_back(waiter),
            }
        }
        undelivered
    }

    /// Ends the use of a seat; `worker` is kept for the next call.
    pub(super) fn put_back(&mut self, key: &Key, worker: Option<Worker>) {
        let closed = self.closed;
        let slot = self.slot(key);
        slot.busy -= 1;
        match worker {
            Some(worker) if !closed => slot.idle.push(Idle { worker, since: Instant::now() }),
            Some(worker) => {
                worker.end(Reason::Shutdown);
                self.workers -= 1;
            }
            None => self.workers -= 1,
        }
    }

    /// Puts a caller in the queue, unless too many of its function are there already.
    pub(super) fn queue(
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

    /// Takes a caller out of the queue, if it is still there.
    pub(super) fn leave(&mut self, ticket: u64) {
        let Some(at) = self.waiters.iter().position(|waiter| waiter.ticket == ticket) else {
            return;
        };
        if let Some(waiter) = self.waiters.remove(at) {
            self.slot(&waiter.key).waiting -= 1;
        }
    }

    /// Ends idle workers and sends everybody in the queue away.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.end_idle(Reason::Shutdown, |_| true);
        for waiter in std::mem::take(&mut self.waiters) {
            self.slot(&waiter.key).waiting -= 1;
        }
    }
}

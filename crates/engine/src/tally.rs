//! What has happened since the start, counted for whoever watches over the server.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::State;
use store::{NoticeState, UpstreamSettled};

use crate::Engine;

/// Counts of ends.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: AtomicU64,
    failed: AtomicU64,
    expired: AtomicU64,
    delivered: AtomicU64,
    not_taken: AtomicU64,
    given_up: AtomicU64,
    opened_elsewhere: AtomicU64,
    not_opened_elsewhere: AtomicU64,
    in_doubt_elsewhere: AtomicU64,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Certifications that have passed.
    pub passed: u64,
    /// Certifications that have failed.
    pub failed: u64,
    /// Certifications that nobody has finished in time.
    pub expired: u64,
    /// Notices that were taken.
    pub delivered: u64,
    /// Tries of notices that will be tried again.
    pub not_taken: u64,
    /// Notices that were given up.
    pub given_up: u64,
    /// Orders that a gateway elsewhere has opened.
    pub opened_elsewhere: u64,
    /// Tries of orders that have opened nothing there.
    pub not_opened_elsewhere: u64,
    /// Tries of orders after which it is not known whether they did.
    pub in_doubt_elsewhere: u64,
}

impl Tally {
    /// A certification has come to `state`.
    pub(crate) fn ended(&self, state: &State) {
        match state {
            State::Created | State::InProgress { .. } => {}
            State::Passed { .. } => one_more(&self.passed),
            State::Failed { .. } => one_more(&self.failed),
            State::Expired { .. } => one_more(&self.expired),
        }
    }

    /// So many have expired by the sweep.
    pub(crate) fn swept(&self, expired: usize) {
        self.expired.fetch_add(u64::try_from(expired).unwrap_or(0), Ordering::Relaxed);
    }

    /// A try of a notice has come to `state`.
    pub(crate) fn tried(&self, state: NoticeState) {
        one_more(match state {
            NoticeState::Delivered => &self.delivered,
            NoticeState::Pending => &self.not_taken,
            NoticeState::Dead => &self.given_up,
        });
    }

    /// A try of an order at a gateway elsewhere has come to `settled`.
    pub(crate) fn relayed(&self, settled: &UpstreamSettled) {
        one_more(match settled {
            UpstreamSettled::Opened(_) => &self.opened_elsewhere,
            UpstreamSettled::Nothing => &self.not_opened_elsewhere,
            UpstreamSettled::Unknown => &self.in_doubt_elsewhere,
        });
    }
}

fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl Engine {
    /// What has been counted.
    pub fn tallied(&self) -> Tallied {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let tally = &self.tally;
        Tallied {
            passed: read(&tally.passed),
            failed: read(&tally.failed),
            expired: read(&tally.expired),
            delivered: read(&tally.delivered),
            not_taken: read(&tally.not_taken),
            given_up: read(&tally.given_up),
            opened_elsewhere: read(&tally.opened_elsewhere),
            not_opened_elsewhere: read(&tally.not_opened_elsewhere),
            in_doubt_elsewhere: read(&tally.in_doubt_elsewhere),
        }
    }
}

//! What the running call has open: its outcome, its questions, its timers, its log.
//!
//! The engine's native functions write here, the loop reads.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use super::link::Link;
use super::timers::Timers;
use crate::LogLevel;
use crate::frames::{FRAME_MARGIN, Failure, FromGuest, Id, MAX_FRAME, Stamp, ToGuest};
use crate::limits::{
    LOG_LINE_BYTES, LOG_LINES, MESSAGE_BYTES, OPEN_HOST_CALLS, OPEN_PAYLOAD_BYTES, clip,
};

/// Why a host call was not even sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAsked {
    TooMany,
    TooLarge,
}

/// How the guest's code said its call ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Result(String),
    BadEntry(String),
    Threw(Thrown),
}

/// An error that reached the top.
#[derive(Debug)]
pub(super) struct Thrown {
    pub(super) message: String,
    pub(super) code: Option<String>,
    /// It was thrown while the function was being loaded.
    pub(super) loading: bool,
    pub(super) memory: MemoryHint,
}

/// Whether the error looks like the end of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemoryHint {
    /// The engine's own "out of memory".
    Sure,
    /// `null`, which the engine throws when it has no memory left for an error.
    Maybe,
    Unlikely,
}

#[derive(Debug)]
pub(super) struct Desk {
    link: RefCell<Link>,
    pub(super) timers: RefCell<Timers>,
    outcome: RefCell<Option<Outcome>>,
    loaded: RefCell<Vec<Stamp>>,
    /// Open host calls with the size of their payloads.
    open: RefCell<BTreeMap<Id, usize>>,
    asked: Cell<Id>,
    lines: Cell<u32>,
    /// The parent cannot be reached any more.
    broken: Cell<bool>,
    result_bytes: usize,
}

impl Desk {
    pub(super) fn new(link: Link, result_bytes: usize) -> Self {
        Self {
            link: RefCell::new(link),
            timers: RefCell::default(),
            outcome: RefCell::default(),
            loaded: RefCell::default(),
            open: RefCell::default(),
            asked: Cell::new(0),
            lines: Cell::new(0),
            broken: Cell::new(false),
            result_bytes,
        }
    }

    // --- the loop's side ---

    pub(super) fn receive(&self) -> io::Result<Option<ToGuest>> {
        self.link.borrow_mut().receive()
    }

    pub(super) fn receive_until(&self, until: Instant) -> io::Result<Option<ToGuest>> {
        self.link.borrow_mut().receive_until(until)
    }

    pub(super) fn send(&self, frame: &FromGuest) -> io::Result<()> {
        if self.broken.get() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.link.borrow_mut().send(frame)
    }

    /// Clears the desk for a new call.
    pub(super) fn begin(&self) {
        self.timers.borrow_mut().clear_all();
        self.outcome.take();
        self.open.borrow_mut().clear();
        self.lines.set(0);
    }

    /// Whether `id` was an open host call of this call; it is not any more.
    pub(super) fn close(&self, id: Id) -> bool {
        self.open.borrow_mut().remove(&id).is_some()
    }

    pub(super) fn is_settled(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    pub(super) fn take_outcome(&self) -> Option<Outcome> {
        self.outcome.take()
    }

    pub(super) fn take_loaded(&self) -> Vec<Stamp> {
        self.loaded.take()
    }

    /// Some host call has no answer yet.
    pub(super) fn awaits_reply(&self) -> bool {
        !self.open.borrow().is_empty()
    }

    /// The result, unless it is too large.
    pub(super) fn check_size(&self, text: String) -> Result<String, Failure> {
        let size = text.len();
        if size > self.result_bytes { Err(Failure::ResultTooLarge { size }) } else { Ok(text) }
    }

    // --- the guest's side ---

    pub(super) fn settle(&self, outcome: Outcome) {
        self.outcome.borrow_mut().get_or_insert(outcome);
    }

    pub(super) fn note_loaded(&self, stamp: Stamp) {
        self.loaded.borrow_mut().push(stamp);
    }

    pub(super) fn log(&self, level: LogLevel, mut text: String) {
        self.lines.set(self.lines.get().saturating_add(1));
        if self.lines.get() <= LOG_LINES {
            clip(&mut text, LOG_LINE_BYTES);
            self.tell(&FromGuest::Log { level, text });
        }
    }

    pub(super) fn ask(&self, op: String, payload: String) -> Result<Id, NotAsked> {
        let size = op.len() + payload.len();
        if size + FRAME_MARGIN > MAX_FRAME {
            return Err(NotAsked::TooLarge);
        }
        let open_bytes: usize = self.open.borrow().values().sum();
        if self.open.borrow().len() >= OPEN_HOST_CALLS || open_bytes + size > OPEN_PAYLOAD_BYTES {
            return Err(NotAsked::TooMany);
        }
        let id = self.asked.get().wrapping_add(1);
        self.asked.set(id);
        self.open.borrow_mut().insert(id, size);
        self.tell(&FromGuest::HostCall { id, op, payload });
        Ok(id)
    }

    /// Sends from within guest code, where a lost parent can only be remembered.
    fn tell(&self, frame: &FromGuest) {
        if self.send(frame).is_err() {
            self.broken.set(true);
        }
    }
}

impl Thrown {
    /// The failure to report for it.
    pub(super) fn into_failure(mut self) -> Failure {
        clip(&mut self.message, MESSAGE_BYTES);
        if let Some(code) = &mut self.code {
            clip(code, MESSAGE_BYTES);
        }
        Failure::Threw { message: self.message, code: self.code }
    }
}

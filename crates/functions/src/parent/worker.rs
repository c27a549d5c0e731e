//! A worker process, seen from its parent.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};

use crate::frames::{FromGuest, Id, Inbox, Stamp};
use crate::usage::{Counts, Reason};

/// How to start a worker: a program that calls [`worker_main`](crate::worker_main).
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program, usually the running one.
    pub program: PathBuf,
    /// The arguments that make it a worker.
    pub args: Vec<OsString>,
}

/// A live worker process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Worker {
    // Never read: owning it is what keeps the process alive.
    _child: Child,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    inbox: Inbox,
    outbox: VecDeque<u8>,
    /// Calls given to it so far.
    calls: Id,
    /// Files it has loaded.
    pub(super) files: Vec<Stamp>,
    counts: Arc<Counts>,
    /// Told when it ends.
    reason: Reason,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.counts.worker_ended(self.reason);
    }
}

impl Worker {
    /// Starts a process and queues `setup` for it.
    pub(super) fn spawn(
        command: &WorkerCommand,
        setup: Vec<u8>,
        counts: &Arc<Counts>,
    ) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(ours)?.into_split();
        let child = start(command, theirs.into())?;
        let outbox = VecDeque::from(setup);
        let inbox = Inbox::default();
        counts.cold_start();
        Ok(Self {
            _child: child,
            reader,
            writer,
            inbox,
            outbox,
            calls: 0,
            files: Vec::new(),
            counts: Arc::clone(counts),
            reason: Reason::GivenUp,
        })
    }

    /// Ends it.
    pub(super) fn end(mut self, reason: Reason) {
        self.reason = reason;
    }

    /// Counts a call and gives its number.
    pub(super) fn count_call(&mut self) -> Id {
        self.calls += 1;
        self.calls
    }

    /// Whether it may serve a further call, `most` in all.
    pub(super) fn has_calls_left(&self, most: u32) -> bool {
        self.calls < most
    }

    /// Puts `frame` behind what is still to be sent.
    pub(super) fn queue(&mut self, frame: Vec<u8>) {
        self.outbox.extend(frame);
    }

    /// Both directions are at rest: nothing half sent, nothing half received.
    pub(super) fn is_quiet(&self) -> bool {
        self.inbox.is_empty() && self.outbox.is_empty()
    }

    /// Sends what is queued and waits for the next frame. Safe to abandon at any await.
    ///
    /// Both at once, because the guest may be stuck sending until somebody reads.
    pub(super) async fn next(&mut self) -> io::Result<FromGuest> {
        loop {
            if let Some(frame) = self.inbox.take(FromGuest::decode)? {
                return Ok(frame);
            }
            let sending = !self.outbox.is_empty();
            tokio::select! {
                read = self.reader.read_buf(self.inbox.buffer()) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                sent = self.writer.write_buf(&mut self.outbox), if sending => {
                    sent?;
                }
            }
        }
    }
}

fn start(command: &WorkerCommand, socket: OwnedFd) -> io::Result<Child> {
    Command::new(&command.program)
        .args(&command.args)
        // A guest must find nothing of its parent: no environment, no folder, no terminal.
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

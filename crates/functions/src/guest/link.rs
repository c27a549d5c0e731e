//! The socket to the parent.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::frames::{FromGuest, Inbox, ToGuest};

const READ_AT_ONCE: usize = 16 * 1024;

/// The worker's end of the socket. Its standard input is that end.
#[derive(Debug)]
pub(super) struct Link {
    stream: UnixStream,
    inbox: Inbox,
}

impl Link {
    pub(super) fn from_stdin() -> io::Result<Self> {
        let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Self { stream, inbox: Inbox::default() })
    }

    /// Sends a frame, however long the parent takes to read it.
    pub(super) fn send(&mut self, frame: &FromGuest) -> io::Result<()> {
        self.stream.write_all(&frame.encode()?)
    }

    /// The next frame; nothing when the parent hung up.
    pub(super) fn receive(&mut self) -> io::Result<Option<ToGuest>> {
        loop {
            if let Some(frame) = self.inbox.take(ToGuest::decode)? {
                return Ok(Some(frame));
            }
            if self.read()? == 0 {
                return Ok(None);
            }
        }
    }

    /// The next frame, if it comes by `until`. A parent that hung up is an error.
    pub(super) fn receive_until(&mut self, until: Instant) -> io::Result<Option<ToGuest>> {
        loop {
            if let Some(frame) = self.inbox.take(ToGuest::decode)? {
                return Ok(Some(frame));
            }
            if !self.readable_by(until)? {
                return Ok(None);
            }
            if self.read()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn readable_by(&self, until: Instant) -> io::Result<bool> {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&left)) {
            Ok(ready) => Ok(ready > 0),
            // The caller looks at the clock again.
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self) -> io::Result<usize> {
        let buffer = self.inbox.buffer();
        let before = buffer.len();
        buffer.resize(before + READ_AT_ONCE, 0);
        let read = self.stream.read(buffer.get_mut(before..).unwrap_or_default());
        buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.read(),
            other => other,
        }
    }
}

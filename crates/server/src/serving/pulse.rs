//! Whether a connection gets on: one slow clock for each, looked at by one timer.
//!
//! What is written down is when something began to be waited for. Times are those that pass, not
//! those of the engine's clock: no decision of a use case depends on them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For the end of a head that has begun, the first one of a connection included.
    pub(super) head: Duration,
    /// For the next request.
    pub(super) idle: Duration,
    /// For the receiver to read.
    pub(super) write: Duration,
}

/// What a connection waits for, and since when.
#[derive(Debug)]
pub(super) struct Pulse {
    patience: Patience,
    born: Instant,
    /// Requests that are answered.
    busy: AtomicUsize,
    /// In milliseconds after `born`, and one, so that nought is: not at all.
    head_since: AtomicU64,
    idle_since: AtomicU64,
    write_since: AtomicU64,
}

impl Pulse {
    /// Of a connection that has just been opened: it is time for the first head.
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            born: Instant::now(),
            busy: AtomicUsize::new(0),
            head_since: AtomicU64::new(1),
            idle_since: AtomicU64::new(1),
            write_since: AtomicU64::new(0),
        }
    }

    /// A request has come, with all of its head.
    pub(super) fn begin(self: &Arc<Self>) -> Beat {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Beat(Arc::clone(self))
    }

    fn end(&self, now: u64) {
        self.idle_since.store(now, Ordering::Relaxed);
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    fn has_read(&self, now: u64) {
        if self.busy.load(Ordering::Relaxed) == 0 && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(now, Ordering::Relaxed);
        }
    }

    fn has_written(&self, is_pending: bool, now: u64) {
        let since = self.write_since.load(Ordering::Relaxed);
        if is_pending != (since != 0) {
            self.write_since.store(if is_pending { now } else { 0 }, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        let born = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        born.saturating_add(1)
    }

    /// How long to wait before looking again; none if waiting any longer is of no use.
    fn left(&self, now: u64) -> Option<Duration> {
        let left = |since: u64, patience: Duration| {
            let waited = Duration::from_millis(now.saturating_sub(since));
            patience.checked_sub(waited).filter(|left| !left.is_zero())
        };
        let writing = match self.write_since.load(Ordering::Relaxed) {
            0 => self.patience.write,
            since => left(since, self.patience.write)?,
        };
        let reading = if self.busy.load(Ordering::Relaxed) > 0 {
            self.patience.head
        } else {
            match self.head_since.load(Ordering::Relaxed) {
                0 => left(self.idle_since.load(Ordering::Relaxed), self.patience.idle)?,
                since => left(since, self.patience.head)?,
            }
        };
        // A head may begin at any time from now: so none is waited for twice as long.
        Some(writing.min(reading).min(self.patience.head))
    }

    /// Comes back when waiting any longer is of no use.
    pub(super) async fn lost(&self) {
        let mut left = self.patience.head;
        loop {
            tokio::time::sleep(left).await;
            match self.left(self.now()) {
                Some(more) => left = more,
                None => return,
            }
        }
    }
}

/// A request that is answered, until its answer is sent or given up.
#[derive(Debug)]
pub(super) struct Beat(Arc<Pulse>);

impl Beat {
    pub(super) fn until_sent(self, body: Body) -> Sent {
        Sent { body, _beat: self }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.end(self.0.now());
    }
}

/// A body that is being sent.
#[derive(Debug)]
pub(super) struct Sent {
    body: Body,
    _beat: Beat,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket whose waiting is noted.
#[derive(Debug)]
pub(super) struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }

    fn noted<T>(&self, written: Poll<T>) -> Poll<T> {
        self.pulse.has_written(written.is_pending(), self.pulse.now());
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pulse.has_read(self.pulse.now());
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        write: Duration::from_secs(20),
    };

    fn pulse() -> Arc<Pulse> {
        Arc::new(Pulse::new(PATIENCE))
    }

    /// Whether it is lost after so many seconds; it is looked at once more before its time is over.
    fn is_lost(pulse: &Pulse, seconds: u64) -> bool {
        let left = pulse.left(seconds * 1000 + 1);
        assert!(left.is_none_or(|left| !left.is_zero() && left <= PATIENCE.head), "{left:?}");
        left.is_none()
    }

    #[test]
    fn the_first_head_has_its_time_and_no_more() {
        let pulse = pulse();
        assert!(!is_lost(&pulse, 9) && is_lost(&pulse, 10));
        // Bytes that come one by one are no head yet.
        pulse.has_read(9001);
        assert!(is_lost(&pulse, 10));
    }

    #[test]
    fn between_requests_it_may_rest_and_a_head_that_begins_must_end() {
        let pulse = pulse();
        drop(pulse.begin());
        pulse.end_again(100_001);
        assert!(!is_lost(&pulse, 174) && is_lost(&pulse, 175));
        pulse.has_read(120_001);
        pulse.has_read(125_001);
        assert!(!is_lost(&pulse, 129) && is_lost(&pulse, 130));
    }

    #[test]
    fn an_answer_may_take_long_unless_nobody_reads_it() {
        let pulse = pulse();
        let beat = pulse.begin();
        pulse.has_read(5001);
        assert!(!is_lost(&pulse, 100_000));
        pulse.has_written(true, 100_000_001);
        pulse.has_written(true, 100_010_001);
        assert!(!is_lost(&pulse, 100_019) && is_lost(&pulse, 100_020));
        pulse.has_written(false, 100_015_001);
        assert!(!is_lost(&pulse, 100_020));
        drop(beat);
        assert!(is_lost(&pulse, 100_020), "it has rested since");
    }

    impl Pulse {
        /// As if the last request had ended then.
        fn end_again(&self, now: u64) {
            self.busy.fetch_add(1, Ordering::Relaxed);
            self.end(now);
        }
    }
}

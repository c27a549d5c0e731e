//! Whether a connection gets on: one slow clock for each, looked at by one timer.
//!
//! What is written down is when something began to be waited for. Times are those that pass, not
//! those of the engine's clock: no decision of a use case depends on them.

use std::future::Future as _;
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
use tokio::time::{Instant, Sleep};

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

    fn end(&self) {
        self.idle_since.store(self.now(), Ordering::Relaxed);
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    fn has_read(&self) {
        if self.busy.load(Ordering::Relaxed) == 0 && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn has_written(&self, is_pending: bool) {
        let since = self.write_since.load(Ordering::Relaxed);
        if is_pending != (since != 0) {
            self.write_since.store(if is_pending { self.now() } else { 0 }, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        millis(self.born.elapsed()).saturating_add(1)
    }

    /// How long it is still worth waiting; none if it is over.
    fn left(&self) -> Option<Duration> {
        let now = self.now();
        let left = |since: u64, patience: Duration| {
            let waited = Duration::from_millis(now.saturating_sub(since));
            patience.checked_sub(waited).filter(|left| !left.is_zero())
        };
        let write_since = self.write_since.load(Ordering::Relaxed);
        let writing = match write_since {
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
        // A head may begin at any time from now: so it is never waited for twice as long.
        Some(writing.min(reading).min(self.patience.head))
    }

    /// Comes back when waiting any longer is of no use.
    pub(super) async fn lost(&self) {
        let mut timer = std::pin::pin!(tokio::time::sleep(self.patience.head));
        loop {
            timer.as_mut().await;
            let Some(left) = self.left() else { return };
            rearm(timer.as_mut(), left);
        }
    }
}

fn rearm(timer: Pin<&mut Sleep>, left: Duration) {
    timer.reset(Instant::now() + left);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
        self.0.end();
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
        self.pulse.has_written(written.is_pending());
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
            self.pulse.has_read();
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

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    async fn lasts(pulse: &Arc<Pulse>) -> u64 {
        let from = Instant::now();
        pulse.lost().await;
        from.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_head_has_its_time_and_no_more() {
        assert_eq!(lasts(&Arc::new(Pulse::new(PATIENCE))).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_it_may_rest_and_a_head_that_begins_must_end() {
        let pulse = Arc::new(Pulse::new(PATIENCE));
        drop(pulse.begin());
        assert_eq!(lasts(&pulse).await, 75);
        drop(pulse.begin());
        pass(30).await;
        pulse.has_read();
        pass(5).await;
        // Another byte does not begin it anew.
        pulse.has_read();
        assert!(lasts(&pulse).await <= 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_long_unless_nobody_reads_it() {
        let pulse = Arc::new(Pulse::new(PATIENCE));
        let beat = pulse.begin();
        let busy = tokio::time::timeout(Duration::from_hours(1), pulse.lost()).await;
        assert!(busy.is_err(), "it is at work");
        pulse.has_written(true);
        assert!((20..=30).contains(&lasts(&pulse).await));
        pulse.has_written(false);
        assert!(pulse.left().is_some());
        drop(beat);
    }
}

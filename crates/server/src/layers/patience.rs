//! A body that may pause only for so long, and must get on: a caller that stalls, or sends byte by
//! byte, must not hold memory and a place for ever.
//!
//! The clock starts when there is something to wait for. Most bodies arrive together with their
//! head; for those no timer is set, which would wake the thread that waits for the network.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// Bytes of a second below which a body does not get on.
const SLOWEST: u64 = 4 * 1024;

/// A body whose reader gives up after a pause.
pub(super) struct Patient {
    body: Body,
    longest_pause: Duration,
    received: u64,
    /// When it was first waited for.
    began: Option<Instant>,
    /// Runs while a part is waited for.
    pause: Option<Pin<Box<Sleep>>>,
}

/// The pause was too long.
#[derive(Debug)]
struct Stalled;

impl std::fmt::Display for Stalled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body stalled")
    }
}

impl std::error::Error for Stalled {}

impl Patient {
    pub(super) fn new(body: Body, longest_pause: Duration) -> Self {
        Self { body, longest_pause, received: 0, began: None, pause: None }
    }

    /// Ready once the pause has become too long, or all pauses together.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let pause = self.pause.get_or_insert_with(|| {
            let now = Instant::now();
            let granted = Duration::from_secs(self.received / SLOWEST) + 2 * self.longest_pause;
            let last = *self.began.get_or_insert(now) + granted;
            Box::pin(tokio::time::sleep_until(last.min(now + self.longest_pause)))
        });
        pause.as_mut().poll(context)
    }
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.pause = None;
                if let Some(Ok(frame)) = &frame {
                    let length = frame.data_ref().map_or(0, Bytes::len);
                    self.received += u64::try_from(length).unwrap_or(u64::MAX);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                self.poll_pause(context).map(|()| Some(Err(Box::new(Stalled) as BoxError)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    /// A body whose first part never comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_silent_body_is_given_up() {
        let body = Patient::new(Body::new(Silent), Duration::from_millis(10));
        let error = to_bytes(Body::new(body), 8).await.unwrap_err();
        assert!(error.to_string().contains("stalled"), "{error}");
    }

    #[test]
    fn a_body_that_is_there_sets_no_timer() {
        // A timer would panic on this runtime, which has none.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = Patient::new(Body::from("whole"), Duration::from_secs(1));
        assert_eq!(runtime.block_on(to_bytes(Body::new(body), 8)).unwrap(), "whole");
    }

    /// A body that never pauses for long and never gets on.
    struct Idling(bool);

    impl HttpBody for Idling {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            self.0 = !self.0;
            if self.0 {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::new()))));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_get_on_is_given_up() {
        let body = Patient::new(Body::new(Idling(false)), Duration::from_millis(20));
        let read = to_bytes(Body::new(body), usize::MAX).await;
        assert!(format!("{read:?}").contains("Stalled"), "{read:?}");
    }
}

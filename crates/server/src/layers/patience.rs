//! A body that may pause only for so long: a caller that stalls must not hold memory for ever.
//!
//! The clock starts when there is something to wait for. Most bodies arrive together with their
//! head; for those no timer is set, which would wake the thread that waits for the network.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

/// A body whose reader gives up after a pause.
pub(super) struct Patient {
    body: Body,
    longest_pause: Duration,
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
        Self { body, longest_pause, pause: None }
    }

    /// Ready once the pause has become too long.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = || Box::pin(tokio::time::sleep(self.longest_pause));
        self.pause.get_or_insert_with(timer).as_mut().poll(context)
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
}

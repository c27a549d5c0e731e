//! Room for what comes: places for calls, places for pages, memory for bodies. Where there is none
//! that is said at once, in the words of the door, and nothing waits in a queue.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::bounds::{Address, Bounds};
use crate::doors::{busy, page};
use crate::state::AppState;

/// Bodies up to this size are always taken: a place is room enough for one.
const SMALL: usize = 64 * 1024;

/// Calls of programs.
pub(crate) async fn calls(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let (uri, headers) = (request.uri().clone(), named(request.headers()));
    let Some(_place) = state.bounds.enter_call() else {
        return busy::call(&state, &uri, &headers).await;
    };
    within_memory(&state, request, next, &uri, &headers).await
}

async fn within_memory(
    state: &Arc<AppState>,
    request: Request,
    next: Next,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let held = Arc::new(Held::default());
    let weighed = |body| Weighed {
        body,
        bounds: Arc::clone(&state.bounds),
        held: Arc::clone(&held),
        received: 0,
    };
    let response = next.run(request.map(|body| Body::new(weighed(body)))).await;
    // The door has only seen a body that broke off.
    if held.refused.load(Ordering::Relaxed) {
        return busy::call(state, uri, headers).await;
    }
    response
}

/// What an answer without the call goes by.
fn named(headers: &HeaderMap) -> HeaderMap {
    headers.get(CONTENT_TYPE).map(|kind| (CONTENT_TYPE, kind.clone())).into_iter().collect()
}

/// Requests of people's browsers: so many from one address, and so many at once.
pub(crate) async fn pages(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let from = request.extensions().get::<Address>().copied();
    let admitted = from.map_or(Ok(()), |from| state.bounds.page(from, state.engine.now()));
    if let Err(wait) = admitted {
        return page::too_often(&state, request, wait).await;
    }
    let Some(_place) = state.bounds.enter_page() else {
        return page::busy(&state, request).await;
    };
    next.run(request).await
}

/// The memory of one body, until the call is answered.
#[derive(Debug, Default)]
struct Held {
    memory: Mutex<Option<OwnedSemaphorePermit>>,
    refused: AtomicBool,
}

/// A body that takes memory for what is large about it.
struct Weighed {
    body: Body,
    bounds: Arc<Bounds>,
    held: Arc<Held>,
    received: usize,
}

/// There is no memory for it now.
#[derive(Debug)]
struct NoRoom;

impl std::fmt::Display for NoRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no room for the body")
    }
}

impl std::error::Error for NoRoom {}

impl Weighed {
    fn weigh(&mut self, length: usize) -> Result<(), BoxError> {
        let before = self.received;
        self.received = before.saturating_add(length);
        if self.received <= SMALL {
            return Ok(());
        }
        // The first time for all that came, then for what is added.
        let more = if before <= SMALL { self.received } else { length };
        let Some(permit) = self.bounds.hold(more) else {
            self.held.refused.store(true, Ordering::Relaxed);
            return Err(Box::new(NoRoom));
        };
        let mut memory = self.held.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match memory.as_mut() {
            Some(taken) => taken.merge(permit),
            None => *memory = Some(permit),
        }
        Ok(())
    }
}

impl HttpBody for Weighed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let Poll::Ready(Some(frame)) = polled else {
            return polled.map(|end| end.map(|frame| frame.map_err(Into::into)));
        };
        let frame = frame?;
        let length = frame.data_ref().map_or(0, Bytes::len);
        Poll::Ready(Some(self.weigh(length).map(|()| frame)))
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
    use crate::bounds::Limits;
    use axum::body::to_bytes;

    fn bounds() -> Arc<Bounds> {
        Arc::new(Bounds::new(Limits { body_memory: 3 * SMALL, ..Limits::default() }))
    }

    async fn read(bounds: &Arc<Bounds>, held: &Arc<Held>, length: usize) -> bool {
        let body = Body::from(vec![0; length]);
        let (bounds, held) = (Arc::clone(bounds), Arc::clone(held));
        let weighed = Weighed { body, bounds, held, received: 0 };
        to_bytes(Body::new(weighed), usize::MAX).await.is_ok()
    }

    #[tokio::test]
    async fn large_bodies_take_memory_until_their_call_is_answered() {
        let (bounds, first, second) = (bounds(), Arc::default(), Arc::default());
        assert!(read(&bounds, &first, 2 * SMALL).await);
        assert!(!read(&bounds, &second, 2 * SMALL).await);
        assert!(second.refused.load(Ordering::Relaxed));
        assert!(read(&bounds, &Arc::default(), SMALL).await, "small ones need none");
        drop(first);
        assert!(read(&bounds, &Arc::default(), 3 * SMALL).await);
        assert!(!read(&bounds, &Arc::default(), 3 * SMALL + 1).await);
    }
}

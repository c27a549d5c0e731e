//! A number for every request, and one log line.
//!
//! The line holds verb, route, status and time: no query, no body, no identity.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use engine::Engine;
use tracing::Instrument as _;

use crate::state::AppState;

/// The number of a request: in the log, in the answer's headers, and in `ctx.requestId`.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

impl RequestId {
    fn new(engine: &Engine) -> Self {
        let number = u128::from_be_bytes(engine.random());
        Self(format!("{number:032x}").into())
    }
}

/// The header the client SDK reads, spelled so that it finds it: it does not fold case.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// The header gateway clients read.
const TRACE_ID: HeaderName = HeaderName::from_static("trace_id");

pub(crate) async fn trace(
    State(state): State<Arc<AppState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::new(&state.engine);
    let begun = now();
    let verb = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());
    // Every entry made on the way carries the number.
    let span = tracing::info_span!("request", id = %id.0);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value.clone());
        response.headers_mut().insert(TRACE_ID, value);
    }
    let took = begun.elapsed();
    let matched = route.as_ref().map(MatchedPath::as_str);
    state.metrics.answered(matched, &verb, response.status().as_u16(), took);
    tracing::debug!(
        request_id = %id.0,
        status = response.status().as_u16(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "{verb} {}",
        matched.unwrap_or("(no route)"),
    );
    response
}

/// Measures durations only; no decision depends on it.
fn now() -> Instant {
    Instant::now()
}

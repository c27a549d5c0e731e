//! A number for every request, one log line, and one span where traces are wanted.
//!
//! The line holds verb, route, status and time: no query, no body, no identity. The span, of the target
//! `traced` as all that may become part of a trace, has the names of OpenTelemetry's conventions; its
//! values are ours, never what a caller wrote.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use engine::Engine;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::metrics;
use crate::serving::TRACEPARENT;
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
    let traced = traced(&state, &request, route.as_ref().map(MatchedPath::as_str), &id);
    // Every entry made on the way carries the number.
    let span = tracing::info_span!(parent: &traced, "request", id = %id.0);
    let mut response = next.run(request).instrument(span).instrument(traced.clone()).await;
    tell(&traced, response.status().as_u16());
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

/// The span of a call: none where traces are not wanted.
fn traced(state: &AppState, request: &Request, route: Option<&str>, id: &RequestId) -> Span {
    let verb = metrics::verb(request.method());
    let span = tracing::info_span!(
        target: "traced",
        "call",
        otel.kind = "server",
        otel.name = route.map_or_else(|| verb.to_owned(), |route| format!("{verb} {route}")),
        otel.status_code = Empty,
        http.request.method = verb,
        http.route = route,
        http.response.status_code = Empty,
        server.address = host(&state.public_url),
        error.type = Empty,
        certifyd.request_id = %id.0,
    );
    if !span.is_disabled()
        && let Some(parent) = request.headers().get(TRACEPARENT)
        && let Ok(parent) = parent.to_str()
    {
        (state.join_trace)(&span, parent);
    }
    span
}

fn tell(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "error");
        span.record("error.type", tracing::field::display(status));
    }
}

/// The host of an address without its port.
fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => host,
    }
}

/// Measures durations only; no decision depends on it.
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_told_without_port_and_path() {
        for (url, expected) in [
            ("https://id.example", "id.example"),
            ("http://127.0.0.1:3636", "127.0.0.1"),
            ("http://[::1]:3636/below", "[::1]"),
            ("http://[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}

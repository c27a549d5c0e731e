//! Forms and scripts of other sites must not act for a person who has our page open.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::{ACCEPT, HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::asker::Asker;
use super::frame::Depth;
use super::problem::Problem;
use super::refused::notice;
use crate::bounds::Wait;
use crate::doors::busy::after;
use crate::state::AppState;

/// Lets through what comes from our own pages, and what names no origin, as programs do.
pub(crate) async fn own_origin(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() || !is_foreign(request.headers(), &state.public_url) {
        return next.run(request).await;
    }
    to_whoever(&state, request, Problem::ForeignOrigin).await
}

/// A page to who reads pages, else what scripts read.
pub(super) async fn to_whoever(state: &AppState, request: Request, problem: Problem) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(asker) = Asker::from_request_parts(&mut parts, &()).await;
    if text(&parts.headers, &ACCEPT).is_some_and(|accepted| accepted.contains("text/html")) {
        // `/verify/LINK` and `/oauth2/NAME` are one level down, what belongs to a link is two.
        let below = parts.uri.path().matches('/').count() > 2;
        let depth = if below { Depth::Below } else { Depth::Page };
        notice(state, &asker, depth, problem)
    } else {
        problem.json(asker.words())
    }
}

/// More requests of this address than it may make.
pub(crate) async fn too_often(state: &AppState, request: Request, wait: Wait) -> Response {
    let mut response = to_whoever(state, request, Problem::Busy).await;
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    after(Some(wait), response)
}

/// More requests than there is room for.
pub(crate) async fn busy(state: &AppState, request: Request) -> Response {
    let mut response = to_whoever(state, request, Problem::Busy).await;
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    after(None, response)
}

/// Behind a proxy the host that we are asked for may not be the one that the browser shows.
fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let Some((scheme, host)) = host else { return true };
    let asked = text(headers, &HOST).is_some_and(|asked| asked.eq_ignore_ascii_case(host));
    let public = public_url.split_once("://").is_some_and(|(public_scheme, rest)| {
        let public_host = rest.split('/').next().unwrap_or_default();
        public_scheme == scheme && public_host.eq_ignore_ascii_case(host)
    });
    !asked && !public
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_origin_is_what_was_asked_for_or_what_is_public() {
        let foreign = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            is_foreign(&headers, "https://id.example/below")
        };
        assert!(!foreign(None, "127.0.0.1:3636"));
        assert!(!foreign(Some("http://127.0.0.1:3636"), "127.0.0.1:3636"));
        assert!(!foreign(Some("https://id.example"), "127.0.0.1:3636"));
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://id.example",
            "https://id.example.evil",
            "http://127.0.0.1",
            "https://id.example:8443",
        ] {
            assert!(foreign(Some(origin), "127.0.0.1:3636"), "{origin}");
        }
    }
}

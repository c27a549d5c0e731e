//! What each door says where there is no room: quickly, in its own words, and that it may be
//! repeated.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse as _, Response};
use wire::serverless::{ErrorCode, ServerlessError, failure};

use super::{gateway, rest};
use crate::bounds::Wait;
use crate::state::AppState;

/// To a call that has not been looked at.
pub(crate) async fn call(state: &AppState, uri: &Uri, headers: &HeaderMap) -> Response {
    match uri.path() {
        "/client" | "/server" => {
            let text = "too many calls are in progress; repeat the same call in a moment";
            let error = ServerlessError::new(ErrorCode::Throttling, state.explained(text));
            ([(CONTENT_TYPE, "application/json; charset=utf-8")], failure(&error)).into_response()
        }
        "/gateway.do" => gateway::busy(state, uri.query().unwrap_or_default(), headers).await,
        _ => rest::busy(state),
    }
}

/// When to come again.
pub(crate) fn after(wait: Option<Wait>, mut response: Response) -> Response {
    let seconds = HeaderValue::from(wait.map_or(1, Wait::seconds));
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

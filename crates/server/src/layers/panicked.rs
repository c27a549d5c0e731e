//! A fault of ours that no error type foresaw. One caller is told; nobody else notices.

use std::any::Any;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use wire::serverless::{ErrorCode, ServerlessError, failure};

/// Answers in the shape of the Serverless doors, which is JSON to everyone else.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The payload may quote input; the panic hook has named the place.
    tracing::error!("a handler panicked");
    let error = ServerlessError::new(ErrorCode::InternalError, "a fault of ours; repeat later");
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], failure(&error)).into_response()
}

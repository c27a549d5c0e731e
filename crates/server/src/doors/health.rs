//! Is it alive, is it ready, and what is at this address?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Ready means: a write can be committed now.
pub(crate) async fn ready(State(state): State<Arc<AppState>>) -> Response {
    match state.engine.check().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the store cannot commit\n")
                .into_response()
        }
    }
}

/// The reference of refusals that every one of them links to.
pub(crate) async fn errors() -> &'static str {
    include_str!("../../../../docs/errors.md")
}

const DOORS: &str = "certifyd\n\n\
    POST /client            mini-program Serverless, client SDK\n\
    POST /server            mini-program Serverless, back-end SDK\n\
    GET|POST /gateway.do    OpenAPI gateway\n\
    /v3/…                   OpenAPI, REST\n\
    GET /verify/{link}      the page where a person verifies\n\
    GET /healthz, /readyz   health\n";

pub(crate) async fn index() -> &'static str {
    DOORS
}

pub(crate) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, format!("nothing is at this address\n\n{DOORS}")).into_response()
}

pub(crate) async fn wrong_method() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, format!("this address takes another verb\n\n{DOORS}"))
        .into_response()
}

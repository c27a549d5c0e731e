//! Is it alive, is it ready, and what is at this address?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use serde_json::json;

use super::readiness;
use crate::state::AppState;

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Down means: no write can be committed now. Degraded means: it serves, and somebody should look.
pub(crate) async fn ready(State(state): State<Arc<AppState>>) -> Response {
    if let Err(error) = state.engine.check().await {
        tracing::error!(%error, "not ready");
        let reason = "the store cannot commit; look at the disk and at what else uses the database";
        let reasons = [json!({ "code": "STORE", "text": reason })];
        let body = Json(json!({ "status": "down", "reasons": reasons }));
        return (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
    }
    let reasons = readiness::reasons(&state).await;
    let status = if reasons.is_empty() { "ready" } else { "degraded" };
    let reasons: Vec<_> = reasons.into_iter().map(readiness::Reason::json).collect();
    Json(json!({ "status": status, "reasons": reasons })).into_response()
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

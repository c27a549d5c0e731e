//! The world of test mode, for scripts: choose outcomes, look, move the clock. Not routed in live
//! mode.

pub(crate) mod ahead;
pub(crate) mod aside;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{CertifyId, FailReason};
use engine::{Chosen, EngineError};
use serde::Deserialize;

use crate::state::AppState;

/// Reason of a failure that gives none.
const DEFAULT_REASON: &str = "FACE_NOT_MATCH";

/// Body of a choice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    outcome: String,
    reason: Option<String>,
}

/// Body of a clock move.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    advance_seconds: u32,
}

impl Choice {
    pub(crate) fn new(outcome: String, reason: Option<String>) -> Self {
        Self { outcome, reason }
    }

    /// What was chosen, or what is wrong with it. A reason counts with a failure only: the page
    /// sends its selection whatever button is pressed.
    pub(crate) fn read(self) -> Result<Chosen, String> {
        match self.outcome.as_str() {
            "passed" => Ok(Chosen::Passed),
            "left" => Ok(Chosen::Left),
            "failed" => {
                let reason = self.reason.as_deref().filter(|reason| !reason.is_empty());
                FailReason::parse(reason.unwrap_or(DEFAULT_REASON))
                    .map(Chosen::Failed)
                    .map_err(|rejected| rejected.en())
            }
            _ => Err("outcome must be \"passed\", \"failed\" or \"left\"".to_owned()),
        }
    }
}

/// Scripts send no `Origin`; a page of another site that a developer has open does.
pub(crate) async fn own_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let foreign = text(ORIGIN).is_some_and(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_none() || host != text(HOST)
    });
    if foreign {
        let message = "pages of other sites may not steer the test world";
        return problem(StatusCode::FORBIDDEN, "FOREIGN_ORIGIN", message);
    }
    next.run(request).await
}

pub(crate) async fn show(
    State(state): State<Arc<AppState>>,
    Path(certify_id): Path<String>,
) -> Response {
    let Some(id) = CertifyId::parse(&certify_id) else {
        return refused(&EngineError::NoSuchCertification);
    };
    match state.engine.test_status(id).await {
        Ok(status) => Json(status).into_response(),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn choose(
    State(state): State<Arc<AppState>>,
    Path(certify_id): Path<String>,
    body: Bytes,
) -> Response {
    let chosen = match read::<Choice>(&body).and_then(Choice::read) {
        Ok(chosen) => chosen,
        Err(message) => return problem(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", &message),
    };
    let Some(id) = CertifyId::parse(&certify_id) else {
        return refused(&EngineError::NoSuchCertification);
    };
    match state.engine.choose(id, chosen).await {
        Ok(status) => Json(status).into_response(),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn advance(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    match (read::<Advance>(&body), &state.test_clock) {
        (Ok(advance), Some(clock)) => {
            let now = clock.advance(advance.advance_seconds);
            if let Err(error) = state.engine.remember_clock(clock.offset_ms()).await {
                return refused(&error);
            }
            Json(serde_json::json!({ "now": now.to_string(), "test": true })).into_response()
        }
        (Err(error), _) => problem(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", &error),
        (_, None) => problem(StatusCode::NOT_FOUND, "NO_TEST_CLOCK", "the clock cannot be moved"),
    }
}

/// The body is JSON whatever its content type says: `curl -d` calls everything a form.
fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body must be JSON: {error}"))
}

pub(crate) fn refused(error: &EngineError) -> Response {
    let (status, code) = match error {
        EngineError::NoSuchCertification | EngineError::NoSuchLink => {
            (StatusCode::NOT_FOUND, "NO_SUCH_CERTIFICATION")
        }
        EngineError::Expired => (StatusCode::GONE, "EXPIRED"),
        EngineError::Erased => (StatusCode::GONE, "ERASED"),
        EngineError::WrongState(_) => (StatusCode::CONFLICT, "WRONG_STATE"),
        EngineError::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
        EngineError::TestModeOnly => (StatusCode::FORBIDDEN, "TEST_MODE_ONLY"),
        EngineError::NoSuchSnapshot => (StatusCode::NOT_FOUND, "NO_SUCH_SNAPSHOT"),
        EngineError::Elsewhere
        | EngineError::NotThisStep
        | EngineError::ChallengeOver
        | EngineError::TooManyTries
        | EngineError::GuardianNeeded
        | EngineError::Undecidable(_) => (StatusCode::CONFLICT, "WRONG_STEP"),
        EngineError::Picture(_) => (StatusCode::UNPROCESSABLE_ENTITY, "PICTURE"),
        EngineError::NoSuchApp
        | EngineError::InvalidAppAuthToken
        | EngineError::AppAuthTokenTimeOut
        | EngineError::SelfInvokeForbidden
        | EngineError::Authorization(_)
        | EngineError::TokenFromPage
        | EngineError::NotContracted(_)
        | EngineError::Rejected(_)
        | EngineError::OrderReused
        | EngineError::InvalidToken
        | EngineError::SignInUnavailable(_)
        | EngineError::NoSuchNotice
        | EngineError::NoticePending
        | EngineError::Upstream(_)
        | EngineError::OutcomeUnknown(_)
        | EngineError::Internal(_) => {
            tracing::error!(%error, "internal fault");
            return problem(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "a fault of ours");
        }
    };
    problem(status, code, &error.to_string())
}

pub(crate) fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "error": { "code": code, "message": message } });
    (status, Json(body)).into_response()
}

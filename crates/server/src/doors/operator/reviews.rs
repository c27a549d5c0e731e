//! What waits for operators, what they see of it, and what they decide.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use domain::{CertifyId, FailReason, Part};
use engine::{EngineError, Ruling};
use serde::Deserialize;
use wire::rest::query_parameter;

use super::{invalid, refused};
use crate::state::AppState;

/// Who looks or decides, unless they say.
const SOMEBODY: &str = "operator";
/// Longest name of an operator, and longest text to a person.
const LONGEST: usize = 200;

/// A decision.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ruled {
    decision: String,
    reason: Option<String>,
    by: Option<String>,
    /// The attempt that was looked at.
    attempt: Option<i64>,
}

impl Ruled {
    fn read(&self) -> Result<Ruling, String> {
        let reason = self.reason.as_deref().filter(|reason| !reason.trim().is_empty());
        match (self.decision.as_str(), reason) {
            ("approve", None) => Ok(Ruling::Approve),
            ("approve", Some(_)) => Err("an approval has no reason".to_owned()),
            ("reject", Some(reason)) => {
                FailReason::parse(reason).map(Ruling::Reject).map_err(|rejected| rejected.en())
            }
            ("reject", None) => Err("reason is needed: a code such as FACE_NOT_MATCH".to_owned()),
            ("ask_again", Some(text)) if text.chars().count() <= LONGEST => {
                Ok(Ruling::AskAgain(text.to_owned()))
            }
            ("ask_again", _) => Err(format!(
                "reason is needed: what the person shall do, at most {LONGEST} \
                             characters; it is shown to them"
            )),
            _ => Err("decision must be \"approve\", \"reject\" or \"ask_again\"".to_owned()),
        }
    }
}

pub(crate) async fn list(State(state): State<Arc<AppState>>) -> Response {
    match state.engine.reviews().await {
        Ok(reviews) => Json(serde_json::json!({ "reviews": reviews })).into_response(),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn show(
    State(state): State<Arc<AppState>>,
    Path(certify_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(id) = CertifyId::parse(&certify_id) else {
        return refused(&EngineError::NoSuchCertification);
    };
    match by(query.as_deref()) {
        Err(message) => invalid(message),
        Ok(by) => match state.engine.docket(id, &by).await {
            Ok(docket) => private(Json(docket).into_response()),
            Err(error) => refused(&error),
        },
    }
}

pub(crate) async fn picture(
    State(state): State<Arc<AppState>>,
    Path((certify_id, part)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let (Some(id), Some(part)) = (CertifyId::parse(&certify_id), Part::parse(&part)) else {
        return refused(&EngineError::NoSuchCertification);
    };
    match by(query.as_deref()) {
        Err(message) => invalid(message),
        Ok(by) => match state.engine.review_picture(id, part, &by).await {
            Ok(jpeg) => private(([(CONTENT_TYPE, "image/jpeg")], jpeg).into_response()),
            Err(error) => refused(&error),
        },
    }
}

pub(crate) async fn decide(
    State(state): State<Arc<AppState>>,
    Path(certify_id): Path<String>,
    body: Bytes,
) -> Response {
    let Some(id) = CertifyId::parse(&certify_id) else {
        return refused(&EngineError::NoSuchCertification);
    };
    let decision: Ruled = match serde_json::from_slice(&body) {
        Ok(decision) => decision,
        Err(error) => return invalid(&format!("the body must be JSON: {error}")),
    };
    let ruling = match decision.read() {
        Ok(ruling) => ruling,
        Err(message) => return invalid(&message),
    };
    match named(decision.by.as_deref()) {
        Err(message) => invalid(message),
        Ok(by) => match state.engine.decide_review(id, ruling, &by, decision.attempt).await {
            Ok(status) => Json(status).into_response(),
            Err(error) => refused(&error),
        },
    }
}

pub(crate) async fn delete_pictures(
    State(state): State<Arc<AppState>>,
    Path(certify_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(id) = CertifyId::parse(&certify_id) else {
        return refused(&EngineError::NoSuchCertification);
    };
    match by(query.as_deref()) {
        Err(message) => invalid(message),
        Ok(by) => match state.engine.delete_pictures(id, &by).await {
            Ok(deleted) => Json(serde_json::json!({ "deleted": deleted })).into_response(),
            Err(error) => refused(&error),
        },
    }
}

/// Names, numbers and pictures of people are for this one look.
pub(super) fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")] {
        headers.insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

fn by(query: Option<&str>) -> Result<String, &'static str> {
    named(query_parameter(query.unwrap_or_default(), "by").as_deref())
}

pub(super) fn named(by: Option<&str>) -> Result<String, &'static str> {
    let by = by.filter(|by| !by.trim().is_empty()).unwrap_or(SOMEBODY);
    if by.chars().count() > LONGEST || by.chars().any(char::is_control) {
        return Err("by must be a name of at most 200 characters");
    }
    Ok(by.to_owned())
}

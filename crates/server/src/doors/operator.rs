//! The operator's door: what goes on behind the doors, for whoever runs the server.
//!
//! Everything here is behind [`admitted`]; a new resource is one more route in `router::operator`.

pub(crate) mod audit;
pub(crate) mod authorizations;
pub(crate) mod erasures;
pub(crate) mod keys;
pub(crate) mod reviews;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::NotifyId;
use engine::{AuthorizationFault, EngineError, Notice, NoticeState};
use serde::Serialize;
use wire::rest::query_parameter;

use crate::bounds::Address;
use crate::doors::busy::after;
use crate::doors::test_world::problem;
use crate::state::AppState;

/// Most notices in one answer.
const MOST: u32 = 1000;
/// Unless asked for otherwise.
const USUAL: u32 = 100;

/// Lets in whoever brings the token.
pub(crate) async fn admitted(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    let keyring = state.keyring.get();
    if keyring.operator.is_empty() {
        let message = "the operator's door is closed: no [operator] token is configured";
        return problem(StatusCode::NOT_FOUND, "OPERATOR_CLOSED", message);
    }
    let from = request.extensions().get::<Address>().copied();
    let may_try = from.map_or(Ok(()), |from| state.bounds.may_try_secret(from, state.engine.now()));
    if let Err(wait) = may_try {
        let message = "too many wrong tokens from this address; try again later";
        let response = problem(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_TRIES", message);
        return after(Some(wait), response);
    }
    // All are compared, so that the time taken does not tell which is in use.
    let is_one =
        |given| keyring.operator.iter().fold(false, |found, token| token.is(given) | found);
    if bearer(request.headers()).is_some_and(is_one) {
        return next.run(request).await;
    }
    if let Some(from) = from.filter(|_| bearer(request.headers()).is_some()) {
        state.bounds.wrong_secret(from, state.engine.now());
    }
    tracing::warn!("the operator's door was knocked at without its token");
    let message = "send the operator's token: Authorization: Bearer TOKEN";
    let mut response = problem(StatusCode::UNAUTHORIZED, "TOKEN_REQUIRED", message);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A notice as operators see it: no address, nothing personal.
#[derive(Serialize)]
struct Shown {
    notify_id: String,
    state: &'static str,
    receiver: String,
    tries: i64,
    fault: Option<String>,
    certify_id: String,
    outer_order_no: String,
    app_id: String,
    isv_app_id: Option<String>,
    outcome: String,
    made_at: String,
    due_at: Option<String>,
    settled_at: Option<String>,
}

impl From<Notice> for Shown {
    fn from(notice: Notice) -> Self {
        let pending = notice.state == NoticeState::Pending;
        Self {
            notify_id: notice.id.to_string(),
            state: notice.state.as_str(),
            receiver: notice.receiver,
            tries: notice.tries,
            fault: notice.fault,
            certify_id: notice.certify_id.to_string(),
            outer_order_no: notice.order_no.as_str().to_owned(),
            app_id: notice.owner.to_string(),
            isv_app_id: notice.isv.map(|isv| isv.to_string()),
            outcome: notice.outcome,
            made_at: notice.made_at.to_string(),
            due_at: pending.then(|| notice.due_at.to_string()),
            settled_at: notice.settled_at.map(|at| at.to_string()),
        }
    }
}

pub(crate) async fn notices(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = |name| query_parameter(query.as_deref().unwrap_or_default(), name);
    let wanted = asked("state").map_or(Some(NoticeState::Dead), |text| NoticeState::parse(&text));
    let Some(wanted) = wanted else {
        return invalid("state must be pending, delivered or dead");
    };
    let limit = asked("limit").map_or(Some(USUAL), |text| text.parse().ok());
    let Some(limit) = limit.filter(|limit| (1..=MOST).contains(limit)) else {
        return invalid("limit must be a number from 1 to 1000");
    };
    match state.engine.notices(wanted, limit).await {
        Ok(notices) => {
            let shown: Vec<Shown> = notices.into_iter().map(Shown::from).collect();
            Json(serde_json::json!({ "notices": shown })).into_response()
        }
        Err(error) => refused(&error),
    }
}

pub(crate) async fn redeliver(
    State(state): State<Arc<AppState>>,
    Path(notify_id): Path<String>,
) -> Response {
    let Some(id) = NotifyId::parse(&notify_id) else {
        return refused(&EngineError::NoSuchNotice);
    };
    match state.engine.redeliver(id).await {
        Ok(()) => {
            let body = serde_json::json!({ "notify_id": id.to_string(), "state": "pending" });
            Json(body).into_response()
        }
        Err(error) => refused(&error),
    }
}

fn invalid(message: &str) -> Response {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", message)
}

fn refused(error: &EngineError) -> Response {
    let (status, code) = match error {
        EngineError::NoSuchNotice => (StatusCode::NOT_FOUND, "NO_SUCH_NOTICE"),
        EngineError::NoticePending => (StatusCode::CONFLICT, "NOTICE_PENDING"),
        EngineError::NoSuchApp => (StatusCode::NOT_FOUND, "NO_SUCH_APP"),
        EngineError::Authorization(AuthorizationFault::NothingAuthorised) => {
            (StatusCode::NOT_FOUND, "NOT_AUTHORISED")
        }
        EngineError::Authorization(_) => (StatusCode::CONFLICT, "CANNOT_AUTHORISE"),
        EngineError::NotThisStep | EngineError::WrongState(_) => {
            let message = "nothing of this certification waits for a decision";
            return problem(StatusCode::CONFLICT, "NOTHING_WAITS", message);
        }
        EngineError::TooManyTries => {
            let message = "it was asked again as often as is allowed; approve or reject";
            return problem(StatusCode::CONFLICT, "ASKED_TOO_OFTEN", message);
        }
        EngineError::Undecidable(why) => {
            let message = format!(
                "this cannot be approved: {why}; reject it, and have the merchant send \
                 face_contrast_picture or use CERT_PHOTO_FACE"
            );
            return problem(StatusCode::CONFLICT, "CANNOT_BE_APPROVED", &message);
        }
        other => return super::test_world::refused(other),
    };
    problem(status, code, &error.to_string())
}

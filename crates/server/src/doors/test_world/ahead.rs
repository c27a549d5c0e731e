//! Outcomes chosen ahead, and what happened.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::{CertifyId, Field, OrderNo, Profile};
use engine::{Chosen, EngineError};
use serde::Deserialize;
use wire::rest::query_parameter;

use super::{Choice, problem, read, refused};
use crate::state::AppState;

/// An outcome for an order, also one that is not there yet. Without an outcome the choice is
/// taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ahead {
    app_id: String,
    outer_order_no: String,
    outcome: Option<String>,
    reason: Option<String>,
}

impl Ahead {
    fn read(self) -> Result<(String, OrderNo, Option<Chosen>), String> {
        let order_no = OrderNo::parse(&self.outer_order_no, Profile::Compatible)
            .map_err(|rejected| rejected.en())?;
        let chosen = match self.outcome {
            None => None,
            Some(outcome) => match Choice::new(outcome, self.reason).read()? {
                Chosen::Left => {
                    let text = "leaving is not an end; choose \"passed\" or \"failed\" ahead";
                    return Err(text.to_owned());
                }
                chosen => Some(chosen),
            },
        };
        Ok((self.app_id, order_no.value, chosen))
    }
}

pub(crate) async fn choose(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let invalid = |text: &str| problem(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", text);
    let (app_id, order_no, chosen) = match read::<Ahead>(&body).and_then(Ahead::read) {
        Ok(ahead) => ahead,
        Err(message) => return invalid(&message),
    };
    let outcome = chosen.as_ref().map(Chosen::name);
    let number = order_no.as_str().to_owned();
    match state.engine.choose_ahead(&app_id, order_no, chosen.as_ref()).await {
        Ok(()) => {
            let field = Field::OuterOrderNo.path();
            let body = serde_json::json!({ field: number, "outcome": outcome, "test": true });
            Json(body).into_response()
        }
        Err(EngineError::NoSuchApp) => invalid("no application has this app_id"),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn events(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = query_parameter(query.as_deref().unwrap_or_default(), "certify_id");
    let events = match asked.map(|text| CertifyId::parse(&text)) {
        Some(None) => return refused(&EngineError::NoSuchCertification),
        Some(Some(id)) => state.engine.test_events(Some(id)).await,
        None => state.engine.test_events(None).await,
    };
    match events {
        Ok(events) => Json(serde_json::json!({ "events": events, "test": true })).into_response(),
        Err(error) => refused(&error),
    }
}

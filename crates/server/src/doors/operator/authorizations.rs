//! Who acts for whom: looked at, granted and withdrawn by operators.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::AppId;
use engine::{Authorization, EngineError};
use serde::{Deserialize, Serialize};

use super::reviews::private;
use super::{invalid, refused};
use crate::state::AppState;

/// Which application for which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    isv_app_id: String,
    app_id: String,
    /// The code alone, for the application to exchange.
    #[serde(default)]
    code: bool,
}

/// An authorisation as operators see it: no token.
#[derive(Serialize)]
struct Shown {
    isv_app_id: String,
    app_id: String,
    since: String,
    ends: Option<String>,
}

impl From<Authorization> for Shown {
    fn from(one: Authorization) -> Self {
        Self {
            isv_app_id: one.isv.to_string(),
            app_id: one.app.to_string(),
            since: one.since.to_string(),
            ends: one.ends.map(|ends| ends.to_string()),
        }
    }
}

pub(crate) async fn list(State(state): State<Arc<AppState>>) -> Response {
    match state.engine.authorizations(None).await {
        Ok(all) => {
            let shown: Vec<Shown> = all.into_iter().map(Shown::from).collect();
            Json(serde_json::json!({ "authorizations": shown })).into_response()
        }
        Err(error) => refused(&error),
    }
}

/// As if the merchant had agreed, and the application exchanged the code.
pub(crate) async fn grant(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let (pair, isv, app) = match read(&body) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let given = match state.engine.grant_code_as_operator(&isv, &app).await {
        Ok(code) if pair.code => Ok(serde_json::json!({ "app_auth_code": code })),
        Ok(code) => state.engine.exchange_code(&isv, &code).await.map(|issued| {
            serde_json::json!({
                "app_auth_token": issued.token,
                "app_refresh_token": issued.refresh_token,
                "auth_app_id": issued.app.as_str(),
                "user_id": issued.user_id,
                "expires_in": issued.expires_in,
                "re_expires_in": issued.refresh_expires_in,
            })
        }),
        Err(error) => Err(error),
    };
    match given {
        Ok(given) => private(Json(given).into_response()),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn revoke(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let (_, isv, app) = match read(&body) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    match state.engine.revoke_as_operator(&isv, &app).await {
        Ok(()) => {
            let ids = (isv.as_str(), app.as_str());
            let body = serde_json::json!({ "isv_app_id": ids.0, "app_id": ids.1, "revoked": true });
            Json(body).into_response()
        }
        Err(error) => refused(&error),
    }
}

fn read(body: &[u8]) -> Result<(Pair, AppId, AppId), Box<Response>> {
    let pair: Pair = serde_json::from_slice(body)
        .map_err(|error| Box::new(invalid(&format!("the body must be JSON: {error}"))))?;
    let id =
        |text: &str| AppId::parse(text).map_err(|_| Box::new(refused(&EngineError::NoSuchApp)));
    let (isv, app) = (id(&pair.isv_app_id)?, id(&pair.app_id)?);
    Ok((pair, isv, app))
}

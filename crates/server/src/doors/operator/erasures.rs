//! Personal data is erased, on somebody's wish.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::{AppId, CertifyId, OrderNo};
use engine::{EngineError, Erasable};
use serde::Deserialize;

use super::reviews::named;
use super::{invalid, refused};
use crate::state::AppState;

/// Longest reason.
const LONGEST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    certify_id: Option<String>,
    app_id: Option<String>,
    outer_order_no: Option<String>,
    by: String,
    why: String,
}

impl Asked {
    fn what(&self) -> Result<Erasable, Box<Response>> {
        match (&self.certify_id, &self.app_id, &self.outer_order_no) {
            (Some(id), None, None) => CertifyId::parse(id)
                .map(Erasable::Id)
                .ok_or_else(|| Box::new(refused(&EngineError::NoSuchCertification))),
            (None, Some(app), Some(order_no)) => {
                let app =
                    AppId::parse(app).map_err(|_| Box::new(refused(&EngineError::NoSuchApp)))?;
                Ok(Erasable::Order(app, OrderNo::restore(order_no.clone())))
            }
            _ => Err(Box::new(invalid("give certify_id, or app_id and outer_order_no"))),
        }
    }
}

pub(crate) async fn erase(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => return invalid(&format!("the body must be JSON: {error}")),
    };
    let length = asked.why.trim().chars().count();
    if !(1..=LONGEST).contains(&length) {
        return invalid("why must be 1 to 200 characters, and nothing personal: it is kept");
    }
    let by = match named(Some(&asked.by)) {
        Ok(by) => by,
        Err(message) => return invalid(message),
    };
    let what = match asked.what() {
        Ok(what) => what,
        Err(response) => return *response,
    };
    match state.engine.erase(what, &by, asked.why.trim()).await {
        Ok(id) => {
            let body = serde_json::json!({ "certify_id": id.to_string(), "erased": true });
            Json(body).into_response()
        }
        Err(error) => refused(&error),
    }
}

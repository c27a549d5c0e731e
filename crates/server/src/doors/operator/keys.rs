//! The keys that seal what is kept: which there are, and the next one.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use engine::KeyGeneration;
use serde::Deserialize;

use super::reviews::named;
use super::{invalid, refused};
use crate::state::AppState;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    by: Option<String>,
}

pub(crate) async fn show(State(state): State<Arc<AppState>>) -> Response {
    match state.engine.key_generations().await {
        Ok(generations) => {
            let newest = generations.iter().map(|key| key.generation).max();
            let older = generations.iter().filter(|key| Some(key.generation) != newest);
            let left: i64 = older.clone().map(KeyGeneration::movable).sum();
            Json(serde_json::json!({
                "newest": newest,
                "to_be_sealed_again": left,
                "counted_up_to": KeyGeneration::MOST,
                "capped": older.into_iter().any(|key| key.capped),
                "generations": generations,
            }))
            .into_response()
        }
        Err(error) => refused(&error),
    }
}

pub(crate) async fn rotate(State(state): State<Arc<AppState>>, body: Bytes) -> Response {
    let asked = if body.is_empty() { Ok(Asked::default()) } else { serde_json::from_slice(&body) };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return invalid(&format!("the body must be JSON: {error}")),
    };
    let by = match named(asked.by.as_deref()) {
        Ok(by) => by,
        Err(message) => return invalid(message),
    };
    match state.engine.rotate_keys(&by).await {
        Ok(generation) => Json(serde_json::json!({ "generation": generation })).into_response(),
        Err(error) => refused(&error),
    }
}

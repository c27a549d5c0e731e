//! The world put aside under a name, taken back, emptied.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use engine::EngineError;

use super::{problem, refused};
use crate::state::AppState;

const LONGEST: usize = 40;

pub(crate) async fn snapshot(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
) -> Response {
    match file(&state, &name) {
        Err(message) => invalid(message),
        Ok(path) => done(state.engine.put_aside(&path).await, "snapshot", &name),
    }
}

pub(crate) async fn restore(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
) -> Response {
    let path = match file(&state, &name) {
        Err(message) => return invalid(message),
        Ok(path) => path,
    };
    let result = state.engine.take_back(&path).await;
    done(result.map(|offset_ms| set_clock(&state, offset_ms)), "restored", &name)
}

pub(crate) async fn reset(State(state): State<Arc<AppState>>) -> Response {
    let result = state.engine.empty().await.map(|()| set_clock(&state, 0));
    done(result, "reset", "everything")
}

fn set_clock(state: &AppState, offset_ms: i64) {
    if let Some(clock) = &state.test_clock {
        clock.set_offset(offset_ms);
    }
}

fn done(result: Result<(), EngineError>, what: &str, name: &str) -> Response {
    match result {
        Ok(()) => Json(serde_json::json!({ what: name, "test": true })).into_response(),
        Err(error) => refused(&error),
    }
}

/// The file of a name. Names are letters, digits and dashes: nothing that leads elsewhere.
fn file(state: &AppState, name: &str) -> Result<PathBuf, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(plain) {
        return Err("a snapshot's name has 1 to 40 letters, digits, - or _");
    }
    Ok(state.snapshots.join(format!("{name}.db")))
}

fn invalid(message: &str) -> Response {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "INVALID", message)
}

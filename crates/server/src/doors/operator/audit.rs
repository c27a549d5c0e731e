//! Who did what, for whoever runs the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use wire::rest::query_parameter;

use super::reviews::private;
use super::{MOST, USUAL, invalid, refused};
use crate::state::AppState;

pub(crate) async fn list(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = |name| query_parameter(query.as_deref().unwrap_or_default(), name);
    let from = asked("from").map_or(Some(1_i64), |text| text.parse().ok());
    let Some(from) = from.filter(|from| *from >= 1) else {
        return invalid("from must be the number of a row, from 1 on");
    };
    let limit = asked("limit").map_or(Some(USUAL), |text| text.parse().ok());
    let Some(limit) = limit.filter(|limit| (1..=MOST).contains(limit)) else {
        return invalid("limit must be a number from 1 to 1000");
    };
    match state.engine.audit(from, limit).await {
        Ok(lines) => {
            let next = lines.last().map_or(from, |line| line.seq.saturating_add(1));
            // Names of operators are in it.
            private(Json(serde_json::json!({ "audit": lines, "next": next })).into_response())
        }
        Err(error) => refused(&error),
    }
}

//! Who did what, for whoever runs the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use engine::{AuditLine, Engine, EngineError};
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
    let (lines, chains) = match found(&state.engine, asked("chain"), from, limit).await {
        Ok(found) => found,
        Err(error) => return refused(&error),
    };
    let next = lines.last().map_or(from, |line| line.seq.saturating_add(1));
    let chains: Vec<_> = chains
        .into_iter()
        .map(|(chain, last)| serde_json::json!({ "chain": chain, "last": last }))
        .collect();
    let found = serde_json::json!({ "audit": lines, "next": next, "chains": chains });
    // Names of operators are in it.
    private(Json(found).into_response())
}

type Found = (Vec<AuditLine>, Vec<(String, i64)>);

/// The rows of the chain that is asked for; else of the first there is.
async fn found(
    engine: &Engine,
    chain: Option<String>,
    from: i64,
    limit: u32,
) -> Result<Found, EngineError> {
    let chains = engine.audit_chains().await?;
    let first = chains.first().map(|(name, _)| name.clone());
    let lines = match chain.or(first) {
        Some(chain) => engine.audit(&chain, from, limit).await?,
        None => Vec::new(),
    };
    Ok((lines, chains))
}

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
        Ok(Some(found)) => found,
        Ok(None) => return several(&state.engine).await,
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

/// Whoever followed one of several would miss most of what happens.
async fn several(engine: &Engine) -> Response {
    match engine.audit_chains().await {
        Ok(chains) => {
            let names: Vec<_> = chains.into_iter().map(|(name, _)| name).collect();
            let names = names.join(", ");
            invalid(&format!("there are several chains; name one with chain=NAME: {names}"))
        }
        Err(error) => refused(&error),
    }
}

type Found = (Vec<AuditLine>, Vec<(String, i64)>);

/// The rows of the chain that is asked for, or of the only one there is; none if that leaves
/// several.
async fn found(
    engine: &Engine,
    chain: Option<String>,
    from: i64,
    limit: u32,
) -> Result<Option<Found>, EngineError> {
    let chains = engine.audit_chains().await?;
    let chain = match (chain, chains.as_slice()) {
        (Some(chain), _) => chain,
        (None, []) => return Ok(Some((Vec::new(), chains))),
        (None, [(only, _)]) => only.clone(),
        (None, _) => return Ok(None),
    };
    Ok(Some((engine.audit(&chain, from, limit).await?, chains)))
}

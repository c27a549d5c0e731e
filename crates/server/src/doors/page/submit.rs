//! The person hands in.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::asker::Asker;
use super::frame::Depth;
use super::problem::Problem;
use super::refused::notice;
use crate::state::AppState;

pub(crate) async fn submit(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    let session = asker.session.as_deref().unwrap_or_default();
    let done = state.engine.submit(&link, session).await;
    match done.map_err(|error| Problem::of(&error)) {
        Ok(()) => asker.to_page("../", &link),
        // The page says where things are now.
        Err(problem) if problem.wants_reload() => asker.to_page("../", &link),
        Err(problem) => notice(&state, &asker, Depth::Below, problem),
    }
}

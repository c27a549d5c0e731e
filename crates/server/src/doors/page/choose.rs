//! Test mode: the outcome is chosen on the page.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::{Chosen, EngineError, Place};
use serde::Deserialize;

use super::asker::Asker;
use super::frame::Depth;
use super::problem::Problem;
use super::refused::refused;
use crate::doors::test_world::Choice;
use crate::state::AppState;

/// What the chooser sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    outcome: String,
    reason: Option<String>,
}

pub(crate) async fn choose(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
    form: Result<Form<Wanted>, FormRejection>,
) -> Response {
    let session = asker.session.as_deref();
    let chosen = form.ok().and_then(|Form(it)| Choice::new(it.outcome, it.reason).read().ok());
    let Some(chosen) = chosen else { return unknown(&state, &asker, &link).await };
    let left = chosen == Chosen::Left;
    match state.engine.choose_by_link(&link, session, chosen).await {
        Ok(_) if left => asker.to_page("./", &format!("{link}/left")),
        Ok(_) | Err(EngineError::WrongState(_) | EngineError::Elsewhere) => {
            asker.to_page("./", &link)
        }
        Err(error) => refused(&state, &asker, Depth::Page, &error),
    }
}

/// Nothing that can be chosen: the page says so, at the step where it was asked.
async fn unknown(state: &AppState, asker: &Asker, link: &str) -> Response {
    match state.engine.view(link, asker.session.as_deref()).await {
        Ok(view) => {
            let at = match view.place {
                Place::Step(step) => step.as_str(),
                Place::Choosing => "choosing",
                Place::Waiting
                | Place::Finished
                | Place::Watching(_)
                | Place::Elsewhere
                | Place::Used
                | Place::NoVerifier => "",
            };
            asker.to_problem("./", link, Problem::OutcomeUnknown, at)
        }
        Err(error) => refused(state, asker, Depth::Page, &error),
    }
}

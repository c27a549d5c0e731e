//! The person leaves, and may come back.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::{Place, View};

use super::asker::Asker;
use super::frame::{self, Depth, Frame};
use super::refused::refused;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "left.html")]
struct LeftPage<'a> {
    page: Frame,
    until: String,
    return_to: Option<&'a str>,
}

pub(crate) async fn leave(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    match state.engine.leave(&link, asker.session.as_deref()).await {
        Ok(_) => Redirect::to(&format!("left{}", asker.query())).into_response(),
        Err(error) => refused(&state, &asker, Depth::Below, &error),
    }
}

pub(crate) async fn left(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    match state.engine.view(&link, asker.session.as_deref()).await {
        Ok(view) if may_come_back(&view) => {
            let page = Frame::of(&state, &asker, Depth::Below, &link, &view, "left");
            frame::send(&LeftPage {
                page: page.telling(&view, "6001"),
                until: frame::spoken_time(view.ends, asker.language),
                return_to: view.return_to.as_deref(),
            })
        }
        Ok(_) => asker.to_page("../", &link),
        Err(error) => refused(&state, &asker, Depth::Below, &error),
    }
}

fn may_come_back(view: &View) -> bool {
    match view.place {
        Place::Step(_) | Place::Waiting | Place::Choosing => true,
        Place::Finished
        | Place::Watching(_)
        | Place::Elsewhere
        | Place::Used
        | Place::NoVerifier => false,
    }
}

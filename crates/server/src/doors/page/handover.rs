//! From the desktop to the phone: a code on one screen, a page on the other.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Form, Json};
use engine::{EngineError, Place};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;

use super::asker::Asker;
use super::cookies;
use super::frame::{self, Depth, Frame};
use super::problem::Problem;
use super::refused::refused;
use crate::state::AppState;

/// Pixels along an edge, at least: read from a desk's distance.
const EDGE: u32 = 220;

#[derive(Template)]
#[template(path = "continue.html")]
struct ContinuePage {
    page: Frame,
}

/// What the phone's form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    token: String,
}

/// The first screen asks for a code.
pub(crate) async fn handover(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    let session = asker.session.as_deref().unwrap_or_default();
    match state.engine.offer_handover(&link, session).await {
        Ok(token) => {
            // Behind `#` it is sent to nobody and stands in no log.
            let address = format!("{}/continue#{token}", state.verify_url(&link));
            let body = serde_json::json!({
                "svg": code(&address),
                "address": address,
                "ends_in": engine::HANDOVER.as_secs(),
            });
            Json(body).into_response()
        }
        Err(error) => Problem::of(&error).json(asker.words()),
    }
}

fn code(address: &str) -> String {
    // An address with a long return address may not fit: then the text beside it must do.
    let code = QrCode::with_error_correction_level(address, EcLevel::L);
    code.map(|code| code.render::<svg::Color<'_>>().min_dimensions(EDGE, EDGE).build())
        .unwrap_or_default()
}

/// The phone opens what it has read.
pub(crate) async fn continued(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    match state.engine.view(&link, asker.session.as_deref()).await {
        Ok(view) if view.place == Place::Elsewhere => {
            let frame = Frame::of(&state, &asker, Depth::Below, &link, &view, "continue");
            frame::send(&ContinuePage { page: Frame { problem: asker.problem, ..frame } })
        }
        // Nobody has begun, or this browser is there already, or it has ended.
        Ok(_) => asker.to_page("../", &link),
        Err(error) => refused(&state, &asker, Depth::Below, &error),
    }
}

pub(crate) async fn take_over(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
    form: Result<Form<Token>, FormRejection>,
) -> Response {
    let token = form.map(|Form(form)| form.token).unwrap_or_default();
    match state.engine.take_over(&link, &token).await {
        Ok(session) => {
            let mut response = asker.to_page("../", &link);
            cookies::set_session(response.headers_mut(), &session, &state.public_url);
            response
        }
        Err(EngineError::Elsewhere | EngineError::NotThisStep) => {
            asker.to_problem("../", &format!("{link}/continue"), Problem::CodeUsed, "")
        }
        Err(error) => refused(&state, &asker, Depth::Below, &error),
    }
}

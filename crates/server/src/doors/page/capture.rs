//! Pictures: frames under a challenge, photos by camera, photos from files.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::{Action, CertifyId, Challenge, Part, Source, Step};
use engine::{EngineError, Taken};

use super::asker::{Asker, value};
use super::body;
use super::frame::Depth;
use super::problem::Problem;
use super::refused::notice;
use crate::bounds::Place;
use crate::state::AppState;

pub(crate) async fn challenge(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    let session = session(&asker);
    match state.engine.challenge(&link, session).await {
        Ok(challenged) => {
            let actions = challenged.challenge.actions().iter().copied().map(Action::as_str);
            let ends_in = challenged.ends.duration_since(state.engine.now()).as_secs();
            let body = serde_json::json!({
                "challenge": challenged.id,
                "actions": actions.collect::<Vec<_>>(),
                "frames_each": Challenge::FRAMES_EACH,
                "ends_in": ends_in,
            });
            Json(body).into_response()
        }
        Err(error) => Problem::of(&error).json(asker.words()),
    }
}

pub(crate) async fn frame(
    State(state): State<Arc<AppState>>,
    Path((link, challenge, index)): Path<(String, String, String)>,
    asker: Asker,
    body: Body,
) -> Response {
    let Ok(index) = index.parse() else { return Problem::NotThisStep.json(asker.words()) };
    let done = async {
        let session = session(&asker);
        let wanted = state.engine.wants_frame(&link, session, &challenge, index).await;
        let (bytes, _place) = picture_of(&state, wanted, body).await?;
        let taken = state.engine.frame(&link, session, &challenge, index, bytes).await;
        taken.map_err(|error| Problem::of(&error))
    };
    to_script(&asker, done.await)
}

pub(crate) async fn photo(
    State(state): State<Arc<AppState>>,
    Path((link, part)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    asker: Asker,
    body: Body,
) -> Response {
    let Some(part) = photo_part(&part) else { return Problem::NotThisStep.json(asker.words()) };
    let said = value(query.as_deref().unwrap_or_default(), "source").and_then(Source::parse);
    let source = match said {
        Some(Source::Camera) => Source::Camera,
        // Nothing shows that it was taken now.
        Some(Source::Upload | Source::Merchant) | None => Source::Upload,
    };
    let done = async {
        let wanted = state.engine.wants_photo(&link, session(&asker), part).await;
        let (bytes, _place) = picture_of(&state, wanted, body).await?;
        keep(&state, &link, &asker, Taken { part, source, bytes }).await
    };
    to_script(&asker, done.await)
}

/// A photo by a form: works without a script.
pub(crate) async fn upload(
    State(state): State<Arc<AppState>>,
    Path((link, part)): Path<(String, String)>,
    asker: Asker,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(part) = photo_part(&part) else { return asker.to_page("../../", &link) };
    let done = async {
        let form = form.map_err(|_| Problem::PictureEmpty)?;
        let wanted = state.engine.wants_photo(&link, session(&asker), part).await;
        let _place = match admitted(&state, wanted) {
            Ok(place) => place,
            Err(problem) => {
                body::let_form_pass(form).await;
                return Err(problem);
            }
        };
        let bytes = body::of_form(form).await?;
        keep(&state, &link, &asker, Taken { part, source: Source::Upload, bytes }).await
    };
    match done.await {
        Ok(()) => asker.to_page("../../", &link),
        // The page says where things are now.
        Err(problem) if problem.wants_reload() => asker.to_page("../../", &link),
        Err(problem @ (Problem::Busy | Problem::Fault)) => {
            notice(&state, &asker, Depth::Below, problem)
        }
        Err(problem) => asker.to_problem("../../", &link, problem, step_of(part)),
    }
}

async fn keep(state: &AppState, link: &str, asker: &Asker, taken: Taken) -> Result<(), Problem> {
    let kept: Result<(), EngineError> = state.engine.photo(link, session(asker), taken).await;
    kept.map_err(|error| Problem::of(&error))
}

/// The picture, if it is wanted: of nothing else anything is kept, not even for a moment.
async fn picture_of(
    state: &AppState,
    wanted: Result<CertifyId, EngineError>,
    body: Body,
) -> Result<(Vec<u8>, Place<CertifyId>), Problem> {
    match admitted(state, wanted) {
        Ok(place) => Ok((body::of_script(body).await?, place)),
        Err(problem) => {
            body::let_pass(body).await;
            Err(problem)
        }
    }
}

/// A place for a picture that is wanted.
fn admitted(
    state: &AppState,
    wanted: Result<CertifyId, EngineError>,
) -> Result<Place<CertifyId>, Problem> {
    let id = wanted.map_err(|error| Problem::of(&error))?;
    state.bounds.upload(id, state.engine.now()).ok_or(Problem::Busy)
}

fn session(asker: &Asker) -> &str {
    asker.session.as_deref().unwrap_or_default()
}

fn to_script(asker: &Asker, done: Result<(), Problem>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem.json(asker.words()),
    }
}

fn photo_part(text: &str) -> Option<Part> {
    match Part::parse(text)? {
        part @ (Part::CertFront | Part::CertBack | Part::Selfie) => Some(part),
        Part::Frame(_) | Part::Reference => None,
    }
}

fn step_of(part: Part) -> &'static str {
    match part {
        Part::CertFront => Step::CertFront.as_str(),
        Part::CertBack => Step::CertBack.as_str(),
        Part::Selfie | Part::Frame(_) | Part::Reference => Step::Face.as_str(),
    }
}

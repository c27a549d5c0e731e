//! Pages that say why it does not go on, and what to do.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use engine::EngineError;
use wire::Failure;

use super::asker::Asker;
use super::frame::{self, Depth, Frame};
use super::language::Language;
use super::problem::Problem;
use crate::state::AppState;

/// Nothing to do here but to read.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub(super) page: Frame,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) next: &'a str,
    /// For whoever helps the person.
    pub(super) code: &'a str,
    pub(super) return_to: Option<&'a str>,
}

/// The page of a refusal of the engine. HTTP 200, as the hosted gateway answers browsers.
pub(super) fn refused(
    state: &AppState,
    asker: &Asker,
    depth: Depth,
    error: &EngineError,
) -> Response {
    notice(state, asker, depth, Problem::of(error))
}

/// The page of a problem that leaves nothing to be done here.
pub(super) fn notice(state: &AppState, asker: &Asker, depth: Depth, problem: Problem) -> Response {
    let w = asker.words();
    let (title, next, code) = match problem {
        Problem::NoSuchLink => (w.unknown_title, w.ask_again, "OPEN_CERTIFY_BILL_NOT_EXIST"),
        Problem::Expired => (w.expired_title, w.ask_again, "CERTIFY_ID_EXPIRED"),
        Problem::Busy => (w.busy_title, "", problem.code()),
        Problem::ForeignOrigin => (w.foreign_title, w.foreign_next, problem.code()),
        Problem::Fault => (w.fault_title, "", problem.code()),
        Problem::NotThisStep
        | Problem::Elsewhere
        | Problem::ChallengeOver
        | Problem::TooManyTries
        | Problem::PictureEmpty
        | Problem::PictureTooLarge
        | Problem::PictureKind
        | Problem::PictureDamaged
        | Problem::PictureTooManyPixels
        | Problem::PictureTooFewPixels
        | Problem::AgreeMissing
        | Problem::GuardianMissing
        | Problem::TextChanged
        | Problem::OutcomeUnknown
        | Problem::CodeUsed => (w.problem_title, w.foreign_next, problem.code()),
    };
    frame::send(&Notice {
        page: Frame::bare(state, asker, depth),
        title,
        text: problem.text(w),
        next,
        code,
        return_to: None,
    })
}

/// The page of a refusal at our root, in the words of the gateway.
pub(crate) fn problem(state: &AppState, headers: &HeaderMap, failure: &Failure) -> Response {
    let asker = Asker::of(headers, "");
    let w = asker.words();
    let (zh, en) = failure.sub_msg.split_once(" / ").unwrap_or((&failure.sub_msg, ""));
    let text = match asker.language {
        Language::En if !en.is_empty() => en,
        Language::Zh | Language::En => zh,
    };
    frame::send(&Notice {
        page: Frame::bare(state, &asker, Depth::Root),
        title: w.problem_title,
        text,
        next: w.ask_again,
        code: failure.sub_code.as_str(),
        return_to: None,
    })
}

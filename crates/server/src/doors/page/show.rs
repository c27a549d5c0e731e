//! The page of the place where this browser is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{BizCode, KnownReason, Step};
use engine::{Mode, Place, View, Watched};

use super::asker::Asker;
use super::consent::CONSENT_VERSION;
use super::frame::{self, Depth, Frame};
use super::language::Language;
use super::problem::Problem;
use super::refused::{Notice, refused};
use super::take::Take;
use super::words::Words;
use crate::state::AppState;

/// How far the person is: this step of so many.
pub(super) struct Progress {
    n: usize,
    steps: Vec<Step>,
}

impl Progress {
    fn of(view: &View, step: Step) -> Self {
        let steps = Step::all_of(view.biz_code, view.way);
        let before = steps.iter().take_while(|known| **known != step).count();
        Self { n: before.saturating_add(1), steps }
    }

    fn text(&self, w: &Words) -> String {
        let (n, of) = (self.n.to_string(), self.steps.len().to_string());
        w.step_count.replace("{n}", &n).replace("{of}", &of)
    }

    /// Whether each step is behind, now, or ahead.
    fn marks(&self) -> impl Iterator<Item = &'static str> {
        (1..=self.steps.len()).map(|n| match n.cmp(&self.n) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "now",
            std::cmp::Ordering::Greater => "ahead",
        })
    }
}

/// The chooser of test mode: on every step as a short cut, and at the end.
pub(super) struct Chooser {
    reasons: Vec<(&'static str, &'static str)>,
}

impl Chooser {
    fn of(state: &AppState, language: Language) -> Option<Self> {
        let text = |reason: &'static KnownReason| match language {
            Language::Zh => (reason.code, reason.zh),
            Language::En => (reason.code, reason.en),
        };
        let all = || KnownReason::ALL.iter().map(text).collect();
        (state.engine.mode() == Mode::Test).then(|| Self { reasons: all() })
    }
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    page: Frame,
    progress: Progress,
    chooser: Option<Chooser>,
    view: &'a View,
    method: &'static str,
    how: &'static str,
    face: bool,
    document: bool,
    agree: &'static str,
    version: &'static str,
}

#[derive(Template)]
#[template(path = "capture.html")]
struct CapturePage<'a> {
    page: Frame,
    progress: Progress,
    chooser: Option<Chooser>,
    asked: Option<&'a str>,
    title: &'static str,
    hint: &'static str,
    /// The picture to be uploaded.
    part: &'static str,
    card: bool,
    taking_again: bool,
    /// Keeps, in the address of the upload, what is taken again.
    upload_query: String,
}

#[derive(Template)]
#[template(path = "submit.html")]
struct SubmitPage<'a> {
    page: Frame,
    progress: Progress,
    chooser: Option<Chooser>,
    asked: Option<&'a str>,
    /// The name of each step and where to take it again.
    rows: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "handed_in.html")]
struct HandedInPage {
    page: Frame,
    chooser: Option<Chooser>,
    title: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "finished.html")]
struct FinishedPage<'a> {
    page: Frame,
    passed: bool,
    /// The person did not agree, which is no fault of theirs.
    refused: bool,
    title: &'static str,
    text: &'static str,
    reason: &'a str,
    next: &'static str,
    return_to: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "watching.html")]
struct WatchingPage {
    page: Frame,
    step: Option<&'static str>,
}

pub(crate) async fn show(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    match state.engine.view(&link, asker.session.as_deref()).await {
        Ok(view) => page(&Shown { state: &state, asker: &asker, link: &link, view: &view }),
        Err(error) => refused(&state, &asker, Depth::Page, &error),
    }
}

/// A view on its way to a browser.
struct Shown<'a> {
    state: &'a AppState,
    asker: &'a Asker,
    link: &'a str,
    view: &'a View,
}

fn page(shown: &Shown<'_>) -> Response {
    let w = shown.asker.words();
    match shown.view.place {
        Place::Step(step) => {
            let again = shown.asker.take.and_then(|take| take.step(shown.view));
            step_page(shown, again.unwrap_or(step), again.is_some())
        }
        Place::Waiting => handed_in(shown, "waiting", (w.waiting_title, w.waiting_text), None),
        Place::Choosing => {
            let chooser = Chooser::of(shown.state, shown.asker.language);
            handed_in(shown, "choosing", (w.choosing_title, w.choosing_text), chooser)
        }
        Place::Finished => finished(shown),
        Place::Watching(watched) => watching(shown, watched),
        Place::Elsewhere => {
            notice(shown, "elsewhere", (w.elsewhere_title, w.elsewhere_text, w.elsewhere_next))
        }
        Place::Used => notice(shown, "used", (w.used_title, w.used_text, w.used_next)),
        Place::NoVerifier => {
            let words = (w.no_verifier_title, w.no_verifier_text, w.no_verifier_next);
            notice(shown, "no_verifier", words)
        }
    }
}

impl Shown<'_> {
    fn frame(&self, place: &'static str) -> Frame {
        Frame::of(self.state, self.asker, Depth::Page, self.link, self.view, place)
    }

    fn frame_at(&self, step: Step) -> Frame {
        Frame { problem: self.problem_at(step.as_str()), ..self.frame("step").at(step) }
    }

    /// What went wrong, if it was here.
    fn problem_at(&self, at: &str) -> Option<Problem> {
        self.asker.problem.filter(|_| self.asker.at.as_deref() == Some(at))
    }

    fn chooser(&self) -> Option<Chooser> {
        Chooser::of(self.state, self.asker.language)
    }
}

fn step_page(shown: &Shown<'_>, step: Step, again: bool) -> Response {
    let w = shown.asker.words();
    match step {
        Step::Consent => consent_page(shown),
        Step::CertFront => {
            capture_page(shown, step, again, (w.cert_front_title, w.cert_front_hint, "cert_front"))
        }
        Step::CertBack => {
            capture_page(shown, step, again, (w.cert_back_title, w.cert_back_hint, "cert_back"))
        }
        Step::Face => capture_page(shown, step, again, (w.face_title, w.face_hint, "selfie")),
        Step::Submit => submit_page(shown),
    }
}

fn consent_page(shown: &Shown<'_>) -> Response {
    let (view, w) = (shown.view, shown.asker.words());
    let (face, document) =
        (view.biz_code.asks_for_face(), view.biz_code.asks_for_document() || view.offers_document);
    let agree = match (view.offers_document, face, document) {
        (true, _, _) => w.agree_either,
        (false, true, true) => w.agree_both,
        (false, true, false) => w.agree_face,
        (false, false, _) => w.agree_cert,
    };
    let (method, how) = scene(w, view.biz_code);
    frame::send(&ConsentPage {
        page: shown.frame_at(Step::Consent),
        progress: Progress::of(view, Step::Consent),
        chooser: shown.chooser(),
        view,
        method,
        how,
        face,
        document,
        agree,
        version: CONSENT_VERSION,
    })
}

fn scene(w: &Words, scene: BizCode) -> (&'static str, &'static str) {
    match scene {
        BizCode::Face => (w.face, w.face_how),
        BizCode::CertPhoto => (w.cert_photo, w.cert_photo_how),
        BizCode::CertPhotoFace => (w.cert_photo_face, w.cert_photo_face_how),
        BizCode::SmartFace => (w.smart_face, w.smart_face_how),
    }
}

fn capture_page(
    shown: &Shown<'_>,
    step: Step,
    taking_again: bool,
    (title, hint, part): (&'static str, &'static str, &'static str),
) -> Response {
    let take = shown.asker.take.filter(|_| taking_again).map(|take| take.to_string());
    let take = take.as_deref().map(|take| ("take", take));
    frame::send(&CapturePage {
        page: shown.frame_at(step),
        progress: Progress::of(shown.view, step),
        chooser: shown.chooser(),
        asked: shown.view.asked.as_deref(),
        title,
        hint,
        part,
        card: step != Step::Face,
        taking_again,
        upload_query: shown.asker.query_with(take.as_slice()),
    })
}

fn submit_page(shown: &Shown<'_>) -> Response {
    let page = shown.frame_at(Step::Submit);
    let row = |step: &Step| {
        let take = Take::again(shown.view, *step)?.to_string();
        Some((page.name_of(*step), shown.asker.query_with(&[("take", &take)])))
    };
    let rows = Step::all_of(shown.view.biz_code, shown.view.way).iter().filter_map(row).collect();
    frame::send(&SubmitPage {
        progress: Progress::of(shown.view, Step::Submit),
        chooser: shown.chooser(),
        asked: shown.view.asked.as_deref(),
        rows,
        page,
    })
}

fn handed_in(
    shown: &Shown<'_>,
    place: &'static str,
    (title, text): (&'static str, &'static str),
    chooser: Option<Chooser>,
) -> Response {
    let page = Frame { problem: shown.problem_at(place), ..shown.frame(place) };
    frame::send(&HandedInPage { page, chooser, title, text })
}

fn finished(shown: &Shown<'_>) -> Response {
    let (view, w) = (shown.view, shown.asker.words());
    let reason = view.status.reason.as_deref();
    let (title, text) = match reason {
        None => (w.passed_title, w.passed_text),
        Some(KnownReason::CONSENT_REFUSED) => (w.refused_title, w.refused_text),
        Some(_) => (w.failed_title, w.failed_text),
    };
    let code = reason.unwrap_or_default();
    let status = if reason.is_none() { "9000" } else { "4000" };
    let known = KnownReason::find(code);
    frame::send(&FinishedPage {
        page: shown.frame("finished").telling(view, status),
        passed: reason.is_none(),
        refused: reason == Some(KnownReason::CONSENT_REFUSED),
        title,
        text,
        reason: known.map_or(code, |known| match shown.asker.language {
            Language::Zh => known.zh,
            Language::En => known.en,
        }),
        next: next_after(w, code),
        return_to: view.return_to.as_deref(),
    })
}

/// What may help next time. Reasons are open: any text may be one.
fn next_after(w: &Words, code: &str) -> &'static str {
    match code {
        "FACE_NOT_MATCH" | "FACE_NOT_LIVE" | "FACE_NOT_CLEAR" => w.next_face,
        "CERT_PHOTO_UNREADABLE" => w.next_photo,
        "CERT_INFO_MISMATCH" => w.next_info,
        "CERT_EXPIRED" | "CERT_NOT_GENUINE" => w.next_document,
        KnownReason::CONSENT_REFUSED => w.next_consent,
        _ => w.next_other,
    }
}

fn watching(shown: &Shown<'_>, watched: Watched) -> Response {
    let page = shown.frame("watching");
    match watched {
        Watched::At(step) => {
            let name = page.name_of(step);
            frame::send(&WatchingPage { page: page.at(step), step: Some(name) })
        }
        Watched::Submitted => frame::send(&WatchingPage { page, step: None }),
    }
}

fn notice(
    shown: &Shown<'_>,
    place: &'static str,
    (title, text, next): (&'static str, &'static str, &'static str),
) -> Response {
    let page = shown.frame(place);
    frame::send(&Notice { title, text, next, code: "", return_to: None, page })
}

impl ConsentPage<'_> {
    fn kept(&self) -> String {
        match self.view.pictures_kept_days {
            0 => self.page.w.kept_not.to_owned(),
            days => self.page.w.kept_days.replace("{days}", &days.to_string()),
        }
    }

    fn seen(&self) -> &'static str {
        if self.view.people_look { self.page.w.seen_people } else { self.page.w.seen_machine }
    }
}

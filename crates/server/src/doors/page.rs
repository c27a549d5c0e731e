//! The page a person opens. In test mode the outcome is chosen on it; every page says TEST.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::BizCode;
use engine::{EngineError, Mode, Opened};
use serde::Deserialize;
use wire::{Failure, SubCode};

use super::test_world::Choice;
use crate::refusal;
use crate::state::AppState;

/// Nothing but our own style sheet and our own forms; in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify<'a> {
    opened: &'a Opened,
    scene_zh: &'static str,
    scene_en: &'static str,
    problem: Option<String>,
    reasons: &'a [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "finished.html")]
struct Finished<'a> {
    opened: &'a Opened,
    test: bool,
    passed: bool,
    reason: &'a str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    /// From this page to our root: pages of refusals stand at several depths.
    up: &'a str,
    test: bool,
    code: &'a str,
    zh: &'a str,
    en: &'a str,
}

/// Reasons offered on the page; a script may give any.
const REASONS: [(&str, &str); 4] = [
    ("FACE_NOT_MATCH", "人脸与证件不符 · face differs"),
    ("FACE_NOT_LIVE", "未检测到活体 · nobody live"),
    ("CERT_PHOTO_UNREADABLE", "证件照片无法识别 · photo unreadable"),
    ("CERT_INFO_MISMATCH", "姓名与号码不匹配 · name and number differ"),
];

/// What the page's form sends.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    outcome: String,
    reason: Option<String>,
}

pub(crate) async fn show(State(state): State<Arc<AppState>>, Path(link): Path<String>) -> Response {
    match state.engine.open(&link).await {
        Ok(opened) => opened_page(&state, &opened, None),
        Err(error) => refused(&state, &error),
    }
}

pub(crate) async fn choose(
    State(state): State<Arc<AppState>>,
    link: Result<Path<String>, PathRejection>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response {
    let Ok(Path(link)) = link else { return refused(&state, &EngineError::NoSuchLink) };
    let choice = match form {
        Ok(Form(form)) => Choice::new(form.outcome, form.reason).read(),
        Err(error) => Err(error.body_text()),
    };
    let refusal = match choice {
        Ok(chosen) => match state.engine.choose_by_link(&link, chosen).await {
            // A finished page is shown by a request of its own, so that reloading sends nothing.
            // The address is relative, for a proxy may have put us below a path of its own.
            Ok(_) | Err(EngineError::WrongState(_)) => {
                return Redirect::to(&format!("./{link}")).into_response();
            }
            Err(error) => return refused(&state, &error),
        },
        Err(message) => message,
    };
    match state.engine.open(&link).await {
        Ok(opened) => opened_page(&state, &opened, Some(refusal)),
        Err(error) => refused(&state, &error),
    }
}

fn opened_page(state: &AppState, opened: &Opened, problem: Option<String>) -> Response {
    let test = state.engine.mode() == Mode::Test;
    let reason = opened.status.reason.as_deref().unwrap_or_default();
    match opened.status.state {
        "passed" => render(&Finished { opened, test, passed: true, reason }),
        "failed" => render(&Finished { opened, test, passed: false, reason }),
        _ if test => {
            let (scene_zh, scene_en) = scene(opened.biz_code);
            render(&Verify { opened, scene_zh, scene_en, problem, reasons: &REASONS })
        }
        // No verifier is configured in live mode: nothing may pass, and the person is told.
        _ => problem_below(
            state,
            &Failure::precise(
                SubCode::ServiceUnavailable,
                "此服务尚未配置核验方式，请联系商户",
                "no way of verifying is configured on this server; please tell the merchant",
            ),
        ),
    }
}

fn scene(biz_code: BizCode) -> (&'static str, &'static str) {
    match biz_code {
        BizCode::Face => ("人脸认证", "face"),
        BizCode::CertPhoto => ("证照认证", "certificate photo"),
        BizCode::CertPhotoFace => ("证照和人脸认证", "certificate photo and face"),
        BizCode::SmartFace => ("快捷认证", "quick face"),
    }
}

fn refused(state: &AppState, error: &EngineError) -> Response {
    problem_below(
        state,
        &match error {
            EngineError::NoSuchLink => Failure::precise(
                SubCode::BillNotExist,
                "此链接无效，请回到商户页面重新获取",
                "this link is not valid; go back to the merchant and ask for a new one",
            ),
            EngineError::Expired => Failure::precise(
                SubCode::CertifyIdExpired,
                "此链接已过期，请回到商户页面重新发起认证",
                "this link has expired; go back to the merchant and start a new certification",
            ),
            other => refusal::failure(other),
        },
    )
}

/// The page of a refusal at our root. HTTP 200, as the hosted gateway answers browsers.
pub(crate) fn problem(state: &AppState, failure: &Failure) -> Response {
    problem_page(state, "", failure)
}

/// The page of a refusal one level below our root.
fn problem_below(state: &AppState, failure: &Failure) -> Response {
    problem_page(state, "../", failure)
}

fn problem_page(state: &AppState, up: &str, failure: &Failure) -> Response {
    let test = state.engine.mode() == Mode::Test;
    let (zh, en) = failure.sub_msg.split_once(" / ").unwrap_or((&failure.sub_msg, ""));
    render(&Problem { up, test, code: failure.sub_code.as_str(), zh, en })
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, POLICY),
                (CACHE_CONTROL, "no-store"),
                (REFERRER_POLICY, "no-referrer"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(crate) async fn stylesheet() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("../../static/page.css")).into_response()
}

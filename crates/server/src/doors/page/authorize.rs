//! The page where a merchant lets an application act for it, and takes that back.
//!
//! The answer leaves by a redirect to an address the application has registered, and to no other.
//! Who the merchant is: in test mode whoever is chosen, in live mode who knows its secret.

mod asked;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use domain::AppId;
use engine::{AuthorizationFault, EngineError, Mode};
use jiff::Timestamp;
use serde::Deserialize;

use super::asker::Asker;
use super::frame::{self, Depth, Frame};
use super::language::Language;
use super::problem::Problem;
use super::refused::{Notice, notice, refused};
use super::words::AuthorizeWords;
use crate::bounds::Address;
use crate::doors::busy::after;
use crate::state::AppState;
use asked::{Asked, Wrong};

/// What the merchant's browser sends. The secret travels in the body only.
#[derive(Default, Deserialize)]
pub(crate) struct Answered {
    #[serde(rename = "do", default)]
    action: String,
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    secret: String,
}

/// A merchant that can be chosen, in test mode.
struct Choice {
    id: String,
    name: String,
}

/// What is authorised already.
struct Existing {
    id: String,
    name: String,
    since: String,
}

#[derive(Template)]
#[template(path = "authorize.html")]
struct AuthorizePage<'a> {
    page: Frame,
    a: &'static AuthorizeWords,
    /// The same request again.
    action: String,
    target: String,
    until: String,
    /// Test mode.
    choices: Vec<Choice>,
    existing: Vec<Existing>,
    /// What was typed before, but for the secret.
    merchant: &'a str,
    trouble: Option<&'static str>,
    done: Option<&'static str>,
}

/// What the page says of the answer before.
#[derive(Default)]
struct Said {
    trouble: Option<&'static str>,
    done: Option<&'static str>,
}

/// A request of an application, and whose browser asks.
struct Visit<'a> {
    state: &'a AppState,
    asker: &'a Asker,
    request: &'a Asked,
}

pub(crate) async fn ask(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
    asker: Asker,
) -> Response {
    match Asked::read(&state, query.as_deref().unwrap_or_default()) {
        Ok(request) => {
            let visit = Visit { state: &state, asker: &asker, request: &request };
            visit.page(None, "", Said::default()).await
        }
        Err(wrong) => no_page(&state, &asker, wrong),
    }
}

pub(crate) async fn answer(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
    asker: Asker,
    Extension(from): Extension<Address>,
    form: Result<Form<Answered>, FormRejection>,
) -> Response {
    let request = match Asked::read(&state, query.as_deref().unwrap_or_default()) {
        Ok(request) => request,
        Err(wrong) => return no_page(&state, &asker, wrong),
    };
    let answered = form.map(|Form(answered)| answered).unwrap_or_default();
    let visit = Visit { state: &state, asker: &asker, request: &request };
    if answered.action == "refuse" {
        return leave(&request.refusal());
    }
    if let Err(wait) = state.bounds.may_try_secret(from, state.engine.now()) {
        let mut response = notice(&state, &asker, Depth::Page, Problem::Busy);
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return after(Some(wait), response);
    }
    let Some(merchant) = visit.merchant(&answered) else {
        state.bounds.wrong_secret(from, state.engine.now());
        let said = Said { trouble: Some(visit.words().wrong), done: None };
        return visit.page(None, &answered.merchant, said).await;
    };
    visit.carry_out(&answered, &merchant).await
}

impl Visit<'_> {
    fn words(&self) -> &'static AuthorizeWords {
        AuthorizeWords::of(self.asker.language)
    }

    fn is_test(&self) -> bool {
        self.state.engine.mode() == Mode::Test
    }

    /// Who answers. A wrong name and a wrong secret look alike.
    fn merchant(&self, answered: &Answered) -> Option<AppId> {
        let engine = &self.state.engine;
        match engine.mode() {
            Mode::Live => engine.proven_merchant(&answered.merchant, &answered.secret),
            Mode::Test => {
                let chosen = engine.app(&answered.merchant).filter(|app| !app.isv);
                chosen.map(|app| app.id.clone())
            }
        }
    }

    async fn carry_out(&self, answered: &Answered, merchant: &AppId) -> Response {
        let (engine, isv, w) = (&self.state.engine, &self.request.isv.id, self.words());
        let said = |done| Said { trouble: None, done: Some(done) };
        match answered.action.as_str() {
            "agree" => match engine.grant_code(isv, merchant).await {
                Ok(code) => leave(&self.request.agreement(&code)),
                Err(error) => self.failed(&error),
            },
            "withdraw" => match engine.revoke(isv, merchant).await {
                Ok(()) => self.page(Some(merchant), merchant.as_str(), said(w.withdrawn)).await,
                Err(EngineError::Authorization(AuthorizationFault::NothingAuthorised)) => {
                    self.page(Some(merchant), merchant.as_str(), said(w.nothing)).await
                }
                Err(error) => self.failed(&error),
            },
            "look" => self.page(Some(merchant), merchant.as_str(), Said::default()).await,
            _ => {
                let said = Said { trouble: Some(w.unclear), done: None };
                self.page(None, merchant.as_str(), said).await
            }
        }
    }

    fn failed(&self, error: &EngineError) -> Response {
        refused(self.state, self.asker, Depth::Page, error)
    }

    /// The page; with what `proven` has authorised, or, in test mode, anybody.
    async fn page(&self, proven: Option<&AppId>, merchant: &str, said: Said) -> Response {
        let existing = match self.existing(proven).await {
            Ok(existing) => existing,
            Err(error) => return self.failed(&error),
        };
        let w = self.words();
        let nothing = proven.is_some() && existing.is_empty() && said.done.is_none();
        let page = AuthorizePage {
            page: self.frame(),
            a: w,
            action: self.request.query(self.asker.chosen_language()),
            target: self.request.redirect.origin(),
            until: match self.state.engine.token_days() {
                0 => w.until_withdrawn.to_owned(),
                days => w.until_days.replace("{days}", &days.to_string()),
            },
            choices: self.choices(),
            existing,
            merchant,
            trouble: said.trouble,
            done: said.done.or(nothing.then_some(w.nothing)),
        };
        frame::send_leading_to(&page, &self.request.redirect.policy_source())
    }

    fn frame(&self) -> Frame {
        let bare = Frame::bare(self.state, self.asker, Depth::Page);
        let other = self.request.query(Some(bare.w.other_code));
        Frame { place: "authorize", app_name: self.request.isv.name.clone(), other, ..bare }
    }

    fn choices(&self) -> Vec<Choice> {
        let merchants = self.state.engine.merchants().into_iter().filter(|_| self.is_test());
        merchants.map(|app| Choice { id: app.id.to_string(), name: app.name.clone() }).collect()
    }

    async fn existing(&self, proven: Option<&AppId>) -> Result<Vec<Existing>, EngineError> {
        if proven.is_none() && !self.is_test() {
            return Ok(Vec::new());
        }
        let all = self.state.engine.authorizations(Some(&self.request.isv.id)).await?;
        let visible = all.into_iter().filter(|one| self.is_test() || proven == Some(&one.app));
        let shown = visible.filter_map(|one| {
            let name = self.state.engine.app(one.app.as_str())?.name.clone();
            let since = spoken_day(one.since, self.asker.language);
            Some(Existing { id: one.app.to_string(), name, since })
        });
        Ok(shown.collect())
    }
}

fn spoken_day(at: Timestamp, language: Language) -> String {
    let local = jiff::tz::offset(8).to_datetime(at);
    match language {
        Language::Zh => local.strftime("%Y年%-m月%-d日 %H:%M（北京时间）").to_string(),
        Language::En => local.strftime("%-d %B %Y, %H:%M (Beijing time)").to_string(),
    }
}

/// The answer leaves; nobody on the way may keep it.
fn leave(address: &str) -> Response {
    let mut response = Redirect::to(address).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A request that leads to no page leads nowhere else either.
fn no_page(state: &AppState, asker: &Asker, wrong: Wrong) -> Response {
    let w = AuthorizeWords::of(asker.language);
    let (text, code) = match wrong {
        Wrong::App => (w.wrong_app, "INVALID_APP_ID"),
        Wrong::Redirect => (w.wrong_redirect, "INVALID_REDIRECT_URI"),
        Wrong::State => (w.wrong_state, "INVALID_STATE"),
    };
    frame::send(&Notice {
        page: Frame::bare(state, asker, Depth::Page),
        title: w.wrong_title,
        text,
        next: "",
        code,
        return_to: None,
    })
}

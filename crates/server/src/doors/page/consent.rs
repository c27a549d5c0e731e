//! The person agrees, or does not.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Step, Way};
use engine::{Agreement, EngineError};
use serde::Deserialize;

use super::asker::Asker;
use super::cookies;
use super::frame::Depth;
use super::language::Language;
use super::problem::Problem;
use super::refused::refused;
use crate::state::AppState;

/// Names the text people agree to. A changed meaning needs another name.
pub(super) const CONSENT_VERSION: &str = "2026-11";

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answer {
    agree: Option<String>,
    way: Option<String>,
    guardian: Option<String>,
    version: Option<String>,
    language: Option<String>,
}

/// What the person decided.
enum Decision {
    Agree(Agreement),
    Refuse(Agreement),
}

impl Answer {
    fn read(self, asker: &Asker) -> Result<Decision, Problem> {
        let language = self.language.as_deref().and_then(Language::parse);
        let agreement = Agreement {
            version: CONSENT_VERSION.to_owned(),
            language: language.unwrap_or(asker.language).as_str().to_owned(),
            guardian: self.guardian.is_some(),
            way: self.way.as_deref().and_then(Way::parse).unwrap_or(Way::Scene),
        };
        match self.agree.as_deref() {
            // Whoever read an older text has not agreed to this one.
            _ if self.version.as_deref() != Some(CONSENT_VERSION) => Err(Problem::TextChanged),
            Some("yes") => Ok(Decision::Agree(agreement)),
            Some("no") => Ok(Decision::Refuse(agreement)),
            Some(_) | None => Err(Problem::AgreeMissing),
        }
    }
}

pub(crate) async fn consent(
    State(state): State<Arc<AppState>>,
    Path(link): Path<String>,
    asker: Asker,
    form: Result<Form<Answer>, FormRejection>,
) -> Response {
    let answer = form.map(|Form(answer)| answer).unwrap_or_default();
    let done = match answer.read(&asker) {
        Ok(Decision::Agree(agreement)) => agree(&state, &link, &asker, agreement).await,
        Ok(Decision::Refuse(agreement)) => refuse(&state, &link, &asker, agreement).await,
        Err(problem) => return back(&asker, &link, problem),
    };
    done.unwrap_or_else(|error| match &error {
        EngineError::GuardianNeeded => back(&asker, &link, Problem::GuardianMissing),
        // The page says where things are now.
        EngineError::Elsewhere | EngineError::NotThisStep => asker.to_page("../", &link),
        other => refused(&state, &asker, Depth::Below, other),
    })
}

fn back(asker: &Asker, link: &str, problem: Problem) -> Response {
    asker.to_problem("../", link, problem, Step::Consent.as_str())
}

async fn agree(
    state: &AppState,
    link: &str,
    asker: &Asker,
    agreement: Agreement,
) -> Result<Response, EngineError> {
    let device = asker.device.clone().unwrap_or_else(|| state.engine.new_token());
    let session = state.engine.agree(link, agreement, Some(&device)).await?;
    let mut response = asker.to_page("../", link);
    cookies::set_session(response.headers_mut(), &session, &state.public_url);
    cookies::set_device(response.headers_mut(), &device, &state.public_url);
    Ok(response)
}

async fn refuse(
    state: &AppState,
    link: &str,
    asker: &Asker,
    agreement: Agreement,
) -> Result<Response, EngineError> {
    let session = state.engine.refuse(link, agreement).await?;
    let mut response = asker.to_page("../", link);
    cookies::set_session(response.headers_mut(), &session, &state.public_url);
    Ok(response)
}

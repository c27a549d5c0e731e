//! What an application asks a merchant's browser for, read from the address.

use std::sync::Arc;

use engine::{App, RedirectAddress};
use wire::charset::Charset;
use wire::gateway::Parameters;

use crate::state::AppState;

/// Longest `state`.
const MAX_STATE: usize = 1024;

/// A request that can be answered.
pub(super) struct Asked {
    pub(super) isv: Arc<App>,
    pub(super) redirect: RedirectAddress,
    redirect_uri: String,
    state: Option<String>,
}

/// Why a request cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    App,
    Redirect,
    State,
}

impl Asked {
    /// Names that occur twice, and text that is none, are not there.
    pub(super) fn read(state: &AppState, query: &str) -> Result<Self, Wrong> {
        let parameters = Parameters::parse(query, b"", Charset::UTF_8).map_err(|_| Wrong::App)?;
        let isv = parameters.get("app_id").and_then(|id| state.engine.app(id));
        let isv = isv.filter(|app| app.isv).ok_or(Wrong::App)?;
        let redirect_uri = parameters.get("redirect_uri").unwrap_or_default();
        let redirect = state.engine.authorize_redirect(&isv, redirect_uri);
        let redirect = redirect.ok_or(Wrong::Redirect)?;
        let own = parameters.get("state");
        if own.is_some_and(|own| own.len() > MAX_STATE || own.chars().any(char::is_control)) {
            return Err(Wrong::State);
        }
        Ok(Self {
            isv,
            redirect,
            redirect_uri: redirect_uri.to_owned(),
            state: own.map(str::to_owned),
        })
    }

    /// The same request as a query of ours.
    pub(super) fn query(&self, language: Option<&str>) -> String {
        let mut parameters = Parameters::default();
        parameters.set("app_id", self.isv.id.as_str());
        parameters.set("redirect_uri", &self.redirect_uri);
        for (name, value) in [("state", self.state.as_deref()), ("lang", language)] {
            if let Some(value) = value {
                parameters.set(name, value);
            }
        }
        format!("?{}", parameters.encode(Charset::UTF_8))
    }

    /// Where a merchant's agreement goes.
    pub(super) fn agreement(&self, code: &str) -> String {
        let mut answer = vec![("app_id", self.isv.id.as_str()), ("app_auth_code", code)];
        answer.extend(self.state.as_deref().map(|state| ("state", state)));
        answer.push(("source", "alipay_app_auth"));
        self.redirect.with(&answer)
    }

    /// Where a merchant's refusal goes.
    pub(super) fn refusal(&self) -> String {
        let mut answer = vec![("error", "access_denied")];
        answer.extend(self.state.as_deref().map(|state| ("state", state)));
        self.redirect.with(&answer)
    }
}

//! Who asks for a page: the browser's language and what it was given before.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::cookies;
use super::language::Language;
use super::problem::Problem;
use super::take::Take;
use super::words::Words;

/// A browser.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) language: Language,
    /// The person has chosen the language on the page; addresses keep the choice.
    chosen: bool,
    /// What it was given when the person agreed.
    pub(crate) session: Option<String>,
    /// What the device is known by.
    pub(crate) device: Option<String>,
    /// A picture is to be taken again.
    pub(crate) take: Option<Take>,
    /// What went wrong with the form before.
    pub(crate) problem: Option<Problem>,
    /// The step whose form it was.
    pub(crate) at: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, parts.uri.query().unwrap_or_default()))
    }
}

/// The values of our queries are plain words: nothing is encoded in them.
pub(crate) fn value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl Asker {
    pub(crate) fn of(headers: &HeaderMap, query: &str) -> Self {
        let chosen = value(query, "lang").and_then(Language::parse);
        Self {
            language: chosen.unwrap_or_else(|| Language::of(headers)),
            chosen: chosen.is_some(),
            session: cookies::read(headers, cookies::SESSION),
            device: cookies::read(headers, cookies::DEVICE),
            take: value(query, "take").and_then(Take::parse),
            problem: value(query, "problem").and_then(Problem::parse),
            at: value(query, "at").map(str::to_owned),
        }
    }

    pub(crate) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// The language, if it was chosen.
    pub(crate) fn chosen_language(&self) -> Option<&'static str> {
        self.chosen.then_some(self.language.as_str())
    }

    /// What addresses of ours carry on: the language, if it was chosen.
    pub(crate) fn query(&self) -> String {
        self.query_with(&[])
    }

    /// The same with more.
    pub(crate) fn query_with(&self, more: &[(&str, &str)]) -> String {
        let chosen = self.chosen_language().map(|language| ("lang", language));
        let pairs = chosen.iter().chain(more).map(|(name, value)| format!("{name}={value}"));
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// To the page, by a request of its own, so that reloading sends nothing twice. The address is
    /// relative, for a proxy may have put us below a path of its own; `up` leads to `/verify/`.
    pub(crate) fn to_page(&self, up: &str, link: &str) -> Response {
        Redirect::to(&format!("{up}{link}{}", self.query())).into_response()
    }

    /// To the page, which says what went wrong at the step `at`.
    pub(crate) fn to_problem(&self, up: &str, link: &str, problem: Problem, at: &str) -> Response {
        let take = self.take.map(|take| take.to_string());
        let mut more = vec![("problem", problem.code()), ("at", at)];
        more.extend(take.as_deref().map(|take| ("take", take)));
        Redirect::to(&format!("{up}{link}{}", self.query_with(&more))).into_response()
    }
}

//! What every page has around it, and how a page is sent.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse as _, Response};
use domain::Step;
use engine::{Mode, View};
use jiff::Timestamp;

use super::asker::Asker;
use super::language::Language;
use super::problem::Problem;
use super::words::Words;
use crate::state::AppState;

/// Our own files, pictures just taken, our own forms; in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const ALLOWED: &str = "camera=(self), microphone=(), geolocation=()";

/// Where a page stands, hence how its addresses begin: all are relative, for a proxy may have put
/// us below a path of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// At our root.
    Root,
    /// `/verify/LINK`.
    Page,
    /// `/verify/LINK/left`.
    Below,
}

impl Depth {
    fn root(self) -> &'static str {
        match self {
            Depth::Root => "",
            Depth::Page => "../",
            Depth::Below => "../../",
        }
    }

    fn verify(self) -> &'static str {
        match self {
            Depth::Root => "verify/",
            Depth::Page => "",
            Depth::Below => "../",
        }
    }
}

/// The result, for a page of the developer that opened this one.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: &'static str,
    pub(crate) error_code: String,
    pub(crate) certify_id: String,
}

/// What every page has around it.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) w: &'static Words,
    pub(crate) language: &'static str,
    pub(crate) test: bool,
    pub(crate) statics: String,
    /// From here to `/verify/LINK`; empty on pages without a certification.
    pub(crate) base: String,
    /// Keeps the language in addresses of ours.
    pub(crate) query: String,
    /// This page in the other language.
    pub(crate) other: String,
    pub(crate) place: &'static str,
    pub(crate) step: &'static str,
    pub(crate) app_name: String,
    pub(crate) told: Option<Told>,
    pub(crate) problem: Option<Problem>,
}

impl Frame {
    /// Around a page that shows no certification.
    pub(crate) fn bare(state: &AppState, asker: &Asker, depth: Depth) -> Self {
        Self {
            w: asker.words(),
            language: asker.language.as_str(),
            test: state.engine.mode() == Mode::Test,
            statics: format!("{}static", depth.root()),
            base: String::new(),
            query: asker.query(),
            other: format!("?lang={}", asker.words().other_code),
            place: "refused",
            step: "",
            app_name: String::new(),
            told: None,
            problem: None,
        }
    }

    /// Around a page of the certification behind `link`.
    pub(crate) fn of(
        state: &AppState,
        asker: &Asker,
        depth: Depth,
        link: &str,
        view: &View,
        place: &'static str,
    ) -> Self {
        Self {
            base: format!("{}{link}", depth.verify()),
            app_name: view.app_name.clone(),
            place,
            ..Self::bare(state, asker, depth)
        }
    }

    #[must_use]
    pub(crate) fn at(self, step: Step) -> Self {
        Self { step: step.as_str(), ..self }
    }

    /// With the result for the developer's bridge, which exists in test mode only.
    #[must_use]
    pub(crate) fn telling(self, view: &View, status: &'static str) -> Self {
        let told = self.test.then(|| Told {
            status,
            error_code: view.status.reason.clone().unwrap_or_default(),
            certify_id: view.id.to_string(),
        });
        Self { told, ..self }
    }

    /// A text about the application.
    pub(crate) fn say(&self, text: &str) -> String {
        text.replace("{app}", &self.app_name)
    }

    /// What went wrong, in words.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.text(self.w))
    }

    /// The words for scripts. Constants of ours; a test sees to it that nothing in them ends the
    /// element they stand in.
    pub(crate) fn script_words(&self) -> String {
        serde_json::to_string(&self.w.script).unwrap_or_default()
    }

    /// The step's name.
    pub(crate) fn name_of(&self, step: Step) -> &'static str {
        match step {
            Step::Consent => self.w.step_consent,
            Step::CertFront => self.w.step_cert_front,
            Step::CertBack => self.w.step_cert_back,
            Step::Face => self.w.step_face,
            Step::Submit => self.w.step_submit,
        }
    }
}

/// A time as people say it where the documents are issued.
pub(crate) fn spoken_time(at: Timestamp, language: Language) -> String {
    let local = jiff::tz::offset(8).to_datetime(at);
    match language {
        Language::Zh => local.strftime("%-m月%-d日 %H:%M（北京时间）").to_string(),
        Language::En => local.strftime("%-d %B, %H:%M (Beijing time)").to_string(),
    }
}

/// Sends a page. Nothing of it is kept by anybody on the way.
pub(crate) fn send(page: &impl Template) -> Response {
    send_under(page, POLICY)
}

/// Sends a page whose form is answered by a redirect to `source`: browsers judge where a form
/// leads along the whole way.
pub(crate) fn send_leading_to(page: &impl Template, source: &str) -> Response {
    let forms = format!("form-action 'self' {source};");
    send_under(page, &POLICY.replace("form-action 'self';", &forms))
}

fn send_under(page: &impl Template, policy: &str) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, policy),
                (PERMISSIONS, ALLOWED),
                (CACHE_CONTROL, "no-store"),
                // Addresses of ours stay here; but our own forms must say where they come from.
                (REFERRER_POLICY, "same-origin"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_scripts_cannot_end_their_element() {
        for language in [Language::Zh, Language::En] {
            let json = serde_json::to_string(&Words::of(language).script).unwrap();
            assert!(!json.contains(['<', '&']), "{json}");
        }
    }

    #[test]
    fn times_are_said_in_the_language_of_the_page() {
        let at: Timestamp = "2026-11-25T07:00:00Z".parse().unwrap();
        assert_eq!(spoken_time(at, Language::Zh), "11月25日 15:00（北京时间）");
        assert_eq!(spoken_time(at, Language::En), "25 November, 15:00 (Beijing time)");
    }
}

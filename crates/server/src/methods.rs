//! The method table: the waist between every dialect and the engine.
//!
//! A method is its content read, judged by the domain, and one call of the engine.

mod app_token;
mod certify;
pub(crate) mod foreign;
mod initialize;
pub(crate) mod oauth;
mod query;
mod relay;
mod status;

use domain::{CertifyId, Field, Rejected, Rule};
use engine::{Caller, Certifier};
use tracing::Instrument as _;
use tracing::field::Empty;
use wire::{Content, Failure, Method, Outcome};

use crate::metrics::Came;
use crate::refusal;
use crate::state::AppState;

/// What a method answers.
pub(crate) enum Answer {
    /// Members, or a refusal.
    Outcome(Outcome),
    /// The address of a page.
    Link(String),
}

/// Parameters beside the content that mean something to a method.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Common<'a> {
    /// Of page calls: where the browser goes afterwards.
    pub(crate) return_url: Option<&'a str>,
    /// Of initialize: where the notice goes.
    pub(crate) notify_url: Option<&'a str>,
}

/// Runs `method` for `caller`.
pub(crate) async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    method: Method,
    content: &Content,
    common: Common<'_>,
) -> Answer {
    let span = tracing::info_span!(
        target: "traced",
        "use case",
        otel.name = method.as_str(),
        certifyd.method = method.as_str(),
        certifyd.app_id = %caller.app,
        certifyd.outcome = Empty,
    );
    let carried_out = carry_out(state, caller, method, content, common);
    let carried_out = carried_out.instrument(span.clone()).await;
    span.record("certifyd.outcome", came(&carried_out).name());
    match carried_out {
        Ok(answer) => {
            tracing::debug!(app = %caller.app, method = method.as_str(), "answered");
            answer
        }
        Err(failure) => {
            tracing::info!(
                app = %caller.app,
                method = method.as_str(),
                sub_code = failure.sub_code.as_str(),
                reason = failure.sub_msg,
                "refused"
            );
            Answer::Outcome(Outcome::Failure(failure))
        }
    }
}

pub(crate) fn came(answer: &Result<Answer, Failure>) -> Came {
    match answer {
        Ok(Answer::Outcome(outcome)) => outcome.into(),
        Ok(Answer::Link(_)) => Came::Succeeded,
        Err(failure) => failure.into(),
    }
}

async fn carry_out(
    state: &AppState,
    caller: &Caller<'_>,
    method: Method,
    content: &Content,
    common: Common<'_>,
) -> Result<Answer, Failure> {
    // By these an application gets its tokens, and calls for itself.
    if let Method::AppToken | Method::AppTokenQuery = method {
        return app_token::run(state, caller, method, content).await.map(Answer::Outcome);
    }
    let acting = state.engine.authorize(caller).await;
    let acting = acting.map_err(|error| refusal::failure(&error))?;
    if let Certifier::Alipay(upstream) = &acting.owner.certifier {
        return relay::run(state, upstream, &acting, method, content, common).await;
    }
    match method {
        Method::Initialize => {
            initialize::run(state, acting, content, common.notify_url).await.map(Answer::Outcome)
        }
        Method::Certify => {
            certify::run(state, &acting, content, common.return_url).await.map(Answer::Link)
        }
        Method::Query => query::run(state, &acting, content).await.map(Answer::Outcome),
        Method::Status => status::run(state, &acting, content).await.map(Answer::Outcome),
        Method::AppToken | Method::AppTokenQuery => {
            app_token::run(state, caller, method, content).await.map(Answer::Outcome)
        }
    }
}

/// `certify_id` of certify and query.
fn certify_id(content: &Content) -> Result<CertifyId, Failure> {
    let field = Field::CertifyId;
    let reject = |rule| refusal::rejected(&Rejected { field, rule });
    let text = content
        .text("certify_id", "certify_id")
        .map_err(|error| refusal::unreadable(&error))?
        .ok_or_else(|| reject(Rule::Missing))?;
    if text.is_empty() {
        return Err(reject(Rule::Empty));
    }
    // Ids of the hosted service have other forms: well-formed to the protocol, unknown to us.
    CertifyId::parse(&text).ok_or_else(|| match text.chars().count() {
        length @ 33.. => reject(Rule::TooLong { length, max: 32 }),
        _ => Failure::plain(wire::SubCode::BillNotExist),
    })
}

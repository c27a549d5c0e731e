//! Methods outside the table: those an application may call at the gateway that certifies for it,
//! and the sign-in of users.

use std::sync::Arc;

use engine::{Acting, Caller, Certifier, EngineError, Upstream, UpstreamCall};
use wire::{Content, Failure, Outcome};

use super::{Answer, oauth, relay};
use crate::refusal;
use crate::state::AppState;

/// A call of a method by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign<'a> {
    /// On the wire.
    pub(crate) method: &'a str,
    /// As it is to be sent on.
    pub(crate) biz_content: Option<&'a str>,
    /// Beside it.
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    /// The right to act for a user.
    pub(crate) auth_token: Option<&'a str>,
    /// The answer is to be the address of a page.
    pub(crate) page: bool,
}

/// Runs it, if it is one that the caller may call; `None` if it is not served.
pub(crate) async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    call: Foreign<'_>,
) -> Option<Answer> {
    let app = state.engine.app(caller.app.as_str())?;
    let answer = match &app.certifier {
        Certifier::Builtin if call.method == oauth::METHOD => {
            oauth::run(state, caller, call.parameters).map(Answer::Outcome)
        }
        Certifier::Builtin => return None,
        Certifier::Alipay(upstream) => {
            if !may_call(upstream, call.method, caller.from_page) {
                return None;
            }
            let acting = match caller.app_auth_token {
                // Who acts for merchants only gets its users' tokens for itself.
                None if call.method == oauth::METHOD => Ok(Acting::for_itself(Arc::clone(&app))),
                _ => state.engine.authorize(caller).await,
            };
            match acting.map_err(|error| refusal::failure(&error)) {
                Ok(acting) => send_on(state, &acting, call).await,
                Err(failure) => Err(failure),
            }
        }
    };
    Some(answer.unwrap_or_else(|failure| Answer::Outcome(Outcome::Failure(failure))))
}

/// Who a user is, is what an application needs first of all; pages have no use for the tokens.
fn may_call(upstream: &Upstream, method: &str, from_page: bool) -> bool {
    (!from_page && method == oauth::METHOD) || upstream.allows(method, from_page)
}

/// The certifier asked is the owner's: with a merchant's grant of ours, the merchant's.
async fn send_on(state: &AppState, acting: &Acting, call: Foreign<'_>) -> Result<Answer, Failure> {
    let Certifier::Alipay(upstream) = &acting.owner.certifier else {
        return Err(refusal::failure(&EngineError::InvalidAppAuthToken));
    };
    let upstream = Arc::clone(upstream);
    let sent = UpstreamCall {
        method: call.method,
        biz_content: call.biz_content,
        parameters: call.parameters,
        app_auth_token: relay::token(acting),
        auth_token: call.auth_token,
        repeatable: call.method.rsplit('.').next().is_some_and(|verb| verb.ends_with("query")),
    };
    if call.page {
        let page = upstream.gateway.page(&sent);
        return page
            .map(Answer::Link)
            .map_err(|fault| refusal::failure(&EngineError::Upstream(fault)));
    }
    relay::send(state, &upstream, &sent).await.map(Answer::Outcome)
}

/// What a cloud call becomes: content, or parameters for the one method that takes those.
pub(crate) fn parameters(
    method: &str,
    content: &Content,
) -> Result<Vec<(&'static str, String)>, Failure> {
    if method != oauth::METHOD {
        return Ok(Vec::new());
    }
    let mut given = Vec::new();
    for name in oauth::PARAMETERS {
        let text = content.text(name, "biz_content");
        if let Some(text) = text.map_err(|error| refusal::unreadable(&error))? {
            given.push((name, text));
        }
    }
    Ok(given)
}

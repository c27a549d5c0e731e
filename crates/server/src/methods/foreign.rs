//! Methods outside the table: those an application may call at the gateway that certifies for it,
//! and the sign-in of users.

use engine::{Acting, Caller, Certifier, EngineError, Upstream, UpstreamCall};
use wire::{Content, Failure, Outcome};

use super::{Answer, oauth, relay};
use crate::refusal;
use crate::state::AppState;

/// A call of a method by its name.
#[derive(Clone, Copy)]
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

impl std::fmt::Debug for Foreign<'_> {
    // Contents, codes and tokens are in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Foreign({})", self.method)
    }
}

/// Runs it, if it is one that the caller may call; `None` if it is not served.
pub(crate) async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    call: Foreign<'_>,
) -> Option<Answer> {
    let app = state.engine.app(caller.app.as_str())?;
    let builtin = matches!(app.certifier, Certifier::Builtin);
    let answer = match caller.app_auth_token {
        _ if builtin && call.method == oauth::METHOD => {
            oauth::run(state, caller, call.parameters).map(Answer::Outcome)
        }
        None if builtin => return None,
        // Who acts for merchants only still gets its users' tokens for itself.
        None if call.method == oauth::METHOD => {
            send_on(state, caller, &Acting::for_itself(app), call).await?
        }
        None | Some(_) => match state.engine.authorize(caller).await {
            Ok(acting) => send_on(state, caller, &acting, call).await?,
            Err(error) => Err(refusal::failure(&error)),
        },
    };
    Some(answer.unwrap_or_else(|failure| Answer::Outcome(Outcome::Failure(failure))))
}

/// The certifier asked, and the list that must allow it, are the owner's: with a merchant's grant
/// of ours, the merchant's.
async fn send_on(
    state: &AppState,
    caller: &Caller<'_>,
    acting: &Acting,
    call: Foreign<'_>,
) -> Option<Result<Answer, Failure>> {
    let Certifier::Alipay(upstream) = &acting.owner.certifier else { return None };
    if !may_call(upstream, call.method, caller.from_page) {
        return None;
    }
    let sent = UpstreamCall {
        method: call.method,
        biz_content: call.biz_content,
        parameters: call.parameters,
        app_auth_token: relay::token(acting),
        auth_token: call.auth_token,
        repeatable: call.method.rsplit('.').next().is_some_and(|verb| verb.ends_with("query")),
    };
    if !call.page {
        return Some(relay::send(state, upstream, &sent).await.map(Answer::Outcome));
    }
    if let Err(failure) = relay::no_token_in_an_address(sent.app_auth_token.or(sent.auth_token)) {
        return Some(Err(failure));
    }
    let page = upstream.gateway.page(&sent).map(Answer::Link);
    Some(page.map_err(|fault| refusal::failure(&EngineError::Upstream(fault))))
}

/// Who a user is, is what an application needs first of all; a page never gets the tokens of one.
fn may_call(upstream: &Upstream, method: &str, from_page: bool) -> bool {
    match (method == oauth::METHOD, from_page) {
        (true, from_page) => !from_page,
        (false, from_page) => upstream.allows(method, from_page),
    }
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

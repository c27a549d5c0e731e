//! `alipay.system.oauth.token`: who is behind an auth code. With the builtin certifier there are
//! the deterministic users of test mode only.

use std::sync::Arc;

use engine::{
    Caller, Certifier, EngineError, Meaning, Unknown, Upstream, UpstreamCall, UpstreamFault,
};
use wire::serverless::{ErrorCode, ServerlessError};
use wire::{Failure, Node, Outcome, SubCode};

use super::relay;
use crate::doors::serverless;
use crate::keyring::Space;
use crate::refusal;
use crate::state::AppState;

/// On the wire.
pub(crate) const METHOD: &str = "alipay.system.oauth.token";
/// What it takes, beside `biz_content` as it were: it has none.
pub(super) const PARAMETERS: [&str; 3] = ["grant_type", "code", "refresh_token"];

pub(super) fn run(
    state: &AppState,
    caller: &Caller<'_>,
    parameters: &[(&str, &str)],
) -> Result<Outcome, Failure> {
    if caller.from_page {
        return Err(refusal::failure(&EngineError::TokenFromPage));
    }
    let given = |name| {
        let found = parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    };
    let tokens = match given("grant_type") {
        Some("authorization_code") => {
            let code = given("code").ok_or_else(|| Failure::plain(SubCode::CodeInvalid))?;
            state.engine.test_user_tokens(code).map_err(|error| unavailable(&error))
        }
        Some("refresh_token") => {
            let refused = || Failure::plain(SubCode::RefreshTokenInvalid);
            let token = given("refresh_token").ok_or_else(refused)?;
            let tokens = state.engine.refresh_test_user_tokens(token);
            tokens.map_err(|error| unavailable(&error))?.ok_or_else(refused)
        }
        _ => Err(Failure::plain(SubCode::UserGrantTypeInvalid)),
    }?;
    // As the hosted gateway answers this method: without a code.
    Ok(Outcome::Node(
        Node::empty()
            .with_text("user_id", &tokens.user_id)
            .with_text("access_token", &tokens.access_token)
            .with_number("expires_in", tokens.expires_in)
            .with_text("refresh_token", &tokens.refresh_token)
            .with_number("re_expires_in", tokens.re_expires_in),
    ))
}

/// The gateway that knows the users of a space; none if nobody but test mode does.
pub(crate) fn upstream_of(
    state: &AppState,
    space: &Space,
    provider: &str,
) -> Option<Arc<Upstream>> {
    match &state.engine.app(space.app.as_str())?.certifier {
        Certifier::Alipay(upstream) if provider == "alipay_openapi" => Some(Arc::clone(upstream)),
        Certifier::Alipay(_) | Certifier::Builtin => None,
    }
}

/// The user behind an auth code, as the gateway that certifies for the application tells.
pub(crate) async fn user_behind(
    state: &AppState,
    upstream: &Upstream,
    code: &str,
) -> Result<String, ServerlessError> {
    let call = UpstreamCall {
        method: METHOD,
        biz_content: None,
        parameters: &[("grant_type", "authorization_code"), ("code", code)],
        app_auth_token: None,
        auth_token: None,
        repeatable: false,
    };
    let reply = state.engine.relay(upstream, &call).await;
    let reply = reply.map_err(|error| serverless::refused(&error))?;
    if reply.meaning == Meaning::Unsure {
        let unknown = EngineError::Upstream(UpstreamFault::Unknown(Unknown::Unreadable));
        return Err(serverless::refused(&unknown));
    }
    let node = Node::parse(&reply.node).unwrap_or_else(Node::empty);
    // Newer applications are told the open_id in its place.
    let user = node.text("user_id").or_else(|| node.text("open_id"));
    if let (true, Some(user)) = (node.is_success(), user) {
        return Ok(user);
    }
    let sub_code = node.text("sub_code").unwrap_or_default();
    let sub_code = relay::plain(&sub_code);
    Err(ServerlessError::new(
        ErrorCode::ParamInvalid,
        format!(
            "the hosted gateway did not take the auth code ({sub_code}); get a new one by \
             my.getAuthCode of the mini-program that [apps.upstream] app_id names"
        ),
    ))
}

fn unavailable(error: &EngineError) -> Failure {
    match error {
        EngineError::TestModeOnly => Failure::precise(
            SubCode::InvalidMethod,
            "正式模式下须由支付宝换取用户信息；请为该应用设置 certifier = \"alipay\"",
            "in live mode only the hosted gateway knows users; set certifier = \"alipay\" for this application",
        ),
        error => refusal::failure(error),
    }
}

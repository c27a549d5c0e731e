//! Methods that a gateway elsewhere answers: what it is sent, and how its answer is passed on.
//!
//! Successes are passed on as they are, refusals with a remedy behind the gateway's own words.

mod remedy;

pub(super) use remedy::plain;

use std::sync::Arc;

use domain::{Field, OrderNo, Rejected, Rule};
use engine::{
    Acting, Caller, EngineError, Opening, RelayedOrder, Upstream, UpstreamCall, UpstreamReply,
};
use wire::{Content, Failure, Method, Node, Outcome, SubCode};

use super::{Answer, Common};
use crate::refusal;
use crate::state::AppState;

/// Members of `initialize` that go out as objects, in whatever form they came.
const OBJECTS: [(&str, &str); 2] =
    [("identity_param", "identity_param"), ("merchant_config", "merchant_config")];

/// Runs one of our methods there.
pub(super) async fn run(
    state: &AppState,
    upstream: &Arc<Upstream>,
    acting: &Acting,
    method: Method,
    content: &Content,
    common: Common<'_>,
) -> Result<Answer, Failure> {
    match method {
        Method::Initialize => initialize(state, upstream, acting, content, common.notify_url).await,
        Method::Certify => certify(upstream, acting, content, common.return_url),
        Method::Query => query(state, upstream, acting, content).await,
        // The last two are not called for a merchant; see [`app_token`].
        Method::Status | Method::AppToken | Method::AppTokenQuery => Err(Failure::precise(
            SubCode::InvalidMethod,
            "此应用由支付宝认证（certifier = \"alipay\"），没有此接口；请用 alipay.user.certify.open.query",
            "the hosted gateway certifies for this application and has no such method; ask by alipay.user.certify.open.query",
        )),
    }
}

async fn initialize(
    state: &AppState,
    upstream: &Arc<Upstream>,
    acting: &Acting,
    content: &Content,
    notify_url: Option<&str>,
) -> Result<Answer, Failure> {
    let field = Field::OuterOrderNo;
    let order_no = content.text(field.path(), field.path());
    let order_no = order_no.map_err(|error| refusal::unreadable(&error))?;
    let order_no = order_no.ok_or(Rejected { field, rule: Rule::Missing });
    let order_no = order_no.and_then(|order_no| OrderNo::parse(&order_no, acting.owner.profile));
    let order_no = order_no.map_err(|rejected| refusal::rejected(&rejected))?.value;
    // Version 3 has the address in the content; it is a parameter of its own and may change.
    let biz_content = content.outgoing(&OBJECTS, &["notify_url"]);
    let biz_content = biz_content.map_err(|error| refusal::unreadable(&error))?;
    let notify_url = super::initialize::judge_notify_url(content, notify_url)?;
    let notify_url = notify_url.map(|address| address.as_str().to_owned());
    let method = Method::Initialize.as_str();
    let order = RelayedOrder::new(method, order_no, biz_content, notify_url);
    let opening = state.engine.relay_order(upstream, acting, order).await;
    match opening.map_err(|error| refusal::failure(&error))? {
        Opening::Opened(certify_id) => {
            Ok(Answer::Outcome(Outcome::Success(vec![("certify_id", certify_id)])))
        }
        Opening::Refused { reply, doubted } => passed_on(&reply, doubted).map(Answer::Outcome),
    }
}

/// The page is the gateway's own, and its address is all that is made here. A token has no place in
/// one, and leaving it out would call for the application itself.
fn certify(
    upstream: &Upstream,
    acting: &Acting,
    content: &Content,
    return_url: Option<&str>,
) -> Result<Answer, Failure> {
    no_token_in_an_address(token(acting))?;
    let biz_content = certify_id(content)?;
    let return_url = return_url.map(|address| ("return_url", address));
    let call = UpstreamCall {
        method: Method::Certify.as_str(),
        biz_content: Some(&biz_content),
        parameters: return_url.as_slice(),
        app_auth_token: None,
        auth_token: None,
        repeatable: true,
    };
    let page = upstream.gateway.page(&call);
    page.map(Answer::Link).map_err(|fault| refusal::failure(&EngineError::Upstream(fault)))
}

async fn query(
    state: &AppState,
    upstream: &Upstream,
    acting: &Acting,
    content: &Content,
) -> Result<Answer, Failure> {
    let biz_content = certify_id(content)?;
    let call = UpstreamCall {
        method: Method::Query.as_str(),
        biz_content: Some(&biz_content),
        parameters: &[],
        app_auth_token: token(acting),
        auth_token: None,
        repeatable: true,
    };
    send(state, upstream, &call).await.map(Answer::Outcome)
}

/// Tokens by which an application acts for merchants of the gateway: got there, and judged there.
/// A token that came as an option is what is asked about.
pub(super) async fn app_token(
    state: &AppState,
    upstream: &Upstream,
    caller: &Caller<'_>,
    method: Method,
    content: &Content,
) -> Result<Outcome, Failure> {
    let asked = content.text("app_auth_token", "biz_content");
    let asked = asked.map_err(|error| refusal::unreadable(&error))?;
    let biz_content = match (method, asked, caller.app_auth_token) {
        (Method::AppTokenQuery, None, Some(token)) => {
            wire::json::object([("app_auth_token", token)])
        }
        _ => content.outgoing(&[], &[]).map_err(|error| refusal::unreadable(&error))?,
    };
    let call = UpstreamCall {
        method: method.as_str(),
        biz_content: Some(&biz_content),
        parameters: &[],
        app_auth_token: None,
        auth_token: None,
        repeatable: method == Method::AppTokenQuery,
    };
    send(state, upstream, &call).await
}

/// Sends a call and passes its answer on.
pub(super) async fn send(
    state: &AppState,
    upstream: &Upstream,
    call: &UpstreamCall<'_>,
) -> Result<Outcome, Failure> {
    let reply = state.engine.relay(upstream, call).await;
    passed_on(&reply.map_err(|error| refusal::failure(&error))?, false)
}

/// Refuses to make the address of a page for somebody else: it would have to hold the token.
pub(super) fn no_token_in_an_address(token: Option<&str>) -> Result<(), Failure> {
    match token {
        None => Ok(()),
        Some(_) => Err(Failure::precise(
            SubCode::InvalidParameter,
            "certifyd 生成的链接中不放令牌，因此不能凭支付宝颁发的 app_auth_token 或 auth_token 生成页面地址；请用开放平台 SDK 自行生成，或为该商户应用配置 [apps.upstream]",
            "certifyd puts no token into an address, so it makes none for a call by a token that Alipay gave; build this one with the open platform's SDK, or configure the merchant's own application with [apps.upstream]",
        )),
    }
}

pub(super) fn token(acting: &Acting) -> Option<&str> {
    acting.upstream_token.as_ref().map(|token| token.as_str())
}

fn passed_on(reply: &UpstreamReply, doubted: bool) -> Result<Outcome, Failure> {
    let node = Node::parse(&reply.node).ok_or_else(|| Failure::plain(SubCode::SystemError))?;
    if node.is_success() {
        return Ok(Outcome::Node(node));
    }
    let sub_code = node.text("sub_code").unwrap_or_default();
    tracing::info!(
        code = remedy::plain(&node.text("code").unwrap_or_default()),
        sub_code = remedy::plain(&sub_code),
        "refused by the gateway elsewhere"
    );
    Ok(Outcome::Node(match remedy::of(&sub_code, doubted) {
        Some(remedy) => node.with_remedy(&remedy),
        None => node,
    }))
}

/// `certify_id` in whatever form that gateway gives them.
fn certify_id(content: &Content) -> Result<String, Failure> {
    let field = Field::CertifyId;
    let text = content.text(field.path(), field.path());
    let text = text.map_err(|error| refusal::unreadable(&error))?;
    let text = text.ok_or(Rejected { field, rule: Rule::Missing });
    let text = text.map_err(|rejected| refusal::rejected(&rejected))?;
    Ok(wire::json::object([(field.path(), text.as_str())]))
}

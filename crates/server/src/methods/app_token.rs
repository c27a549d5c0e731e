//! `alipay.open.auth.token.app` and its query: how an application that acts for merchants gets its
//! tokens, and what they are good for.

use engine::{Caller, Certifier, EngineError, Issued, TokenInfo};
use jiff::Timestamp;
use wire::{Content, Failure, Method, Node, Outcome, SubCode};

use super::relay;
use crate::refusal;
use crate::state::AppState;

/// What the documents say of tokens that do not end by themselves: callers reckon with a number.
const UNLIMITED: i64 = 31_536_000;
/// The same of refresh tokens.
const UNLIMITED_REFRESH: i64 = 32_140_800;

/// Runs one of the two. The tokens of an application that is certified elsewhere are given there.
pub(super) async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    method: Method,
    content: &Content,
) -> Result<Outcome, Failure> {
    not_from_page(caller)?;
    let app = state.engine.app(caller.app.as_str());
    let app = app.ok_or_else(|| refusal::failure(&EngineError::NoSuchApp))?;
    match &app.certifier {
        Certifier::Alipay(upstream) => {
            relay::app_token(state, upstream, caller, method, content).await
        }
        Certifier::Builtin if method == Method::AppToken => exchange(state, caller, content).await,
        Certifier::Builtin => query(state, caller, content).await,
    }
}

async fn exchange(
    state: &AppState,
    caller: &Caller<'_>,
    content: &Content,
) -> Result<Outcome, Failure> {
    let grant_type = text(content, "grant_type", SubCode::GrantTypeInvalid)?;
    let issued = match grant_type.as_str() {
        "authorization_code" => {
            let code = text(content, "code", SubCode::AuthCodeNotExist)?;
            state.engine.exchange_code(caller.app, &code).await
        }
        "refresh_token" => {
            let refresh_token = text(content, "refresh_token", SubCode::RefreshTokenNotExist)?;
            state.engine.refresh(caller.app, &refresh_token).await
        }
        _ => return Err(Failure::plain(SubCode::GrantTypeInvalid)),
    };
    let issued = issued.map_err(|error| refusal::failure(&error))?;
    Ok(Outcome::Node(answer(&issued)))
}

/// Once as the older documents have it, once as the newer.
fn answer(issued: &Issued) -> Node {
    let expires_in = issued.expires_in.unwrap_or(UNLIMITED).to_string();
    let re_expires_in = issued.refresh_expires_in.unwrap_or(UNLIMITED_REFRESH).to_string();
    let members = Node::empty()
        .with_text("app_auth_token", &issued.token)
        .with_text("app_refresh_token", &issued.refresh_token)
        .with_text("auth_app_id", issued.app.as_str())
        .with_text("expires_in", &expires_in)
        .with_text("re_expires_in", &re_expires_in)
        .with_text("user_id", &issued.user_id);
    Node::success().with_all(&members).with_list_of("tokens", &members)
}

async fn query(
    state: &AppState,
    caller: &Caller<'_>,
    content: &Content,
) -> Result<Outcome, Failure> {
    let token =
        match (text(content, "app_auth_token", SubCode::IllegalParam), caller.app_auth_token) {
            (Ok(token), _) => token,
            // Some callers know one place for tokens only, that of the token they act by.
            (Err(_), Some(token)) => token.to_owned(),
            (Err(failure), None) => return Err(failure),
        };
    let info = state.engine.token_info(caller.app, &token).await;
    let info = info.map_err(|error| refusal::failure(&error))?;
    Ok(Outcome::Node(told(&info, state.engine.now())))
}

fn told(info: &TokenInfo, now: Timestamp) -> Node {
    let left = |ends: Timestamp| ends.duration_since(now).as_secs().max(0);
    let expires_in = info.ends.map_or(UNLIMITED, left);
    let ends = info.ends.unwrap_or_else(|| {
        now.checked_add(jiff::SignedDuration::from_secs(UNLIMITED)).unwrap_or(Timestamp::MAX)
    });
    let methods = Method::FOR_MERCHANTS.map(Method::as_str);
    let node = Node::success()
        .with_text("user_id", &info.user_id)
        .with_text("auth_app_id", info.app.as_str())
        .with_number("expires_in", expires_in)
        .with_list("auth_methods", &methods);
    // A token of the configuration has no day on which a merchant agreed.
    let node = match info.since {
        Some(since) => node.with_text("auth_start", &wall_clock(since)),
        None => node,
    };
    node.with_text("auth_end", &wall_clock(ends))
        .with_text("status", if info.valid { "valid" } else { "invalid" })
        .with_flag("is_by_app_auth", true)
}

fn wall_clock(at: Timestamp) -> String {
    jiff::tz::offset(8).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A member that must be there; what is wrong with it has one code.
fn text(content: &Content, name: &'static str, refused: SubCode) -> Result<String, Failure> {
    let found = content.text(name, name).map_err(|_| Failure::plain(refused))?;
    found.filter(|text| !text.is_empty()).ok_or_else(|| Failure::plain(refused))
}

/// What a page is told, whoever has the phone can read.
fn not_from_page(caller: &Caller<'_>) -> Result<(), Failure> {
    if !caller.from_page {
        return Ok(());
    }
    Err(Failure::precise(
        SubCode::InvalidAppAuthToken,
        "授权令牌只能在云函数或服务端获取和查询；请改在云函数里调用",
        "tokens are had and asked about in cloud functions and back ends only; call from a function",
    ))
}

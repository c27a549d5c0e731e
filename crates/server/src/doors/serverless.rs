//! `POST /client` and `POST /server`: mini-program Serverless.
//!
//! HTTP 200 whatever happens: the client SDK drops the code of any other status.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use axum::response::{IntoResponse, Response};
use engine::EngineError;
use wire::serverless::{
    Authorize, Body, ErrorCode, Invoke, Request, ServerlessError, failure, success,
};

use crate::bounds::{Address, Budget, Wait};
use crate::doors::broken_off;
use crate::host::{Guest, Source};
use crate::keyring::{Keyring, Space};
use crate::layers::RequestId;
use crate::methods;
use crate::metrics::{Asked, CallDoor, Came};
use crate::state::AppState;

/// Which of the two doors: they differ in signature and in who may act as whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Client,
    Server,
}

/// What comes with a request beside its body.
#[derive(Debug)]
struct Arrival {
    id: RequestId,
    headers: HeaderMap,
    from: Address,
}

pub(crate) async fn client(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<RequestId>,
    Extension(from): Extension<Address>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(&state, Door::Client, Arrival { id, headers, from }, body).await
}

pub(crate) async fn server(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<RequestId>,
    Extension(from): Extension<Address>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(&state, Door::Server, Arrival { id, headers, from }, body).await
}

async fn answer(
    state: &Arc<AppState>,
    door: Door,
    arrival: Arrival,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let reply = match handle(state, door, &arrival, body).await {
        Ok(data) => success(&data),
        Err(error) => refusal(state, door, &error),
    };
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], reply).into_response()
}

/// What a function threw is the function's text: it may hold anything, and pages show it or look
/// for it, so it is not logged and nothing is added to it. Ours leads to where it is explained.
fn refusal(state: &AppState, door: Door, error: &ServerlessError) -> String {
    let own = error.code == ErrorCode::FunctionBizError;
    let reason = if own { "(the function's own)" } else { &error.message };
    tracing::info!(code = error.code.as_str(), reason, "refused at {door:?}");
    if own {
        return failure(error);
    }
    failure(&ServerlessError::new(error.code, state.explained(&error.message)))
}

async fn handle(
    state: &Arc<AppState>,
    door: Door,
    arrival: &Arrival,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, ServerlessError> {
    let body = body.map_err(|rejection| unread(&rejection))?;
    let body = inflate(&arrival.headers, body)?;
    let body = Body::parse(&body)?;
    let space = find_space(&state.keyring.get(), &body)?;
    check_signature(&space, door, &body, &arrival.headers)?;
    let calls = Arc::clone(&space.calls);
    let now = state.engine.now();
    let within = state.bounds.call(budget(&space, door), now).map_err(too_often);
    let request = within.and_then(|()| Request::read(&body));
    let asked = request.as_ref().map_or(Asked::Other, asked);
    let result = match request {
        Ok(request) => carry_out(state, door, arrival, &body, space, request).await,
        Err(error) => Err(error),
    };
    let came = result.as_ref().map_or_else(Came::from, |_| Came::Succeeded);
    calls.add(call_door(door), asked, came);
    result
}

fn call_door(door: Door) -> CallDoor {
    match door {
        Door::Client => CallDoor::Client,
        Door::Server => CallDoor::Server,
    }
}

fn asked(request: &Request) -> Asked {
    match request {
        Request::Authorize(_) | Request::AnonymousAuthorize => Asked::SignIn,
        Request::GetProfileInfo => Asked::Profile,
        Request::Invoke(_) => Asked::Invoke,
    }
}

/// What a signed request asks for.
async fn carry_out(
    state: &Arc<AppState>,
    door: Door,
    arrival: &Arrival,
    body: &Body<'_>,
    space: Arc<Space>,
    request: Request,
) -> Result<String, ServerlessError> {
    let now = state.engine.now();
    match request {
        Request::Authorize(request) if door == Door::Client => {
            state.bounds.sign_in(arrival.from, now).map_err(too_often)?;
            sign_in(state, &space, Some(request)).await
        }
        Request::AnonymousAuthorize if door == Door::Client => {
            state.bounds.sign_in(arrival.from, now).map_err(too_often)?;
            sign_in(state, &space, None).await
        }
        Request::Authorize(_) | Request::AnonymousAuthorize => Err(ServerlessError::new(
            ErrorCode::MethodNotSupported,
            "sessions are opened at /client; a back end needs none",
        )),
        Request::GetProfileInfo => {
            let user = whose_call(state, &space, door, body).await?;
            user.map(|user| profile(&user)).ok_or_else(|| {
                ServerlessError::new(ErrorCode::InvalidToken, "no token: whose profile is unknown")
            })
        }
        Request::Invoke(invoke) => {
            let user = whose_call(state, &space, door, body).await?;
            let source = source(door, &arrival.headers);
            let guest = Guest::new(state, space, user, source, &arrival.id)
                .with_agent(text(&arrival.headers, &USER_AGENT))
                .with_peer(arrival.from.0);
            invoke_by(guest, invoke).await
        }
    }
}

/// Calls of a back end count for its application; those of pages do not, whose secret is in every
/// copy of the mini program.
fn budget(space: &Space, door: Door) -> Budget {
    match door {
        Door::Client => Budget::Pages(space.id.clone()),
        Door::Server => Budget::App(space.app.clone()),
    }
}

fn too_often(wait: Wait) -> ServerlessError {
    let text = format!("too many calls; repeat the same call in {} s", wait.seconds());
    ServerlessError::new(ErrorCode::Throttling, text)
}

pub(crate) async fn invoke_once(
    state: Arc<AppState>,
    space_id: &str,
    name: &str,
    args: &str,
) -> Result<String, ServerlessError> {
    let space = state.keyring.get().spaces.get(space_id).cloned().ok_or_else(no_such_space)?;
    let id = RequestId("command-line".into());
    let guest = Guest::new(&state, space, None, Source::Server, &id);
    invoke_by(guest, Invoke { target: name.to_owned(), args: args.to_owned() }).await
}

async fn invoke_by(guest: Guest, invoke: Invoke) -> Result<String, ServerlessError> {
    // Large because it holds every use case a function can reach; most calls wait here anyway.
    Box::pin(guest.invoke(&invoke.target, invoke.args)).await
}

fn unread(rejection: &BytesRejection) -> ServerlessError {
    if broken_off::too_large(rejection) {
        return ServerlessError::new(ErrorCode::RequestTooLarge, "the body is larger than 4 MiB");
    }
    let text = "the body did not arrive to its end; send it again, without pauses";
    ServerlessError::new(ErrorCode::InvalidBodyFormat, text)
}

/// Back-end SDKs have a path for compressed bodies.
fn inflate(headers: &HeaderMap, body: Bytes) -> Result<Bytes, ServerlessError> {
    use std::io::Read as _;
    /// As for plain bodies: a small archive must not become a large body.
    const MAX: u64 = 4 * 1024 * 1024;
    if text(headers, &CONTENT_ENCODING) != "gzip" {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(body.as_ref()).take(MAX + 1);
    reader.read_to_end(&mut plain).map_err(|_| {
        ServerlessError::new(ErrorCode::InvalidBodyFormat, "the body is not valid gzip")
    })?;
    if plain.len() as u64 > MAX {
        return Err(ServerlessError::new(
            ErrorCode::RequestTooLarge,
            "the body is larger than 4 MiB when unpacked",
        ));
    }
    Ok(plain.into())
}

fn find_space(keyring: &Keyring, body: &Body<'_>) -> Result<Arc<Space>, ServerlessError> {
    keyring.spaces.get(body.space_id()?).cloned().ok_or_else(no_such_space)
}

fn no_such_space() -> ServerlessError {
    ServerlessError::new(
        ErrorCode::SpaceNotFound,
        "no space with this spaceId is configured here; compare it with the [[spaces]] entries",
    )
}

/// The right signature is never shown: clients have been seen to sign by replaying it.
fn check_signature(
    space: &Space,
    door: Door,
    body: &Body<'_>,
    headers: &HeaderMap,
) -> Result<(), ServerlessError> {
    let wrong = |message| Err(ServerlessError::new(ErrorCode::SignatureNotMatch, message));
    let Some(sign) = headers.get("x-serverless-sign").and_then(|sign| sign.to_str().ok()) else {
        return wrong("the header x-serverless-sign is absent");
    };
    let verified = match (door, space.server_keys.is_empty()) {
        (Door::Client, _) => space.client_signed(body, sign),
        (Door::Server, false) => space.server_signed(body, sign),
        (Door::Server, true) => {
            return wrong("this space has no server_public_key, so /server is closed for it");
        }
    };
    match (verified, door) {
        (true, _) => Ok(()),
        (false, Door::Client) => wrong(
            "the signature does not match: check that clientSecret is this space's, used as text",
        ),
        (false, Door::Server) => wrong(
            "the signature does not match: check that serverSecret is the private key of this space's server_public_key",
        ),
    }
}

async fn sign_in(
    state: &AppState,
    space: &Space,
    request: Option<Authorize>,
) -> Result<String, ServerlessError> {
    let signed_in = match request {
        None => state.engine.sign_in_anonymously(&space.id).await,
        Some(request) => {
            if request.auth_code.is_empty() {
                return Err(ServerlessError::new(ErrorCode::ParamInvalid, "authCode is empty"));
            }
            let provider = known_provider(&request.auth_provider)?;
            match methods::oauth::upstream_of(state, space, provider) {
                Some(upstream) => {
                    let code = &request.auth_code;
                    let user = methods::oauth::user_behind(state, &upstream, code).await?;
                    state.engine.sign_in_as(&space.id, provider, user).await
                }
                None => state.engine.sign_in_with(&space.id, provider, &request.auth_code).await,
            }
        }
    };
    let signed_in = signed_in.map_err(|error| refused(&error))?;
    Ok(serde_json::json!({
        "accessToken": signed_in.access_token,
        "expiresInSecond": signed_in.expires_in_second,
    })
    .to_string())
}

fn known_provider(name: &str) -> Result<&'static str, ServerlessError> {
    ["alipay_openapi", "wechat_openapi", "dingtalk_openapi"]
        .into_iter()
        .find(|known| *known == name)
        .ok_or_else(|| {
            let message = "authProvider must be alipay_openapi, wechat_openapi or dingtalk_openapi";
            ServerlessError::new(ErrorCode::ParamInvalid, message)
        })
}

/// The user a call is made for. At `/client` a session is a must; at `/server` a token selects
/// the user, or the back end names one by `userId`.
async fn whose_call(
    state: &AppState,
    space: &Space,
    door: Door,
    body: &Body<'_>,
) -> Result<Option<Arc<engine::User>>, ServerlessError> {
    if let Some(token) = body.get("token") {
        let user = state.engine.session(&space.id, token).await;
        return user.map(Some).map_err(|error| refused(&error));
    }
    match (door, body.get("userId")) {
        (Door::Client, _) => Err(ServerlessError::new(
            ErrorCode::InvalidToken,
            "the token is absent; authorize first",
        )),
        (Door::Server, None) => Ok(None),
        (Door::Server, Some(user_id)) => {
            let user = state.engine.user(&space.id, user_id).await.map_err(|e| refused(&e))?;
            user.map(|user| Some(Arc::new(user))).ok_or_else(|| {
                let message = "no user of this space has this userId";
                ServerlessError::new(ErrorCode::ParamInvalid, message)
            })
        }
    }
}

fn profile(user: &engine::User) -> String {
    let mut profile = serde_json::json!({
        "spaceId": user.space_id,
        "userId": user.user_id,
        "createdAt": user.created_at.to_string(),
        "lastSeenAt": user.last_seen_at.to_string(),
    });
    if let (Some(id), Some(members)) = (&user.provider_user_id, profile.as_object_mut()) {
        members.insert("oAuthUserId".to_owned(), id.as_str().into());
    }
    serde_json::json!({ "user": profile }).to_string()
}

/// What `user.getInfo` answers inside a function.
pub(crate) fn profile_of(user: Option<&engine::User>) -> Option<String> {
    user.map(profile)
}

/// The engine's refusals that reach this door outside of an identity call.
pub(crate) fn refused(error: &EngineError) -> ServerlessError {
    let code = match error {
        EngineError::InvalidToken => ErrorCode::InvalidToken,
        EngineError::Upstream(_) | EngineError::OutcomeUnknown(_) => {
            let message = "the hosted gateway gave no usable answer; try again in a moment, signing in with a new auth code";
            return ServerlessError::new(ErrorCode::InternalError, message);
        }
        EngineError::Busy(_) | EngineError::Internal(_) => {
            tracing::error!(%error, "internal fault");
            let message = "the service cannot answer now; repeat the same call later";
            return ServerlessError::new(ErrorCode::InternalError, message);
        }
        EngineError::NoSuchApp
        | EngineError::InvalidAppAuthToken
        | EngineError::AppAuthTokenTimeOut
        | EngineError::SelfInvokeForbidden
        | EngineError::Authorization(_)
        | EngineError::TokenFromPage
        | EngineError::NotContracted(_)
        | EngineError::Rejected(_)
        | EngineError::OrderReused
        | EngineError::NoSuchCertification
        | EngineError::Expired
        | EngineError::Erased
        | EngineError::WrongState(_)
        | EngineError::NoSuchLink
        | EngineError::NoSuchNotice
        | EngineError::NoticePending
        | EngineError::NoSuchSnapshot
        | EngineError::Elsewhere
        | EngineError::NotThisStep
        | EngineError::ChallengeOver
        | EngineError::TooManyTries
        | EngineError::GuardianNeeded
        | EngineError::Picture(_)
        | EngineError::Undecidable(_)
        | EngineError::SignInUnavailable(_)
        | EngineError::TestModeOnly => ErrorCode::ParamInvalid,
    };
    ServerlessError::new(code, error.to_string())
}

fn source(door: Door, headers: &HeaderMap) -> Source {
    match door {
        Door::Client => Source::Client,
        Door::Server if headers.contains_key("x-mpserverless-function-id") => Source::Function,
        Door::Server => Source::Server,
    }
}

fn text(headers: &HeaderMap, name: &axum::http::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

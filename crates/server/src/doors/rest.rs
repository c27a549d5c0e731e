//! `/v3/…`: the newer dialect. The same methods, with statuses and headers in place of nodes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use domain::AppId;
use engine::{Caller, Freshness};
use jiff::SignedDuration;
use wire::certificate::Certificate;
use wire::cipher::{ContentKey, EncryptType};
use wire::rest::{
    Authorization, Operation, RestCode, RestError, query_parameter, refusal as refusal_of,
    signed_request, signed_response, success_body, verify,
};
use wire::{AppAuthToken, Content, Failure, Outcome, SubCode, json};

use crate::bounds::Budget;
use crate::doors::broken_off::too_large;
use crate::doors::busy::after;
use crate::doors::gateway::{any, expected, incomplete};
use crate::keyring::{AppKeys, Gateway};
use crate::layers::RequestId;
use crate::methods::{self, Answer, Common};
use crate::metrics::{AppCalls, Asked, CallDoor, Came};
use crate::refusal;
use crate::state::AppState;

/// One request, as it came.
struct Arrival<'a> {
    verb: &'a Verb,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

/// What a success needs beside its members.
struct Success {
    body: String,
    encrypted: bool,
    names_certificate: bool,
}

/// Why there is no success.
enum Refused {
    /// A refusal before the call was carried out.
    Error(RestError),
    /// What carrying it out came to.
    Outcome(Outcome),
}

impl<E: Into<RestError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

pub(crate) async fn call(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<RequestId>,
    verb: Verb,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let keyring = state.keyring.get();
    let answer = match (&keyring.gateway, &body) {
        (None, _) => Err(Failure::plain(SubCode::ServiceUnavailable).into()),
        (_, Err(rejection)) if !too_large(rejection) => Err(incomplete().into()),
        (_, Err(_)) => Err(Failure::precise(
            SubCode::InvalidParameter,
            "请求体超过 4 MiB；请缩小",
            "the body is larger than 4 MiB; make it smaller",
        )
        .into()),
        (Some(gateway), Ok(body)) => {
            let arrival = Arrival { verb: &verb, uri: &uri, headers: &headers, body };
            let mut counted = None;
            let answer = answer(&state, gateway, &arrival, &mut counted).await;
            if let Some((calls, operation)) = counted {
                calls.add(CallDoor::V3, Asked::Method(operation.method()), came(&answer));
            }
            answer
        }
    };
    let mut response = match (answer, &keyring.gateway) {
        (Ok(success), Some(gateway)) => signed(&state, gateway, success),
        (Ok(_), None) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        (Err(error), _) => refused(&state, &error),
    };
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HeaderName::from_static("alipay-trace-id"), id);
    }
    response
}

/// The answer to a call there is no room for.
pub(crate) fn busy(state: &AppState) -> Response {
    after(None, refused(state, &Failure::plain(SubCode::ServiceUnavailable).into()))
}

fn came(answer: &Result<Success, Refused>) -> Came {
    match answer {
        Ok(_) => Came::Succeeded,
        Err(Refused::Error(error)) if error.status() >= 500 => Came::Failed,
        Err(Refused::Error(_)) => Came::Refused,
        Err(Refused::Outcome(outcome)) => outcome.into(),
    }
}

/// `counted` is told as soon as it is known whose call it is.
async fn answer<'k>(
    state: &AppState,
    gateway: &'k Gateway,
    arrival: &Arrival<'_>,
    counted: &mut Option<(&'k AppCalls, Operation)>,
) -> Result<Success, Refused> {
    let operation = Operation::route(arrival.verb.as_str(), arrival.uri.path())
        .ok_or_else(|| Failure::plain(SubCode::InvalidMethod))?;
    let authorization = Authorization::parse(arrival.header(AUTHORIZATION.as_str()))?;
    let app = state
        .engine
        .app(authorization.app_id)
        .ok_or_else(|| Failure::plain(SubCode::InvalidAppId))?;
    let keys =
        gateway.apps.get(&app.id).ok_or_else(|| Failure::plain(SubCode::MissingSignatureKey))?;
    let token = AppAuthToken::new(arrival.header("alipay-app-auth-token"));
    let root_sn = Some(arrival.header("alipay-root-cert-sn")).filter(|sn| !sn.is_empty());
    let keyset = expected(gateway, keys, authorization.app_cert_sn, root_sn, state.engine.now())?;
    let target = arrival.uri.path_and_query().map_or("", |target| target.as_str());
    let signed = signed_request(
        authorization.auth_string,
        arrival.verb.as_str(),
        target,
        arrival.body,
        token.as_ref().map(AppAuthToken::expose),
    );
    any(keyset, |key| verify(&authorization, &signed, key))?;
    *counted = Some((&keys.calls, operation));
    let limited = |_| Failure::plain(SubCode::AppCallLimited);
    state.bounds.call(Budget::App(app.id.clone()), state.engine.now()).map_err(limited)?;
    let encrypted = !arrival.header("alipay-encrypt-type").is_empty();
    let caller = Caller {
        app: &app.id,
        app_auth_token: token.as_ref().map(AppAuthToken::expose),
        from_page: false,
    };
    let (content, key) = match content(operation, keys, arrival, encrypted) {
        Ok((content, key)) => (Ok(content), key),
        Err(failure) => (Err(failure), None),
    };
    let run = run(state, &caller, operation, content);
    let fresh = check_fresh(state, &app.id, &authorization);
    let outcome = match operation {
        // The two writes wait for one commit. A repeat that is in time may so be carried out, which
        // changes nothing: its content is that of the first, and then opens what the first opened.
        Operation::Initialize if in_time(state, &authorization) => {
            let (outcome, fresh) = tokio::join!(run, fresh);
            fresh?;
            outcome?
        }
        Operation::Initialize
        | Operation::Query
        | Operation::Status
        | Operation::AppToken
        | Operation::AppTokenQuery => {
            fresh.await?;
            run.await?
        }
    };
    if !outcome.is_success() {
        return Err(Refused::Outcome(outcome));
    }
    let clear = success_body(&outcome);
    let body = if let Some(key) = key { encrypt(state, key, &clear)? } else { clear };
    Ok(Success { body, encrypted, names_certificate: authorization.app_cert_sn.is_some() })
}

async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    operation: Operation,
    content: Result<Content, Failure>,
) -> Result<Outcome, RestError> {
    let content = content?;
    let (method, common) = (operation.method(), Common::default());
    match methods::run(state, caller, method, &content, common).await {
        Answer::Outcome(outcome) => Ok(outcome),
        Answer::Link(_) => Err(Failure::plain(SubCode::InvalidMethod).into()),
    }
}

impl Arrival<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn life(authorization: &Authorization<'_>) -> Option<SignedDuration> {
    authorization.expired_seconds.map(|life| SignedDuration::from_secs(life.into()))
}

fn in_time(state: &AppState, authorization: &Authorization<'_>) -> bool {
    state.engine.in_time(authorization.timestamp, life(authorization)).is_some()
}

async fn check_fresh(
    state: &AppState,
    app: &AppId,
    authorization: &Authorization<'_>,
) -> Result<(), RestError> {
    let freshness = state
        .engine
        .freshness(app, authorization.nonce, authorization.timestamp, life(authorization))
        .await
        .map_err(|error| refusal::failure(&error))?;
    match freshness {
        Freshness::Fresh => Ok(()),
        Freshness::OutOfTime => Err(RestCode::IllegalTimestamp.into()),
        Freshness::Repeated => Err(RestCode::ReplayedNonce.into()),
    }
}

/// The content, and the key that encrypts its answer if that is wanted: the one that opened it, or
/// the first where there is nothing to open.
fn content<'k>(
    operation: Operation,
    keys: &'k AppKeys,
    arrival: &Arrival<'_>,
    encrypted: bool,
) -> Result<(Content, Option<&'k ContentKey>), Failure> {
    let text = match operation {
        // A body here could carry text that was signed as something else.
        Operation::Query | Operation::Status if !arrival.body.is_empty() => {
            return Err(Failure::precise(
                SubCode::InvalidParameter,
                "此接口没有请求体；请把参数放在查询串中",
                "this resource takes no body; send the parameters in the query",
            ));
        }
        Operation::Query | Operation::Status => from_query(operation, arrival.uri),
        Operation::Initialize | Operation::AppToken | Operation::AppTokenQuery => {
            let body = std::str::from_utf8(arrival.body)
                .map_err(|_| Failure::plain(SubCode::InvalidEncoding))?;
            if encrypted {
                let opened = keys.open(body, EncryptType::Aes)?;
                return Ok((opened.content, Some(opened.key)));
            }
            body.to_owned()
        }
    };
    let content = Content::parse(&text).map_err(|error| refusal::unreadable(&error))?;
    let key = encrypted.then(|| keys.content_key()).transpose()?;
    Ok((content, key))
}

fn from_query(operation: Operation, uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    if operation == Operation::Status {
        let given = ["certify_id", "wait_seconds", "known_state"]
            .map(|name| (name, query_parameter(query, name).unwrap_or_default()));
        let given = given.iter().filter(|(_, value)| !value.is_empty());
        return json::object(given.map(|(name, value)| (*name, value.as_str())));
    }
    let certify_id = query_parameter(query, "certify_id").unwrap_or_default();
    json::object([("certify_id", certify_id.as_str())])
}

fn encrypt(state: &AppState, key: &ContentKey, clear: &str) -> Result<String, Failure> {
    key.encrypt(clear.as_bytes(), EncryptType::Aes, state.engine.random())
        .map_err(|_| Failure::plain(SubCode::SystemError))
}

/// Header names are lower case on the wire: one SDK compares them with case.
fn signed(state: &AppState, gateway: &Gateway, success: Success) -> Response {
    let timestamp = state.engine.now().as_millisecond().to_string();
    let nonce = u128::from_be_bytes(state.engine.random());
    let nonce = format!("{nonce:032x}");
    let text = signed_response(&timestamp, &nonce, success.body.as_bytes());
    let signature = match gateway.key.sign(&text) {
        Ok(signature) => signature,
        Err(error) => {
            tracing::error!(%error, "an answer could not be signed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    // One SDK compares the whole value to know an encrypted answer.
    let kind = if success.encrypted { "text/plain" } else { "application/json;charset=UTF-8" };
    let sn = gateway.certificate.as_ref().filter(|_| success.names_certificate);
    let mut response = ([(CONTENT_TYPE, kind)], success.body).into_response();
    let headers = [
        ("alipay-timestamp", timestamp.as_str()),
        ("alipay-nonce", nonce.as_str()),
        ("alipay-signature", signature.as_str()),
        ("alipay-sn", sn.map(Certificate::sn).unwrap_or_default()),
    ];
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Refusals are never encrypted, and unsigned as the hosted gateway's are.
fn refused(state: &AppState, refused: &Refused) -> Response {
    let link = state.errors_url();
    let (status, body) = match refused {
        Refused::Error(error) => {
            tracing::info!(code = error.code.as_str(), "refused at /v3");
            (error.status(), error.body(Some(&link)))
        }
        Refused::Outcome(outcome) => {
            refusal_of(outcome, Some(&link)).unwrap_or((500, success_body(outcome)))
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let kind = [(CONTENT_TYPE, "application/json;charset=UTF-8")];
    let response = (status, kind, body).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS { after(None, response) } else { response }
}

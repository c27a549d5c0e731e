//! `/gateway.do`: the OpenAPI gateway, version 1.0 of the protocol.
//!
//! HTTP 200 always; every answer signed; refusals under the method's node.

mod arrival;
mod caller;
mod download;
mod reply;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use engine::Caller;
use wire::gateway::{Parameters, Request, is_fresh};
use wire::{Content, Failure, Method, Outcome, SubCode};

use crate::doors::page;
use crate::methods::foreign::Foreign;
use crate::methods::{self, Answer, Common};
use crate::refusal;
use crate::state::{AppKeys, AppState, Gateway};
use arrival::Arrival;
pub(crate) use caller::by_certificate;
use reply::Manner;

pub(crate) async fn call(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(gateway) = &state.gateway else {
        return page::problem(
            &state,
            &headers,
            &Failure::precise(
                SubCode::ServiceUnavailable,
                "此服务未配置网关私钥（[gateway] private_key）",
                "this server has no gateway key; set [gateway] private_key",
            ),
        );
    };
    let query = query.as_deref().unwrap_or_default();
    let arrival = Arrival::read(&headers, query, body).await;
    let mut manner = Manner::of(&arrival);
    let answer = match &arrival.parameters {
        Ok(parameters) => answer(&state, gateway, &arrival, parameters, &mut manner).await,
        Err(failure) => Err(failure.clone()),
    };
    if let Err(failure) = &answer {
        let (sub_code, method) = (failure.sub_code.as_str(), Method::parse(&arrival.method));
        let method = method.map(Method::as_str);
        tracing::info!(sub_code, method, "refused at the gateway");
    }
    if arrival.method == Method::Certify.as_str() {
        return page_answer(&state, &headers, answer);
    }
    match answer {
        Ok(Answer::Outcome(outcome)) => reply::send(&state, gateway, &manner, &outcome),
        Ok(Answer::Link(link)) => Redirect::to(&link).into_response(),
        Err(failure) => reply::send(&state, gateway, &manner, &Outcome::Failure(failure)),
    }
}

/// Who calls is settled before the signature is looked at: an unknown application stays unknown
/// even if its request is unsigned.
async fn answer(
    state: &AppState,
    gateway: &Gateway,
    arrival: &Arrival,
    parameters: &Parameters,
    manner: &mut Manner,
) -> Result<Answer, Failure> {
    let app_id = parameters.get("app_id").ok_or_else(|| Failure::plain(SubCode::MissingAppId))?;
    let app = state.engine.app(app_id).ok_or_else(|| Failure::plain(SubCode::InvalidAppId))?;
    let keys =
        gateway.apps.get(&app.id).ok_or_else(|| Failure::plain(SubCode::MissingSignatureKey))?;
    manner.sign_as(caller::sign_type(keys, parameters));
    caller::verify(gateway, keys, parameters, arrival.charset, state.engine.now())?;
    let request = Request::read(parameters)?;
    check_time(state, gateway, &request)?;
    if request.encrypt_type.is_some() {
        // From here on a success is encrypted as the request was; refusals stay in clear.
        manner.encrypt_for(app.id.clone(), request.encrypt_type);
    }
    if request.method == download::METHOD {
        return download::run(gateway, &content(keys, &request)?).map(Answer::Outcome);
    }
    let caller = Caller {
        app: &app.id,
        app_auth_token: request.app_auth_token.as_ref().map(wire::AppAuthToken::expose),
        from_page: false,
    };
    let Some(method) = Method::parse(&request.method) else {
        return foreign(state, keys, &caller, &request).await;
    };
    let content = content(keys, &request)?;
    let common = Common {
        return_url: request.return_url.as_deref(),
        notify_url: request.notify_url.as_deref(),
    };
    Ok(methods::run(state, &caller, method, &content, common).await)
}

/// Pages are opened late and reloaded: their time is not looked at.
fn check_time(state: &AppState, gateway: &Gateway, request: &Request) -> Result<(), Failure> {
    let is_page = request.method == Method::Certify.as_str();
    match gateway.window {
        Some(window) if !is_page && !is_fresh(request.timestamp, state.engine.now(), window) => {
            Err(Failure::plain(SubCode::IllegalTimestamp))
        }
        _ => Ok(()),
    }
}

fn content(keys: &AppKeys, request: &Request) -> Result<Content, Failure> {
    Content::parse(&clear(keys, request)?).map_err(|error| refusal::unreadable(&error))
}

fn clear<'r>(keys: &AppKeys, request: &'r Request) -> Result<Cow<'r, str>, Failure> {
    let Some(encrypt_type) = request.encrypt_type else {
        return Ok(Cow::Borrowed(request.biz_content.as_str()));
    };
    let key =
        keys.encrypt_key.as_ref().ok_or_else(|| Failure::plain(SubCode::MissingEncryptKey))?;
    let clear = key.decrypt(&request.biz_content, encrypt_type);
    clear
        .ok()
        .and_then(|clear| String::from_utf8(clear).ok())
        .map(Cow::Owned)
        .ok_or_else(|| Failure::plain(SubCode::DecryptionErrorUnknown))
}

/// A method outside the table, for those who may call it: its content is sent on as it came.
async fn foreign(
    state: &AppState,
    keys: &AppKeys,
    caller: &Caller<'_>,
    request: &Request,
) -> Result<Answer, Failure> {
    let biz_content = clear(keys, request)?;
    let common = [("notify_url", &request.notify_url), ("return_url", &request.return_url)];
    let common = common.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let own = request.own_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let parameters: Vec<_> = common.chain(own).collect();
    let call = Foreign {
        method: &request.method,
        biz_content: (request.biz_content != "{}").then_some(&*biz_content),
        parameters: &parameters,
        auth_token: request.auth_token.as_ref().map(wire::AuthToken::expose),
        page: false,
    };
    let answer = methods::foreign::run(state, caller, call).await;
    answer.ok_or_else(|| Failure::plain(SubCode::InvalidMethod))
}

/// `certify` is opened by a browser: its answer is a page, even when it refuses.
fn page_answer(state: &AppState, headers: &HeaderMap, answer: Result<Answer, Failure>) -> Response {
    match answer {
        Ok(Answer::Link(link)) => Redirect::to(&link).into_response(),
        Ok(Answer::Outcome(Outcome::Failure(failure))) | Err(failure) => {
            page::problem(state, headers, &failure)
        }
        Ok(Answer::Outcome(Outcome::Success(_) | Outcome::Node(_))) => {
            page::problem(state, headers, &Failure::plain(SubCode::SystemError))
        }
    }
}

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

use crate::bounds::Budget;
use crate::doors::page;
use crate::keyring::{AppKeys, Gateway};
use crate::methods::foreign::Foreign;
use crate::methods::{self, Answer, Common};
use crate::metrics::{Asked, CallDoor};
use crate::refusal;
use crate::state::AppState;
use arrival::Arrival;
pub(crate) use arrival::incomplete;
pub(crate) use caller::{any, expected};
use reply::Manner;

pub(crate) async fn call(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let keyring = state.keyring.get();
    let Some(gateway) = &keyring.gateway else {
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
    if let Some(calls) = manner.calls() {
        let asked = Method::parse(&arrival.method).map_or(Asked::Other, Asked::Method);
        calls.add(CallDoor::Gateway, asked, methods::came(&answer));
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

/// The answer to a call there is no room for: signed like any other, or an SDK would not believe
/// that it may repeat it.
pub(crate) async fn busy(state: &AppState, query: &str, headers: &HeaderMap) -> Response {
    let keyring = state.keyring.get();
    let failure = Failure::plain(SubCode::ServiceUnavailable);
    let arrival = Arrival::read(headers, query, Ok(Bytes::new())).await;
    match &keyring.gateway {
        Some(gateway) if arrival.method != Method::Certify.as_str() => {
            let outcome = Outcome::Failure(failure);
            reply::send(state, gateway, &Manner::of(&arrival), &outcome)
        }
        _ => page::problem(state, headers, &failure),
    }
}

/// Who calls is settled before the signature is looked at: an unknown application stays unknown
/// even if its request is unsigned.
async fn answer<'k>(
    state: &AppState,
    gateway: &'k Gateway,
    arrival: &Arrival,
    parameters: &Parameters,
    manner: &mut Manner<'k>,
) -> Result<Answer, Failure> {
    let app_id = parameters.get("app_id").ok_or_else(|| Failure::plain(SubCode::MissingAppId))?;
    let app = state.engine.app(app_id).ok_or_else(|| Failure::plain(SubCode::InvalidAppId))?;
    let keys =
        gateway.apps.get(&app.id).ok_or_else(|| Failure::plain(SubCode::MissingSignatureKey))?;
    manner.sign_as(caller::sign_type(keys, parameters));
    caller::verify(gateway, keys, parameters, arrival.charset, state.engine.now())?;
    manner.count_for(&keys.calls);
    let budget = Budget::App(app.id.clone());
    let limited = |_| Failure::plain(SubCode::AppCallLimited);
    state.bounds.call(budget, state.engine.now()).map_err(limited)?;
    let request = Request::read(parameters)?;
    check_time(state, gateway, &request)?;
    let (clear, content) = content(keys, &request, manner)?;
    if request.method == download::METHOD {
        return download::run(gateway, &content).map(Answer::Outcome);
    }
    let caller = Caller {
        app: &app.id,
        app_auth_token: request.app_auth_token.as_ref().map(wire::AppAuthToken::expose),
        from_page: false,
    };
    let Some(method) = Method::parse(&request.method) else {
        return foreign(state, &caller, &request, &clear).await;
    };
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

/// The content, and its text in clear. From here on a success is encrypted as the request was;
/// refusals stay in clear.
fn content<'k, 'r>(
    keys: &'k AppKeys,
    request: &'r Request,
    manner: &mut Manner<'k>,
) -> Result<(Cow<'r, str>, Content), Failure> {
    let Some(encrypt_type) = request.encrypt_type else {
        let content = Content::parse(&request.biz_content);
        let content = content.map_err(|error| refusal::unreadable(&error))?;
        return Ok((Cow::Borrowed(request.biz_content.as_str()), content));
    };
    let opened = keys.open(&request.biz_content, encrypt_type)?;
    manner.encrypt_for(opened.key, encrypt_type);
    Ok((Cow::Owned(opened.text), opened.content))
}

/// A method outside the table, for those who may call it: its content is sent on as it came.
async fn foreign(
    state: &AppState,
    caller: &Caller<'_>,
    request: &Request,
    clear: &str,
) -> Result<Answer, Failure> {
    let common = [("notify_url", &request.notify_url), ("return_url", &request.return_url)];
    let common = common.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let own = request.own_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let parameters: Vec<_> = common.chain(own).collect();
    let call = Foreign {
        method: &request.method,
        biz_content: (clear != "{}").then_some(clear),
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

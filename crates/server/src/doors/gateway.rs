//! `/gateway.do`: the OpenAPI gateway, version 1.0 of the protocol.
//!
//! HTTP 200 always; every answer signed; refusals under the method's node.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use engine::Caller;
use wire::gateway::{Parameters, Request, envelope, verify};
use wire::{Content, Failure, Method, Outcome, SubCode};

use crate::doors::page;
use crate::methods::{self, Answer};
use crate::refusal;
use crate::state::{AppState, Gateway};

pub(crate) async fn call(
    State(state): State<Arc<AppState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(gateway) = &state.gateway else {
        return page::problem(
            &state,
            &Failure::precise(
                SubCode::ServiceUnavailable,
                "此服务未配置网关私钥（[gateway] private_key）",
                "this server has no gateway key; set [gateway] private_key",
            ),
        );
    };
    let query = query.as_deref().unwrap_or_default();
    let parameters = match read(&headers, query, body) {
        Ok(parameters) => parameters,
        Err((method, failure)) => return signed(gateway, &method, &Outcome::Failure(failure)),
    };
    let method = parameters.get("method").unwrap_or_default();
    let answer = answer(&state, gateway, &parameters).await;
    if method == Method::Certify.as_str() {
        return page_answer(&state, answer);
    }
    match answer {
        Ok(Answer::Outcome(outcome)) => signed(gateway, method, &outcome),
        Ok(Answer::Link(link)) => Redirect::to(&link).into_response(),
        Err(failure) => {
            tracing::info!(
                sub_code = failure.sub_code.as_str(),
                reason = failure.sub_msg,
                "refused at the gateway"
            );
            signed(gateway, method, &Outcome::Failure(failure))
        }
    }
}

/// Merges query and body. A refusal comes with the method the request seems to name, for its
/// answer must stand under that method's node.
fn read(
    headers: &HeaderMap,
    query: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<Parameters, (String, Failure)> {
    let received = body.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let method = Parameters::peek("method", query, received).unwrap_or_default();
    let charset = Parameters::peek("charset", query, received);
    let parsed = body
        .map_err(|_| too_large())
        .and_then(|body| form(headers, body))
        .and_then(|body| Parameters::parse(query, &body));
    parsed.map_err(|failure| match charset.as_deref().map(str::to_ascii_lowercase).as_deref() {
        // Bytes of a charset we do not speak are not badly encoded.
        Some(charset) if !["utf-8", "utf8"].contains(&charset) => {
            (method, Failure::plain(SubCode::InvalidCharset))
        }
        _ => (method, failure),
    })
}

async fn answer(
    state: &AppState,
    gateway: &Gateway,
    parameters: &Parameters,
) -> Result<Answer, Failure> {
    // Who calls is settled before the signature is looked at: an unknown application stays
    // unknown even if its request is unsigned.
    let app_id = parameters.get("app_id").ok_or(Failure::plain(SubCode::MissingAppId))?;
    let app = state.engine.app(app_id).ok_or(Failure::plain(SubCode::InvalidAppId))?;
    let key = gateway.app_keys.get(&app.id).ok_or(Failure::plain(SubCode::MissingSignatureKey))?;
    verify(parameters, key)?;
    let request = Request::read(parameters)?;
    let method = Method::parse(&request.method).ok_or(Failure::plain(SubCode::InvalidMethod))?;
    let content =
        Content::parse(&request.biz_content).map_err(|error| refusal::unreadable(&error))?;
    let caller = Caller {
        app: &app.id,
        app_auth_token: request.app_auth_token.as_ref().map(wire::AppAuthToken::expose),
        from_page: false,
    };
    let return_url = request.return_url.as_deref();
    Ok(methods::run(state, &caller, method, &content, return_url).await)
}

/// `certify` is opened by a browser: its answer is a page, even when it refuses.
fn page_answer(state: &AppState, answer: Result<Answer, Failure>) -> Response {
    match answer {
        Ok(Answer::Link(link)) => Redirect::to(&link).into_response(),
        Ok(Answer::Outcome(Outcome::Failure(failure))) | Err(failure) => {
            page::problem(state, &failure)
        }
        Ok(Answer::Outcome(Outcome::Success(_))) => {
            page::problem(state, &Failure::plain(SubCode::SystemError))
        }
    }
}

fn signed(gateway: &Gateway, method: &str, outcome: &Outcome) -> Response {
    match envelope(method, &outcome.node(), &gateway.key) {
        Ok(body) => ([(CONTENT_TYPE, "text/html;charset=utf-8")], body).into_response(),
        Err(error) => {
            // An unsigned success would be worse than none.
            tracing::error!(%error, "an answer could not be signed");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn form(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Failure> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if body.is_empty() || kind.is_empty() || is_form {
        return Ok(body);
    }
    Err(Failure::precise(
        SubCode::InvalidParameter,
        "请求体必须是 application/x-www-form-urlencoded 表单；请更正 Content-Type 与编码",
        "the body must be an application/x-www-form-urlencoded form; correct Content-Type and encoding",
    ))
}

fn too_large() -> Failure {
    Failure::precise(
        SubCode::InvalidParameter,
        "请求体超过 4 MiB；请缩小",
        "the body is larger than 4 MiB; make it smaller",
    )
}

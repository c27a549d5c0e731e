//! A request as it arrived: parameters from query and body, in the charset it declares.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Multipart};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use wire::charset::Charset;
use wire::gateway::Parameters;
use wire::{Failure, SubCode};

use crate::doors::broken_off;

/// Longest query: some SDKs send whole contents in it.
const MAX_QUERY: usize = 32 * 1024;

/// What is known of a request before it is trusted.
pub(super) struct Arrival {
    /// The method it seems to name, for the node of its answer.
    pub(super) method: String,
    /// It names a certificate, so its answer does.
    pub(super) names_certificate: bool,
    /// What it is written in, and its answer will be.
    pub(super) charset: Charset,
    /// All parameters, or why there are none.
    pub(super) parameters: Result<Parameters, Failure>,
}

impl Arrival {
    pub(super) async fn read(
        headers: &HeaderMap,
        query: &str,
        body: Result<Bytes, BytesRejection>,
    ) -> Self {
        let received = body.as_ref().map(AsRef::as_ref).unwrap_or_default();
        let peek = |name| Parameters::peek(name, query, received);
        let method = peek("method").unwrap_or_default();
        let names_certificate = peek("app_cert_sn").is_some_and(|sn| !sn.is_empty());
        let declared = peek("charset").filter(|name| !name.is_empty());
        let charset = declared.as_deref().map_or(Some(Charset::UTF_8), Charset::parse);
        let parameters = match (charset, body) {
            (None, _) => Err(Failure::plain(SubCode::InvalidCharset)),
            (_, Err(rejection)) if !broken_off::too_large(&rejection) => Err(incomplete()),
            (_, Err(_)) => Err(too_large("请求体", "the body", "4 MiB")),
            _ if query.len() > MAX_QUERY => Err(too_large("查询串", "the query", "32 KiB")),
            (Some(charset), Ok(body)) => merge(headers, query, body, charset).await,
        };
        let charset = charset.unwrap_or(Charset::UTF_8);
        Self { method, names_certificate, charset, parameters }
    }
}

/// The body stalled, or broke off.
pub(crate) fn incomplete() -> Failure {
    Failure::precise(
        SubCode::InvalidParameter,
        "请求体未完整到达；请不间断地重新发送",
        "the body did not arrive to its end; send it again, without pauses",
    )
}

async fn merge(
    headers: &HeaderMap,
    query: &str,
    body: Bytes,
    charset: Charset,
) -> Result<Parameters, Failure> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        let parameters = Parameters::parse(query, b"", charset)?;
        return parts(parameters, kind, body, charset).await;
    }
    let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if !(body.is_empty() || essence.is_empty() || is_form) {
        return Err(Failure::precise(
            SubCode::InvalidParameter,
            "请求体必须是 application/x-www-form-urlencoded 或 multipart/form-data 表单；请更正 Content-Type 与编码",
            "the body must be an application/x-www-form-urlencoded or multipart/form-data form; correct Content-Type and encoding",
        ));
    }
    Parameters::parse(query, &body, charset)
}

/// Documentation samples send `biz_content` as a part of a multipart body.
async fn parts(
    mut parameters: Parameters,
    kind: &str,
    body: Bytes,
    charset: Charset,
) -> Result<Parameters, Failure> {
    let malformed = || {
        Failure::precise(
            SubCode::InvalidParameter,
            "multipart 请求体格式有误；请检查 boundary",
            "the multipart body is malformed; check its boundary",
        )
    };
    let request = Request::builder()
        .header(CONTENT_TYPE, kind)
        .body(Body::from(body))
        .map_err(|_| malformed())?;
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    while let Some(part) = form.next_field().await.map_err(|_| malformed())? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        let value =
            charset.decode(&bytes).ok_or_else(|| Failure::plain(SubCode::InvalidEncoding))?;
        parameters.add(name, value.into_owned())?;
    }
    Ok(parameters)
}

fn too_large(zh: &str, en: &str, limit: &str) -> Failure {
    Failure::precise(
        SubCode::InvalidParameter,
        &format!("{zh}超过 {limit}；请缩小，或改放在表单中"),
        &format!("{en} is larger than {limit}; make it smaller, or send it in the form"),
    )
}

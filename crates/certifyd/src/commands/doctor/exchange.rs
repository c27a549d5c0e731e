//! One signed call and its answer.

use std::time::Duration;

use engine::{Fetched, Outbound, OutboundError, OutboundRequest};
use jiff::Timestamp;
use serde::Deserialize;
use wire::charset::Charset;
use wire::cipher::EncryptType;
use wire::gateway::{Parameters, Response, ResponseError, canonical};
use wire::{KeyError, Method, PublicKey};

use super::material::Material;
use crate::cli::Doctor;

/// A `certify_id` that was never given out.
pub(super) const NOBODY: &str = "00000000000000000000000000000000";
const TIMEOUT: Duration = Duration::from_secs(15);

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) content: &'a str,
    pub(super) encrypted: bool,
}

impl Call<'static> {
    /// A query for what was never given out: it changes nothing and reveals nobody.
    pub(super) fn harmless(encrypted: bool) -> Self {
        // The same number as above; a test compares them.
        let content = r#"{"certify_id":"00000000000000000000000000000000"}"#;
        Self { method: Method::Query, content, encrypted }
    }
}

/// A request of version 3, signed.
pub(super) struct Get {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
}

/// What is read of an answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: String,
    pub(super) sub_code: String,
    /// The gateway's words. They may repeat what was sent.
    pub(super) sub_msg: String,
    pub(super) signature: Signature,
    pub(super) alipay_cert_sn: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Good,
    Wrong,
    Absent,
    NoKey,
}

#[derive(Deserialize)]
struct Node {
    code: String,
    #[serde(default)]
    sub_code: String,
    #[serde(default)]
    sub_msg: String,
}

/// The signed form body of a call.
pub(super) fn body(
    args: &Doctor,
    material: &Material,
    now: Timestamp,
    call: &Call<'_>,
) -> Result<Option<String>, KeyError> {
    let Some(private) = &material.private else { return Ok(None) };
    let time = jiff::tz::offset(8).to_datetime(now).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("app_id", args.app_id.as_str()),
        ("method", call.method.as_str()),
        ("format", "JSON"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", &time),
        ("version", "1.0"),
        ("biz_content", call.content),
    ] {
        parameters.set(name, value);
    }
    if let (true, Some(key)) = (call.encrypted, &material.encrypt_key) {
        // The library takes every key of these lengths.
        let Ok(sealed) = key.encrypt(call.content.as_bytes(), EncryptType::Aes, [0; 16]) else {
            return Ok(None);
        };
        parameters.set("biz_content", &sealed);
        parameters.set("encrypt_type", "AES");
    }
    if let Some(token) = &args.app_auth_token {
        parameters.set("app_auth_token", token.expose());
    }
    if let Some(certificate) = &material.app_cert {
        parameters.set("app_cert_sn", certificate.sn());
    }
    if let Some(roots) = &material.roots {
        parameters.set("alipay_root_cert_sn", &roots.sn);
    }
    let sign = private.sign(canonical(&parameters, false).as_bytes())?;
    parameters.set("sign", &sign);
    Ok(Some(parameters.encode(Charset::UTF_8)))
}

pub(super) async fn send(gateway: &str, body: String) -> Result<Fetched, OutboundError> {
    let kind = "application/x-www-form-urlencoded;charset=utf-8";
    let request = OutboundRequest {
        url: gateway.to_owned(),
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.into_bytes(),
        timeout: TIMEOUT,
    };
    Outbound::new(engine::Reach::Any)?.fetch(request).await
}

pub(super) async fn get(request: Get) -> Result<Fetched, OutboundError> {
    let request = OutboundRequest {
        url: request.url,
        method: "GET".to_owned(),
        headers: request.headers,
        body: Vec::new(),
        timeout: TIMEOUT,
    };
    Outbound::new(engine::Reach::Any)?.fetch(request).await
}

/// Takes an answer to `method` apart; `None` if it is no gateway's.
pub(super) fn read(body: &[u8], method: Method, key: Option<&PublicKey>) -> Option<Reply> {
    let text = Charset::UTF_8.decode(body)?;
    let response = Response::read(&text, method.as_str()).ok()?;
    let node: Node = serde_json::from_str(response.node).ok()?;
    let signature = match key {
        _ if response.sign.is_none() => Signature::Absent,
        None => Signature::NoKey,
        Some(key) => match response.verify(key) {
            Ok(()) => Signature::Good,
            Err(ResponseError::Unsigned) => Signature::Absent,
            Err(_) => Signature::Wrong,
        },
    };
    Some(Reply {
        code: node.code,
        sub_code: node.sub_code,
        sub_msg: node.sub_msg,
        signature,
        alipay_cert_sn: response.alipay_cert_sn.map(str::to_owned),
    })
}

//! What is sent, in every mode: the signature is the one OpenSSL makes, nothing secret is in an
//! address, and it is all written down in `tests/vectors/requests.json`, which the published Node.js
//! SDK verifies in `conformance/upstream.test.mjs`.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{UpstreamCall, UpstreamGateway as _};
use serde_json::{Value, json};
use testkit::{Conduct, FaultyGateway, keys};
use upstream::{Settings, Trust};
use wire::charset::Charset;
use wire::cipher::ContentKey;
use wire::gateway::{Parameters, canonical};

use crate::client::{CERTIFY, Client, QUERY, by_certificate, by_key, call, initialize, settings};

const CONTENT: &str =
    r#"{"outer_order_no":"a1","identity_param":{"cert_name":"钱·𠮷 +&=%","cert_no":"x"}}"#;
const PAGE: &str = r#"{"certify_id":"2109b5e671aa3ff2eb4851816c65828f"}"#;
const EXTRA: [(&str, &str); 3] =
    [("notify_url", "https://m.example/n?a=1&b=张 三"), ("return_url", ""), ("prod_code", "x+y")];
const APP_TOKEN: &str = "202611BBtokenofthemerchant";
const USER_TOKEN: &str = "usertoken+/=";

fn aes() -> ContentKey {
    ContentKey::parse(&keys::gateway("aes_key.txt")).unwrap()
}

/// The form the gateway got, which must have come with a bare address.
async fn sent(trust: Trust, encrypt_key: Option<ContentKey>, call: &UpstreamCall<'_>) -> String {
    let gateway = FaultyGateway::alone(|_, _| Conduct::Answer(404, String::new())).await;
    let settings = settings(&gateway.url(), trust);
    let client = Client::new(Settings { encrypt_key, ..settings });
    client.gateway.call(call).await.unwrap_err();
    let arrived = gateway.arrived();
    assert_eq!(arrived.len(), 1);
    assert!(arrived[0].head.starts_with("POST /gateway.do HTTP/1.1\r\n"), "{}", arrived[0].head);
    arrived[0].body.clone()
}

fn page(encrypt_key: Option<ContentKey>, call: &UpstreamCall<'_>) -> String {
    let settings = settings("https://gateway.test/gateway.do", by_key());
    let client = Client::new(Settings { encrypt_key, ..settings });
    let address = client.gateway.page(call).unwrap();
    address.strip_prefix("https://gateway.test/gateway.do?").unwrap().to_owned()
}

fn alipay_cert() -> Trust {
    by_certificate(&keys::gateway("alipay_cert.crt"))
}

/// One request in every mode.
async fn requests() -> Vec<(&'static str, String)> {
    let plain = initialize(CONTENT);
    let full = UpstreamCall {
        parameters: &EXTRA,
        app_auth_token: Some(APP_TOKEN),
        auth_token: Some(USER_TOKEN),
        ..plain
    };
    let without = UpstreamCall {
        biz_content: None,
        parameters: &[("grant_type", "authorization_code"), ("code", "c0de")],
        ..call("alipay.system.oauth.token", "")
    };
    let to_page = UpstreamCall { parameters: &EXTRA, ..call(CERTIFY, PAGE) };
    let secret_page =
        UpstreamCall { app_auth_token: Some(APP_TOKEN), auth_token: Some(USER_TOKEN), ..to_page };
    vec![
        ("key", sent(by_key(), None, &plain).await),
        ("key, every parameter", sent(by_key(), None, &full).await),
        ("key, no content", sent(by_key(), Some(aes()), &without).await),
        ("key, encrypted", sent(by_key(), Some(aes()), &full).await),
        ("certificate", sent(alipay_cert(), None, &plain).await),
        ("certificate, encrypted", sent(alipay_cert(), Some(aes()), &full).await),
        ("page", page(None, &secret_page)),
        ("page, encrypted", page(Some(aes()), &to_page)),
    ]
}

fn parsed(text: &str) -> Parameters {
    Parameters::parse("", text.as_bytes(), Charset::UTF_8).unwrap()
}

#[tokio::test]
async fn openssl_verifies_every_request() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("public.pem"), keys::gateway("app_public.pem")).unwrap();
    for (name, text) in requests().await {
        let parameters = parsed(&text);
        let sign = STANDARD.decode(parameters.get("sign").unwrap()).unwrap();
        std::fs::write(folder.path().join("sign"), sign).unwrap();
        let verifies = |message: String| {
            std::fs::write(folder.path().join("message"), message).unwrap();
            let words =
                ["dgst", "-sha256", "-verify", "public.pem", "-signature", "sign", "message"];
            let output = Command::new("openssl").args(words).current_dir(folder.path()).output();
            output.unwrap().status.success()
        };
        // Empty values are not sent, so verifiers that keep them see the same text.
        assert_eq!(canonical(&parameters, true), canonical(&parameters, false), "{name}");
        assert!(verifies(canonical(&parameters, true)), "{name}");
        assert!(!verifies(canonical(&parameters, true) + "x"), "{name}");
    }
}

#[tokio::test]
async fn requests_are_those_written_down_for_the_published_sdk() {
    let written: Vec<Value> = requests()
        .await
        .into_iter()
        .map(|(name, text)| {
            let parameters = parsed(&text);
            let pairs = parameters.iter().map(|(name, value)| (name.to_owned(), value.into()));
            json!({ "name": name, "parameters": pairs.collect::<serde_json::Map<_, _>>() })
        })
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/requests.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // On purpose the whole text: after a change that is meant, it is the new file.
    let text = serde_json::to_string_pretty(&written).unwrap();
    assert_eq!(kept, Value::Array(written), "{text}");
}

#[tokio::test]
async fn an_address_holds_no_token_and_an_empty_value_is_not_sent() {
    for (name, text) in requests().await {
        let parameters = parsed(&text);
        let tokens = [parameters.get("app_auth_token"), parameters.get("auth_token")];
        if name.starts_with("page") {
            assert_eq!(tokens, [None, None], "{name}");
            assert!(!text.contains("token"), "{text}");
        } else if name.contains("every") {
            assert_eq!(tokens, [Some(APP_TOKEN), Some(USER_TOKEN)]);
        }
        assert!(!text.contains("return_url"), "{text}");
    }
}

#[tokio::test]
async fn what_is_encrypted_is_encrypted_before_it_is_signed() {
    for (name, text) in requests().await.into_iter().filter(|(name, _)| name.contains("encrypted"))
    {
        let parameters = parsed(&text);
        assert_eq!(parameters.get("encrypt_type"), Some("AES"), "{name}");
        let sealed = parameters.get("biz_content").unwrap();
        let clear = aes().decrypt(sealed, wire::cipher::EncryptType::Aes).unwrap();
        let expected = if name.starts_with("page") { PAGE } else { CONTENT };
        assert_eq!(clear, expected.as_bytes(), "{name}");
    }
}

#[tokio::test]
async fn a_parameter_of_the_caller_replaces_none_of_ours() {
    let ours = [
        ("app_id", "2099"),
        ("method", "alipay.trade.pay"),
        ("sign", "x"),
        ("sign_type", "RSA"),
        ("timestamp", "x"),
        ("version", "2.0"),
        ("charset", "gbk"),
        ("format", "XML"),
        ("biz_content", "{}"),
        ("app_auth_token", "theirs"),
    ];
    let bold =
        UpstreamCall { parameters: &ours, app_auth_token: Some(APP_TOKEN), ..call(QUERY, CONTENT) };
    let plain = UpstreamCall { app_auth_token: Some(APP_TOKEN), ..call(QUERY, CONTENT) };
    assert_eq!(sent(by_key(), None, &bold).await, sent(by_key(), None, &plain).await);
}

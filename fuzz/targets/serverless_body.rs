//! Input: the body of a request to `/client` or `/server`.
#![no_main]

mod harness;

use harness::{PUBLIC, assert_no_leak};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use wire::serverless::{Body, ClientSecret, CloudCall, Request, signing_text};

const SIGNED: [&str; 6] = ["method", "params", "spaceId", "timestamp", "token", "userId"];

fuzz_target!(|data: &[u8]| {
    let body = match Body::parse(data) {
        Ok(body) => body,
        Err(error) => return assert_no_leak(&error.message, &String::from_utf8_lossy(data)),
    };
    // The raw text is one JSON object, and text members are what serde_json makes of them.
    let object: Map<String, Value> = match serde_json::from_slice(data) {
        Ok(object) => object,
        // Raw members are not interpreted: 1e999 is kept as it is, an unread string unread.
        Err(_) => Map::new(),
    };
    for name in SIGNED {
        if let Some(Value::String(text)) = object.get(name) {
            assert_eq!(body.get(name), Some(text.as_str()).filter(|text| !text.is_empty()));
        }
    }
    assert!(!format!("{body:?}").contains(':'));

    // Each member that is there stands in the signed text, in order, and nothing else does.
    let text = signing_text(&body);
    let pairs: Vec<String> = SIGNED
        .iter()
        .filter_map(|name| body.get(name).map(|value| format!("{name}={value}")))
        .collect();
    assert_eq!(text, pairs.join("&"));

    let secret = ClientSecret::new("sYBYMZJiy3cQ+e5iFX+bUA==");
    let sign = secret.sign(&text);
    assert!(secret.verifies(&body, &sign));
    assert!(secret.verifies(&body, &sign.to_uppercase()));
    for wrong in ["", &sign[1..], &sign[2..], "00000000000000000000000000000000"] {
        assert!(!secret.verifies(&body, wrong));
    }
    assert!(!ClientSecret::new("other").verifies(&body, &sign));
    assert!(!PUBLIC.verifies_body(&body, &sign.repeat(16)));

    match Request::read(&body) {
        Ok(Request::Invoke(invoke)) => {
            assert!(body.get("params").unwrap().contains(&invoke.args) || invoke.args == "{}");
            if let Err(error) = CloudCall::parse(&invoke.args) {
                assert_no_leak(&error.message, &invoke.args);
            }
        }
        Ok(_) => {}
        Err(error) => {
            assert_no_leak(&error.message, &text);
            for name in ["params", "token", "userId"] {
                let value = body.get(name).unwrap_or_default();
                if !body.get("method").is_some_and(|method| method.contains(value.trim())) {
                    assert_no_leak(&error.message, value);
                }
            }
        }
    }
    if let Err(error) = body.space_id() {
        assert_no_leak(&error.message, &text);
    }
});

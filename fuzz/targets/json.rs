//! Input: names and values divided by line breaks; the first byte decides whether to sign.
#![no_main]

mod harness;

use std::collections::BTreeMap;

use harness::{PRIVATE, PUBLIC};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wire::gateway::{Answer, envelope, node_name};
use wire::outcome::{camel_case, snake_case};
use wire::serverless::{ErrorCode, ServerlessError, failure, success};
use wire::{AppAuthToken, Failure, Method, Outcome, SubCode, json};

fn pairs_up(text: &str) -> bool {
    let mut depth = 0_i64;
    for byte in text.bytes() {
        depth += i64::from(byte == b'{') - i64::from(byte == b'}');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let mut members = BTreeMap::new();
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        members.insert(name, value);
    }
    let written = json::object(members.iter().map(|(name, value)| (*name, *value)));
    let read: BTreeMap<String, String> = serde_json::from_str(&written).unwrap();
    assert!(read.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(members));
    well_formed(&written);
    let mut alone = String::from("[");
    json::push_string(&mut alone, text);
    alone.push(']');
    assert_eq!(serde_json::from_str::<Vec<String>>(&alone).unwrap(), [text]);

    // Answers of both dialects: whole text as a value.
    let passed = Outcome::Success(vec![("certify_id", text.to_owned()), ("passed", "T".into())]);
    let refused = Outcome::from(Failure::precise(SubCode::InvalidParameter, text, "en"));
    for outcome in [&passed, &refused] {
        let (node, data) = (outcome.node(), outcome.data());
        well_formed(&node);
        well_formed(&data);
        let (node, data): (Value, Value) =
            (serde_json::from_str(&node).unwrap(), serde_json::from_str(&data).unwrap());
        for (name, value) in node.as_object().unwrap() {
            assert_eq!(&data[name], value);
            assert_eq!(data[camel_case(name)], *value);
            assert_eq!(snake_case(&camel_case(name)), *name);
        }
        assert_eq!(node.get("sub_code").is_some(), !outcome.is_success());
    }
    let node: Value = serde_json::from_str(&passed.node()).unwrap();
    assert_eq!(node["certify_id"], text);
    let reply: Value = serde_json::from_str(&success(&passed.data())).unwrap();
    assert_eq!(reply["data"]["certifyId"], text);
    let error = ServerlessError::new(ErrorCode::ParamInvalid, text);
    let reply: Value = serde_json::from_str(&failure(&error)).unwrap();
    assert_eq!(reply["error"]["message"], text);
    assert!(reply.get("data").is_none() && reply["success"] == false);

    // Names.
    let name = node_name(text);
    assert!(name.ends_with("_response"));
    assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    assert_eq!(Method::parse(text).is_some(), Method::ALL.iter().any(|it| it.as_str() == text));
    let token = AppAuthToken::new(text);
    assert_eq!(token.as_ref().map(AppAuthToken::expose), Some(text).filter(|t| !t.is_empty()));
    if let Some(token) = token {
        assert_eq!(format!("{token:?}"), "AppAuthToken(…)");
    }

    // The signed envelope: the bytes between the node's name and `,"sign"` are what is signed.
    if text.starts_with('~') {
        let node = passed.node();
        let charset = harness::charset(text.as_bytes().get(1).copied().unwrap_or_default());
        let sign_type = wire::SignatureType::Rsa2;
        let answer = Answer { method: text, node: &node, alipay_cert_sn: None, charset, sign_type };
        let bytes = envelope(&answer, &PRIVATE).unwrap();
        let whole = charset.decode(&bytes).unwrap().into_owned();
        if text.chars().any(|c| matches!(c, '\u{e000}'..='\u{f8ff}')) {
            return;
        }
        let value: Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(value[&name]["certify_id"], text);
        let start = 2 + name.len() + 2;
        let signed = &bytes[start..start + charset.encode(&node).len()];
        assert!(PUBLIC.verifies(signed, value["sign"].as_str().unwrap()));
        assert!(pairs_up(&whole));
    }
});

/// The gateway's rules about braces and slashes.
fn well_formed(written: &str) {
    assert!(pairs_up(written), "{written}");
    assert!(!written.contains("\\/"), "{written}");
    assert!(!written.bytes().any(|byte| byte < b' ' || byte == 0x7f), "{written:?}");
}

//! Input: the text of `biz_content`.
#![no_main]

mod harness;

use harness::assert_no_leak;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use wire::methods::{Initialize, Problem};
use wire::outcome::{camel_case, snake_case};
use wire::{Content, ContentError};

fn check(error: ContentError, text: &str) {
    assert_no_leak(&error.to_string(), text);
    match error.problem {
        Problem::NotJson { position } => {
            // The outer text can only be longer than a nested one.
            let characters = text.chars().count();
            assert!((1..=characters + 1).contains(&position), "{position} of {characters}");
        }
        Problem::TooLong { length, max } => assert!(length > max),
        _ => {}
    }
}

fuzz_target!(|text: &str| {
    let content = match Content::parse(text) {
        Ok(content) => content,
        Err(error) => {
            assert_eq!(error.field, "biz_content");
            return check(error, text);
        }
    };
    assert!(serde_json::from_str::<Map<String, Value>>(text).is_ok());
    let read = match Initialize::read(&content) {
        Ok(read) => read,
        Err(error) => return check(error, text),
    };
    assert_eq!(format!("{read:?}{content:?}"), "Initialize(…)Content(…)");

    // What was read is written in the other spelling, nested objects as text: it reads the same.
    let mut written = Map::new();
    let put = |to: &mut Map<String, Value>, name: &str, value: &Option<String>| {
        if let Some(value) = value {
            to.insert(camel_case(name), Value::String(value.clone()));
        }
    };
    put(&mut written, "outer_order_no", &read.outer_order_no);
    put(&mut written, "biz_code", &read.biz_code);
    put(&mut written, "face_contrast_picture", &read.face_contrast_picture);
    let mut reversible = true;
    if let Some(identity) = &read.identity_param {
        let others: Map<String, Value> = serde_json::from_str(&identity.others).unwrap();
        for name in ["identity_type", "cert_type", "cert_name", "cert_no"] {
            assert!(!others.contains_key(name));
        }
        reversible &= others.keys().all(|name| snake_case(&camel_case(name)) == *name);
        let mut nested: Map<String, Value> =
            others.into_iter().map(|(name, value)| (camel_case(&name), value)).collect();
        put(&mut nested, "identity_type", &identity.identity_type);
        put(&mut nested, "cert_type", &identity.cert_type);
        put(&mut nested, "cert_name", &identity.cert_name);
        put(&mut nested, "cert_no", &identity.cert_no);
        written.insert("identityParam".into(), Value::Object(nested).to_string().into());
    }
    if let Some(config) = &read.merchant_config {
        let object: Map<String, Value> = serde_json::from_str(&config.text).unwrap();
        reversible &= object.keys().all(|name| snake_case(&camel_case(name)) == *name);
        let nested: Map<String, Value> =
            object.into_iter().map(|(name, value)| (camel_case(&name), value)).collect();
        written.insert("merchantConfig".into(), Value::Object(nested).to_string().into());
    }
    if !reversible {
        return;
    }
    let written = Value::Object(written).to_string();
    let again = match Initialize::read(&Content::parse(&written).unwrap()) {
        Ok(again) => again,
        // An escape can take more characters than what it stands for, a number fewer.
        Err(error) if matches!(error.problem, Problem::TooLong { .. }) => return,
        Err(error) => panic!("{error}: {written}"),
    };
    assert_eq!(again.outer_order_no, read.outer_order_no);
    assert_eq!(again.biz_code, read.biz_code);
    assert_eq!(again.face_contrast_picture, read.face_contrast_picture);
    assert_eq!(again.identity_param.is_some(), read.identity_param.is_some());
    if let (Some(again), Some(read)) = (&again.identity_param, &read.identity_param) {
        assert_eq!(again.identity_type, read.identity_type);
        assert_eq!(again.cert_type, read.cert_type);
        assert_eq!(again.cert_name, read.cert_name);
        assert_eq!(again.cert_no, read.cert_no);
        assert_eq!(again.others, read.others);
    }
    assert_eq!(
        again.merchant_config.as_ref().map(|config| &config.text),
        read.merchant_config.as_ref().map(|config| &config.text)
    );
});

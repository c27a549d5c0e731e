//! Input: `functionArgs` of a cloud call.
#![no_main]

mod harness;

use harness::assert_no_leak;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wire::methods::Initialize;
use wire::serverless::{CloudCall, cloud_method_not_supported};

const OPTIONS: [&str; 8] = [
    "$config",
    "page_exec",
    "app_auth_token",
    "auth_token",
    "bind_app_id",
    "notify_url",
    "env",
    "return_url",
];

fuzz_target!(|text: &str| {
    let call = match CloudCall::parse(text) {
        Ok(call) => call,
        Err(error) => return assert_no_leak(&error.message, text),
    };
    let args: Value = serde_json::from_str(text).unwrap();
    assert_eq!(args["method"].as_str(), Some(call.method.as_str()));
    for option in OPTIONS {
        assert_eq!(call.content.text(option, "option"), Ok(None));
    }

    // A token is taken from where it stands, never invented and never dropped.
    let places = [&args["params"]["$config"], &args["params"]];
    let given: Vec<&str> = places
        .into_iter()
        .flat_map(|place| [place.get("appAuthToken"), place.get("app_auth_token")])
        .filter_map(|token| token?.as_str().filter(|token| !token.is_empty()))
        .collect();
    assert_eq!(call.app_auth_token.as_ref().map(|token| token.expose()), given.first().copied());
    if let Some(token) = &call.app_auth_token {
        assert_eq!(format!("{token:?}"), "AppAuthToken(…)");
    }

    if let Err(error) = Initialize::read(&call.content) {
        assert_no_leak(&error.to_string(), text);
    }
    let refusal = cloud_method_not_supported(&call.method).message;
    assert!(refusal.is_ascii() && !refusal.bytes().any(|byte| byte.is_ascii_control()));
    if let Some(params) = args["params"].as_object() {
        let values = params.iter().filter_map(|(_, value)| value.as_str());
        let fixed = cloud_method_not_supported("").message;
        let own = |value: &str| call.method.contains(value.trim()) || fixed.contains(value.trim());
        for value in values.filter(|value| !own(value)) {
            assert_no_leak(&refusal, value);
        }
    }
});

//! Input: an `Authorization` header, a NUL, a raw query, a NUL, a body.
#![no_main]

mod harness;

use harness::{PRIVATE, PUBLIC, assert_no_leak};
use libfuzzer_sys::fuzz_target;
use wire::rest::{
    Authorization, MAX_NONCE_LENGTH, query_parameter, signed_request, signed_response, verify,
};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |&byte| byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (header, query, body) = (part(), part(), part());

    if let Ok(query) = std::str::from_utf8(query) {
        for name in ["certify_id", "outer_order_no"] {
            if let Some(value) = query_parameter(query, name) {
                assert!(!value.is_empty());
                let written = format!("{name}={}", harness::percent(value.as_bytes()));
                assert_eq!(query_parameter(&written, name), Some(value.clone()));
                // A second one makes it unreadable, and so does any other name twice.
                assert_eq!(query_parameter(&format!("{query}&{name}=x"), name), None);
                assert_eq!(query_parameter(&format!("{query}&zz=1&zz=1"), name), None);
            }
        }
        if !query.is_empty() {
            let written = format!("certify_id={}&other=", harness::percent(query.as_bytes()));
            assert_eq!(query_parameter(&written, "certify_id").as_deref(), Some(query));
        }
    }

    let Ok(header) = std::str::from_utf8(header) else { return };
    let authorization = match Authorization::parse(header) {
        Ok(authorization) => authorization,
        Err(failure) => return assert_no_leak(&failure.sub_msg, header),
    };
    // Every part is a part of the header as it stands, and the signed one has no line break.
    let auth_string = authorization.auth_string;
    assert!(header.contains(auth_string) && header.contains(authorization.sign));
    assert!(!auth_string.contains(['\r', '\n']));
    assert_eq!(authorization.field("app_id"), Some(authorization.app_id));
    assert_eq!(authorization.field("nonce"), Some(authorization.nonce));
    assert_eq!(authorization.field("app_cert_sn"), authorization.app_cert_sn);
    assert!((1..=MAX_NONCE_LENGTH).contains(&authorization.nonce.len()));
    assert!(authorization.timestamp >= 0 && !authorization.app_id.is_empty());
    let written = format!("ALIPAY-SHA256withRSA {auth_string},sign={}", authorization.sign);
    assert!(Authorization::parse(&written).unwrap() == authorization);
    let shown = format!("{authorization:?}");
    assert_eq!(shown, format!("Authorization({})", authorization.app_id));

    let token = authorization.field("app_auth_token");
    let signed = signed_request(auth_string, "POST", "/v3/x", body, token);
    let lines = 4 + usize::from(token.is_some());
    let breaks = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(breaks(&signed), lines + breaks(body));
    assert_eq!(breaks(&signed_response("1", "n", body)), 3 + breaks(body));
    match verify(&authorization, &signed, &PUBLIC) {
        Ok(()) => assert!(!authorization.sign.is_empty()),
        Err(failure) => {
            assert_no_leak(&failure.sub_msg, auth_string);
            assert_no_leak(&failure.sub_msg, authorization.sign);
        }
    }
    // Signing is dear: one accepted header in eight.
    if body.len() % 8 == 7 {
        let sign = PRIVATE.sign(&signed).unwrap();
        let fitting = format!("ALIPAY-SHA256withRSA {auth_string},sign={sign}");
        let fitting = Authorization::parse(&fitting).unwrap();
        assert!(verify(&fitting, &signed, &PUBLIC).is_ok());
        let other = signed_request(auth_string, "GET", "/v3/x", body, token);
        assert!(verify(&fitting, &other, &PUBLIC).is_err());
    }
});

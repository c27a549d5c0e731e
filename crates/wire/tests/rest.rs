//! Version 3 of the protocol against what the published SDK sends and accepts.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;
use wire::rest::{
    Authorization, Operation, RestCode, RestError, Scheme, answer, error_body, query_parameter,
    signed_request, signed_response, status, success_body, verify,
};
use wire::{Failure, Method, Outcome, PrivateKey, PublicKey, SubCode};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/openapi")
}

fn key_file(name: &str) -> String {
    std::fs::read_to_string(folder().join("keys").join(name)).unwrap()
}

/// The recorded exchanges of this version.
fn vectors(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap();
    let all = file["vectors"].as_array().unwrap().iter();
    all.filter(|vector| vector["protocol"] == "v3").cloned().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A recorded request, as a server sees it.
struct Recorded {
    authorization: String,
    method: String,
    target: String,
    body: Vec<u8>,
    token: Option<String>,
}

impl Recorded {
    fn new(vector: &Value) -> Self {
        let http = &vector["http"];
        let header = |name: &str| {
            let all = http["headers"].as_array().unwrap().iter();
            all.filter(|pair| pair[0] == name).map(|pair| text(&pair[1]).to_owned()).next()
        };
        Self {
            authorization: header("authorization").unwrap(),
            method: text(&http["method"]).to_owned(),
            target: text(&http["target"]).to_owned(),
            body: text(&http["body"]).as_bytes().to_vec(),
            token: header("alipay-app-auth-token"),
        }
    }

    fn signed(&self) -> Vec<u8> {
        let authorization = Authorization::parse(&self.authorization).unwrap();
        signed_request(
            authorization.auth_string,
            &self.method,
            &self.target,
            &self.body,
            self.token.as_deref(),
        )
    }

    fn verifies(&self, key: &PublicKey) -> bool {
        let authorization = Authorization::parse(&self.authorization).unwrap();
        verify(&authorization, &self.signed(), key).is_ok()
    }
}

#[test]
fn recorded_requests_verify_and_no_signed_part_can_be_changed() {
    let key = PublicKey::parse(&key_file("app_public.pem")).unwrap();
    let requests = vectors("requests.node.json");
    let in_mode = |mode: &str| requests.iter().filter(|vector| vector["mode"] == mode).count();
    assert!(in_mode("key") >= 8 && in_mode("cert") >= 2, "{} requests", requests.len());
    for vector in &requests {
        let id = text(&vector["id"]);
        let recorded = || Recorded::new(vector);
        assert_eq!(recorded().signed(), text(&vector["canonical"]).as_bytes(), "{id}");
        assert!(recorded().verifies(&key), "{id}");

        let tamperings: [fn(&mut Recorded); 6] = [
            |it| it.authorization = it.authorization.replace("nonce=", "nonce=0"),
            |it| it.authorization = it.authorization.replace("timestamp=1", "timestamp=2"),
            |it| it.method = it.method.to_lowercase(),
            |it| it.target.push('&'),
            |it| it.body.push(b' '),
            |it| it.token = it.token.take().xor(Some("202601BB".to_owned())),
        ];
        for (index, tamper) in tamperings.into_iter().enumerate() {
            let mut changed = recorded();
            tamper(&mut changed);
            assert!(!changed.verifies(&key), "{id}: change {index} went unnoticed");
        }
    }
}

#[test]
fn recorded_requests_are_taken_apart_and_routed() {
    for vector in vectors("requests.node.json") {
        let recorded = Recorded::new(&vector);
        let authorization = Authorization::parse(&recorded.authorization).unwrap();
        let cert = vector["mode"] == "cert";
        assert_eq!(authorization.scheme, Scheme::Sha256WithRsa);
        assert_eq!(authorization.auth_string, text(&vector["auth_string"]));
        assert_eq!(authorization.sign, text(&vector["signature"]));
        assert_eq!(
            authorization.app_id,
            if cert { "2021000000000002" } else { "2021000000000001" }
        );
        assert_eq!(authorization.app_cert_sn, cert.then_some("9f7817080f4bda1546c8a0ad977811d8"));
        assert_eq!(authorization.field("nonce"), Some(authorization.nonce));
        assert!(authorization.timestamp > 1_795_000_000_000);

        let (path, query) = recorded.target.split_once('?').unwrap_or((&recorded.target, ""));
        match Operation::route(&recorded.method, path).unwrap() {
            Operation::Initialize => assert_eq!(query, ""),
            Operation::Status | Operation::AppToken | Operation::AppTokenQuery => {
                panic!("nobody has recorded it")
            }
            Operation::Query => {
                let asked = query_parameter(query, "certify_id").unwrap();
                let odd = text(&vector["id"]).ends_with("encoded-chars");
                assert_eq!(
                    asked,
                    if odd { "a b+c/中" } else { "2109b5e671aa3ff2eb4851816c65828f" }
                );
            }
        }
    }
}

#[test]
fn fields_come_in_any_order_and_the_last_sign_counts() {
    let header = "ALIPAY-SHA256withRSA expired_seconds=120,timestamp=7,memo=a,sign=b, nonce=n,\
                  app_id=1,sign=QUJD==";
    let authorization = Authorization::parse(header).unwrap();
    assert_eq!(
        authorization.auth_string,
        "expired_seconds=120,timestamp=7,memo=a,sign=b, nonce=n,app_id=1"
    );
    assert_eq!(authorization.sign, "QUJD==");
    assert_eq!((authorization.app_id, authorization.nonce, authorization.timestamp), ("1", "n", 7));
    assert_eq!(authorization.expired_seconds, Some(120));
    assert_eq!(authorization.field("memo"), Some("a"));
    assert_eq!(authorization.field("app_cert_sn"), None);
}

#[test]
fn a_missing_signature_is_told_from_a_wrong_one() {
    let key = PublicKey::parse(&key_file("app_public.pem")).unwrap();
    let refusal = |tail: &str| {
        let header = format!("ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=7{tail}");
        verify(&Authorization::parse(&header).unwrap(), b"x", &key).unwrap_err().sub_code
    };
    assert_eq!(refusal(""), SubCode::MissingSignature);
    assert_eq!(refusal(",sign="), SubCode::MissingSignature);
    assert_eq!(refusal(",sign=AAAA"), SubCode::InvalidSignature);
}

#[test]
fn signatures_of_answers_are_the_recorded_ones() {
    let key = PrivateKey::parse(&key_file("alipay_private_pkcs8.pem")).unwrap();
    let mut successes = 0;
    for vector in vectors("responses.node.json") {
        let response = &vector["response"];
        let header = |name: &str| response["headers"][name].as_str();
        let Some(timestamp) = header("alipay-timestamp") else { continue };
        let Some(signature) = header("alipay-signature") else { continue };
        let nonce = header("alipay-nonce").unwrap();
        let signed = signed_response(timestamp, nonce, text(&response["body"]).as_bytes());
        let ours = key.sign(&signed).unwrap();
        if let Some(content) = vector["signed_content"].as_str() {
            assert_eq!(signed, content.as_bytes(), "{}", vector["id"]);
            assert_eq!(ours, signature, "{}", vector["id"]);
            successes += u32::from(response["status"] == 200);
        } else if text(&vector["id"]).contains("tampered") {
            assert_ne!(ours, signature, "{}", vector["id"]);
        }
    }
    assert!(successes >= 4, "only {successes} successes");
}

#[test]
fn bodies_are_the_recorded_ones() {
    let recorded = |id: &str| {
        let all = vectors("responses.node.json");
        let vector = all.iter().find(|vector| vector["id"] == id).unwrap();
        (vector["response"]["status"].clone(), text(&vector["response"]["body"]).to_owned())
    };
    let members = vec![("passed", "T".to_owned()), ("identity_info", "{}".to_owned())];
    let outcome = Outcome::Success(members);
    assert_eq!(answer(&outcome, None), (200, recorded("v3-success").1));

    let expired =
        Failure { sub_code: SubCode::CertifyIdExpired, sub_msg: "认证已失效".into() };
    let (code, body) = answer(&Outcome::Failure(expired.clone()), None);
    assert_eq!((Value::from(code), body), recorded("v3-error-400-business"));
    assert_eq!(success_body(&Outcome::Failure(expired)), "{}");

    let (code, body) = recorded("v3-error-400-unsigned");
    let theirs: Value = serde_json::from_str(&body).unwrap();
    let unknown = RestCode::from(SubCode::InvalidAppId);
    let link = text(&theirs["links"][0]["link"]);
    let ours = error_body(unknown, "无效的AppID参数", Some(link));
    assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), theirs);
    assert_eq!(Value::from(status(unknown)), code);
}

#[test]
fn codes_lose_their_prefix_and_find_their_status() {
    for (sub_code, spelled, expected) in [
        (SubCode::ServiceUnavailable, "unknow-error", 500),
        (SubCode::InvalidAppAuthToken, "invalid-app-auth-token", 401),
        (SubCode::MissingTimestamp, "missing-timestamp", 400),
        (SubCode::InvalidSignature, "invalid-signature", 400),
        (SubCode::InvalidMethod, "invalid-method", 400),
        (SubCode::AppCallLimited, "app-call-limited", 429),
        (SubCode::SystemError, "SYSTEM_ERROR", 400),
    ] {
        let error = RestError::from(Failure::plain(sub_code));
        assert_eq!((error.code.as_str(), error.status()), (spelled, expected));
    }
    for sub_code in SubCode::ALL {
        assert!(!RestCode::from(*sub_code).as_str().contains('.'), "{sub_code:?}");
    }
    for (code, spelled, expected) in [
        (RestCode::IllegalTimestamp, "illegal-timestamp", 400),
        (RestCode::ReplayedNonce, "invalid-parameter", 400),
    ] {
        let error = RestError::from(code);
        assert_eq!((error.code.as_str(), error.status()), (spelled, expected));
        assert!(error.message.contains(" / "), "{code:?}");
    }
}

#[test]
fn only_the_two_resources_are_routed() {
    for operation in Operation::ALL {
        assert_eq!(Operation::route(operation.http_method(), operation.path()), Some(operation));
        let name = operation.path().trim_start_matches("/v3/").replace('/', ".");
        assert_eq!(Method::parse(&name), Some(operation.method()));
    }
    for (method, path) in [
        ("GET", "/v3/alipay/user/certify/open/initialize"),
        ("POST", "/v3/alipay/user/certify/open/query"),
        ("GET", "/v3/alipay/user/certify/open/query/"),
        ("GET", "/v3/alipay/user/certify/open/certify"),
    ] {
        assert_eq!(Operation::route(method, path), None);
    }
}

#[test]
fn both_spaces_are_spaces_and_what_is_uncertain_is_absent() {
    assert_eq!(query_parameter("x=1&certify_id=a+b%20c", "certify_id").unwrap(), "a b c");
    for query in ["", "certify_id=", "certify_id", "certify_id=1&certify_id=2", "certify_id=%ff"] {
        assert_eq!(query_parameter(query, "certify_id"), None, "{query}");
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(
        header in any::<String>(),
        tail in "[ ,=a-z_0-9]{0,40}(,sign=)?[A-Za-z=]{0,8}",
    ) {
        let _ = Authorization::parse(&header);
        let _ = Authorization::parse(&format!("ALIPAY-SHA256withRSA {tail}"));
        let valid = format!("ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=7,{tail}");
        if let Ok(authorization) = Authorization::parse(&valid) {
            prop_assert!(valid.contains(authorization.auth_string));
        }
        let _ = query_parameter(&header, &tail);
    }
}

//! Old and new valid together, and keys exchanged under a running server.

use std::sync::Arc;

use engine::{Directory, NoticeDesk, OperatorToken, Outbound, Reach};
use serde_json::json;
use server::{AppKeys, Gateway, Keyring, SignedForm};
use testkit::{
    COMPATIBLE, OPERATOR_TOKEN, Receiver, TestServer, apps, grants, keys, resigned, signed,
};
use wire::certificate::{Certificate, root_sn};
use wire::cipher::{ContentKey, EncryptType};
use wire::gateway::{Parameters, canonical};
use wire::{PrivateKey, SubCode};

use crate::answer::{Answer, INITIALIZE, QUERY, content};

const OLD: &str = "+svhtaK3tFXbTYYrHw/KAQ==";
const NEW: &str = "AAAAAAAAAAAAAAAAAAAAAA==";
const UNKNOWN: &str = "BBBBBBBBBBBBBBBBBBBBBA==";

fn aes(text: &str) -> ContentKey {
    ContentKey::parse(text).unwrap()
}

fn private(name: &str) -> PrivateKey {
    PrivateKey::parse(&keys::gateway(name)).unwrap()
}

#[tokio::test]
async fn an_answer_is_encrypted_with_the_key_that_opened_the_request() {
    let two_keys = |gateway: &mut Gateway| {
        for app in gateway.apps.values_mut() {
            app.encrypt_keys = vec![aes(NEW), aes(OLD)];
        }
    };
    let server = TestServer::with_gateway(two_keys).await;
    for (key, other, order) in [(OLD, NEW, "aes1"), (NEW, OLD, "aes2")] {
        let clear = content(order).to_string();
        let text = aes(key).encrypt(clear.as_bytes(), EncryptType::Aes, [0; 16]).unwrap();
        let mut parameters = signed(COMPATIBLE, INITIALIZE, &text);
        parameters.set("encrypt_type", "AES");
        let answer = Answer::of(&server.gateway(&resigned(parameters)).await);
        let sealed = answer.node.as_str().unwrap();
        let opened = aes(key).decrypt(sealed, EncryptType::Aes).unwrap();
        let opened: serde_json::Value = serde_json::from_slice(&opened).unwrap();
        assert_eq!(opened["code"], "10000");
        let not_opened = aes(other).decrypt(sealed, EncryptType::Aes).unwrap_or_default();
        assert!(serde_json::from_slice::<serde_json::Value>(&not_opened).is_err());
    }
    let text = aes(UNKNOWN).encrypt(b"{}", EncryptType::Aes, [0; 16]).unwrap();
    let mut parameters = signed(COMPATIBLE, INITIALIZE, &text);
    parameters.set("encrypt_type", "AES");
    let refused = Answer::of(&server.gateway(&resigned(parameters)).await);
    assert_eq!(refused.codes().1, SubCode::DecryptionErrorUnknown.as_str());
}

/// A query that names the certificate in one file, signed with the key in another.
fn named(certificate: &str, key: &str) -> Parameters {
    let mut parameters = signed(COMPATIBLE, QUERY, &json!({ "certify_id": "0" }).to_string());
    parameters.set("app_cert_sn", Certificate::parse(&keys::gateway(certificate)).unwrap().sn());
    let roots = root_sn(&keys::gateway("alipay_root_bundle.crt")).unwrap();
    parameters.set("alipay_root_cert_sn", &roots);
    let sign = private(key).sign(canonical(&parameters, true).as_bytes()).unwrap();
    parameters.set("sign", &sign);
    parameters
}

#[tokio::test]
async fn of_two_certificates_the_one_that_is_named_must_have_signed() {
    let certificate = |name: &str| Certificate::parse(&keys::gateway(name)).unwrap();
    let server = TestServer::with_gateway(|gateway| {
        gateway.certificate = Some(certificate("alipay_cert.crt"));
        gateway.root_sn = Some(root_sn(&keys::gateway("alipay_root_bundle.crt")).unwrap());
        for app in gateway.apps.values_mut() {
            let certificates = vec![certificate("alipay_cert.crt"), certificate("app_cert.crt")];
            *app = AppKeys { certificates, ..AppKeys::default() };
        }
    })
    .await;
    let (first, second) = ("alipay_cert.crt", "app_cert.crt");
    // While both are valid.
    server.clock.set(certificate(first).not_after().min(certificate(second).not_after()));
    let (first_key, second_key) = ("alipay_private_pkcs1.pem", "app_private_pkcs1.pem");
    for (certificate, key, expected) in [
        (first, first_key, SubCode::BillNotExist),
        (second, second_key, SubCode::BillNotExist),
        (first, second_key, SubCode::InvalidSignature),
        (second, first_key, SubCode::InvalidSignature),
        ("intermediate_cert.crt", first_key, SubCode::AppCertNotExist),
    ] {
        let answer = Answer::of(&server.gateway(&named(certificate, key)).await);
        assert_eq!(answer.codes().1, expected.as_str(), "{certificate} {key}");
    }
}

/// A keyring of nothing but what opens the operator's door.
fn operator_only(tokens: &[&str]) -> Keyring {
    Keyring {
        spaces: [].into(),
        gateway: None,
        operator: tokens.iter().filter_map(|token| OperatorToken::new(token)).collect(),
        outbound: Outbound::new(Reach::Public).unwrap(),
    }
}

#[tokio::test]
async fn each_of_the_operators_tokens_opens_the_door_until_it_is_taken_away() {
    let server = TestServer::start().await;
    let new = "another-token-of-the-tests";
    let opens = async |token: &str| {
        let request = server.request("GET", "/operator/notices");
        let request = request.header("authorization", format!("Bearer {token}"));
        server.send(request).await.status
    };
    assert_eq!((opens(OPERATOR_TOKEN).await, opens(new).await), (200, 401));
    server.state.keyring.exchange(operator_only(&[new, OPERATOR_TOKEN]));
    assert_eq!((opens(OPERATOR_TOKEN).await, opens(new).await), (200, 200));
    server.state.keyring.exchange(operator_only(&[new]));
    assert_eq!((opens(OPERATOR_TOKEN).await, opens(new).await), (401, 200));
    server.state.keyring.exchange(operator_only(&[]));
    assert_eq!((opens(OPERATOR_TOKEN).await, opens(new).await), (404, 404));
}

#[tokio::test]
async fn notices_of_running_delivery_are_signed_with_the_new_key() {
    let (server, receiver) = (TestServer::start().await, Receiver::willing().await);
    let desk = NoticeDesk {
        form: Arc::new(SignedForm::new(Arc::new(private("app_private_pkcs1.pem")))),
        outbound: Outbound::new(Reach::Any).unwrap(),
        timeout: NoticeDesk::TIMEOUT,
    };
    server.state.engine.exchange(Directory::new(apps(), grants(), Some(desk)));
    let mut parameters = signed(COMPATIBLE, INITIALIZE, &content("rotated1").to_string());
    parameters.set("notify_url", &receiver.url("/"));
    let id = Answer::of(&server.gateway(&resigned(parameters)).await).certify_id();
    let path = format!("/test/certifications/{id}");
    assert_eq!(server.post_json(&path, &json!({ "outcome": "passed" })).await.status, 200);
    let arrived = receiver.until_arrived(1).await;
    let body = arrived[0].body.as_bytes();
    let verified = |name| wire::notice::verify(body, &private(name).public_key().unwrap()).is_ok();
    assert!(verified("app_private_pkcs1.pem"));
    assert!(!verified("alipay_private_pkcs1.pem"));
}

#[tokio::test]
async fn who_is_taken_out_of_the_directory_is_unknown_at_once() {
    let server = TestServer::start().await;
    let query = signed(COMPATIBLE, QUERY, &json!({ "certify_id": "0" }).to_string());
    let answer = Answer::of(&server.gateway(&query).await);
    assert_eq!(answer.codes().1, SubCode::BillNotExist.as_str());
    let held = server.state.engine.app(COMPATIBLE).unwrap();
    let others = apps().into_iter().filter(|app| app.id.as_str() != COMPATIBLE).collect();
    server.state.engine.exchange(Directory::new(others, grants(), None));
    let answer = Answer::of(&server.gateway(&query).await);
    assert_eq!(answer.codes().1, SubCode::InvalidAppId.as_str());
    // Whoever began with it still has it.
    assert_eq!(held.id.as_str(), COMPATIBLE);
}

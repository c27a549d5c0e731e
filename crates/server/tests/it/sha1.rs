//! `sign_type=RSA`, which is SHA1withRSA: off, unless the application's `allow_sha1` is on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::AppId;
use testkit::{COMPATIBLE, FACE_ONLY, TestServer, keys, signed};
use wire::gateway::{Parameters, canonical};
use wire::{PrivateKey, SignatureType};

use crate::answer::{Answer, INITIALIZE, QUERY, content};

const OFF: (&str, &str) = ("40002", "isv.invalid-signature-type");
const REFUSED: (&str, &str) = ("40002", "isv.invalid-signature");

/// A server where one application may sign with SHA-1.
async fn server() -> TestServer {
    TestServer::with_gateway(|gateway| {
        let app = AppId::parse(COMPATIBLE).unwrap();
        gateway.apps.get_mut(&app).unwrap().allow_sha1 = true;
    })
    .await
}

/// A call that says `sign_type=RSA`, signed as `really`.
fn declared_rsa(app: &str, really: SignatureType) -> Parameters {
    let mut parameters = signed(app, INITIALIZE, &content("sha1").to_string());
    parameters.set("sign_type", "RSA");
    let key = PrivateKey::parse(&keys::gateway("app_private_pkcs8.pem")).unwrap();
    let sign = key.sign_as(really, canonical(&parameters, true).as_bytes()).unwrap();
    parameters.set("sign", &sign);
    parameters
}

#[tokio::test]
async fn it_is_off_and_the_refusal_names_the_key_that_switches_it_on() {
    let call = |app| declared_rsa(app, SignatureType::Rsa);
    // Nobody's, and another application's.
    for (server, app) in [(TestServer::start().await, COMPATIBLE), (server().await, FACE_ONLY)] {
        let answer = Answer::of(&server.gateway(&call(app)).await);
        assert_eq!(answer.codes(), OFF);
        for remedy in ["RSA2", "allow_sha1 = true", "[[apps]]"] {
            assert_eq!(answer.text("sub_msg").matches(remedy).count(), 2, "{}", answer.node);
        }
    }
}

#[tokio::test]
async fn where_it_is_on_the_answer_is_signed_as_the_request_was() {
    let server = server().await;
    let reply = server.gateway(&declared_rsa(COMPATIBLE, SignatureType::Rsa)).await;
    let id = Answer::signed(&reply, SignatureType::Rsa).certify_id();
    // The same application may use RSA2 all the same, and is answered in kind.
    let query = signed(COMPATIBLE, QUERY, &serde_json::json!({ "certify_id": id }).to_string());
    assert_eq!(Answer::of(&server.gateway(&query).await).text("passed"), "F");
}

#[tokio::test]
async fn a_digest_other_than_the_declared_one_is_refused_and_named() {
    let server = server().await;
    let reply = server.gateway(&declared_rsa(COMPATIBLE, SignatureType::Rsa2)).await;
    let answer = Answer::signed(&reply, SignatureType::Rsa);
    assert_eq!(answer.codes(), REFUSED);
    assert!(answer.text("sub_msg").contains("it was signed with SHA-256: send sign_type RSA2"));
    let mut declared_rsa2 = declared_rsa(COMPATIBLE, SignatureType::Rsa);
    declared_rsa2.set("sign_type", "RSA2");
    let key = PrivateKey::parse(&keys::gateway("app_private_pkcs8.pem")).unwrap();
    let text = canonical(&declared_rsa2, true);
    declared_rsa2.set("sign", &key.sign_as(SignatureType::Rsa, text.as_bytes()).unwrap());
    let answer = Answer::of(&server.gateway(&declared_rsa2).await);
    assert_eq!(answer.codes(), REFUSED);
    assert!(answer.text("sub_msg").contains("it was signed with SHA-1: RSA2 means SHA-256"));
}

#[tokio::test]
async fn one_other_bit_in_signature_or_content_is_refused() {
    let server = server().await;
    let good = declared_rsa(COMPATIBLE, SignatureType::Rsa);
    let sign = STANDARD.decode(good.get("sign").unwrap()).unwrap();
    for bit in (0..sign.len() * 8).step_by(97) {
        let mut changed = sign.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut parameters = good.clone();
        parameters.set("sign", &STANDARD.encode(changed));
        let reply = server.gateway(&parameters).await;
        assert_eq!(Answer::signed(&reply, SignatureType::Rsa).codes(), REFUSED, "bit {bit}");
    }
    for (name, value) in
        [("version", "1.1"), ("notify_url", "x"), ("timestamp", "2026-11-24 16:00:01")]
    {
        let mut parameters = good.clone();
        parameters.set(name, value);
        let reply = server.gateway(&parameters).await;
        assert_eq!(Answer::signed(&reply, SignatureType::Rsa).codes(), REFUSED, "{name}");
    }
}

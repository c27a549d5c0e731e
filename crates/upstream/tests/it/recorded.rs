//! Recorded answers, replayed: what a correct client accepts, which is more than some published ones
//! do and less than others.

use engine::{Meaning, Unknown, UpstreamFault};
use serde_json::Value;
use testkit::{Conduct, FaultyGateway, keys};
use upstream::Settings;
use wire::cipher::ContentKey;

use crate::client::{Client, by_certificate, by_key, member, settings};

/// What is to come of each.
fn expected(id: &str) -> Result<Meaning, Unknown> {
    match id {
        "v2-success"
        | "v2-success-whitespace-signed-as-sent"
        | "v2-success-sign-first"
        | "v2-success-escaped-slash-signed-as-sent"
        | "v2-success-escaped-slash-signed-unescaped"
        | "v2-success-sign-escaped-slash"
        | "v2-success-braces-in-string"
        | "v2-cert-success"
        | "v2-cert-success-sn-last"
        | "v2-aes-success-novalidate"
        | "v2-aes-success-validate" => Ok(Meaning::Done),
        "v2-business-error-signed"
        | "v2-gateway-error-unsigned-novalidate"
        | "v2-gateway-error-unsigned-validate"
        | "v2-error_response-unsigned-novalidate"
        | "v2-error_response-signed-validate"
        | "v2-aes-plaintext-error" => Ok(Meaning::Refused),
        "v2-success-tampered-value"
        | "v2-success-whitespace-inside-node"
        | "v2-success-missing-sign"
        | "v2-success-unsigned-novalidate"
        | "v2-business-error-tampered"
        | "v2-aes-wrong-key-novalidate" => Err(Unknown::NotTheirs),
        "v2-wrong-node-name" => Err(Unknown::Unreadable),
        "v2-http-500" => Err(Unknown::Status(500)),
        "v2-http-201" => Err(Unknown::Status(201)),
        "v2-cert-success-wrong-sn" => Err(Unknown::Certificate),
        other => unreachable!("{other} is not in the table"),
    }
}

async fn replay(recorded: &Value) -> Result<(Meaning, String), UpstreamFault> {
    let response = &recorded["response"];
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let body = response["body"].as_str().unwrap().to_owned();
    let gateway = FaultyGateway::alone(move |_, _| Conduct::Answer(status, body.clone())).await;
    let trust = match recorded["mode"].as_str() {
        Some("cert") => by_certificate(&keys::gateway("alipay_cert.crt")),
        _ => by_key(),
    };
    let encrypted = recorded["client_call"]["needEncrypt"] == true;
    let aes = || ContentKey::parse(&keys::gateway("aes_key.txt")).unwrap();
    let settings = settings(&gateway.url(), trust);
    let client = Client::new(Settings { encrypt_key: encrypted.then(aes), ..settings });
    let reply = client.query().await?;
    Ok((reply.meaning, member(&reply, "passed")))
}

#[tokio::test]
async fn every_recorded_answer_is_accepted_or_refused_as_a_correct_client_does() {
    let all = keys::vector("openapi/responses.node.json")["vectors"].as_array().unwrap().clone();
    let v2: Vec<Value> = all.into_iter().filter(|one| one["protocol"] == "v2").collect();
    assert_eq!(v2.len(), 27);
    for recorded in &v2 {
        let id = recorded["id"].as_str().unwrap();
        let expected = expected(id).map_err(UpstreamFault::Unknown);
        let replayed = replay(recorded).await;
        assert_eq!(
            replayed.as_ref().map(|(meaning, _)| *meaning),
            expected.as_ref().copied(),
            "{id}"
        );
        let passed = replayed.map(|(_, passed)| passed).unwrap_or_default();
        let success = matches!(expected, Ok(Meaning::Done));
        assert_eq!(!passed.is_empty(), success, "{id}");
    }
}

//! Requests recorded from the published SDKs, replayed against a server with the recorded keys.

use serde_json::Value;
use testkit::{Reply, TestServer, keys};

use crate::answer::Answer;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The recorded requests of one file, in order.
fn requests(file: &str) -> Vec<Value> {
    let steps = keys::vector(file)["steps"].as_array().unwrap().clone();
    let exchanges = steps.iter().flat_map(|step| step["exchanges"].as_array().unwrap().clone());
    exchanges.map(|exchange| exchange["request"].clone()).collect()
}

async fn replay(server: &TestServer, request: &Value) -> Reply {
    let mut call = server.request("POST", text(&request["path"]));
    for (name, value) in request["headers"].as_object().unwrap() {
        call = call.header(name, text(value));
    }
    server.send(call.body(text(&request["body"]).to_owned())).await
}

/// The error code of a reply, or "" for a success.
fn code(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(body["success"].as_bool().unwrap(), body.get("error").is_none(), "{body}");
    assert_eq!(body.get("data").is_some(), body.get("error").is_none(), "{body}");
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_recorded_serverless_request_gets_past_the_signature() {
    let server = TestServer::start().await;
    let mut replayed = 0;
    for file in [
        "client-anonymous.json",
        "client-alipay.json",
        "client-calls.json",
        "client-errors.json",
        "server-calls.json",
        "cloud-calls.json",
    ] {
        for request in requests(file) {
            let reply = replay(&server, &request).await;
            assert_ne!(code(&reply), "SignatureNotMatch", "{file} {}", request["body"]);
            assert_ne!(code(&reply), "InternalError", "{file} {}", request["body"]);
            assert_eq!(reply.header("request-id").len(), 32);
            replayed += 1;
        }
    }
    assert!(replayed >= 49, "{replayed}");
}

#[tokio::test]
async fn a_recorded_request_with_its_signature_changed_does_not() {
    let server = TestServer::start().await;
    for file in ["client-calls.json", "server-calls.json"] {
        for mut request in requests(file) {
            let sign = text(&request["headers"]["x-serverless-sign"]).to_owned();
            let flipped = if sign.starts_with('0') { "1" } else { "0" };
            let sign = format!("{flipped}{}", &sign[1..]);
            request["headers"]["x-serverless-sign"] = sign.clone().into();
            let reply = replay(&server, &request).await;
            assert_eq!(code(&reply), "SignatureNotMatch");
            assert!(!reply.body.contains(&sign));
        }
    }
}

#[tokio::test]
async fn recorded_sign_ins_open_sessions_and_stale_tokens_get_the_code_that_renews() {
    let server = TestServer::start().await;
    for file in ["client-anonymous.json", "client-alipay.json"] {
        for request in requests(file) {
            let reply = replay(&server, &request).await;
            if request["body"].as_str().unwrap().contains("getProfileInfo") {
                assert_eq!(code(&reply), "GATEWAY_INVALID_TOKEN");
            } else {
                assert_eq!(reply.json()["data"]["expiresInSecond"], 600, "{}", reply.body);
                assert_eq!(text(&reply.json()["data"]["accessToken"]).len(), 32);
            }
        }
    }
}

#[tokio::test]
async fn recorded_identity_calls_work_in_both_spellings() {
    let server = TestServer::start().await;
    let (mut opened, mut refused) = (0, 0);
    for request in requests("cloud-calls.json") {
        let reply = replay(&server, &request).await;
        let data = reply.json()["data"].clone();
        let body = text(&request["body"]);
        if body.contains("alicloud-dysms") {
            assert_eq!(code(&reply), "MethodNotSupported");
        } else if body.contains("open.initialize") {
            assert_eq!(data["code"], "10000", "{body} {}", reply.body);
            assert_eq!(data["certify_id"], data["certifyId"]);
            opened += 1;
        } else {
            // The recorded id was given out by nobody.
            assert_eq!(code(&reply), "", "{}", reply.body);
            assert_eq!(data["sub_code"], "OPEN_CERTIFY_BILL_NOT_EXIST", "{}", reply.body);
            assert_eq!(data["subCode"], data["sub_code"]);
            refused += 1;
        }
    }
    assert!(opened >= 4 && refused >= 3, "{opened} {refused}");
}

/// The requests of the published Node.js SDK in key mode.
fn gateway_requests() -> Vec<Value> {
    let all = keys::vector("openapi/requests.node.json")["vectors"].as_array().unwrap().clone();
    let key_mode = |request: &Value| {
        request["canonical"]
            .as_str()
            .is_some_and(|text| text.contains("sign_type=") && !text.contains("app_cert_sn"))
    };
    all.into_iter().filter(key_mode).collect()
}

async fn replay_gateway(server: &TestServer, request: &Value) -> Reply {
    let http = &request["http"];
    let target = text(&http["target"]);
    let path = target.find("/gateway.do").map(|start| &target[start..]).unwrap();
    let call = server.request(text(&http["method"]), path);
    let body = http["body"].as_str().unwrap_or_default().to_owned();
    server.send(call.header("content-type", "application/x-www-form-urlencoded").body(body)).await
}

#[tokio::test]
async fn recorded_gateway_requests_are_answered_as_the_protocol_says() {
    let server = TestServer::start().await;
    let mut answered = 0;
    for request in gateway_requests() {
        let name = text(&request["canonical"]);
        let reply = replay_gateway(&server, &request).await;
        if name.contains("open.certify") {
            // A page, and no such certification.
            assert!(reply.body.contains("<h1>"), "{name} {}", reply.body);
            continue;
        }
        let answer = Answer::of(&reply);
        let expected = if name.contains("sign_type=RSA&") {
            ("40002", "isv.invalid-signature-type")
        } else if name.contains("encrypt_type") {
            ("40001", "isv.missing-encrypt-key")
        } else if name.contains("open.query") {
            ("40004", "OPEN_CERTIFY_BILL_NOT_EXIST")
        } else {
            ("10000", "")
        };
        assert_eq!(answer.codes(), expected, "{name} {}", answer.node);
        answered += 1;
    }
    assert!(answered >= 10, "{answered}");
}

//! Which addresses there are, and what stands at the others.

use serde_json::json;
use testkit::{TestServer, keys};

#[tokio::test]
async fn a_server_that_can_commit_is_ready() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let ready = serde_json::json!({ "status": "ready", "reasons": [] });
    assert_eq!(server.get("/readyz").await.json(), ready);
}

#[tokio::test]
async fn an_unknown_path_says_what_there_is() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/gateway", "/client/", "/verify/", "/verify/a/b", "/static/../x"] {
        let reply = server.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.body.contains("/gateway.do"), "{path}");
    }
}

#[tokio::test]
async fn another_verb_says_so() {
    let server = TestServer::start().await;
    for (verb, path) in [
        ("GET", "/client"),
        ("GET", "/server"),
        ("PUT", "/gateway.do"),
        ("DELETE", "/verify/x"),
        ("POST", "/readyz"),
        ("GET", "/test/clock"),
    ] {
        let reply = server.send(server.request(verb, path)).await;
        assert_eq!(reply.status, 405, "{verb} {path}");
        assert!(reply.body.contains("another verb"), "{verb} {path}");
    }
}

#[tokio::test]
async fn doubled_slashes_reach_the_doors() {
    let server = TestServer::start().await;
    let body = json!({
        "spaceId": keys::serverless("spaceId"),
        "method": "serverless.auth.user.anonymousAuthorize",
    })
    .to_string();
    let sign = testkit::client_signature(&keys::serverless("clientSecret"), &body);
    for path in ["//client", "///client"] {
        let request = server.request("POST", path).header("x-serverless-sign", &sign);
        let reply = server.send(request.body(body.clone())).await;
        assert_eq!(reply.json()["success"], json!(true), "{path} {}", reply.body);
    }
    assert_eq!(server.get("//readyz").await.status, 200);
}

#[tokio::test]
async fn every_answer_has_a_number_of_its_own() {
    let server = TestServer::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/", "/nothing", "/readyz", "/gateway.do", "/verify/x"] {
        let reply = server.get(path).await;
        assert_eq!(reply.header("request-id"), reply.header("trace_id"), "{path}");
        assert!(seen.insert(reply.header("request-id").to_owned()), "{path}");
    }
}

#[tokio::test]
async fn nothing_of_test_mode_is_there_in_live_mode() {
    let server = TestServer::live().await;
    for (verb, path) in [
        ("GET", "/test/certifications/x"),
        ("POST", "/test/certifications/x"),
        ("POST", "/test/clock"),
    ] {
        assert_eq!(server.send(server.request(verb, path)).await.status, 404, "{verb} {path}");
    }
}

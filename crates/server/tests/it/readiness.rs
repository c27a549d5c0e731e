//! Ready, degraded or down: what a probe is told.

use std::sync::Arc;
use std::time::Duration;

use engine::{Upstream, UpstreamCall, UpstreamFault, UpstreamGateway, UpstreamReply};
use jiff::SignedDuration;
use serde_json::Value;
use server::{AppKeys, Gateway};
use testkit::{COMPATIBLE, RELAYED, TestServer, keys, resigned, signed};
use wire::certificate::Certificate;

use crate::answer::{Answer, INITIALIZE, content};

/// Status, word and codes.
async fn told(server: &TestServer) -> (u16, String, Vec<String>) {
    let reply = server.get("/readyz").await;
    let body = reply.json();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let reasons = body["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|reason| word(&reason["text"]).contains("; ")), "{body}");
    let codes = reasons.iter().map(|reason| word(&reason["code"])).collect();
    (reply.status, word(&body["status"]), codes)
}

fn degraded(code: &str) -> (u16, String, Vec<String>) {
    (200, "degraded".to_owned(), vec![code.to_owned()])
}

#[tokio::test]
async fn a_live_server_without_a_verifier_serves_and_says_so() {
    assert_eq!(told(&TestServer::live().await).await, degraded("NO_VERIFIER"));
}

fn certificate() -> Certificate {
    Certificate::parse(&keys::gateway("app_cert.crt")).unwrap()
}

fn with_certificate(gateway: &mut Gateway) {
    let app = gateway.apps.values_mut().next().unwrap();
    *app = AppKeys { certificates: vec![certificate()], ..AppKeys::default() };
}

#[tokio::test]
async fn a_certificate_is_told_of_two_weeks_before_it_ends() {
    let server = TestServer::with_gateway(with_certificate).await;
    let ends = certificate().not_after();
    server.clock.set(ends.checked_sub(SignedDuration::from_hours(14 * 24)).unwrap());
    assert_eq!(told(&server).await.1, "ready");
    server.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(told(&server).await, degraded("CERTIFICATE"));
}

/// A gateway elsewhere that has failed too often.
#[derive(Debug)]
struct LeftAlone;

#[async_trait::async_trait]
impl UpstreamGateway for LeftAlone {
    async fn call(&self, _: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault> {
        Err(UpstreamFault::NotSent(engine::NotSent::Suspended))
    }

    fn page(&self, _: &UpstreamCall<'_>) -> Result<String, UpstreamFault> {
        Err(UpstreamFault::NotSent(engine::NotSent::Suspended))
    }

    fn place(&self) -> String {
        "a gateway that is left alone".to_owned()
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn is_suspended(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_gateway_elsewhere_that_is_left_alone_is_named_by_its_application() {
    let gateway = Arc::new(LeftAlone);
    let upstream = Arc::new(Upstream { gateway, allow: Vec::new(), allow_pages: Vec::new() });
    let server = TestServer::with_upstream(&upstream).await;
    assert_eq!(told(&server).await, degraded("UPSTREAM"));
    assert!(server.get("/readyz").await.body.contains(RELAYED));
}

#[tokio::test]
async fn who_cannot_commit_is_down() {
    let server = TestServer::start().await;
    let _held = server.hold_database();
    let (status, word, codes) = told(&server).await;
    assert_eq!((status, word.as_str()), (503, "down"));
    assert_eq!(codes, ["STORE"]);
    assert_eq!(server.get("/healthz").await.status, 200, "it is alive all the same");
}

#[tokio::test]
async fn a_disk_with_less_than_512_mebibytes_is_told_of() {
    let just_enough = TestServer::on_disk(|_| Some(512 * 1024 * 1024)).await;
    assert_eq!(told(&just_enough).await.1, "ready");
    let too_little = TestServer::on_disk(|_| Some(512 * 1024 * 1024 - 1)).await;
    assert_eq!(told(&too_little).await, degraded("DISK"));
    let untold = TestServer::on_disk(|_| None).await;
    assert_eq!(told(&untold).await.1, "ready", "a system that does not tell is no fault");
}

#[test]
fn what_is_free_is_what_the_system_says_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert!(server::free_bytes(folder.path()).is_some());
    assert_eq!(server::free_bytes(&folder.path().join("nowhere")), None);
}

#[tokio::test]
async fn notices_that_do_not_leave_are_told_of_after_ten_minutes() {
    let server = TestServer::without_delivery().await;
    let mut parameters = signed(COMPATIBLE, INITIALIZE, &content("waiting1").to_string());
    parameters.set("notify_url", "http://127.0.0.1:9/");
    let id = Answer::of(&server.gateway(&resigned(parameters)).await).certify_id();
    let chosen = serde_json::json!({ "outcome": "passed" });
    let path = format!("/test/certifications/{id}");
    assert_eq!(server.post_json(&path, &chosen).await.status, 200);
    server.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(told(&server).await.1, "ready");
    server.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(told(&server).await, degraded("NOTICES"));
}

//! Ready, degraded or down: what a probe is told.

use std::sync::Arc;
use std::time::Duration;

use engine::{Upstream, UpstreamCall, UpstreamFault, UpstreamGateway, UpstreamReply};
use jiff::SignedDuration;
use serde_json::Value;
use server::{AppKeys, Gateway};
use testkit::{RELAYED, TestServer, keys};
use wire::certificate::Certificate;

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

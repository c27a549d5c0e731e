//! The world of test mode, for scripts.

use serde_json::json;
use testkit::{COMPATIBLE, TestServer};

use crate::answer::{open, query};

fn path(id: &str) -> String {
    format!("/test/certifications/{id}")
}

#[tokio::test]
async fn a_script_chooses_and_looks() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    let status = server.get(&path(&id)).await.json();
    assert_eq!(status["state"], "created");
    assert_eq!((&status["test"], &status["certify_id"]), (&json!(true), &json!(id)));
    let reply = server.post_json(&path(&id), &json!({ "outcome": "left" })).await;
    assert_eq!((reply.status, &reply.json()["state"]), (200, &json!("in_progress")));
    let failed = json!({ "outcome": "failed", "reason": "Z1147" });
    let status = server.post_json(&path(&id), &failed).await.json();
    assert_eq!((&status["state"], &status["reason"]), (&json!("failed"), &json!("Z1147")));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
}

#[tokio::test]
async fn a_failure_without_a_reason_gets_one() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    let status = server.post_json(&path(&id), &json!({ "outcome": "failed" })).await.json();
    assert_eq!(status["reason"], "FACE_NOT_MATCH");
}

#[tokio::test]
async fn a_finished_one_refuses_another_outcome() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    assert_eq!(server.post_json(&path(&id), &json!({ "outcome": "passed" })).await.status, 200);
    for outcome in ["passed", "failed"] {
        let reply = server.post_json(&path(&id), &json!({ "outcome": outcome })).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (409, &json!("WRONG_STATE")));
    }
}

#[tokio::test]
async fn wrong_bodies_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    for body in [
        json!({}),
        json!([]),
        json!("passed"),
        json!({ "outcome": "PASSED" }),
        json!({ "outcome": "failed", "reason": "line\nbreak" }),
        json!({ "outcome": "passed", "reason": 1 }),
        json!({ "outcome": "failed", "reason": "x".repeat(65) }),
        json!({ "outcome": "passed", "extra": 1 }),
        json!({ "outcome": 1 }),
    ] {
        let reply = server.post_json(&path(&id), &body).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["code"]),
            (422, &json!("INVALID")),
            "{body}"
        );
    }
    assert_eq!(server.get(&path(&id)).await.json()["state"], "created");
}

#[tokio::test]
async fn a_reason_may_be_words_and_counts_with_a_failure_only() {
    let server = TestServer::start().await;
    let id = open(&server, "script2").await;
    let left = json!({ "outcome": "left", "reason": "the person closed the page" });
    let status = server.post_json(&path(&id), &left).await.json();
    assert_eq!((&status["state"], &status["reason"]), (&json!("in_progress"), &json!(null)));
    let failed = json!({ "outcome": "failed", "reason": "人脸不符" });
    assert_eq!(server.post_json(&path(&id), &failed).await.json()["reason"], "人脸不符");
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let server = TestServer::start().await;
    for id in ["0".repeat(32), "x".to_owned(), "a".repeat(33)] {
        assert_eq!(server.get(&path(&id)).await.status, 404);
        let reply = server.post_json(&path(&id), &json!({ "outcome": "passed" })).await;
        assert_eq!(reply.status, 404);
    }
}

#[tokio::test]
async fn an_expired_one_is_gone() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    server.clock.advance(jiff::SignedDuration::from_hours(23));
    let reply = server.post_json(&path(&id), &json!({ "outcome": "passed" })).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (410, &json!("EXPIRED")));
    assert_eq!(server.get(&path(&id)).await.json()["state"], "expired");
}

#[tokio::test]
async fn a_script_moves_the_clock_forward_only() {
    let server = TestServer::with_movable_clock().await;
    let id = open(&server, "script1").await;
    let advance = |seconds: serde_json::Value| json!({ "advance_seconds": seconds });
    let reply = server.post_json("/test/clock", &advance(json!(22 * 3600))).await;
    assert_eq!((reply.status, &reply.json()["test"]), (200, &json!(true)));
    assert_eq!(server.get(&path(&id)).await.json()["state"], "created");
    server.post_json("/test/clock", &advance(json!(3600))).await;
    assert_eq!(server.get(&path(&id)).await.json()["state"], "expired");
    for wrong in [json!(-1), json!("1"), json!(1.5), json!(4_294_967_296_u64), json!(null)] {
        assert_eq!(server.post_json("/test/clock", &advance(wrong)).await.status, 422);
    }
}

/// The last 999 milliseconds of `Timestamp` cannot be read back from a store.
#[tokio::test]
async fn the_clock_may_be_moved_to_the_end_of_time() {
    let server = TestServer::with_movable_clock().await;
    for _ in 0..100 {
        let body = json!({ "advance_seconds": u32::MAX });
        assert_eq!(server.post_json("/test/clock", &body).await.status, 200);
    }
    assert_eq!(server.get("/readyz").await.status, 200);
    let id = open(&server, "late1").await;
    assert_eq!(server.get(&path(&id)).await.status, 200);
}

#[tokio::test]
async fn a_clock_that_cannot_be_moved_says_so() {
    let server = TestServer::start().await;
    let reply = server.post_json("/test/clock", &json!({ "advance_seconds": 1 })).await;
    assert_eq!(reply.json()["error"]["code"], "NO_TEST_CLOCK");
}

#[tokio::test]
async fn pages_of_other_sites_may_not_steer_and_our_own_may() {
    let server = TestServer::start().await;
    let id = open(&server, "script1").await;
    let send = async |origin: &str| {
        let request = server.request("POST", &path(&id)).header("origin", origin);
        server.send(request.body(r#"{"outcome":"left"}"#)).await
    };
    for origin in ["https://evil.example", "null", "", "http://127.0.0.1"] {
        let reply = send(origin).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (403, &json!("FOREIGN_ORIGIN")));
    }
    assert_eq!(server.get(&path(&id)).await.json()["state"], "created");
    assert_eq!(send(&server.url("")).await.status, 200);
}

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

#[tokio::test]
async fn an_outcome_chosen_ahead_is_kept_for_its_order() {
    let server = TestServer::start().await;
    let ahead = |outcome: serde_json::Value| {
        json!({ "app_id": COMPATIBLE, "outer_order_no": "ahead1", "outcome": outcome,
                "reason": "CERT_EXPIRED" })
    };
    let reply = server.post_json("/test/outcomes", &ahead(json!("failed"))).await;
    assert_eq!((reply.status, &reply.json()["outcome"]), (200, &json!("failed")), "{}", reply.body);
    let id = open(&server, "ahead1").await;
    let person =
        crate::page::person::Person::agreed(&server, &crate::answer::link(&server, &id).await)
            .await;
    person.show_face().await;
    person.form("/submit", &[]).await;
    assert_eq!(server.get(&path(&id)).await.json()["reason"], "CERT_EXPIRED");

    assert_eq!(server.post_json("/test/outcomes", &ahead(json!(null))).await.status, 200);
    for (body, says) in [
        (ahead(json!("left")), "leaving"),
        (ahead(json!("maybe")), "outcome"),
        (json!({ "app_id": "nobody", "outer_order_no": "a", "outcome": "passed" }), "app_id"),
        (json!({ "outcome": "passed" }), "missing field"),
    ] {
        let reply = server.post_json("/test/outcomes", &body).await;
        assert_eq!(reply.status, 422, "{body}");
        assert!(reply.body.contains(says), "{body} {}", reply.body);
    }
}

#[tokio::test]
async fn the_world_is_put_aside_taken_back_and_emptied() {
    let server = TestServer::with_movable_clock().await;
    let first = open(&server, "aside1").await;
    let advance = json!({ "advance_seconds": 3600 });
    assert_eq!(server.post_json("/test/clock", &advance).await.status, 200);
    let then = server.state.engine.now();
    assert_eq!(server.post_json("/test/snapshots/before", &json!({})).await.status, 200);

    server.post_json("/test/clock", &json!({ "advance_seconds": 90_000 })).await;
    server.post_json(&path(&first), &json!({ "outcome": "passed" })).await;
    let second = open(&server, "aside2").await;
    let reply = server.post_json("/test/snapshots/before/restore", &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(server.get(&path(&second)).await.status, 404);
    assert_eq!(server.get(&path(&first)).await.json()["state"], "created");
    let gone = server.state.engine.now().duration_since(then).as_secs();
    assert!((0..60).contains(&gone), "the clock stands where it stood: {gone}");

    assert_eq!(server.post_json("/test/reset", &json!({})).await.status, 200);
    assert_eq!(server.get(&path(&first)).await.status, 404);
    assert_eq!(server.get("/test/events").await.json()["events"], json!([]));
    for bad in ["no-such", "a.b", "..%2fx", &"x".repeat(41)] {
        let reply = server.post_json(&format!("/test/snapshots/{bad}/restore"), &json!({})).await;
        assert!((400..500).contains(&reply.status), "{bad} {}", reply.status);
    }
}

#[tokio::test]
async fn what_happened_is_told_in_order() {
    let server = TestServer::start().await;
    let id = open(&server, "events1").await;
    server.post_json(&path(&id), &json!({ "outcome": "left" })).await;
    server.post_json(&path(&id), &json!({ "outcome": "passed" })).await;
    for query in [String::new(), format!("?certify_id={id}")] {
        let told = server.get(&format!("/test/events{query}")).await.json();
        let events = told["events"].as_array().unwrap();
        let kinds: Vec<&str> = events.iter().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["in_progress", "left", "passed"]);
        assert!(events.iter().all(|event| event["certify_id"] == json!(id)));
    }
    assert_eq!(server.get("/test/events?certify_id=x").await.status, 404);
}

#[tokio::test]
async fn live_mode_has_no_test_world() {
    let server = TestServer::live().await;
    for path in ["/test/outcomes", "/test/reset", "/test/snapshots/a", "/test/clock"] {
        assert_eq!(server.post_json(path, &json!({})).await.status, 404, "{path}");
    }
    assert_eq!(server.get("/test/events").await.status, 404);
}

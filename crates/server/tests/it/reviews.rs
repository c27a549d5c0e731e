//! Operators decide, through their door.

use engine::{Mode, Review};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{COMPATIBLE, OPERATOR_TOKEN, Reply, TestServer};

use crate::answer::query;
use crate::page::person::{Person, begun, jpeg};

async fn ask(server: &TestServer, verb: &Method, path: &str, body: Option<Value>) -> Reply {
    let request = server.request(verb.as_str(), path).bearer_auth(OPERATOR_TOKEN);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    server.send(request.body(body)).await
}

async fn get(server: &TestServer, path: &str) -> Reply {
    ask(server, &Method::GET, path, None).await
}

async fn decide(server: &TestServer, id: &str, body: Value) -> Reply {
    ask(server, &Method::POST, &format!("/operator/reviews/{id}"), Some(body)).await
}

/// Both sides of a card, handed in.
async fn handed_in(server: &TestServer, number: &str) -> (String, String) {
    let (id, link) = begun(server, "CERT_PHOTO", number).await;
    let person = Person::agreed(server, &link).await;
    for part in ["cert_front", "cert_back"] {
        let reply = person.put(&format!("/photos/{part}?source=camera"), jpeg(320, 240)).await;
        assert_eq!(reply.status, 204, "{}", reply.body);
    }
    person.form("/submit", &[]).await;
    (id, link)
}

#[tokio::test]
async fn what_waits_is_listed_shown_and_approved() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, _) = handed_in(&server, "110000199003070052").await;
    let waiting = get(&server, "/operator/reviews").await.json();
    assert_eq!(waiting["reviews"][0]["certify_id"], json!(id));
    for name in ["cert_no", "cert_name", "pictures"] {
        assert!(waiting["reviews"][0].get(name).is_none(), "a list shows nobody: {name}");
    }

    let reply = get(&server, &format!("/operator/reviews/{id}?by=li")).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let docket = reply.json();
    assert_eq!(docket["cert_no"], "110000199003070052");
    assert_eq!(docket["pictures"].as_array().unwrap().len(), 2);
    let picture = get(&server, &format!("/operator/reviews/{id}/pictures/cert_front?by=li")).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");

    let reply = decide(&server, &id, json!({ "decision": "approve", "by": "li" })).await;
    let status = reply.json();
    assert_eq!((reply.status, &status["state"]), (200, &json!("passed")), "{status}");
    assert_eq!(status["assurance"], "reviewed");
    assert_eq!(status["not_checked"], json!(["face", "authority"]));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
    // The pictures went with the end.
    let picture = get(&server, &format!("/operator/reviews/{id}/pictures/cert_front")).await;
    assert_eq!(picture.status, 404);
    let again = decide(&server, &id, json!({ "decision": "approve" })).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("NOTHING_WAITS")));
}

#[tokio::test]
async fn somebody_is_rejected_or_asked_again() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, link) = handed_in(&server, "110000199003070052").await;
    let text = "照片反光，请重拍";
    let reply = decide(&server, &id, json!({ "decision": "ask_again", "reason": text })).await;
    assert_eq!((reply.status, &reply.json()["state"]), (200, &json!("in_progress")));
    assert_eq!(get(&server, "/operator/reviews").await.json(), json!({ "reviews": [] }));
    drop(link);

    let (id, _) = handed_in(&server, "110000199003070060").await;
    let body = json!({ "decision": "reject", "reason": "CERT_PHOTO_UNREADABLE" });
    assert_eq!(decide(&server, &id, body).await.json()["reason"], "CERT_PHOTO_UNREADABLE");
}

#[tokio::test]
async fn decisions_that_cannot_be_taken_say_why() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, _) = handed_in(&server, "110000199003070052").await;
    for (body, says) in [
        (json!({}), "missing field"),
        (json!({ "decision": "maybe" }), "approve"),
        (json!({ "decision": "reject" }), "reason"),
        (json!({ "decision": "approve", "reason": "X" }), "no reason"),
        (json!({ "decision": "ask_again", "reason": "x".repeat(201) }), "200"),
        (json!({ "decision": "approve", "by": "a\nb" }), "by"),
    ] {
        let reply = decide(&server, &id, body.clone()).await;
        assert_eq!(reply.status, 422, "{body} {}", reply.body);
        assert!(reply.body.contains(says), "{body} {}", reply.body);
    }
    for id in ["00000000000000000000000000000000", "x"] {
        let reply = decide(&server, id, json!({ "decision": "approve" })).await;
        assert_eq!(reply.status, 404);
    }
    // A face that nothing can be compared with.
    let (id, link) = begun(&server, "FACE", "110000199003070060").await;
    let person = Person::agreed(&server, &link).await;
    person.show_face().await;
    person.form("/submit", &[]).await;
    let reply = decide(&server, &id, json!({ "decision": "approve" })).await;
    assert_eq!(reply.json()["error"]["code"], "CANNOT_BE_APPROVED");
    assert!(reply.body.contains("face_contrast_picture"));
}

#[tokio::test]
async fn pictures_are_deleted_on_demand_and_nobody_comes_in_without_the_token() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, _) = handed_in(&server, "110000199003070052").await;
    let path = format!("/operator/reviews/{id}/pictures");
    for path in ["/operator/reviews", &path, &format!("{path}/cert_front")] {
        let verb = if path.ends_with("pictures") { "DELETE" } else { "GET" };
        assert_eq!(server.send(server.request(verb, path)).await.status, 401, "{path}");
    }
    let deleted = ask(&server, &Method::DELETE, &path, None).await.json();
    assert_eq!(deleted, json!({ "deleted": 2 }));
    assert_eq!(get(&server, &format!("{path}/cert_front")).await.status, 404);
}

#[tokio::test]
async fn who_did_what_is_told_without_anything_personal() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, _) = handed_in(&server, "110000199003070052").await;
    get(&server, &format!("/operator/reviews/{id}?by=li")).await;
    let reply = get(&server, "/operator/audit").await;
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(!reply.body.contains("110000199003070052"));
    let all = reply.json();
    let rows = all["audit"].as_array().unwrap();
    assert_eq!(all["next"], json!(rows.len() + 1));
    let last = rows.last().unwrap();
    assert_eq!((&last["who"], &last["action"]), (&json!("operator:li"), &json!("shown")));
    assert_eq!(last["object"], json!(id));
    let one = get(&server, "/operator/audit?from=2&limit=1").await.json();
    assert_eq!((&one["audit"][0], &one["next"]), (&rows[1], &json!(3)));
    for query in ["from=0", "from=x", "limit=0", "limit=1001"] {
        let refused = get(&server, &format!("/operator/audit?{query}")).await;
        assert_eq!(refused.status, 422, "{query}");
    }
    let closed = server.send(server.request("GET", "/operator/audit")).await;
    assert_eq!(closed.status, 401);
}

#[tokio::test]
async fn the_key_that_seals_is_rotated_by_somebody_with_a_name() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, _) = handed_in(&server, "110000199003070052").await;
    let keys = async || get(&server, "/operator/keys").await.json();
    let before = keys().await;
    assert_eq!((&before["newest"], &before["to_be_sealed_again"]), (&json!(1), &json!(0)));
    let first = &before["generations"][0];
    assert_eq!((&first["data_keys"], &first["retired_at"]), (&json!(1), &Value::Null));
    let rotate = |body: Value| ask(&server, &Method::POST, "/operator/keys/rotate", Some(body));
    for (body, status) in [
        (json!({ "by": "l".repeat(201) }), 422),
        (json!({ "by": "li", "why": "because" }), 422),
        (json!([1]), 422),
    ] {
        assert_eq!(rotate(body.clone()).await.status, status, "{body}");
    }
    let closed = server.send(server.request("POST", "/operator/keys/rotate")).await;
    assert_eq!(closed.status, 401);
    assert_eq!(rotate(json!({ "by": "li" })).await.json(), json!({ "generation": 2 }));
    let during = keys().await;
    assert_eq!((&during["newest"], &during["to_be_sealed_again"]), (&json!(2), &json!(1)));
    server.state.engine.tend_keys().await.unwrap();
    let after = keys().await;
    assert_eq!(after["to_be_sealed_again"], json!(0));
    assert_eq!(after["generations"][1]["data_keys"], json!(1));
    assert_eq!(get(&server, &format!("/operator/reviews/{id}")).await.status, 200);
    let audit = get(&server, "/operator/audit?limit=1000").await.json();
    let rows = audit["audit"].as_array().unwrap();
    let begun = rows.iter().find(|row| row["action"] == "key_rotation_begun").unwrap();
    assert_eq!(begun["who"], json!("operator:li"));
}

#[tokio::test]
async fn a_person_is_erased_and_then_shown_to_nobody() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, link) = handed_in(&server, "110000199003070052").await;
    let erase = |body: Value| ask(&server, &Method::POST, "/operator/erasures", Some(body));
    for (body, status) in [
        (json!({ "certify_id": id, "by": "li" }), 422),
        (json!({ "certify_id": id, "by": "li", "why": " " }), 422),
        (json!({ "certify_id": id, "by": "li", "why": "w".repeat(201) }), 422),
        (json!({ "certify_id": id, "app_id": COMPATIBLE, "by": "li", "why": "asked" }), 422),
        (json!({ "app_id": COMPATIBLE, "by": "li", "why": "asked" }), 422),
        (json!({ "certify_id": "0".repeat(32), "by": "li", "why": "asked" }), 404),
        (json!({ "app_id": COMPATIBLE, "outer_order_no": "no", "by": "li", "why": "asked" }), 404),
    ] {
        let refused = erase(body.clone()).await;
        assert_eq!(refused.status, status, "{body} {}", refused.body);
    }
    assert_eq!(get(&server, &format!("/operator/reviews/{id}")).await.status, 200);
    let erased = erase(json!({ "certify_id": id, "by": "li", "why": "asked for" })).await;
    assert_eq!(erased.json(), json!({ "certify_id": id, "erased": true }));
    let docket = get(&server, &format!("/operator/reviews/{id}")).await;
    assert_eq!((docket.status, &docket.json()["error"]["code"]), (410, &json!("ERASED")));
    let page = server.send(server.request("GET", &link)).await;
    assert!(page.body.contains("CERTIFY_ID_EXPIRED"), "{}", page.body);
    assert!(!page.body.contains("0052"), "{}", page.body);
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
}

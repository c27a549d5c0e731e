//! Notices as they leave, the operator's door, and the status method.

use serde_json::{Value, json};
use testkit::{
    Arrived, COMPATIBLE, MERCHANT, MERCHANT_TOKEN, OPERATOR_TOKEN, Receiver, Respond, TestServer,
    keys, resigned, signed,
};
use wire::PublicKey;
use wire::notice::verify;

use crate::answer::{Answer, INITIALIZE, call, content, open};

const STATUS: &str = "certifyd.certification.status";

/// Opens a certification with the common parameter `notify_url`, and perhaps others.
async fn open_with(server: &TestServer, order_no: &str, more: &[(&str, &str)]) -> Answer {
    let mut parameters = signed(COMPATIBLE, INITIALIZE, &content(order_no).to_string());
    for (name, value) in more {
        parameters.set(name, value);
    }
    Answer::of(&server.gateway(&resigned(parameters)).await)
}

async fn choose(server: &TestServer, id: &str, outcome: &str) {
    let path = format!("/test/certifications/{id}");
    let reply = server.post_json(&path, &json!({ "outcome": outcome })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

fn verified(request: &Arrived) -> wire::gateway::Parameters {
    let key = PublicKey::parse(&keys::gateway("alipay_public.pem")).unwrap();
    verify(request.body.as_bytes(), &key).unwrap()
}

#[tokio::test]
async fn a_notice_leaves_signed_after_the_outcome_and_holds_nothing_personal() {
    let (server, receiver) = (TestServer::start().await, Receiver::willing().await);
    let url = receiver.url("/notify?order=1");
    let id = open_with(&server, "notified1", &[("notify_url", &url)]).await.certify_id();
    choose(&server, &id, "passed").await;
    let arrived = receiver.until_arrived(1).await;
    let fields = verified(&arrived[0]);
    for (name, value) in [
        ("notify_type", "alipay.user.certify.open.notify.completed"),
        ("certify_id", id.as_str()),
        ("outer_order_no", "notified1"),
        ("biz_code", "FACE"),
        ("app_id", COMPATIBLE),
        ("auth_app_id", COMPATIBLE),
        ("state", "passed"),
        ("passed", "T"),
        ("assurance", "simulated"),
        ("test", "true"),
        ("notify_time", "2026-11-24 16:00:00"),
        ("gmt_create", "2026-11-24 16:00:00"),
        ("gmt_finish", "2026-11-24 16:00:00"),
    ] {
        assert_eq!(fields.get(name), Some(value), "{name}");
    }
    assert_eq!(fields.get("notify_id").unwrap().len(), 32);
    let clear: String = fields.iter().map(|(_, value)| value).collect();
    assert!(!clear.contains("试用甲") && !clear.contains("11000019900307001X"));
}

#[tokio::test]
async fn an_isv_is_named_beside_the_owner_in_the_notice() {
    let (server, receiver) = (TestServer::start().await, Receiver::willing().await);
    let url = receiver.url("/");
    let more = [("notify_url", url.as_str()), ("app_auth_token", MERCHANT_TOKEN)];
    let id = open_with(&server, "isv1", &more).await.certify_id();
    choose(&server, &id, "failed").await;
    let fields = verified(&receiver.until_arrived(1).await[0]);
    assert_eq!(
        (fields.get("app_id"), fields.get("auth_app_id")),
        (Some(COMPATIBLE), Some(MERCHANT))
    );
    assert_eq!(
        (fields.get("passed"), fields.get("fail_reason")),
        (Some("F"), Some("FACE_NOT_MATCH"))
    );
}

#[tokio::test]
async fn an_address_that_is_no_receiver_is_refused_by_name_and_never_shown() {
    let server = TestServer::start().await;
    let long = format!("https://merchant.example/{}", "x".repeat(300));
    for url in [
        "ftp://merchant.example/",
        "merchant.example/notify",
        "https://user:pw@merchant.example/",
        "https://merchant.example/\r\nx",
        "javascript:merchant.example",
        &long,
    ] {
        let refused = open_with(&server, "wrong1", &[("notify_url", url)]).await;
        assert_eq!(refused.codes(), ("40004", "ILLEGAL_ARGUMENT_FORMAT"), "{url}");
        assert!(refused.text("sub_msg").contains("notify_url (notifyUrl)"), "{url}");
        assert!(!refused.text("sub_msg").contains("merchant.example"), "{url}");
    }
    assert_eq!(open_with(&server, "wrong1", &[("notify_url", "")]).await.text("code"), "10000");
}

#[tokio::test]
async fn an_expiry_is_told_once_the_clock_has_moved() {
    let (server, receiver) = (TestServer::with_movable_clock().await, Receiver::willing().await);
    tokio::spawn(std::sync::Arc::clone(&server.state.engine).run_expiry());
    let url = receiver.url("/");
    let id = open_with(&server, "late1", &[("notify_url", &url)]).await.certify_id();
    let advance = json!({ "advance_seconds": 23 * 3600 });
    assert_eq!(server.post_json("/test/clock", &advance).await.status, 200);
    let fields = verified(&receiver.until_arrived(1).await[0]);
    assert_eq!((fields.get("state"), fields.get("passed")), (Some("expired"), Some("F")));
    assert_eq!(fields.get("certify_id"), Some(id.as_str()));
}

async fn operator(server: &TestServer, verb: &str, path: &str, token: &str) -> (u16, Value) {
    let request = server.request(verb, path).header("authorization", format!("Bearer {token}"));
    let reply = server.send(request).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn the_operators_door_opens_to_its_token_only() {
    let server = TestServer::start().await;
    let path = "/operator/notices";
    let bare = server.get(path).await;
    assert_eq!((bare.status, &bare.json()["error"]["code"]), (401, &json!("TOKEN_REQUIRED")));
    assert_eq!(bare.header("www-authenticate"), "Bearer");
    for token in ["", "x", &OPERATOR_TOKEN[1..], &format!("{OPERATOR_TOKEN}x")] {
        assert_eq!(operator(&server, "GET", path, token).await.0, 401, "{token}");
    }
    let (status, body) = operator(&server, "GET", path, OPERATOR_TOKEN).await;
    assert_eq!((status, body), (200, json!({ "notices": [] })));
    for query in ["?state=lost", "?limit=0", "?limit=1001", "?limit=many"] {
        let (status, body) =
            operator(&server, "GET", &format!("{path}{query}"), OPERATOR_TOKEN).await;
        assert_eq!((status, &body["error"]["code"]), (422, &json!("INVALID")), "{query}");
    }
    for id in ["x", "01a20d37d32a3cc3b5da5c0c2e2df3cc"] {
        let path = format!("{path}/{id}/redeliver");
        let (status, body) = operator(&server, "POST", &path, OPERATOR_TOKEN).await;
        assert_eq!((status, &body["error"]["code"]), (404, &json!("NO_SUCH_NOTICE")), "{id}");
    }
}

#[tokio::test]
async fn an_operator_sees_why_a_notice_is_pending_but_not_where_it_goes() {
    let server = TestServer::start().await;
    let receiver = Receiver::start(|_| Respond::With(503, "busy".into())).await;
    let url = receiver.url("/notify?secret=1");
    let id = open_with(&server, "pending1", &[("notify_url", &url)]).await.certify_id();
    choose(&server, &id, "passed").await;
    receiver.until_arrived(3).await;
    let path = "/operator/notices?state=pending";
    let notice = loop {
        let (_, body) = operator(&server, "GET", path, OPERATOR_TOKEN).await;
        if body["notices"][0]["tries"] == 3 {
            break body["notices"][0].clone();
        }
    };
    assert_eq!((&notice["certify_id"], &notice["outcome"]), (&json!(id), &json!("passed")));
    assert_eq!(
        (&notice["fault"], &notice["due_at"]),
        (&json!("HTTP 503"), &json!("2026-11-24T08:04:00Z"))
    );
    assert!(!notice.to_string().contains("secret"), "{notice}");
    let again = format!("/operator/notices/{}/redeliver", notice["notify_id"].as_str().unwrap());
    let (status, body) = operator(&server, "POST", &again, OPERATOR_TOKEN).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("NOTICE_PENDING")));
}

#[tokio::test]
async fn status_tells_pending_from_failed_and_answers_when_the_state_changes() {
    let server = TestServer::start().await;
    let id = open(&server, "status1").await;
    let ask = |more: Value| {
        let mut content = json!({ "certify_id": id });
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content
    };
    let told = call(&server, COMPATIBLE, STATUS, &ask(json!({}))).await;
    assert_eq!(told.name, "certifyd_certification_status_response");
    for (name, value) in [
        ("certify_id", id.as_str()),
        ("outer_order_no", "status1"),
        ("state", "created"),
        ("pending", "T"),
        ("passed", "F"),
        ("test", "true"),
        ("attempts", "0"),
        ("created_at", "2026-11-24T08:00:00Z"),
        ("expires_at", "2026-11-25T07:00:00Z"),
        ("concluded_at", ""),
        ("notice", ""),
    ] {
        assert_eq!(told.text(name), value, "{name}");
    }
    let wait = ask(json!({ "wait_seconds": 60, "known_state": "created" }));
    let waiting = call(&server, COMPATIBLE, STATUS, &wait);
    let deciding = async {
        while server.state.engine.watched() == 0 {
            tokio::task::yield_now().await;
        }
        choose(&server, &id, "failed").await;
    };
    let (told, ()) = tokio::join!(waiting, deciding);
    assert_eq!((told.text("state"), told.text("pending")), ("failed", "F"));
    assert_eq!((told.text("fail_reason"), told.text("attempts")), ("FACE_NOT_MATCH", "1"));
    assert_eq!(told.text("concluded_at"), "2026-11-24T08:00:00Z");
}

#[tokio::test]
async fn status_of_anothers_certification_is_that_of_an_unknown_one() {
    let server = TestServer::start().await;
    let id = open(&server, "status1").await;
    let unknown = "c0ffee00c0ffee00c0ffee00c0ffee00";
    let foreign = json!({ "certify_id": id, "wait_seconds": 60 });
    let foreign = call(&server, MERCHANT, STATUS, &foreign).await;
    let unknown = json!({ "certify_id": unknown, "wait_seconds": 60 });
    let unknown = call(&server, MERCHANT, STATUS, &unknown).await;
    assert_eq!(foreign.codes(), ("40004", "OPEN_CERTIFY_BILL_NOT_EXIST"));
    assert_eq!(foreign.node, unknown.node);
}

#[tokio::test]
async fn a_wait_that_is_too_long_or_for_no_state_is_refused() {
    let server = TestServer::start().await;
    let id = open(&server, "status1").await;
    for (name, value) in [
        ("wait_seconds", json!(61)),
        ("wait_seconds", json!("soon")),
        ("wait_seconds", json!("-1")),
        ("known_state", json!("done")),
    ] {
        let content = json!({ "certify_id": id, name: value });
        let refused = call(&server, COMPATIBLE, STATUS, &content).await;
        assert_eq!(refused.codes(), ("40004", "ILLEGAL_ARGUMENT_FORMAT"), "{name}");
        assert!(refused.text("sub_msg").contains(name), "{name}");
    }
}

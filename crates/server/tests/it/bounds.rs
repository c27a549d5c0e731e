//! What is too much is refused at once, in the words of the door; who stalls is sent away.

use std::time::Duration;

use serde_json::json;
use server::{Limits, Rate};
use testkit::{COMPATIBLE, ISV, MERCHANT, OPERATOR_TOKEN, Reply, TestServer, signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::{Answer, INITIALIZE, QUERY, call, content};
use crate::authorizations::rest;
use crate::page::person::{Person, begun};

const BRIEF: Duration = Duration::from_millis(40);
const LONGER: Duration = Duration::from_millis(500);
const NEVER: Duration = Duration::from_hours(1);
const HEAD: &str = "POST /client HTTP/1.1\r\nhost: h\r\n";

fn patient() -> Limits {
    Limits { header_timeout: NEVER, idle_timeout: NEVER, stall_timeout: NEVER, ..Limits::default() }
}

async fn connected(server: &TestServer, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What comes until the server ends the connection.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut off may be reset; what came before it counts.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

/// What comes until it contains `end`; the connection stays open.
async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut part = [0; 1024];
    while !text.contains(end) {
        let length = stream.read(&mut part).await.unwrap();
        assert!(length > 0, "ended after {text}");
        text.push_str(std::str::from_utf8(&part[..length]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let server = TestServer::with_limits(Limits { header_timeout: BRIEF, ..patient() }).await;
    for begun in ["", "P", HEAD] {
        assert_eq!(rest_of(connected(&server, begun).await).await, "", "{begun}");
    }
    assert!(server.is_serving());
}

#[tokio::test]
async fn a_connection_may_rest_for_a_time_between_requests() {
    let limits = Limits { idle_timeout: BRIEF, header_timeout: LONGER, ..patient() };
    let server = TestServer::with_limits(limits).await;
    let answers =
        rest_of(connected(&server, "GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").await).await;
    assert!(answers.starts_with("HTTP/1.1 200") && answers.ends_with("ok\n"), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{answers}");
}

#[tokio::test]
async fn a_body_that_pauses_is_given_up_and_a_page_that_listens_is_not() {
    let server = TestServer::with_limits(Limits { stall_timeout: BRIEF, ..patient() }).await;
    let (_, link) = begun(&server, "FACE", "11000019900307001X").await;
    let listen = format!("GET {link}/events HTTP/1.1\r\nhost: h\r\n\r\n");
    let mut listening = connected(&server, &listen).await;
    read_to(&mut listening, "\"state\"").await;
    for (path, says) in [
        ("/client", "InvalidBody.Format"),
        ("/gateway.do", "isv.invalid-parameter"),
        ("/v3/alipay/user/certify/open/initialize", "invalid-parameter"),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n{{");
        let answer = rest_of(connected(&server, &head).await).await;
        assert!(answer.contains(says) && answer.contains("without pauses"), "{answer}");
    }
    // Longer than a body may pause has passed; it still hears of what happens.
    Person::agreed(&server, &link).await;
    let told = read_to(&mut listening, "\"elsewhere\"").await;
    assert!(told.contains("event: place"), "{told}");
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_as_they_come_and_room_is_made_by_who_goes() {
    let server = TestServer::with_limits(Limits { connections: 3, ..patient() }).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut stream = connected(&server, "GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").await;
        read_to(&mut stream, "ok\n").await;
        kept.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(rest_of(TcpStream::connect(server.address()).await.unwrap()).await, "");
    }
    kept.pop();
    // Its place is free once the server has seen it go.
    loop {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let mut stream = stream;
        let asked = "GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
        if stream.write_all(asked.as_bytes()).await.is_ok()
            && rest_of(stream).await.ends_with("ok\n")
        {
            break;
        }
    }
}

#[tokio::test]
async fn an_application_has_its_budget_and_nobody_else_spends_it() {
    let app_calls = Rate::new(2, Duration::from_mins(1));
    let server = TestServer::with_limits(Limits { app_calls, ..Limits::default() }).await;
    let query = signed(COMPATIBLE, QUERY, &json!({ "certify_id": "0" }).to_string());
    let mut forged = query.clone();
    forged.set("app_id", MERCHANT);
    for _ in 0..5 {
        let answer = Answer::of(&server.gateway(&forged).await);
        assert_eq!(answer.codes().1, "isv.invalid-signature");
    }
    let codes = async || Answer::of(&server.gateway(&query).await).codes().1.to_owned();
    assert_eq!([codes().await, codes().await], ["OPEN_CERTIFY_BILL_NOT_EXIST"; 2]);
    let refused = Answer::of(&server.gateway(&query).await);
    assert_eq!(refused.codes(), ("40005", "isv.app-call-limited"));
    assert_eq!(refused.text("msg"), "Call Limited");
    // v3 has the same budget; another application its own, which forgery has not touched.
    let v3 = rest(
        &server,
        COMPATIBLE,
        "/v3/alipay/user/certify/open/initialize",
        &content("v3"),
        None,
        "n1",
    )
    .await;
    assert_eq!((v3.status, v3.json()["code"].as_str()), (429, Some("app-call-limited")));
    assert_eq!(v3.header("retry-after"), "1");
    assert_eq!(
        call(&server, MERCHANT, QUERY, &json!({ "certify_id": "0" })).await.codes().0,
        "40004"
    );
    server.clock.advance(jiff::SignedDuration::from_secs(30));
    assert_eq!(codes().await, "OPEN_CERTIFY_BILL_NOT_EXIST", "half of it is back");
    assert_eq!(codes().await, "isv.app-call-limited");
}

#[tokio::test]
async fn one_person_is_not_certified_again_and_again() {
    let same_person = Rate::new(2, Duration::from_hours(1));
    let server = TestServer::with_limits(Limits { same_person, ..Limits::default() }).await;
    let opened = async |order: &str, number: &str| {
        let mut content = content(order);
        content["identity_param"]["cert_no"] = number.into();
        call(&server, COMPATIBLE, INITIALIZE, &content).await
    };
    for order in ["person1", "person2"] {
        opened(order, "11000019900307001X").await.certify_id();
    }
    let refused = opened("person3", "11000019900307001X").await;
    assert_eq!(refused.codes(), ("40005", "isv.app-call-limited"));
    assert!(refused.text("sub_msg").contains("same_person_per_hour"), "{}", refused.node);
    assert!(!refused.node.to_string().contains("110000"), "{}", refused.node);
    opened("person4", "110000199003070028").await.certify_id();
    server.clock.advance(jiff::SignedDuration::from_mins(30));
    opened("person5", "11000019900307001X").await.certify_id();
}

/// Limits by address, with this machine for a proxy.
fn proxied() -> Limits {
    let mut limits = Limits {
        page_requests: Rate::new(2, Duration::from_mins(1)),
        sign_ins: Rate::new(2, Duration::from_mins(1)),
        failed_secrets: Rate::new(2, Duration::from_mins(1)),
        ..Limits::default()
    };
    limits.trusted_proxies.add("127.0.0.1").unwrap();
    limits
}

async fn from(server: &TestServer, address: &str, request: reqwest::RequestBuilder) -> Reply {
    server.send(request.header("x-forwarded-for", format!("192.0.2.66, {address}"))).await
}

#[tokio::test]
async fn pages_are_asked_for_so_often_from_one_address() {
    let server = TestServer::with_limits(proxied()).await;
    let page = || server.request("GET", "/verify/x").header("accept", "text/html");
    for _ in 0..2 {
        assert_eq!(from(&server, "203.0.113.9", page()).await.status, 200);
    }
    let refused = from(&server, "203.0.113.9", page()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "30"));
    assert!(refused.body.contains("服务繁忙"), "{}", refused.body);
    let script = server.request("GET", "/verify/x/events");
    let refused = from(&server, "203.0.113.9", script).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (429, Some("BUSY")));
    assert_eq!(from(&server, "203.0.113.10", page()).await.status, 200, "another address");
    for _ in 0..5 {
        assert_eq!(server.get("/verify/x").await.status, 200, "this machine itself");
    }
    server.clock.advance(jiff::SignedDuration::from_secs(30));
    assert_eq!(from(&server, "203.0.113.9", page()).await.status, 200);
}

#[tokio::test]
async fn wrong_tokens_of_operators_count_and_right_ones_do_not() {
    let server = TestServer::with_limits(proxied()).await;
    let ask = async |address: &str, token: &str| {
        let request = server.request("GET", "/operator/notices");
        let request = request.header("authorization", format!("Bearer {token}"));
        from(&server, address, request).await
    };
    for _ in 0..4 {
        assert_eq!(ask("203.0.113.9", OPERATOR_TOKEN).await.status, 200);
    }
    for _ in 0..2 {
        assert_eq!(ask("203.0.113.9", "a-guess-that-is-long-enough").await.status, 401);
    }
    let refused = ask("203.0.113.9", OPERATOR_TOKEN).await;
    assert_eq!(refused.json()["error"]["code"], "TOO_MANY_TRIES");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "30"));
    assert_eq!(ask("203.0.113.10", OPERATOR_TOKEN).await.status, 200);
}

#[tokio::test]
async fn sessions_are_opened_so_often_from_one_address() {
    let server = TestServer::with_limits(proxied()).await;
    let request =
        testkit::keys::vector("client-anonymous.json")["steps"][0]["exchanges"][0]["request"]
            .clone();
    let sign_in = async |address: &str| {
        let sign = request["headers"]["x-serverless-sign"].as_str().unwrap();
        let call = server.request("POST", "/client").header("x-serverless-sign", sign);
        from(&server, address, call.body(request["body"].as_str().unwrap().to_owned())).await
    };
    for _ in 0..2 {
        assert_eq!(sign_in("203.0.113.9").await.json()["success"], true);
    }
    let refused = sign_in("203.0.113.9").await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (200, &json!("Throttling.Api")));
    assert_eq!(sign_in("203.0.113.10").await.json()["success"], true);
}

#[tokio::test]
async fn where_all_places_are_taken_every_door_says_so_in_its_own_words() {
    let server = TestServer::with_limits(Limits { in_progress: 1, ..patient() }).await;
    let held = format!("{HEAD}expect: 100-continue\r\ncontent-length: 9\r\n\r\n");
    let mut held = connected(&server, &held).await;
    // Once it is asked for its body it has its place.
    read_to(&mut held, "100 Continue").await;
    let query = signed(COMPATIBLE, QUERY, &json!({ "certify_id": "0" }).to_string());
    for reply in [server.gateway_by_get(&query).await, server.gateway(&query).await] {
        let answer = Answer::of(&reply);
        assert_eq!(answer.codes(), ("20000", "isp.unknow-error"));
        assert!(answer.text("sub_msg").contains(&server.url("/docs/errors")), "{}", answer.node);
    }
    let v3 = server.get("/v3/alipay/user/certify/open/query?certify_id=0").await;
    assert_eq!((v3.status, v3.json()["code"].as_str()), (500, Some("unknow-error")));
    assert_eq!(v3.header("retry-after"), "1");
    for path in ["/client", "/server"] {
        let reply = server.send(server.request("POST", path).body("{}")).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (200, &json!("Throttling.Api")));
    }
    assert_eq!(server.get("/verify/x").await.status, 200, "people have places of their own");
    assert_eq!(server.get("/healthz").await.status, 200);
    held.write_all(b"no json.}").await.unwrap();
    read_to(&mut held, "InvalidBody.Format").await;
    let answer = Answer::of(&server.gateway(&query).await);
    assert_eq!(answer.codes().1, "OPEN_CERTIFY_BILL_NOT_EXIST");
}

#[tokio::test]
async fn a_large_body_for_which_there_is_no_memory_is_told_to_come_again() {
    let limits = Limits { body_memory: 100 * 1024, ..Limits::default() };
    let server = TestServer::with_limits(limits).await;
    let send = async |length: usize| {
        server.send(server.request("POST", "/client").body(vec![b' '; length])).await.json()
    };
    assert_eq!(send(200 * 1024).await["error"]["code"], "Throttling.Api");
    assert_eq!(send(90 * 1024).await["error"]["code"], "InvalidBody.Format");
    let mut query = signed(ISV, QUERY, &" ".repeat(200 * 1024));
    query.set("sign", "x");
    assert_eq!(Answer::of(&server.gateway(&query).await).codes().1, "isp.unknow-error");
}

#[tokio::test]
async fn pictures_nobody_wants_are_not_kept_and_wanted_ones_are_counted() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", "11000019900307001X").await;
    let large = vec![0xff; 5 * 1024 * 1024];
    let stranger = Person::new(&server, &link);
    let code = async |person: &Person<'_>, below: &str, bytes: Vec<u8>| {
        person.put(below, bytes).await.json()["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(&stranger, "/photos/cert_front", large.clone()).await, "NOT_THIS_STEP");
    let person = Person::agreed(&server, &link).await;
    assert_eq!(code(&stranger, "/photos/cert_front", large.clone()).await, "ELSEWHERE");
    // Too large to be taken, and not even looked at.
    assert_eq!(code(&person, "/photos/selfie", large).await, "NOT_THIS_STEP");
    for _ in 0..120 {
        assert_eq!(
            code(&person, "/photos/cert_front", b"no picture".to_vec()).await,
            "PICTURE_KIND"
        );
    }
    assert_eq!(code(&person, "/photos/cert_front", b"no picture".to_vec()).await, "BUSY");
    server.clock.advance(jiff::SignedDuration::from_secs(5));
    assert_eq!(code(&person, "/photos/cert_front", b"no picture".to_vec()).await, "PICTURE_KIND");
}

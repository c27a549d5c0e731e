//! What open pages are told.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::TestServer;

use super::person::{Person, begun, jpeg};

const NUMBER: &str = "11000019900307001X";

/// A page that listens.
struct Listening {
    response: reqwest::Response,
    text: String,
}

impl Listening {
    async fn on(person: &Person<'_>) -> Self {
        let response = person.request("GET", "/events").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self { response, text: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.strip_prefix("event: place\ndata: ").unwrap();
                let event = serde_json::from_str(data).unwrap();
                self.text = String::from(rest);
                return Some(event);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await;
            let chunk = chunk.unwrap().unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn told(place: &str, step: Option<&str>, state: &str) -> Value {
    json!({ "place": place, "step": step, "state": state })
}

#[tokio::test]
async fn an_open_page_hears_of_every_change_until_the_end() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let desktop = Person::agreed(&server, &link).await;
    let mut here = Listening::on(&desktop).await;
    assert_eq!(here.next().await, Some(told("step", Some("cert_front"), "in_progress")));
    let reply = desktop.send(desktop.request("POST", "/handover")).await.json();
    let token = reply["address"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let phone = Person::new(&server, &link);
    phone.form("/continue", &[("token", &token)]).await;
    assert_eq!(here.next().await, Some(told("watching", Some("cert_front"), "in_progress")));
    phone.put("/photos/cert_front", jpeg(400, 300)).await;
    assert_eq!(here.next().await, Some(told("watching", Some("cert_back"), "in_progress")));
    phone.put("/photos/cert_back", jpeg(400, 300)).await;
    assert_eq!(here.next().await, Some(told("watching", Some("submit"), "in_progress")));
    let mut elsewhere = Listening::on(&Person::new(&server, &link)).await;
    assert_eq!(elsewhere.next().await, Some(told("elsewhere", None, "in_progress")));
    phone.form("/submit", &[]).await;
    loop {
        let event = here.next().await;
        if event == Some(told("finished", None, "passed")) {
            break;
        }
        // Between the hand-in and the outcome a page may see that it waits.
        assert_eq!(event, Some(told("watching", None, "in_progress")));
    }
    assert_eq!(here.next().await, None, "nothing follows");
    assert_eq!(elsewhere.next().await, Some(told("used", None, "passed")));
    assert_eq!(elsewhere.next().await, None);
}

#[tokio::test]
async fn changes_of_others_are_not_told() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let (_, other) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    let mut here = Listening::on(&person).await;
    assert_eq!(here.next().await, Some(told("step", Some("face"), "in_progress")));
    for _ in 0..3 {
        Person::new(&server, &other).agree(&[]).await;
    }
    person.upload("selfie", &jpeg(400, 400)).await;
    assert_eq!(here.next().await, Some(told("step", Some("submit"), "in_progress")));
}

#[tokio::test]
async fn who_has_no_page_hears_nothing() {
    let server = TestServer::start().await;
    let reply = server.get("/verify/nonsense/events").await;
    assert_eq!((reply.status, &reply.json()["code"]), (404, &json!("NO_SUCH_LINK")));
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    server.clock.advance(jiff::SignedDuration::from_hours(23));
    let reply = server.get(&format!("{link}/events")).await;
    assert_eq!((reply.status, &reply.json()["code"]), (410, &json!("EXPIRED")));
}

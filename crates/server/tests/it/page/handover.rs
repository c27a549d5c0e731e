//! From the desktop to the phone.

use jiff::SignedDuration;
use testkit::TestServer;

use super::person::{Person, begun, jpeg};
use super::{assert_test_page, place};

const NUMBER: &str = "11000019900307001X";

/// What the desktop shows, and the token in it.
async fn code(desktop: &Person<'_>, server: &TestServer) -> String {
    let reply = desktop.send(desktop.request("POST", "/handover")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(body["ends_in"], 600);
    assert!(body["svg"].as_str().unwrap().contains("<svg"));
    let address = body["address"].as_str().unwrap();
    let start = server.url(&format!("{}/continue#", desktop.link));
    address.strip_prefix(&start).unwrap().to_owned()
}

#[tokio::test]
async fn the_phone_takes_over_once_and_the_desktop_looks_on() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let desktop = Person::agreed(&server, &link).await;
    let token = code(&desktop, &server).await;
    let phone = Person::english(&server, &link);
    let page = phone.send(phone.request("GET", "/continue")).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("continue", ""));
    assert_eq!(place(&desktop.open().await), ("step", "cert_front"), "nothing has happened yet");

    let page = phone.form("/continue", &[("token", &token)]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("step", "cert_front"));
    let page = desktop.open().await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("watching", "cert_front"));
    for person in [&desktop, &Person::new(&server, &link)] {
        let reply = person.put("/photos/cert_front", jpeg(400, 300)).await;
        assert_eq!(reply.json()["code"], "ELSEWHERE");
    }

    let third = Person::new(&server, &link);
    let page = third.form("/continue", &[("token", &token)]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("continue", ""));
    assert!(page.body.contains("二维码已使用"), "{}", page.body);

    phone.upload("cert_front", &jpeg(400, 300)).await;
    assert_eq!(place(&desktop.open().await), ("watching", "cert_back"));
    phone.upload("cert_back", &jpeg(400, 300)).await;
    assert_eq!(place(&phone.form("/submit", &[]).await), ("finished", ""));
    assert_eq!(place(&desktop.open().await), ("finished", ""));
    assert_eq!(place(&third.open().await), ("used", ""));
}

#[tokio::test]
async fn a_code_lasts_ten_minutes_and_the_last_one_counts() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let desktop = Person::agreed(&server, &link).await;
    let phone = Person::new(&server, &link);
    let first = code(&desktop, &server).await;
    let second = code(&desktop, &server).await;
    assert_eq!(place(&phone.form("/continue", &[("token", &first)]).await).0, "continue");
    server.clock.advance(SignedDuration::from_mins(10));
    for token in [second.as_str(), "", "0000"] {
        assert_eq!(place(&phone.form("/continue", &[("token", token)]).await).0, "continue");
    }
    assert_eq!(place(&phone.form("/continue", &[]).await).0, "continue");
    let third = code(&desktop, &server).await;
    server.clock.advance(SignedDuration::from_secs(599));
    assert_eq!(place(&phone.form("/continue", &[("token", &third)]).await), ("step", "face"));
}

#[tokio::test]
async fn nobody_hands_over_what_is_not_theirs() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let reply = person.send(person.request("POST", "/handover")).await;
    assert_eq!((reply.status, &reply.json()["code"]), (409, &"NOT_THIS_STEP".into()));
    // Before anybody has agreed there is nothing to go on with.
    let page = person.send(person.request("GET", "/continue")).await;
    assert_eq!(page.status, 303);
}

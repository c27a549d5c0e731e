//! Pages of other sites may not act for a person.

use testkit::TestServer;

use super::person::{Person, begun, jpeg};
use super::{assert_test_page, place};

const NUMBER: &str = "11000019900307001X";

#[tokio::test]
async fn what_comes_from_another_site_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    person.upload("cert_front", &jpeg(400, 300)).await;
    person.upload("cert_back", &jpeg(400, 300)).await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1", "file://"] {
        for (verb, below) in [
            ("POST", ""),
            ("POST", "/consent"),
            ("POST", "/submit"),
            ("POST", "/leave"),
            ("POST", "/handover"),
            ("POST", "/continue"),
            ("POST", "/challenge"),
            ("POST", "/photos/cert_front"),
            ("PUT", "/photos/cert_front"),
            ("PUT", "/frames/0/0"),
        ] {
            let request = person.request(verb, below).header("origin", origin);
            let reply = person.send(request.body("outcome=passed")).await;
            let found = (reply.status, reply.json()["code"].as_str().map(str::to_owned));
            assert_eq!(found, (403, Some("FOREIGN_ORIGIN".to_owned())), "{origin} {verb} {below}");
        }
    }
    assert_eq!(place(&person.open().await), ("step", "submit"));
}

#[tokio::test]
async fn a_person_gets_a_page_in_place_of_json() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let request = person.request("POST", "/consent").header("origin", "https://evil.example");
    let reply = person.send(request.header("accept", "text/html,*/*")).await;
    assert_test_page(&reply);
    assert!(reply.body.contains("其他网站"), "{}", reply.body);
}

#[tokio::test]
async fn our_own_pages_may_act_and_others_may_look() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let foreign = person.request("GET", "").header("origin", "https://merchant.example");
    assert_eq!(place(&person.send(foreign).await), ("step", "consent"));
    let own = person.request("POST", "/consent").header("origin", server.url(""));
    let own = own.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(person.send(own.body("agree=yes&version=2026-11")).await.status, 303);
    assert_eq!(place(&person.open().await), ("step", "face"));
}

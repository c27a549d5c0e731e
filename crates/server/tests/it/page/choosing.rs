//! Test mode: the outcome is chosen on the page, at any step.

use testkit::{COMPATIBLE, TestServer};

use super::person::{Person, begun};
use super::{assert_test_page, place};
use crate::answer::query;

const NUMBER: &str = "11000019900307001X";

#[tokio::test]
async fn a_developer_ends_it_at_once() {
    let server = TestServer::start().await;
    for (scene, outcome, passed) in [("FACE", "passed", "T"), ("CERT_PHOTO", "failed", "F")] {
        let (id, link) = begun(&server, scene, NUMBER).await;
        let person = Person::new(&server, &link);
        assert!(person.open().await.body.contains("name=\"outcome\""));
        let form = [("reason", "FACE_NOT_LIVE"), ("outcome", outcome)];
        let reply = person.form_only("", &form).await;
        let below = link.strip_prefix("/verify/").unwrap();
        assert_eq!((reply.status, reply.header("location")), (303, format!("./{below}").as_str()));
        for _ in 0..2 {
            let page = person.open().await;
            assert_test_page(&page);
            assert_eq!(place(&page), ("finished", ""));
            assert!(!page.body.contains("name=\"outcome\""));
        }
        assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), passed);
        // It has ended, and stays as it is.
        let page = person.form("", &[("outcome", "passed")]).await;
        assert_eq!(page.body.contains("未检测到真人"), outcome == "failed");
        assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), passed);
    }
}

#[tokio::test]
async fn leaving_is_no_end() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let page = person.form("", &[("outcome", "left")]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("left", ""));
    assert_eq!(place(&person.open().await), ("step", "consent"));
    person.form("", &[("outcome", "passed")]).await;
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn a_wrong_choice_shows_the_page_again_and_changes_nothing() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    for form in [
        vec![],
        vec![("outcome", "")],
        vec![("outcome", "T")],
        vec![("outcome", "PASSED")],
        vec![("outcome", "<script>alert(1)</script>")],
        vec![("passed", "T")],
        vec![("outcome", "failed"), ("reason", "line\nbreak")],
    ] {
        let page = person.form("", &form).await;
        assert_test_page(&page);
        assert!(page.body.contains("role=\"alert\""), "{form:?} {}", page.body);
        assert!(page.body.contains("name=\"outcome\""), "{form:?}");
    }
    for kind in ["application/json", "text/plain"] {
        let request = person.request("POST", "").header("content-type", kind);
        assert_eq!(person.send(request.body(r#"{"outcome":"passed"}"#)).await.status, 303);
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "in_progress");
}

#[tokio::test]
async fn a_reason_is_shown_as_text_whatever_it_is() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let form = [("outcome", "failed"), ("reason", "<script>alert(1)</script>")];
    let page = person.form("", &form).await;
    assert_test_page(&page);
    assert!(page.body.contains("script&#62;alert"), "{}", page.body);
}

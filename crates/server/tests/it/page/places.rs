//! Every place has its page, and shows no more of the person than it should.

use testkit::TestServer;

use super::person::{Person, begun, jpeg};
use super::{assert_test_page, attribute, place};
use crate::answer::{open, query};

const NUMBER: &str = "11000019900307001X";
/// A number that passes every check, has no outcome, and belongs to nobody.
const UNDECIDED: &str = "110000199003070052";

#[tokio::test]
async fn consent_says_who_asks_for_whom_and_what_for() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    for _ in 0..2 {
        let page = person.open().await;
        assert_test_page(&page);
        assert_eq!(place(&page), ("step", "consent"));
        assert_eq!(attribute(&page, "base"), link.strip_prefix("/verify/").unwrap());
        // The application is called `Compatible <b>&"'`.
        for text in
            ["*用甲", "1100**********001X", "Compatible &#60;b&#62;&#38;&#34;&#39;", "人脸认证"]
        {
            assert!(page.body.contains(text), "{text} in {}", page.body);
        }
        assert!(page.body.contains("name=\"agree\" value=\"yes\" required>"), "{}", page.body);
        assert!(!page.body.contains(" checked><span>我"), "a tick must be the person's own");
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "in_progress");
}

#[tokio::test]
async fn every_scene_is_said_in_words_and_walks_its_steps() {
    let server = TestServer::start().await;
    for (scene, name, steps) in [
        ("FACE", "人脸认证", 3),
        ("SMART_FACE", "快捷认证", 3),
        ("CERT_PHOTO", "证照认证", 4),
        ("CERT_PHOTO_FACE", "证照和人脸认证", 5),
    ] {
        let (_, link) = begun(&server, scene, NUMBER).await;
        let person = Person::new(&server, &link);
        let page = person.open().await;
        assert!(page.body.contains(&format!("<dd>{name}</dd>")), "{}", page.body);
        assert!(page.body.contains(&format!("第 1 步，共 {steps} 步")), "{}", page.body);
        let mut page = person.agree(&[]).await;
        for n in 2..steps {
            assert_test_page(&page);
            assert!(page.body.contains(&format!("第 {n} 步，共 {steps} 步")), "{}", page.body);
            page = match place(&page).1 {
                "face" => {
                    person.show_face().await;
                    person.open().await
                }
                part => person.upload(part, &jpeg(400, 300)).await,
            };
        }
        assert_eq!(place(&page), ("step", "submit"), "{scene}");
        assert_test_page(&page);
    }
}

#[tokio::test]
async fn what_is_handed_in_waits_for_somebody_to_choose() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "CERT_PHOTO", UNDECIDED).await;
    let person = Person::agreed(&server, &link).await;
    person.upload("cert_front", &jpeg(400, 300)).await;
    person.upload("cert_back", &jpeg(400, 300)).await;
    let page = person.form("/submit", &[]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("choosing", ""));
    let page = person.form("", &[("outcome", "passed")]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("finished", ""));
    assert_eq!(query(&server, testkit::COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn numbers_of_nobody_lead_to_their_outcome() {
    let server = TestServer::start().await;
    for (number, status, code, words) in [
        (NUMBER, "9000", "", "验证通过"),
        ("110000199003070028", "4000", "FACE_NOT_MATCH", "人脸与证件不符"),
        ("110000199003070036", "4000", "FACE_NOT_LIVE", "未检测到真人"),
        ("110000199003070044", "4000", "CERT_INFO_MISMATCH", "姓名与证件号码不匹配"),
    ] {
        let (id, link) = begun(&server, "FACE", number).await;
        let person = Person::agreed(&server, &link).await;
        person.show_face().await;
        let page = person.form("/submit", &[]).await;
        assert_test_page(&page);
        assert_eq!(place(&page), ("finished", ""));
        assert_eq!(attribute(&page, "result-status"), status);
        assert_eq!(attribute(&page, "error-code"), code);
        assert_eq!(attribute(&page, "certify-id"), id);
        assert!(page.body.contains(words), "{}", page.body);
        assert!(page.body.contains("href=\"https://merchant.example/done?a=1"), "{}", page.body);
        let passed = if code.is_empty() { "T" } else { "F" };
        assert_eq!(query(&server, testkit::COMPATIBLE, &id).await.text("passed"), passed);
    }
}

#[tokio::test]
async fn another_browser_learns_only_that_it_is_another() {
    let server = TestServer::start().await;
    let link = crate::answer::link(&server, &open(&server, "page1").await).await;
    let first = Person::agreed(&server, &link).await;
    let other = Person::new(&server, &link);
    let page = other.open().await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("elsewhere", ""));
    for text in ["*用甲", "001X", "name=\"outcome\"", "merchant.example"] {
        assert!(!page.body.contains(text), "{text} in {}", page.body);
    }
    for (verb, below) in [("POST", "/challenge"), ("PUT", "/photos/selfie"), ("POST", "/handover")]
    {
        let reply = other.send(other.request(verb, below)).await;
        assert_eq!(
            (reply.status, reply.json()["code"].as_str()),
            (409, Some("ELSEWHERE")),
            "{below}"
        );
        assert_eq!(reply.json()["reload"], true);
    }
    assert_eq!(place(&other.agree(&[]).await).0, "elsewhere");
    assert_eq!(place(&other.form("/submit", &[]).await).0, "elsewhere");
    assert_eq!(place(&other.form("", &[("outcome", "passed")]).await).0, "elsewhere");
    first.show_face().await;
    assert_eq!(place(&first.form("/submit", &[]).await).0, "finished");
    let page = other.open().await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("used", ""));
    assert!(!page.body.contains("merchant.example"), "{}", page.body);
    assert_eq!(attribute(&page, "result-status"), "");
}

#[tokio::test]
async fn somebody_leaves_and_comes_back_to_where_they_were() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    person.upload("cert_front", &jpeg(400, 300)).await;
    let page = person.form("/leave", &[]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("left", ""));
    assert_eq!(attribute(&page, "result-status"), "6001");
    assert!(page.body.contains("11月25日 15:00"), "{}", page.body);
    assert!(page.body.contains("href=\"https://merchant.example/done"), "{}", page.body);
    assert_eq!(place(&person.open().await), ("step", "cert_back"));
}

#[tokio::test]
async fn pages_and_their_files_are_light() {
    let server = TestServer::start().await;
    let mut bytes = 0;
    for (path, kind) in [
        ("/static/page.css", "text/css"),
        ("/static/capture.js", "text/javascript"),
        ("/static/live.js", "text/javascript"),
        ("/static/bridge.js", "text/javascript"),
    ] {
        let reply = server.get(path).await;
        assert_eq!(reply.status, 200);
        assert!(reply.header("content-type").starts_with(kind), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), "max-age=300");
        assert!(!reply.body.contains("http://") && !reply.body.contains("https://"), "{path}");
        bytes += reply.body.len();
        assert!(path != "/static/page.css" || reply.body.len() < 15_000);
    }
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    let page = person.open().await;
    assert!(bytes + page.body.len() < 100_000);
}

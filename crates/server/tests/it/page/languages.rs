//! Two languages, never both on one page.

use testkit::TestServer;

use super::person::{Person, begun, jpeg};
use super::{assert_test_page, attribute, place};

const NUMBER: &str = "11000019900307001X";

/// Chinese characters on an English page, apart from the person's name and the way to the other
/// language.
fn assert_english(body: &str) {
    let body = body.replace("*用甲", "").replace(">中文<", "");
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || "，。：".contains(c);
    assert_eq!(body.find(chinese), None, "{body}");
    assert!(body.contains("<html lang=\"en\">"));
}

fn assert_chinese(body: &str) {
    assert!(body.contains("<html lang=\"zh-CN\">") && body.contains("身份验证"), "{body}");
    for english in ["Verify your", "Leave for now", "Step ", "Camera", "Served by"] {
        assert!(!body.contains(english), "{english} in {body}");
    }
}

#[tokio::test]
async fn every_page_of_the_way_is_in_the_browsers_language() {
    let server = TestServer::start().await;
    let check = |person: &Person<'_>, page: &testkit::Reply| {
        assert_test_page(page);
        let english = person.request("GET", "").build().unwrap();
        let english = english.headers()["accept-language"].to_str().unwrap().starts_with("en");
        if english {
            assert_english(&page.body);
        } else {
            assert_chinese(&page.body);
        }
        assert_eq!(attribute(page, "lang"), if english { "en" } else { "zh" });
    };
    for english in [false, true] {
        let scene = if english { "CERT_PHOTO_FACE" } else { "CERT_PHOTO" };
        let (_, link) = begun(&server, scene, NUMBER).await;
        let person =
            if english { Person::english(&server, &link) } else { Person::new(&server, &link) };
        check(&person, &person.open().await);
        check(&person, &person.form("/consent", &[("version", "2026-11")]).await);
        check(&person, &person.agree(&[]).await);
        check(&person, &person.upload("cert_front", b"text").await);
        check(&person, &person.upload("cert_front", &jpeg(400, 300)).await);
        check(&person, &person.upload("cert_back", &jpeg(400, 300)).await);
        check(&person, &person.form("/leave", &[]).await);
        if english {
            check(&person, &person.upload("selfie", &jpeg(400, 300)).await);
        }
        check(&person, &person.form("/submit", &[]).await);
    }
}

#[tokio::test]
async fn refusals_too() {
    let server = TestServer::start().await;
    let english = |path: &str| server.request("GET", path).header("accept-language", "en");
    for path in ["/verify/nonsense", "/gateway.do?method=alipay.user.certify.open.certify"] {
        assert_english(&server.send(english(path)).await.body);
        assert_chinese(&server.get(path).await.body);
    }
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::english(&server, &link);
    person.agree(&[]).await;
    let other = Person::english(&server, &link);
    assert_english(&other.open().await.body);
    let reply = other.send(other.request("POST", "/challenge")).await;
    assert!(reply.body.is_ascii(), "{}", reply.body);
    let reply = person.put("/photos/selfie", b"text".to_vec()).await;
    assert!(reply.body.is_ascii() && reply.body.contains("JPEG"), "{}", reply.body);
}

#[tokio::test]
async fn a_choice_is_kept_in_addresses() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let page = person.send(person.request("GET", "?lang=en")).await;
    assert_english(&page.body);
    assert!(page.body.contains("/consent?lang=en\"") && page.body.contains("href=\"?lang=zh\""));
    let form = [("agree", "yes"), ("version", "2026-11"), ("language", "en")];
    let page = person.form("/consent?lang=en", &form).await;
    assert_eq!(place(&page), ("step", "face"));
    assert_english(&page.body);
    for nonsense in ["?lang=fr", "?lang=", "?lang=%65n"] {
        assert_chinese(&person.send(person.request("GET", nonsense)).await.body);
    }
}

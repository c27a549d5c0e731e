//! Live mode: nothing says test, nothing can be chosen, and without a verifier nothing passes.

use engine::{Mode, Review};
use testkit::{COMPATIBLE, TestServer};

use super::person::{Person, begun, jpeg};
use super::{assert_page, attribute, place};
use crate::answer::query;

const NUMBER: &str = "11000019900307001X";

fn assert_live(reply: &testkit::Reply) {
    assert_page(reply);
    for text in ["TEST", "测试", "name=\"outcome\"", "data-result-status", "data-certify-id"] {
        assert!(!reply.body.contains(text), "{text} in {}", reply.body);
    }
}

#[tokio::test]
async fn without_a_verifier_nothing_can_be_verified() {
    let server = TestServer::live().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let page = person.open().await;
    assert_live(&page);
    assert_eq!(place(&page), ("no_verifier", ""));
    assert!(!page.body.contains("*用甲"));
    assert_eq!(place(&person.agree(&[]).await).0, "no_verifier");
    assert_eq!(person.form_only("", &[("outcome", "passed")]).await.status, 405);
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
    assert_eq!(server.get("/static/bridge.js").await.status, 404);
}

#[tokio::test]
async fn what_is_handed_in_waits_for_an_operator() {
    let server = TestServer::with_verifier(Mode::Live, Review).await;
    let (id, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::new(&server, &link);
    let page = person.open().await;
    assert_live(&page);
    assert!(page.body.contains("审核人员"), "{}", page.body);
    assert_live(&person.agree(&[]).await);
    assert_live(&person.upload("cert_front", &jpeg(400, 300)).await);
    assert_live(&person.upload("cert_back", &jpeg(400, 300)).await);
    let page = person.form("/submit", &[]).await;
    assert_live(&page);
    assert_eq!(place(&page), ("waiting", ""));

    let certify_id = domain::CertifyId::parse(&id).unwrap();
    let engine = &server.state.engine;
    let again = engine::Ruling::AskAgain("请拍清 <b>背面</b>".to_owned());
    engine.decide_review(certify_id, again, "operator", None).await.unwrap();
    let page = person.open().await;
    assert_live(&page);
    assert_eq!(place(&page), ("step", "cert_front"));
    assert!(page.body.contains("请拍清 &#60;b&#62;背面"), "{}", page.body);

    person.upload("cert_front", &jpeg(400, 300)).await;
    person.upload("cert_back", &jpeg(400, 300)).await;
    assert_eq!(place(&person.form("/submit", &[]).await), ("waiting", ""));
    engine.decide_review(certify_id, engine::Ruling::Approve, "operator", None).await.unwrap();
    let page = person.open().await;
    assert_live(&page);
    assert_eq!(place(&page), ("finished", ""));
    assert_eq!(attribute(&page, "result-status"), "");
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

//! The whole way without a script, by forms alone.

use testkit::{COMPATIBLE, TestServer};

use super::person::{Person, begun, jpeg};
use super::{assert_test_page, place};
use crate::answer::query;

const NUMBER: &str = "11000019900307001X";

#[tokio::test]
async fn every_step_can_be_done_by_forms() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "CERT_PHOTO_FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let mut page = person.agree(&[]).await;
    for (step, part) in
        [("cert_front", "cert_front"), ("cert_back", "cert_back"), ("face", "selfie")]
    {
        assert_test_page(&page);
        assert_eq!(place(&page), ("step", step));
        let below = link.strip_prefix("/verify/").unwrap();
        let form = format!("action=\"{below}/photos/{part}\" enctype=\"multipart/form-data\"");
        assert!(page.body.contains(&form), "{}", page.body);
        page = person.upload(part, &jpeg(640, 480)).await;
    }
    assert_eq!(place(&page), ("step", "submit"));
    assert_eq!(place(&person.form("/submit", &[]).await), ("finished", ""));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn what_is_wrong_is_said_where_it_was_chosen() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    for (bytes, words) in [
        (Vec::new(), "没有收到照片"),
        (b"text".to_vec(), "不是 JPEG"),
        (jpeg(3, 3), "照片太小"),
        (vec![0xff; 5 * 1024 * 1024], "超过 4 MB"),
    ] {
        let page = person.upload("cert_front", &bytes).await;
        assert_test_page(&page);
        assert_eq!(place(&page), ("step", "cert_front"));
        assert!(
            page.body.contains("role=\"alert\">") && page.body.contains(words),
            "{}",
            page.body
        );
    }
    let page = person.upload("cert_front", &jpeg(640, 480)).await;
    assert_eq!(place(&page), ("step", "cert_back"));
    assert!(!page.body.contains("role=\"alert\">"), "{}", page.body);
    // What is no form of ours leads back to the page as well.
    let page = person.form("/photos/cert_back", &[("picture", "x")]).await;
    assert_eq!(place(&page), ("step", "cert_back"));
    assert!(page.body.contains("没有收到照片"), "{}", page.body);
}

#[tokio::test]
async fn a_problem_named_in_the_address_is_one_of_ours_or_nothing() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    for query in [
        "?problem=<script>&at=consent",
        "?problem=PICTURE_KIND",
        "?problem=PICTURE_KIND&at=face",
        "?problem=%41&at=consent",
        "?problem&at&take&lang&=&",
    ] {
        let page = person.send(person.request("GET", query)).await;
        assert_test_page(&page);
        assert!(!page.body.contains("role=\"alert\""), "{query}");
    }
}

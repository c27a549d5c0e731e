//! Links that lead nowhere any more.

use testkit::{Reply, TestServer};

use super::assert_test_page;
use crate::answer::{link, open};

async fn everything(server: &TestServer, link: &str) -> Vec<Reply> {
    let mut pages = vec![server.get(link).await, server.get(&format!("{link}/left")).await];
    pages.push(server.get(&format!("{link}/continue")).await);
    for (below, form) in [
        ("", ("outcome", "passed")),
        ("", ("outcome", "nonsense")),
        ("/consent?x", ("agree", "yes")),
        ("/leave", ("", "")),
        ("/continue", ("token", "x")),
    ] {
        let form = [form, ("version", "2026-11")];
        pages.push(server.post_form(&format!("{link}{below}"), &form).await);
    }
    pages
}

#[tokio::test]
async fn a_link_that_was_tampered_with_is_explained_and_opens_nothing() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    let (before, last) = link.split_at(link.len() - 1);
    let other_end = if last == "A" { "B" } else { "A" };
    for wrong in [
        format!("{before}{other_end}"),
        before.to_owned(),
        format!("{link}A"),
        format!("/verify/{id}"),
        "/verify/%3Cscript%3E".to_owned(),
        "/verify/%00".to_owned(),
    ] {
        for page in everything(&server, &wrong).await {
            assert_test_page(&page);
            assert!(page.body.contains("链接无效"), "{wrong} {}", page.body);
            assert!(page.body.contains("OPEN_CERTIFY_BILL_NOT_EXIST"), "{wrong} {}", page.body);
        }
        let reply = server.get(&format!("{wrong}/events")).await;
        assert_eq!(reply.json()["code"], "NO_SUCH_LINK");
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "created");
}

#[tokio::test]
async fn an_expired_link_is_explained() {
    let server = TestServer::start().await;
    let link = link(&server, &open(&server, "page1").await).await;
    assert_test_page(&server.get(&link).await);
    server.clock.advance(jiff::SignedDuration::from_hours(23));
    for page in everything(&server, &link).await {
        assert_test_page(&page);
        assert!(page.body.contains("链接已过期"), "{}", page.body);
        assert!(page.body.contains("CERTIFY_ID_EXPIRED"), "{}", page.body);
    }
    for (verb, below) in [("POST", "/challenge"), ("POST", "/handover"), ("PUT", "/photos/selfie")]
    {
        let reply = server.send(server.request(verb, &format!("{link}{below}"))).await;
        assert_eq!((reply.status, &reply.json()["code"]), (410, &"EXPIRED".into()));
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_without_harm() {
    let server = TestServer::start().await;
    for path in ["/verify/%ff", "/verify/x/frames/%ff/0", "/test/certifications/%ff"] {
        let status = server.get(path).await.status;
        assert!((400..500).contains(&status), "{path} {status}");
    }
    assert!(server.is_serving());
}

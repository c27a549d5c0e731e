//! The page a person opens.

use testkit::{COMPATIBLE, Reply, TestServer};

use crate::answer::{INITIALIZE, call, content, link, open, query};

const FORBIDDEN: [&str; 4] = ["试用甲", "11000019900307001X", "<script", "javascript:"];

fn assert_page(reply: &Reply) {
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("text/html"));
    let policy = reply.header("content-security-policy");
    for part in
        ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    for text in FORBIDDEN {
        assert!(!reply.body.contains(text), "{text} in {}", reply.body);
    }
    assert!(reply.body.contains("TEST"), "{}", reply.body);
}

async fn page(server: &TestServer, path: &str) -> String {
    let reply = server.get(path).await;
    assert_page(&reply);
    reply.body
}

async fn choose(server: &TestServer, path: &str, form: &[(&str, &str)]) -> Reply {
    server.post_form(path, form).await
}

/// Relative, for a proxy may have put us below a path of its own.
fn assert_leads_to(reply: &Reply, link: &str) {
    let link = link.strip_prefix("/verify").unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, format!(".{link}").as_str()));
}

#[tokio::test]
async fn a_person_opens_the_link_and_passes_and_the_merchant_learns_it() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    for _ in 0..2 {
        let body = page(&server, &link).await;
        assert!(body.contains("*用甲") && body.contains("1100**********001X"), "{body}");
        assert!(body.contains("name=\"outcome\""));
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "in_progress");
    let chosen =
        choose(&server, &link, &[("reason", "FACE_NOT_MATCH"), ("outcome", "passed")]).await;
    assert_leads_to(&chosen, &link);
    for _ in 0..2 {
        let body = page(&server, &link).await;
        assert!(body.contains("认证通过") && !body.contains("name=\"outcome\""), "{body}");
        assert!(body.contains("href=\"https://merchant.example/done?a=1"), "{body}");
    }
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn a_person_fails_for_a_reason_and_cannot_change_it() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    choose(&server, &link, &[("outcome", "failed"), ("reason", "FACE_NOT_LIVE")]).await;
    assert!(page(&server, &link).await.contains("FACE_NOT_LIVE"));
    let again = choose(&server, &link, &[("outcome", "passed")]).await;
    assert_leads_to(&again, &link);
    assert!(page(&server, &link).await.contains("认证未通过"));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
}

#[tokio::test]
async fn a_person_leaves_and_comes_back() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    choose(&server, &link, &[("outcome", "left")]).await;
    assert!(page(&server, &link).await.contains("name=\"outcome\""));
    choose(&server, &link, &[("outcome", "passed")]).await;
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn a_wrong_choice_shows_the_page_again_and_changes_nothing() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    for form in [
        vec![],
        vec![("outcome", "")],
        vec![("outcome", "T")],
        vec![("outcome", "PASSED")],
        vec![("outcome", "<script>alert(1)</script>")],
        vec![("passed", "T")],
        vec![("outcome", "failed"), ("reason", "line\nbreak")],
    ] {
        let reply = choose(&server, &link, &form).await;
        assert_page(&reply);
        assert!(reply.body.contains("role=\"alert\""), "{form:?} {}", reply.body);
        assert!(reply.body.contains("name=\"outcome\""), "{form:?}");
    }
    for kind in ["application/json", "text/plain"] {
        let body = r#"{"outcome":"passed"}"#;
        let request = server.request("POST", &link).header("content-type", kind).body(body);
        assert_page(&server.send(request).await);
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "in_progress");
}

#[tokio::test]
async fn a_reason_is_shown_as_text_whatever_it_is() {
    let server = TestServer::start().await;
    let id = open(&server, "page1").await;
    let link = link(&server, &id).await;
    choose(&server, &link, &[("outcome", "failed"), ("reason", "<script>alert(1)</script>")]).await;
    let page = server.get(&link).await;
    assert!(!page.body.contains("<script") && page.body.contains("script&#62;"), "{}", page.body);
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
        let body = page(&server, &wrong).await;
        assert!(body.contains("OPEN_CERTIFY_BILL_NOT_EXIST"), "{wrong} {body}");
        let reply = choose(&server, &wrong, &[("outcome", "passed")]).await;
        assert_page(&reply);
        assert!(reply.body.contains("OPEN_CERTIFY_BILL_NOT_EXIST"), "{wrong}");
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "created");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_without_harm() {
    let server = TestServer::start().await;
    for path in ["/verify/%ff", "/test/certifications/%ff"] {
        let status = server.get(path).await.status;
        assert!((400..500).contains(&status), "{path} {status}");
    }
    assert!(server.is_serving());
}

#[tokio::test]
async fn an_expired_link_is_explained() {
    let server = TestServer::start().await;
    let link = link(&server, &open(&server, "page1").await).await;
    page(&server, &link).await;
    server.clock.advance(jiff::SignedDuration::from_hours(23));
    assert!(page(&server, &link).await.contains("CERTIFY_ID_EXPIRED"));
    let reply = choose(&server, &link, &[("outcome", "passed")]).await;
    assert_page(&reply);
    assert!(reply.body.contains("CERTIFY_ID_EXPIRED"));
}

#[tokio::test]
async fn names_and_addresses_that_carry_markup_stay_text() {
    let server = TestServer::start().await;
    let mut content = content("page1");
    content["identity_param"]["cert_name"] = "试用<script>alert(1)</script>\"><b".into();
    content["merchant_config"]["return_url"] =
        "https://merchant.example/?x=\"><script>alert(1)</script>'".into();
    let id = call(&server, COMPATIBLE, INITIALIZE, &content).await.certify_id();
    let link = link(&server, &id).await;
    let body = page(&server, &link).await;
    // The application is called `Compatible <b>&"'`.
    assert!(body.contains("Compatible &#60;b&#62;&#38;&#34;&#39;"), "{body}");
    assert!(!body.contains("<b>") && body.contains("*&#60;b</dd>"), "{body}");
    choose(&server, &link, &[("outcome", "passed")]).await;
    let body = page(&server, &link).await;
    assert!(body.contains("href=\"https://merchant.example/?x=%22%3E%3Cscript"), "{body}");
    assert!(!body.contains("<b>"), "{body}");
}

#[tokio::test]
async fn an_address_without_a_scheme_leads_to_https_and_an_empty_one_nowhere() {
    let server = TestServer::start().await;
    for (n, (given, expected)) in
        [("www.taobao.com", "href=\"https://www.taobao.com\""), ("", "")].into_iter().enumerate()
    {
        let mut content = content(&format!("page{n}"));
        content["merchant_config"]["return_url"] = given.into();
        let id = call(&server, COMPATIBLE, INITIALIZE, &content).await.certify_id();
        let link = link(&server, &id).await;
        choose(&server, &link, &[("outcome", "passed")]).await;
        let body = page(&server, &link).await;
        assert!(body.contains(expected), "{body}");
        assert_eq!(body.contains("返回商户"), !given.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn every_scene_is_named_on_its_page() {
    let server = TestServer::start().await;
    for (order_no, scene, name) in [
        ("page1", "FACE", "人脸认证"),
        ("page2", "CERT_PHOTO", "证照认证"),
        ("page3", "CERT_PHOTO_FACE", "证照和人脸认证"),
        ("page4", "SMART_FACE", "快捷认证"),
    ] {
        let mut content = content(order_no);
        content["biz_code"] = scene.into();
        let id = call(&server, COMPATIBLE, INITIALIZE, &content).await.certify_id();
        assert!(page(&server, &link(&server, &id).await).await.contains(name));
    }
}

#[tokio::test]
async fn in_live_mode_no_outcome_can_be_chosen_and_nothing_says_test() {
    let server = TestServer::live().await;
    let id = open(&server, "live1").await;
    let link = link(&server, &id).await;
    assert_eq!(choose(&server, &link, &[("outcome", "passed")]).await.status, 405);
    let reply = server.get(&link).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.body.contains("TEST") && !reply.body.contains("name=\"outcome\""));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
}

#[tokio::test]
async fn the_style_sheet_is_ours() {
    let server = TestServer::start().await;
    let reply = server.get("/static/page.css").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("text/css"));
    assert!(!reply.body.contains("http"), "no third-party file");
}

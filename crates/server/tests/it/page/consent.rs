//! Agreeing, refusing, and who may agree.

use testkit::{COMPATIBLE, FACE_ONLY, TestServer};

use super::person::{Person, begun, jpeg, opened};
use super::{assert_test_page, place};
use crate::answer::{CERTIFY, INITIALIZE, call, content, query};

const NUMBER: &str = "11000019900307001X";

#[tokio::test]
async fn agreeing_gives_this_browser_what_it_goes_on_with() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let reply = person.form_only("/consent", &[("agree", "yes"), ("version", "2026-11")]).await;
    let below = link.strip_prefix("/verify/").unwrap();
    assert_eq!((reply.status, reply.header("location")), (303, format!("../{below}").as_str()));
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    let [session, device] = cookies.try_into().unwrap();
    let (session, device) = (session.to_str().unwrap(), device.to_str().unwrap());
    let (token, attributes) = session.split_once("; ").unwrap();
    assert_eq!(token.len(), "certifyd_visit=".len() + 48);
    // Without a path, hence for this certification only; not secure, as this server is not.
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Max-Age=82800");
    let (_, attributes) = device.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/verify; Max-Age=15552000");
    assert_eq!(place(&person.open().await), ("step", "face"));
}

#[tokio::test]
async fn a_device_keeps_its_mark() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let mut person = Person::agreed(&server, &link).await;
    let device = person.cookie("certifyd_device").unwrap();
    let (_, link) = begun(&server, "SMART_FACE", NUMBER).await;
    person.link = link;
    assert_eq!(place(&person.agree(&[]).await), ("step", "face"));
    assert_eq!(person.cookie("certifyd_device").unwrap(), device);
}

#[tokio::test]
async fn a_known_device_passes_at_once() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let mut person = Person::agreed(&server, &link).await;
    person.show_face().await;
    assert_eq!(place(&person.form("/submit", &[]).await).0, "finished");
    let (id, link) = begun(&server, "SMART_FACE", NUMBER).await;
    person.link = link;
    assert_eq!(place(&person.agree(&[]).await), ("finished", ""));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn refusing_is_an_outcome() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    let page = person.form("/consent", &[("agree", "no"), ("version", "2026-11")]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("finished", ""));
    assert!(page.body.contains("您未同意") && page.body.contains("没有采集"), "{}", page.body);
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(
        (&status["state"], &status["reason"]),
        (&"failed".into(), &"CONSENT_REFUSED".into())
    );
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "F");
    assert_eq!(place(&Person::new(&server, &link).agree(&[]).await).0, "used");
}

#[tokio::test]
async fn nobody_agrees_by_accident() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    for (form, words) in [
        (vec![], "说明已更新"),
        (vec![("agree", "yes")], "说明已更新"),
        (vec![("agree", "yes"), ("version", "2020-01")], "说明已更新"),
        (vec![("version", "2026-11")], "请先勾选"),
        (vec![("version", "2026-11"), ("agree", "")], "请先勾选"),
        (vec![("version", "2026-11"), ("agree", "true")], "请先勾选"),
        (vec![("version", "2026-11"), ("agree", "yes"), ("agree", "no")], "说明已更新"),
    ] {
        let page = person.form("/consent", &form).await;
        assert_test_page(&page);
        assert_eq!(place(&page), ("step", "consent"), "{form:?}");
        assert!(page.body.contains("role=\"alert\"") && page.body.contains(words), "{form:?}");
    }
    assert_eq!(person.cookie("certifyd_visit"), None);
    let page = person.form("/submit", &[]).await;
    assert_eq!(place(&page), ("step", "consent"));
    for (verb, below) in [("POST", "/challenge"), ("PUT", "/photos/selfie")] {
        let reply = person.send(person.request(verb, below)).await;
        assert_eq!((reply.status, &reply.json()["code"]), (409, &"NOT_THIS_STEP".into()));
    }
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    assert_eq!(status["state"], "in_progress");
}

/// Born on 2013-03-07: 13 years old when tests begin.
#[tokio::test]
async fn for_a_child_a_guardian_agrees() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", "110000201303070011").await;
    let person = Person::new(&server, &link);
    assert!(person.open().await.body.contains("name=\"guardian\""));
    let page = person.agree(&[]).await;
    assert_eq!(place(&page), ("step", "consent"));
    assert!(page.body.contains("监护人勾选"), "{}", page.body);
    assert_eq!(place(&person.agree(&[("guardian", "on")]).await), ("step", "face"));
}

#[tokio::test]
async fn a_grown_up_needs_no_guardian() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    assert!(!Person::new(&server, &link).open().await.body.contains("name=\"guardian\""));
}

#[tokio::test]
async fn the_document_may_be_shown_in_place_of_the_face() {
    let server = TestServer::start().await;
    let (id, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::new(&server, &link);
    assert!(person.open().await.body.contains("name=\"way\" value=\"document\""));
    assert_eq!(place(&person.agree(&[("way", "document")]).await), ("step", "cert_front"));
    let reply = person.send(person.request("POST", "/challenge")).await;
    assert_eq!(reply.json()["code"], "NOT_THIS_STEP");
    assert_eq!(place(&person.upload("cert_front", &jpeg(400, 300)).await), ("step", "cert_back"));
    assert_eq!(place(&person.upload("cert_back", &jpeg(400, 300)).await), ("step", "submit"));
    assert_eq!(place(&person.form("/submit", &[]).await), ("finished", ""));
    assert_eq!(query(&server, COMPATIBLE, &id).await.text("passed"), "T");
}

#[tokio::test]
async fn another_way_is_offered_only_where_it_is_contracted() {
    let server = TestServer::start().await;
    let id = call(&server, FACE_ONLY, INITIALIZE, &content("way1")).await.certify_id();
    let content = serde_json::json!({ "certify_id": id }).to_string();
    let reply = server.gateway_by_get(&testkit::signed(FACE_ONLY, CERTIFY, &content)).await;
    let link = reply.header("location").strip_prefix(&server.url("")).unwrap().to_owned();
    let person = Person::new(&server, &link);
    assert!(!person.open().await.body.contains("name=\"way\""));
    assert_eq!(place(&person.agree(&[("way", "document")]).await), ("step", "consent"));
    assert_eq!(place(&person.agree(&[("way", "scene")]).await), ("step", "face"));
}

#[tokio::test]
async fn names_that_carry_markup_stay_text() {
    let server = TestServer::start().await;
    let mut content = content("markup1");
    content["identity_param"]["cert_name"] = "试用<script>alert(1)</script>\"><b".into();
    let (_, link) = opened(&server, &content).await;
    let page = Person::new(&server, &link).open().await;
    assert_test_page(&page);
    assert!(!page.body.contains("<b>") && page.body.contains("*&#60;b</dd>"), "{}", page.body);
}

#[tokio::test]
async fn the_text_says_how_long_pictures_are_kept() {
    let policy = engine::Policy { evidence_days: 7, ..engine::Policy::default() };
    let server = TestServer::with_policy(policy).await;
    for (order_no, reserve, words) in
        [("kept1", "reserve", "7 天后删除"), ("kept2", "never", "照片立即删除")]
    {
        let mut content = content(order_no);
        content["merchant_config"]["face_reserve_strategy"] = reserve.into();
        let (_, link) = opened(&server, &content).await;
        let page = Person::new(&server, &link).open().await;
        assert!(page.body.contains(words), "{reserve} {}", page.body);
    }
}

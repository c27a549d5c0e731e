//! The page where a merchant lets an application act for it.

use engine::Mode;
use serde_json::json;
use testkit::{
    CALLBACK, COMPATIBLE, ISV, MERCHANT, MERCHANT_SECRET, OTHER_ISV, OTHER_MERCHANT, Reply,
    TestServer, encoded,
};

use super::place;
use crate::answer::call;
use crate::authorizations::{TOKEN, tokens};

const PAGE: &str = "/oauth2/appToAppAuth.htm";

fn path(isv: &str, redirect_uri: &str, more: &[(&str, &str)]) -> String {
    let pairs = [&[("app_id", isv), ("redirect_uri", redirect_uri)], more].concat();
    format!("{PAGE}?{}", encoded(pairs.into_iter()))
}

fn usual() -> String {
    path(ISV, CALLBACK, &[("state", "a&b=甲")])
}

/// The page, which may lead to the application and is otherwise as every page.
fn assert_asks(reply: &Reply, mode: Mode) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://isv.example;"), "{policy}");
    super::assert_page(reply);
    assert_eq!(reply.body.contains("<strong>TEST</strong>"), mode == Mode::Test);
    assert_eq!(place(reply), ("authorize", ""));
    assert!(reply.body.contains("Agency &#60;i&#62;"), "{}", reply.body);
}

/// Nothing to agree to, and nowhere to go.
fn assert_no_page(reply: &Reply, code: &str) {
    super::assert_page(reply);
    assert_eq!((place(reply), reply.header("location")), (("refused", ""), ""));
    assert!(reply.body.contains(code), "{code} {}", reply.body);
    assert!(!reply.body.contains("<form") && !reply.body.contains("http-equiv"));
}

#[tokio::test]
async fn in_test_mode_a_merchant_is_chosen_and_the_code_goes_to_the_application() {
    let server = TestServer::start().await;
    for page in [usual(), usual().replace("appToAppAuth", "appToAppBatchAuth")] {
        let asked = server.get(&page).await;
        assert_asks(&asked, Mode::Test);
        for app in [MERCHANT, OTHER_MERCHANT] {
            assert!(asked.body.contains(&format!("<option value=\"{app}\"")), "{app}");
        }
        assert!(!asked.body.contains(&format!("<option value=\"{OTHER_ISV}\"")));
        assert!(!asked.body.contains("type=\"password\""));

        let answer = [("do", "agree"), ("merchant", MERCHANT)];
        let reply = server.post_form(&page, &answer).await;
        assert_eq!((reply.status, reply.header("cache-control")), (303, "no-store"));
        let to = reqwest::Url::parse(reply.header("location")).unwrap();
        assert!(to.as_str().starts_with("https://isv.example/callback?app_id="), "{to}");
        let pairs: Vec<(String, String)> = to.query_pairs().into_owned().collect();
        let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["app_id", "app_auth_code", "state", "source"]);
        let value = |n: usize| pairs[n].1.as_str();
        assert_eq!((value(0), value(2), value(3)), (ISV, "a&b=甲", "alipay_app_auth"));
        let exchange = json!({ "grant_type": "authorization_code", "code": value(1) });
        assert_eq!(call(&server, ISV, TOKEN, &exchange).await.text("auth_app_id"), MERCHANT);
    }
}

#[tokio::test]
async fn a_refusal_goes_to_the_application_too_and_gives_nothing() {
    let server = TestServer::start().await;
    let page = path(ISV, &format!("{CALLBACK}?shop=7"), &[]);
    let reply = server.post_form(&page, &[("do", "refuse"), ("merchant", MERCHANT)]).await;
    let expected = format!("{CALLBACK}?shop=7&error=access_denied");
    assert_eq!((reply.status, reply.header("location")), (303, expected.as_str()));
    let with_state = server.post_form(&usual(), &[("do", "refuse")]).await;
    assert!(
        with_state.header("location").ends_with("?error=access_denied&state=a%26b%3D%E7%94%B2")
    );
    assert!(server.state.engine.authorizations(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn addresses_that_are_not_registered_lead_nowhere() {
    let server = TestServer::start().await;
    for address in [
        "",
        "https://evil.example/callback",
        "https://isv.example/callback/",
        "https://isv.example/other",
        "http://isv.example/callback",
        "https://isv.example:8443/callback",
        "https://isv.example@evil.example/callback",
        "https://user@isv.example/callback",
        "https://isv.example\\@evil.example/callback",
        "https://evil.example\\isv.example/callback",
        "https://isv.example/callback#x",
        "https://isv.example/callback\r\nset-cookie: a=b",
        "https://isv.example/callback?app_auth_code=0",
        "//isv.example/callback",
        "/callback",
        "javascript:alert(1)//isv.example/callback",
        "data:text/html,https://isv.example/callback",
        "http://localhost:3000/callback",
    ] {
        let page = path(ISV, address, &[]);
        assert_no_page(&server.get(&page).await, "INVALID_REDIRECT_URI");
        for answer in ["agree", "refuse", "withdraw"] {
            let form = [("do", answer), ("merchant", MERCHANT)];
            assert_no_page(&server.post_form(&page, &form).await, "INVALID_REDIRECT_URI");
        }
    }
    for app in ["", "nobody", COMPATIBLE, MERCHANT] {
        assert_no_page(&server.get(&path(app, CALLBACK, &[])).await, "INVALID_APP_ID");
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", usual());
    assert_no_page(&server.get(&twice).await, "INVALID_APP_ID");
    for state in ["a\nb", &"x".repeat(1025)] {
        let page = path(ISV, CALLBACK, &[("state", state)]);
        assert_no_page(&server.get(&page).await, "INVALID_STATE");
    }
}

#[tokio::test]
async fn without_a_registered_address_this_machine_will_do_in_test_mode_only() {
    let (test, live) = (TestServer::start().await, TestServer::live().await);
    for address in ["http://localhost:3000/cb", "http://127.0.0.1:1/cb", "http://[::1]:3000/cb"] {
        let page = path(OTHER_ISV, address, &[]);
        let asked = test.get(&page).await;
        assert_eq!(place(&asked), ("authorize", ""), "{address}");
        let reply = test.post_form(&page, &[("do", "agree"), ("merchant", MERCHANT)]).await;
        assert!(reply.header("location").starts_with(&format!("{address}?app_id=")), "{address}");
        assert_no_page(&live.get(&page).await, "INVALID_REDIRECT_URI");
    }
    for address in ["http://localhost.evil.example/", "http://192.168.0.1/", CALLBACK] {
        let page = path(OTHER_ISV, address, &[]);
        assert_no_page(&test.get(&page).await, "INVALID_REDIRECT_URI");
    }
}

#[tokio::test]
async fn in_live_mode_the_merchant_proves_itself_by_its_secret() {
    let server = TestServer::live().await;
    let asked = server.get(&usual()).await;
    assert_asks(&asked, Mode::Live);
    assert!(asked.body.contains("type=\"password\""));
    assert!(!asked.body.contains("<option") && !asked.body.contains(OTHER_MERCHANT));
    let mut refusals = Vec::new();
    for (merchant, secret) in [
        (MERCHANT, "secret-of-the-merchantS"),
        (MERCHANT, ""),
        ("2021000000009999", MERCHANT_SECRET),
        (COMPATIBLE, MERCHANT_SECRET),
        (ISV, MERCHANT_SECRET),
    ] {
        for answer in ["agree", "look", "withdraw"] {
            let form = [("do", answer), ("merchant", merchant), ("secret", secret)];
            let reply = server.post_form(&usual(), &form).await;
            assert_asks(&reply, Mode::Live);
            assert!(reply.body.contains("role=\"alert\""), "{}", reply.body);
            assert!(!reply.body.contains("secret-of-the"), "{}", reply.body);
            refusals.push(reply.body.replace(merchant, "M"));
        }
    }
    // Whether the name or the secret is wrong cannot be seen; ISV stands in the form's address.
    refusals.retain(|body| body.contains(ISV));
    refusals.dedup();
    assert_eq!(refusals.len(), 1);
    assert!(server.state.engine.authorizations(None).await.unwrap().is_empty());
    let form = [("do", "agree"), ("merchant", MERCHANT), ("secret", MERCHANT_SECRET)];
    let reply = server.post_form(&usual(), &form).await;
    assert!(reply.header("location").contains("app_auth_code="), "{}", reply.body);
    assert!(!reply.header("location").contains("secret"));
}

#[tokio::test]
async fn an_authorisation_is_shown_with_its_day_and_withdrawn() {
    for mode in [Mode::Test, Mode::Live] {
        let live = mode == Mode::Live;
        let server = if live { TestServer::live().await } else { TestServer::start().await };
        let (token, _) = tokens(&server, ISV, MERCHANT).await;
        let send = async |action: &str| {
            let form = [("do", action), ("merchant", MERCHANT), ("secret", MERCHANT_SECRET)];
            let reply = server.post_form(&usual(), &form).await;
            assert_asks(&reply, mode);
            assert!(!reply.body.contains(&token) && !reply.body.contains(MERCHANT_SECRET));
            reply.body
        };
        assert_eq!(server.get(&usual()).await.body.contains("2026年11月24日 16:00"), !live);
        let shown = send("look").await;
        assert!(shown.contains("2026年11月24日 16:00") && shown.contains("value=\"withdraw\""));
        let withdrawn = send("withdraw").await;
        assert!(withdrawn.contains("授权已撤销") && !withdrawn.contains("2026年11月24日"));
        assert!(send("withdraw").await.contains("目前没有授权"));
        assert!(server.state.engine.authorizations(None).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_page_speaks_both_languages_and_keeps_the_request_when_changing_them() {
    let server = TestServer::start().await;
    let english = server.get(&format!("{}&lang=en", usual())).await;
    let body = english.body.replace(">中文<", "");
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert_eq!(body.find(chinese), None, "{body}");
    assert!(body.contains("<html lang=\"en\">"));
    let link = english.body.split("class=\"language\" href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let other = server.get(&format!("{PAGE}{link}")).await;
    assert_asks(&other, Mode::Test);
    assert!(other.body.contains("<html lang=\"zh-CN\">"));
    let unclear = server.post_form(&usual(), &[("do", "?"), ("merchant", MERCHANT)]).await;
    assert!(unclear.body.contains("请重新选择"));
}

#[tokio::test]
async fn pages_of_other_sites_cannot_agree() {
    let server = TestServer::start().await;
    let request = server.request("POST", &usual()).header("origin", "https://evil.example");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let reply = server.send(request.body(format!("do=agree&merchant={MERCHANT}"))).await;
    assert_eq!((reply.status, reply.header("location")), (403, ""));
}

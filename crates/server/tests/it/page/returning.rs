//! Where a browser is sent afterwards, and never is.

use serde_json::json;
use testkit::{COMPATIBLE, TestServer, resigned, signed};

use super::person::{Person, opened};
use super::{assert_test_page, place};
use crate::answer::{CERTIFY, INITIALIZE, call, content};

/// Addresses that could lead a person astray: none may ever stand in a page as a link.
const ATTACKS: &[&str] = &[
    // Code in place of an address.
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "JAVASCRIPT://merchant.example/%0aalert(1)",
    "javascript://%0aalert(1)",
    "javascript:/*x*/alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\rscript:alert(1)",
    "java\0script:alert(1)",
    "\u{1}javascript:alert(1)",
    "javascript\t:alert(1)",
    "javascript :alert(1)",
    "javascript&colon;alert(1)",
    "java%0ascript:alert(1)",
    "%6aavascript:alert(1)",
    "jav\u{ad}ascript:alert(1)",
    "ｊavascript:alert(1)",
    "vbscript:msgbox(1)",
    "VBScript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "DATA:text/html,x",
    " data:text/html,x",
    "da\tta:text/html,x",
    "blob:https://evil.example/uuid",
    "file:///etc/passwd",
    "file://evil.example/share",
    "about:blank",
    "about:srcdoc",
    "view-source:https://evil.example",
    "filesystem:https://evil.example/x",
    "jar:https://evil.example!/x",
    "mhtml:https://evil.example",
    "feed:javascript:alert(1)",
    "livescript:alert(1)",
    "mocha:alert(1)",
    // Somebody else's name before the host.
    "https://merchant.example@evil.example/",
    "https://merchant.example:443@evil.example/",
    "https://merchant.example%40evil.example@evil.example/",
    "https://user:pass@evil.example/",
    "https://:@evil.example/",
    "https://@evil.example/",
    "http://merchant.example@evil.example",
    "merchant.example@evil.example",
    "https:merchant.example@evil.example",
    "https:/merchant.example@evil.example",
    "https:////merchant.example@evil.example",
    "registered://merchant.example@evil.example/",
    "https://merchant.example\u{ff20}evil.example\\@x",
    // Backslashes, which browsers read as slashes.
    "\\\\evil.example",
    "\\/evil.example",
    "/\\evil.example",
    "https:\\\\evil.example",
    "https:/\\evil.example",
    "https://evil.example\\.merchant.example",
    "https://merchant.example\\evil.example",
    "https://merchant.example\\@evil.example",
    "https://evil.example\\@merchant.example",
    "http:\\\\evil.example\\x",
    "registered:\\\\evil.example",
    // Without a scheme, or half of one.
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/%2f..",
    "//evil.example@merchant.example",
    "/evil.example",
    "/verify/x",
    "../../evil",
    "?x=y",
    "#x",
    "https:",
    "https:/",
    "https://",
    "https:///",
    "https:///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "://evil.example",
    ":evil.example",
    // Line ends and other control characters.
    "https://merchant.example/\r\nSet-Cookie: a=b",
    "https://merchant.example/\nLocation: https://evil.example",
    "https://merchant.example/\r\n\r\n<script>alert(1)</script>",
    "https://evil\r.example",
    "https://evil\n.example",
    "https://evil\t.example",
    "ht\ntps://evil.example",
    "ht\ttps://evil.example",
    "https:\n//evil.example",
    "https:/\t/evil.example",
    "https://evil.example\0.merchant.example",
    "https://merchant.example/\u{7f}",
    "https://merchant.example/\u{85}x",
    // White space inside.
    "https://evil .example",
    "https://evil.example /",
    "https://merchant.example\u{3000}.evil.example",
    "https://merchant.example\u{2028}evil.example",
    // Hosts that are none, or read differently than they look.
    "https://.",
    "https://..",
    "https://.evil.example",
    "https://evil..example",
    "https://evil.example:99999",
    "https://evil.example:x",
    "https://evil.example:80:80",
    "https://[evil.example]",
    "https://[::1",
    "https://%65vil.example",
    "https://evil%2eexample",
    "https://merchant.example%00.evil.example",
    "https://merchant.example%0d%0a.evil.example",
    "https://merchant。evil。example",
    "https://ⅇvil.example",
    "https://evil．example",
    "https://merchant.example\u{200b}.evil.example",
    "https://merchant\u{202e}elpmaxe.evil",
    "https://xn--.example",
    "https://xn--a-.example\\",
    "https://-evil.example",
    "https://evil-.example/\\",
    // Programs of the phone that nobody has registered.
    "alipays://platformapi/startapp",
    "alipay://x",
    "weixin://dl/x",
    "taobao://x",
    "intent://x#Intent;scheme=evil;end",
    "Intent://x",
    "android-app://com.evil/x",
    "market://details?id=evil",
    "itms-services://?action=download-manifest&url=x",
    "itms-apps://x",
    "ms-msdt://x",
    "ms-officecmd://x",
    "search-ms://query=x",
    "steam://run/1",
    "tel://10086",
    "tel:10086",
    "sms:10086",
    "mailto:a@evil.example",
    "facetime://x",
    "ftp://evil.example/x",
    "sftp://evil.example",
    "ws://evil.example",
    "wss://evil.example",
    "ldap://evil.example",
    "smb://evil.example/x",
    "ssh://evil.example",
    "registeredx://x",
    "xregistered://x",
    "registered-x://x",
    "registered.x://x",
    "registered+x://x",
    "Registered%20://x",
    "regi\tstered://x",
    "registered:javascript:alert(1)",
    "chrome://settings",
    "chrome-extension://x/y",
    "moz-extension://x/y",
    "resource://x",
    "edge://settings",
];

/// Addresses that a page may hold: ours, relative; and those of the web or a registered program.
fn assert_safe_links(body: &str, given: &str) {
    for href in body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let ours = ["../", "static/", "?lang="].iter().any(|start| href.starts_with(start));
        assert!(ours || href == "data:," || is_safe(href), "{given:?} stands there as {href}");
    }
}

/// As a browser reads it: to the host that everybody reads there, or, if it is none, nowhere.
fn is_safe(href: &str) -> bool {
    let Some((scheme, rest)) = href.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._%".contains(c);
    let known = matches!(scheme, "https" | "http" | "registered");
    let as_read = match reqwest::Url::parse(href) {
        Ok(url) => {
            let shown = url.host_str().unwrap_or_default().eq_ignore_ascii_case(host);
            url.scheme() == scheme && shown && url.username().is_empty() && url.password().is_none()
        }
        Err(_) => true,
    };
    known && as_read && href.is_ascii() && host.chars().all(plain)
}

async fn ended_page(server: &TestServer, link: &str) -> String {
    let person = Person::new(server, link);
    let left = person.form("/leave", &[]).await;
    assert_test_page(&left);
    let page = person.form("", &[("outcome", "passed")]).await;
    assert_test_page(&page);
    assert_eq!(place(&page), ("finished", ""));
    left.body + &page.body
}

#[tokio::test]
async fn no_address_given_to_init_leads_astray() {
    assert!(ATTACKS.len() >= 100, "{}", ATTACKS.len());
    let server = TestServer::start().await;
    let mut shown = 0;
    for (n, attack) in ATTACKS.iter().enumerate() {
        let mut content = content(&format!("attack{n}"));
        content["merchant_config"]["return_url"] = (*attack).into();
        let answer = call(&server, COMPATIBLE, INITIALIZE, &content).await;
        if answer.text("code") != "10000" {
            continue;
        }
        shown += 1;
        let link = crate::answer::link(&server, &answer.certify_id()).await;
        assert_safe_links(&ended_page(&server, &link).await, attack);
    }
    assert!(shown > 0, "some are accepted at init and must be stopped on the page");
}

#[tokio::test]
async fn no_address_given_with_the_page_call_leads_astray() {
    let server = TestServer::start().await;
    for (n, attack) in ATTACKS.iter().enumerate() {
        let mut content = content(&format!("attack{n}"));
        content["merchant_config"] = json!({ "return_url": "" });
        let id = call(&server, COMPATIBLE, INITIALIZE, &content).await.certify_id();
        let mut parameters = signed(COMPATIBLE, CERTIFY, &json!({ "certify_id": id }).to_string());
        parameters.set("return_url", attack);
        let reply = server.gateway_by_get(&resigned(parameters)).await;
        let location = reply.header("location");
        if location.is_empty() {
            assert_safe_links(&reply.body, attack);
            continue;
        }
        let link = location.strip_prefix(&server.url("")).unwrap();
        assert_safe_links(&ended_page(&server, link).await, attack);
    }
}

#[tokio::test]
async fn good_addresses_are_linked() {
    let server = TestServer::start().await;
    for (n, (given, expected)) in [
        ("https://merchant.example/done?a=1&b=2", "https://merchant.example/done?a=1&#38;b=2"),
        ("http://merchant.example", "http://merchant.example"),
        ("www.taobao.com", "https://www.taobao.com"),
        ("registered://done?x=1", "registered://done?x=1"),
        (
            "https://merchant.example/?x=\"><script>alert(1)</script>'",
            "https://merchant.example/?x=%22%3E%3Cscript",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut content = content(&format!("good{n}"));
        content["merchant_config"]["return_url"] = given.into();
        let (_, link) = opened(&server, &content).await;
        let page = ended_page(&server, &link).await;
        let anchor = format!("rel=\"noreferrer\" href=\"{expected}");
        assert_eq!(page.matches(&anchor).count(), 2, "{given} {page}");
        assert_safe_links(&page, given);
    }
}

#[tokio::test]
async fn without_an_address_there_is_no_link() {
    let server = TestServer::start().await;
    let mut content = content("nowhere1");
    content["merchant_config"]["return_url"] = "".into();
    let (_, link) = opened(&server, &content).await;
    let page = ended_page(&server, &link).await;
    assert!(!page.contains("noreferrer") && page.contains("您可以关闭此页"), "{page}");
}

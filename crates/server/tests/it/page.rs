//! The pages a person opens.

mod authorize;
mod capture;
mod choosing;
mod consent;
mod events;
mod handover;
mod languages;
mod live;
mod origin;
pub(crate) mod person;
mod places;
mod refused;
mod returning;
mod upload;

use testkit::Reply;

/// What no page may show: the person's name and number.
const SECRET: [&str; 2] = ["试用甲", "11000019900307001X"];

/// A page as every page must be.
pub(crate) fn assert_page(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.header("content-type").starts_with("text/html"), "{}", reply.body);
    let policy = reply.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let permissions = reply.header("permissions-policy");
    assert_eq!(permissions, "camera=(self), microphone=(), geolocation=()");
    assert_eq!(reply.header("cache-control"), "no-store");
    // With `no-referrer` a browser would send our own forms as if from nowhere.
    assert_eq!(reply.header("referrer-policy"), "same-origin");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    for text in SECRET {
        assert!(!reply.body.contains(text), "{text} in {}", reply.body);
    }
    assert_no_inline_code(&reply.body);
    assert_eq!(reply.body.matches("<h1>").count(), 1, "{}", reply.body);
    assert!(reply.body.len() < 16_000, "{} bytes", reply.body.len());
}

/// A page of a server in test mode.
pub(crate) fn assert_test_page(reply: &Reply) {
    assert_page(reply);
    assert!(reply.body.contains("<strong>TEST</strong>"), "{}", reply.body);
}

/// Scripts are files of ours or data that does not run; nothing is styled or handled inline.
fn assert_no_inline_code(body: &str) {
    for script in body.split("<script").skip(1) {
        let ours = script.starts_with(" src=\"../") || script.starts_with(" src=\"static/");
        assert!(ours || script.starts_with(" type=\"application/json\""), "{script}");
    }
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:", "http-equiv=\"Set"]
    {
        assert!(!body.contains(inline), "{inline} in {body}");
    }
}

/// The page's place, and the step if it has one.
pub(crate) fn place(reply: &Reply) -> (&str, &str) {
    (attribute(reply, "place"), attribute(reply, "step"))
}

/// What an attribute of the page's body says.
pub(crate) fn attribute<'r>(reply: &'r Reply, name: &str) -> &'r str {
    let (_, rest) = reply.body.split_once(&format!(" data-{name}=\"")).unwrap_or_default();
    rest.split('"').next().unwrap_or_default()
}

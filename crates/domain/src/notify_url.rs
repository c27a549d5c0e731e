//! Where notices go. Whether the address may be reached is judged when it is connected to: what a
//! name resolves to can change.

use std::fmt;

use crate::return_url::authority;
use crate::{Field, Rejected, Rule, bounds};

/// The documented maximum of the common parameter.
const MAX_LENGTH: usize = 256;

/// An http or https address without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct NotifyUrl(String);

impl NotifyUrl {
    /// Reads an address. Alike in both profiles: a wrong one would stay unnoticed for hours.
    pub fn parse(text: &str) -> Result<NotifyUrl, Rejected> {
        let reject = |rule| Rejected { field: Field::NotifyUrl, rule };
        bounds::check(text, Field::NotifyUrl, MAX_LENGTH)?;
        judge(text).map_err(reject)?;
        Ok(NotifyUrl(text.to_owned()))
    }

    /// Takes back an address that was accepted before.
    pub fn restore(text: String) -> NotifyUrl {
        NotifyUrl(text)
    }

    /// The address. Not for logs: merchants put order data into queries.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port as written, in lower case: who shares them shares one receiver. Never empty.
    pub fn receiver(&self) -> String {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        match authority::of(rest) {
            // A restored address may be older than a rule.
            "" => "-".to_owned(),
            authority => authority.to_ascii_lowercase(),
        }
    }
}

/// The receiver alone.
impl fmt::Debug for NotifyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotifyUrl({}…)", self.receiver())
    }
}

fn judge(text: &str) -> Result<(), Rule> {
    if text.trim() != text {
        return Err(Rule::OuterSpace);
    }
    if let Some(position) = bounds::position(text, char::is_whitespace) {
        return Err(Rule::NotAllowedCharacter { position });
    }
    // What readers of URLs take for a slash, or not, depending on who reads.
    if let Some(position) = bounds::position(text, |c| c == '\\') {
        return Err(Rule::Backslash { position });
    }
    let (scheme, rest) = text.split_once("://").ok_or(Rule::NotHttp)?;
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return Err(Rule::NotHttp);
    }
    if authority::of(rest).contains('@') {
        return Err(Rule::Credentials);
    }
    authority::host(rest).map(drop).ok_or(Rule::BadHost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(text: &str) -> Rule {
        NotifyUrl::parse(text).unwrap_err().rule
    }

    #[test]
    fn web_addresses_are_taken_as_they_are() {
        for text in [
            "https://shop.example/notify",
            "http://127.0.0.1:8080/n?order=1&x=%20",
            "HTTPS://Shop.Example",
            "http://[::1]:9/",
            "https://shop.example/通知",
        ] {
            assert_eq!(NotifyUrl::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_is_refused_by_rule() {
        assert_eq!(rule(""), Rule::Empty);
        assert_eq!(rule("shop.example/notify"), Rule::NotHttp);
        for scheme in ["ftp", "file", "gopher", "javascript", "unix", "https http"] {
            let refused = rule(&format!("{scheme}://shop.example/"));
            assert!(matches!(refused, Rule::NotHttp | Rule::NotAllowedCharacter { .. }));
        }
        assert_eq!(rule("http:/shop.example"), Rule::NotHttp);
        assert_eq!(rule("https://a:b@shop.example/"), Rule::Credentials);
        assert_eq!(rule("https://shop.example@127.0.0.1/"), Rule::Credentials);
        assert_eq!(rule("https:///notify"), Rule::BadHost);
        assert_eq!(rule("https://a..b/"), Rule::BadHost);
        assert_eq!(rule("https://例子.中国/"), Rule::BadHost);
        assert_eq!(rule("https://a%2eb/"), Rule::BadHost);
        assert_eq!(rule("https://a:99999/"), Rule::BadHost);
        assert_eq!(rule(" https://a/"), Rule::OuterSpace);
        assert_eq!(rule("https://a/ b"), Rule::NotAllowedCharacter { position: 11 });
        assert_eq!(rule("https://a\\@b/"), Rule::Backslash { position: 10 });
        assert_eq!(rule("https://a/\r\nHost: b"), Rule::ControlCharacter { position: 11 });
        let long = format!("https://a/{}", "x".repeat(247));
        assert_eq!(rule(&long), Rule::TooLong { length: 257, max: 256 });
        assert!(NotifyUrl::parse(&long[..256]).is_ok());
    }

    #[test]
    fn one_receiver_is_host_and_port_and_nothing_personal_is_shown() {
        let url = NotifyUrl::parse("https://Shop.Example:8443/p?order=secret").unwrap();
        assert_eq!(url.receiver(), "shop.example:8443");
        assert_eq!(format!("{url:?}"), "NotifyUrl(shop.example:8443…)");
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = NotifyUrl::parse(&text);
        }

        #[test]
        fn what_is_accepted_has_a_receiver_and_nothing_that_could_mislead(
            scheme in "[a-zA-Z:/]{0,8}", middle in "[ -~]{0,12}", end in "[ -~]{0,40}",
        ) {
            let text = format!("{scheme}://{middle}/{end}");
            if let Ok(url) = NotifyUrl::parse(&text) {
                let receiver = url.receiver();
                prop_assert!(!receiver.is_empty() && !receiver.contains(['@', '\\', ' ', '/']));
                prop_assert!(text.to_ascii_lowercase().starts_with("http"));
                let shown = format!("{url:?}");
                prop_assert!(!shown.contains('?'));
            }
        }
    }
}

//! Where a merchant's answer is sent. A browser follows it with a code in hand, so nothing is
//! taken that two readers of addresses could understand in two ways.

use std::net::Ipv6Addr;

use url::{Host, Url};

/// Longer ones break in browsers along the way.
const MAX_LENGTH: usize = 2048;
/// What the answer carries; an address that has one of these already would say it twice.
const OURS: [&str; 4] = ["app_id", "app_auth_code", "state", "error"];

/// An http or https address without credentials and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectAddress(Url);

/// The origin alone.
impl std::fmt::Debug for RedirectAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RedirectAddress({}…)", self.origin())
    }
}

impl RedirectAddress {
    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\' || c == '#';
        if text.len() > MAX_LENGTH || text.chars().any(odd) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if !web || authority.is_empty() || authority.contains('@') {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let credentials = !url.username().is_empty() || url.password().is_some();
        let says_ours = url.query_pairs().any(|(name, _)| OURS.contains(&name.as_ref()));
        (url.has_host() && !credentials && !says_ours).then_some(Self(url))
    }

    /// Whether both lead to the same place; what their queries say may differ.
    pub fn same_place(&self, other: &Self) -> bool {
        let place = |url: &Url| {
            let host = url.host_str().map(str::to_owned);
            (url.scheme().to_owned(), host, url.port_or_known_default(), url.path().to_owned())
        };
        place(&self.0) == place(&other.0)
    }

    /// Whether it is on the browser's own machine.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.octets() == [127, 0, 0, 1],
            Some(Host::Ipv6(ip)) => ip == Ipv6Addr::LOCALHOST,
            None => false,
        }
    }

    /// The address with more in its query, in plain ASCII.
    pub fn with(&self, answer: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(answer);
        url.into()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// As a content policy names where forms may lead. It has no way to write an IPv6 address.
    pub fn policy_source(&self) -> String {
        match self.0.host() {
            Some(Host::Ipv6(_)) => format!("{}:", self.0.scheme()),
            _ => self.origin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> RedirectAddress {
        RedirectAddress::parse(text).unwrap()
    }

    #[test]
    fn web_addresses_are_taken_and_the_answer_is_added_to_their_query() {
        let with = |text| address(text).with(&[("state", "a b&c=甲"), ("source", "x")]);
        assert_eq!(
            with("https://isv.example/callback"),
            "https://isv.example/callback?state=a+b%26c%3D%E7%94%B2&source=x"
        );
        assert_eq!(
            with("HTTPS://ISV.example:443/c?keep=%20"),
            "https://isv.example/c?keep=%20&state=a+b%26c%3D%E7%94%B2&source=x"
        );
    }

    #[test]
    fn what_could_lead_elsewhere_is_not_taken() {
        for text in [
            "",
            "isv.example/callback",
            "//isv.example/callback",
            "https:isv.example",
            "https:/isv.example",
            "https:///isv.example",
            "javascript://isv.example/%0aalert(1)",
            "data:text/html,x",
            "ftp://isv.example/",
            "https://isv.example@evil.example/",
            "https://user:password@isv.example/",
            "https://@isv.example/",
            "https://isv.example\\@evil.example/",
            "https://evil.example\\.isv.example/",
            "https://isv.example/callback#fragment",
            "https://isv.example/callback\r\nSet-Cookie: a=b",
            "https://isv.example/call\tback",
            " https://isv.example/",
            "https://isv.example/ ",
            "https://isv.exa mple/",
            "https://isv.example:99999/",
            "https://[::1/",
            "https://isv.example/?app_auth_code=1",
            "https://isv.example/?%61pp_id=1",
            "https://isv.example/?state=1",
            "https://isv.example/?error=x",
        ] {
            assert!(RedirectAddress::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn the_same_place_is_scheme_host_port_and_path() {
        let registered = address("https://isv.example/callback");
        for same in ["https://isv.example/callback?a=1", "https://ISV.example:443/x/../callback"] {
            assert!(registered.same_place(&address(same)), "{same}");
        }
        for other in [
            "http://isv.example/callback",
            "https://isv.example:8443/callback",
            "https://isv.example/callback/",
            "https://isv.example/Callback",
            "https://isv.example/callback%2f..",
            "https://isv.example./callback",
            "https://isv.example.evil.example/callback",
            "https://evil.example/callback",
        ] {
            assert!(!registered.same_place(&address(other)), "{other}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        for local in ["http://localhost:3000/cb", "https://127.0.0.1/", "http://[::1]:8080/x"] {
            assert!(address(local).is_loopback(), "{local}");
        }
        for other in [
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.2/",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0/",
        ] {
            assert!(!address(other).is_loopback(), "{other}");
        }
        assert_eq!(address("http://[::1]:80/").policy_source(), "http:");
        assert_eq!(address("https://a.example:8443/x?y").policy_source(), "https://a.example:8443");
    }
}

//! Whom to believe where a request comes from.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HeaderName};

use super::Address;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Longest way that is walked back.
const MOST_HOPS: usize = 32;

/// The networks of proxies whose word on their clients is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    /// IPv4 as mapped into IPv6.
    bits: u128,
    prefix: u32,
}

impl Proxies {
    /// Reads one network and adds it.
    ///
    /// # Errors
    /// What it must be.
    pub fn add(&mut self, text: &str) -> Result<(), &'static str> {
        let network = Network::parse(text)
            .ok_or("must be an address or a network, e.g. 10.0.0.0/8 or ::1, all bits after the prefix zero")?;
        self.0.push(network);
        Ok(())
    }

    /// Nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `ip` is such a proxy.
    pub(crate) fn trust(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(ip))
    }

    /// Where a request comes from that `peer` has sent: seen from here, the first hop that is no
    /// proxy of ours. What it says itself of hops before it may be anything.
    ///
    /// The two headers must agree where both are there: a proxy writes one of them, and lets
    /// through what a client wrote into the other.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Address {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return Address(peer);
        }
        let older = headers.contains_key(X_FORWARDED_FOR);
        let newer = headers.contains_key(FORWARDED);
        let by_older = || self.walk(peer, &hops(headers, &X_FORWARDED_FOR));
        let by_newer = || self.walk(peer, &forwarded(headers));
        Address(match (older, newer) {
            (false, false) => peer,
            (true, false) => by_older(),
            (false, true) => by_newer(),
            (true, true) => Some(by_older()).filter(|ip| *ip == by_newer()).unwrap_or(peer),
        })
    }

    /// From the nearest hop back. One that cannot be read ends the way at the one who named it.
    fn walk(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.iter().rev().take(MOST_HOPS) {
            let Some(ip) = hop else { return nearest };
            nearest = *ip;
            if !self.trust(nearest) {
                break;
            }
        }
        nearest
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().ok()?;
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width)?
            }
            Some(_) => return None,
        };
        let network = Self { bits: bits(ip), prefix: prefix + 128 - width };
        // Bits beyond the prefix are mostly a slip of the hand.
        (network.bits & !network.mask() == 0).then_some(network)
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }

    fn contains(self, ip: IpAddr) -> bool {
        bits(ip) & self.mask() == self.bits
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// The elements of a list that may be spread over several headers.
fn elements<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter();
    // What is no text is one element that cannot be read.
    lines.flat_map(|line| line.to_str().unwrap_or("?").split(',')).map(str::trim).collect()
}

fn hops(headers: &HeaderMap, name: &HeaderName) -> Vec<Option<IpAddr>> {
    elements(headers, name).into_iter().map(address).collect()
}

/// `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let of_element = |element: &str| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
        address(value.trim().trim_matches('"'))
    };
    elements(headers, &FORWARDED).into_iter().map(of_element).collect()
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = |text: &str| text.strip_prefix('[')?.split_once(']')?.0.parse().ok();
    let ip: Option<IpAddr> = text
        .parse()
        .ok()
        .or_else(|| bracketed(text))
        .or_else(|| text.parse().ok().map(|with_port: std::net::SocketAddr| with_port.ip()));
    ip.map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> Proxies {
        let mut proxies = Proxies::default();
        for text in ["10.0.0.0/8", "::1", "2001:db8::/32", "192.0.2.1"] {
            proxies.add(text).unwrap();
        }
        proxies
    }

    fn from(peer: &str, headers: &[(&HeaderName, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies().client(peer.parse().unwrap(), &map).0.to_string()
    }

    #[test]
    fn networks_are_read_as_written_or_not_at_all() {
        for good in ["0.0.0.0/0", "::/0", "10.1.2.3", "10.1.2.3/32", "fe80::/10", "::1/128"] {
            assert!(Network::parse(good).is_some(), "{good}");
        }
        for bad in ["", "/", "10.0.0.0/33", "10.0.0.1/8", "::1/129", "10.0.0.0/+8", "10/8", "a/8"] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_network_holds_its_own_and_no_others() {
        let proxies = proxies();
        for own in ["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1", "::1", "2001:db8:ffff::1"] {
            assert!(proxies.trust(own.parse().unwrap()), "{own}");
        }
        for other in ["9.255.255.255", "11.0.0.0", "::2", "2001:db9::", "192.0.2.2", "::a00:1"] {
            assert!(!proxies.trust(other.parse().unwrap()), "{other}");
        }
        assert!(!Proxies::default().trust("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_client_is_the_nearest_hop_that_is_no_proxy() {
        let older = |peer, value| from(peer, &[(&X_FORWARDED_FOR, value)]);
        assert_eq!(older("203.0.113.9", "198.51.100.1"), "203.0.113.9", "a stranger's word");
        assert_eq!(older("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(older("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(older("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3", "all are ours");
        assert_eq!(older("10.0.0.1", "198.51.100.1, nonsense"), "10.0.0.1");
        assert_eq!(older("10.0.0.1", "1.1.1.1, nonsense, 10.0.0.2"), "10.0.0.2");
        assert_eq!(older("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(older("10.0.0.1", "198.51.100.1:443"), "198.51.100.1");
        assert_eq!(older("::1", "[2001:db9::7]:443"), "2001:db9::7");
        assert_eq!(older("::ffff:10.0.0.1", "::ffff:198.51.100.1"), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
        let lines = [(&X_FORWARDED_FOR, "1.1.1.1"), (&X_FORWARDED_FOR, "198.51.100.1")];
        assert_eq!(from("10.0.0.1", &lines), "198.51.100.1", "lines are one list");
    }

    #[test]
    fn the_standard_header_is_read_as_well() {
        let newer = |value| from("10.0.0.1", &[(&FORWARDED, value)]);
        assert_eq!(newer("for=198.51.100.1;proto=https"), "198.51.100.1");
        assert_eq!(newer("proto=https; For=\"[2001:db9::7]:4711\""), "2001:db9::7");
        assert_eq!(newer("for=1.1.1.1, for=198.51.100.1, for=10.0.0.2"), "198.51.100.1");
        for hidden in ["for=unknown", "for=_hidden", "by=10.0.0.1", ""] {
            assert_eq!(newer(hidden), "10.0.0.1", "{hidden}");
        }
    }

    #[test]
    fn headers_that_disagree_are_not_believed() {
        let both =
            |newer| from("10.0.0.1", &[(&X_FORWARDED_FOR, "198.51.100.1"), (&FORWARDED, newer)]);
        assert_eq!(both("for=198.51.100.1"), "198.51.100.1");
        assert_eq!(both("for=1.1.1.1"), "10.0.0.1");
    }

    #[test]
    fn a_way_without_end_is_not_walked() {
        let many = "10.0.0.2, ".repeat(5000) + "10.0.0.2";
        let with_client = format!("198.51.100.1, {many}");
        assert_eq!(from("10.0.0.1", &[(&X_FORWARDED_FOR, &with_client)]), "10.0.0.2");
    }
}

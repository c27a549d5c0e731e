//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The address of the client, as far as it can be known. It is for limits and for functions; no
/// log holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) IpAddr);

impl Address {
    /// What limits go by; none for this machine itself, where nobody is told apart by address. Of
    /// IPv6, whoever has one address has the 64 bits after the network's too.
    pub(crate) fn limited(self) -> Option<IpAddr> {
        match self.0.to_canonical() {
            ip if ip.is_loopback() => None,
            IpAddr::V4(ip) => Some(ip.into()),
            IpAddr::V6(ip) => Some(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_go_by_address_or_network_and_spare_this_machine() {
        let limited = |ip: &str| Address(ip.parse().unwrap()).limited().map(|ip| ip.to_string());
        assert_eq!(limited("192.0.2.7").unwrap(), "192.0.2.7");
        assert_eq!(limited("::ffff:192.0.2.7").unwrap(), "192.0.2.7");
        assert_eq!(limited("2001:db8:1:2:3:4:5:6").unwrap(), "2001:db8:1:2::");
        for own in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(limited(own), None, "{own}");
        }
    }
}

//! The part of an address that names a host. Read the way browsers read it, and where they
//! differ, the suspicious way.

use std::net::Ipv6Addr;

/// What ends the authority.
const ENDS: [char; 3] = ['/', '?', '#'];

/// Splits at a colon that may end a scheme: the first one, unless path, query or fragment have
/// begun before it.
pub(super) fn split_at_colon(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((before, after)) if !before.contains(ENDS) => (Some(before), after),
        _ => (None, text),
    }
}

/// Everything before path, query and fragment.
pub(crate) fn of(rest: &str) -> &str {
    rest.split(ENDS).next().unwrap_or_default()
}

/// The host at the start of `rest`, if it and the port behind it are well formed. Only ASCII:
/// what browsers make of other letters in a host is theirs to change.
pub(crate) fn host(rest: &str) -> Option<&str> {
    let authority = of(rest);
    if let Some(inside) = authority.strip_prefix('[') {
        let (address, port) = inside.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        return is_port(port.strip_prefix(':'), port).then_some(address);
    }
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    (is_name(name) && is_port(port, "")).then_some(name)
}

/// `port` is what follows the colon; without a colon nothing else may follow either.
fn is_port(port: Option<&str>, rest: &str) -> bool {
    match port {
        Some(port) => port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    }
}

fn is_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253 && labels.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found() {
        assert_eq!(host("shop.example/a?b#c"), Some("shop.example"));
        assert_eq!(host("shop.example:8443"), Some("shop.example"));
        assert_eq!(host("localhost?x"), Some("localhost"));
        assert_eq!(host("[::1]:80/"), Some("::1"));
        assert_eq!(host("a.example.#"), Some("a.example."));
    }

    #[test]
    fn malformed_hosts_are_not() {
        let bad = [
            "",
            "/",
            ":80",
            "a..b",
            ".a",
            "a:",
            "a:+1",
            "a:65536",
            "a:b",
            "a b",
            "例子.中国",
            "a%40b",
            "[::1",
            "[::1]x",
            "[zz]",
            "a@b",
            ".",
            "a\\b",
            "a,b",
        ];
        for text in bad {
            assert_eq!(host(text), None, "{text}");
        }
        assert_eq!(host(&"a".repeat(64)), None);
        assert_eq!(host(&"a.".repeat(127)), None);
    }
}

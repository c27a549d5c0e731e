//! The two cookies: one lets this browser, and no other, go on with one certification; the other
//! lets a device be known again.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

/// Goes on with the certification under whose path it was set.
pub(crate) const SESSION: &str = "certifyd_visit";
/// Tells `SMART_FACE` that a device was here before.
pub(crate) const DEVICE: &str = "certifyd_device";

/// As long as a link lives: 23 h.
const SESSION_SECONDS: u32 = 23 * 3600;
const DEVICE_SECONDS: u32 = 180 * 24 * 3600;
/// Characters of a token that the engine makes.
const TOKEN_LENGTH: usize = 48;

/// The cookie called `name`, if it can be a token of ours.
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    values.find(|value| is_token(value)).map(str::to_owned)
}

fn is_token(value: &str) -> bool {
    value.len() == TOKEN_LENGTH && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Without a path: a browser then takes the folder of the address that set it, which is exactly
/// this certification's, below whatever path a proxy has put us.
pub(crate) fn set_session(headers: &mut HeaderMap, token: &str, public_url: &str) {
    let cookie = format!("{SESSION}={token}; HttpOnly; SameSite=Lax; Max-Age={SESSION_SECONDS}");
    append(headers, cookie, public_url);
}

pub(crate) fn set_device(headers: &mut HeaderMap, token: &str, public_url: &str) {
    let path = path_of(public_url);
    let cookie = format!(
        "{DEVICE}={token}; HttpOnly; SameSite=Lax; Path={path}/verify; Max-Age={DEVICE_SECONDS}"
    );
    append(headers, cookie, public_url);
}

fn append(headers: &mut HeaderMap, cookie: String, public_url: &str) {
    let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
    // Tokens are hexadecimal and the path was checked with the configuration.
    if let Ok(value) = HeaderValue::from_str(&(cookie + secure)) {
        headers.append(SET_COOKIE, value);
    }
}

/// The path below which the world reaches us, without a slash at the end.
fn path_of(public_url: &str) -> &str {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_of_ours_are_read() {
        let token = "0a".repeat(24);
        let read_from = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, line.parse().unwrap());
            read(&headers, SESSION)
        };
        assert_eq!(read_from(&format!("a=b; certifyd_visit={token}")), Some(token.clone()));
        assert_eq!(read_from(&format!("certifyd_visit=x;certifyd_visit={token}")), Some(token));
        for none in ["", "certifyd_visit=", "certifyd_visit=abc", "x_certifyd_visit=0a"] {
            assert_eq!(read_from(none), None, "{none}");
        }
    }

    #[test]
    fn the_device_is_known_below_our_path_only() {
        for (url, attributes) in [
            ("https://id.example", "Path=/verify; Max-Age=15552000; Secure"),
            ("https://example.com/id", "Path=/id/verify; Max-Age=15552000; Secure"),
            ("http://127.0.0.1:3636", "Path=/verify; Max-Age=15552000"),
        ] {
            let mut headers = HeaderMap::new();
            set_device(&mut headers, "00", url);
            let cookie = headers.get(SET_COOKIE).unwrap().to_str().unwrap().to_owned();
            assert_eq!(cookie, format!("{DEVICE}=00; HttpOnly; SameSite=Lax; {attributes}"));
        }
    }
}

//! The header that says who calls, when, and under which signature.

use crate::{Failure, SubCode};

/// The longest nonce taken, in bytes. Clients send UUIDs; the bound keeps the memory of seen
/// nonces small whatever a caller sends.
pub const MAX_NONCE_LENGTH: usize = 128;

const SHA256_WITH_RSA: &str = "ALIPAY-SHA256withRSA";

/// The digest and padding of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// SHA256withRSA, the only one accepted.
    Sha256WithRsa,
}

/// The `Authorization` header of one request, taken apart but not yet verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// How it is signed.
    pub scheme: Scheme,
    /// Everything between the scheme and the last `,sign=`: signed as it stands, whatever the
    /// order of its fields and whichever it holds.
    pub auth_string: &'a str,
    /// The Base64 signature; empty if there is none. That is for [`verify`](super::verify) to
    /// refuse, because an unknown application comes before a missing signature.
    pub sign: &'a str,
    /// The calling application.
    pub app_id: &'a str,
    /// Which certificate of the application signs, in certificate mode.
    pub app_cert_sn: Option<&'a str>,
    /// Unique for this request.
    pub nonce: &'a str,
    /// When the request was made, in milliseconds since 1970.
    pub timestamp: i64,
    /// For how long after `timestamp` the caller wants it to be valid: never longer than the
    /// server's own window.
    pub expired_seconds: Option<u32>,
}

impl std::fmt::Debug for Authorization<'_> {
    // The rest would let a reader of a log repeat the request.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorization({})", self.app_id)
    }
}

impl<'a> Authorization<'a> {
    /// Reads the header's value; the empty text stands for an absent header.
    ///
    /// # Errors
    /// The first field that is absent or malformed, under its documented code. The timestamp comes
    /// first: the hosted gateway answers `missing-timestamp` where there is no header at all.
    pub fn parse(header: &'a str) -> Result<Self, Failure> {
        // A line break would move the lines of the signed text.
        if header.chars().any(char::is_control) {
            return Err(malformed(
                "Authorization头含有控制字符",
                "Authorization has a control character",
            ));
        }
        let header = header.trim();
        if header.is_empty() {
            return Err(Failure::precise(
                SubCode::MissingTimestamp,
                "缺少Authorization头",
                "the Authorization header is absent",
            ));
        }
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case(SHA256_WITH_RSA) {
            return Err(Failure::precise(
                SubCode::InvalidSignatureType,
                "Authorization头须以ALIPAY-SHA256withRSA开头",
                "Authorization must begin with ALIPAY-SHA256withRSA; no other scheme is accepted",
            ));
        }
        // The last one: an extra field may well hold this text, Base64 cannot.
        let (auth_string, sign) = rest.rsplit_once(",sign=").unwrap_or((rest, ""));
        let fields = Fields(auth_string.trim_start());
        let timestamp = timestamp(fields)?;
        let app_id = fields.get("app_id")?.ok_or_else(|| Failure::plain(SubCode::MissingAppId))?;
        Ok(Self {
            scheme: Scheme::Sha256WithRsa,
            auth_string: fields.0,
            sign: sign.trim(),
            app_id,
            app_cert_sn: fields.get("app_cert_sn")?,
            nonce: nonce(fields)?,
            timestamp,
            expired_seconds: expired_seconds(fields)?,
        })
    }

    /// A field of the signed part that is present, not empty, and there only once.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        Fields(self.auth_string).get(name).ok().flatten()
    }
}

/// `name=value` pairs joined with commas.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn get(self, name: &str) -> Result<Option<&'a str>, Failure> {
        let mut values = self
            .0
            .split(',')
            .filter_map(|field| field.split_once('='))
            .filter(|(given, _)| given.trim() == name)
            .map(|(_, value)| value.trim());
        let value = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() {
            return Err(malformed(
                "Authorization头中有字段出现了两次",
                "a field of Authorization occurs twice; send it once",
            ));
        }
        Ok(value)
    }
}

fn malformed(zh: &str, en: &str) -> Failure {
    Failure::precise(SubCode::InvalidParameter, zh, en)
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    // The standard parser takes a sign as well.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn timestamp(fields: Fields<'_>) -> Result<i64, Failure> {
    let text = fields.get("timestamp")?.ok_or_else(|| {
        Failure::precise(
            SubCode::MissingTimestamp,
            "Authorization头中须有timestamp（毫秒）",
            "Authorization must hold timestamp, in milliseconds since 1970",
        )
    })?;
    number(text).ok_or_else(|| {
        Failure::precise(
            SubCode::InvalidTimestamp,
            "timestamp须为毫秒数",
            "timestamp must be a number of milliseconds since 1970",
        )
    })
}

/// No published list has a code of its own for the nonce.
fn nonce(fields: Fields<'_>) -> Result<&str, Failure> {
    let nonce = fields.get("nonce")?.ok_or_else(|| {
        malformed(
            "Authorization头中须有nonce",
            "Authorization must hold a nonce, new for each request",
        )
    })?;
    if nonce.len() > MAX_NONCE_LENGTH {
        return Err(malformed("nonce超过128字节", "the nonce is longer than 128 bytes"));
    }
    Ok(nonce)
}

fn expired_seconds(fields: Fields<'_>) -> Result<Option<u32>, Failure> {
    let Some(text) = fields.get("expired_seconds")? else { return Ok(None) };
    let wrong =
        || malformed("expired_seconds须为秒数", "expired_seconds must be a number of seconds");
    number(text).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(header: &str) -> SubCode {
        Authorization::parse(header).unwrap_err().sub_code
    }

    #[test]
    fn what_is_absent_or_malformed_is_named() {
        let with = |fields: &str| refusal(&format!("ALIPAY-SHA256withRSA {fields},sign=x"));
        assert_eq!(refusal(""), SubCode::MissingTimestamp);
        assert_eq!(refusal("Bearer x"), SubCode::InvalidSignatureType);
        assert_eq!(refusal("ALIPAY-SM3withSM2 app_id=1"), SubCode::InvalidSignatureType);
        assert_eq!(refusal("ALIPAY-SHA256withRSA"), SubCode::MissingTimestamp);
        assert_eq!(with("app_id=1,nonce=n"), SubCode::MissingTimestamp);
        assert_eq!(with("nonce=n,timestamp=1"), SubCode::MissingAppId);
        assert_eq!(with("app_id=,nonce=n,timestamp=1"), SubCode::MissingAppId);
        assert_eq!(with("app_id=1,timestamp=1"), SubCode::InvalidParameter);
        for odd in ["x", "-1", "+1", "1.5", "99999999999999999999", "2026-01-01 00:00:00"] {
            assert_eq!(
                with(&format!("app_id=1,nonce=n,timestamp={odd}")),
                SubCode::InvalidTimestamp
            );
        }
        for odd in [
            "app_id=1,app_id=2,nonce=n,timestamp=1".to_owned(),
            "app_id=1,nonce=n,timestamp=1,expired_seconds=soon".to_owned(),
            "app_id=1,nonce=n\n,timestamp=1".to_owned(),
            format!("app_id=1,timestamp=1,nonce={}", "n".repeat(MAX_NONCE_LENGTH + 1)),
        ] {
            assert_eq!(with(&odd), SubCode::InvalidParameter, "{odd}");
        }
    }

    #[test]
    fn debug_shows_neither_nonce_nor_signature() {
        let header = "ALIPAY-SHA256withRSA app_id=1,nonce=abc,timestamp=2,sign=def";
        let shown = format!("{:?}", Authorization::parse(header).unwrap());
        assert_eq!(shown, "Authorization(1)");
    }
}

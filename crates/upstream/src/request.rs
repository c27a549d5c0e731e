//! A call, written and signed.

use engine::UpstreamCall;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::charset::Charset;
use wire::cipher::{CipherError, ContentKey, EncryptType};
use wire::gateway::{Parameters, canonical};
use wire::{KeyError, PrivateKey};

use crate::settings::Numbers;
use crate::trust::DOWNLOAD;

/// How far the gateway's wall clock is ahead of UTC, in hours.
const GATEWAY_ZONE: i8 = 8;
/// What no address may hold, for addresses are logged, kept in histories and passed on.
const TOKENS: [&str; 2] = ["app_auth_token", "auth_token"];

/// Who calls: what is the same in all calls of one gateway object.
pub(crate) struct Caller {
    pub(crate) app_id: String,
    pub(crate) key: PrivateKey,
    pub(crate) numbers: Option<Numbers>,
    pub(crate) encrypt_key: Option<ContentKey>,
}

/// The call cannot be written: the key does not sign, or does not encrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotWritten;

impl From<KeyError> for NotWritten {
    fn from(_: KeyError) -> Self {
        Self
    }
}

impl From<CipherError> for NotWritten {
    fn from(_: CipherError) -> Self {
        Self
    }
}

/// Where the parameters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The form body: everything may be in it.
    Form,
    /// The address a browser opens: tokens are never in it. Who calls by one is refused before a page
    /// is asked for.
    Address,
}

impl Caller {
    /// The parameters of `call`, signed and form-encoded.
    pub(crate) fn write(
        &self,
        call: &UpstreamCall<'_>,
        place: Place,
        now: Timestamp,
    ) -> Result<String, NotWritten> {
        let mut parameters = Parameters::default();
        let mut set = |name: &str, value: &str| {
            let is_secret = TOKENS.contains(&name) && place == Place::Address;
            // Some verifiers keep empty values in the signed text and some do not: none are sent.
            let is_empty = value.trim().is_empty();
            if !is_secret && !is_empty {
                parameters.set(name, value);
            }
        };
        for (name, value) in call.parameters {
            set(name, value);
        }
        // What is ours comes last: no parameter of a caller replaces it.
        set("app_auth_token", call.app_auth_token.unwrap_or_default());
        set("auth_token", call.auth_token.unwrap_or_default());
        self.content(call, &mut set)?;
        if let Some(numbers) = &self.numbers {
            set("app_cert_sn", &numbers.app_cert);
            set("alipay_root_cert_sn", &numbers.roots);
        }
        let timestamp = wall_clock(now);
        for (name, value) in [
            ("app_id", self.app_id.as_str()),
            ("method", call.method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &timestamp),
            ("version", "1.0"),
        ] {
            set(name, value);
        }
        let sign = self.key.sign(canonical(&parameters, false).as_bytes())?;
        parameters.set("sign", &sign);
        Ok(parameters.encode(Charset::UTF_8))
    }

    fn content(
        &self,
        call: &UpstreamCall<'_>,
        set: &mut impl FnMut(&str, &str),
    ) -> Result<(), NotWritten> {
        let Some(content) = call.biz_content else { return Ok(()) };
        match self.encrypt_key_for(call) {
            None => set("biz_content", content),
            Some(key) => {
                // This kind has a fixed initialisation vector, so there is no chance in it.
                let sealed = key.encrypt(content.as_bytes(), EncryptType::Aes, [0; 16])?;
                set("biz_content", &sealed);
                set("encrypt_type", "AES");
            }
        }
        Ok(())
    }

    /// The key `call` is encrypted under, if it is: it has content, and a key is configured. A
    /// certificate is asked for in clear, for nothing about it is secret.
    pub(crate) fn encrypt_key_for(&self, call: &UpstreamCall<'_>) -> Option<&ContentKey> {
        self.encrypt_key.as_ref().filter(|_| call.biz_content.is_some() && call.method != DOWNLOAD)
    }
}

/// `yyyy-MM-dd HH:mm:ss`, as it is shown where the gateway is.
fn wall_clock(now: Timestamp) -> String {
    let zone = TimeZone::fixed(jiff::tz::offset(GATEWAY_ZONE));
    zone.to_datetime(now).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_the_one_of_utc_plus_8() {
        let written = |text: &str| wall_clock(text.parse().unwrap());
        assert_eq!(written("2026-11-24T08:00:00Z"), "2026-11-24 16:00:00");
        assert_eq!(written("2026-12-31T20:00:01.999Z"), "2027-01-01 04:00:01");
    }
}

//! The signatures of both doors. MD5 is weak; it is here because the published SDKs know nothing
//! else, and only TLS protects these calls from a listener.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Body;
use super::body::SIGNED;
use crate::PublicKey;

/// The text both schemes sign: present members in alphabetical order, `name=value`, joined with
/// `&`, nothing escaped.
pub fn signing_text(body: &Body<'_>) -> String {
    text_with(body, "")
}

fn text_with(body: &Body<'_>, empty_params: &str) -> String {
    let mut out = String::with_capacity(256);
    for name in SIGNED {
        let value = match body.get(name) {
            Some(value) => value,
            None if name == "params" && !empty_params.is_empty() => empty_params,
            None => continue,
        };
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

/// The secret of a space: HMAC key of `/client`, used as text although it looks like Base64.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

impl ClientSecret {
    /// Takes the secret as text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the person who sets a client up. Never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Lower-case hexadecimal HMAC-MD5 of `text`.
    pub fn sign(&self, text: &str) -> String {
        hex::encode(self.mac(text))
    }

    /// Checks the `x-serverless-sign` of a body, in constant time.
    pub fn verifies(&self, body: &Body<'_>, signature: &str) -> bool {
        let Ok(given) = hex::decode(signature) else { return false };
        let matches = |text: &str| bool::from(self.mac(text).as_slice().ct_eq(&given));
        matches(&signing_text(body)) || body.has_empty_params() && matches(&text_with(body, "\"\""))
    }

    fn mac(&self, text: &str) -> [u8; 16] {
        // HMAC takes keys of any length.
        match Hmac::<Md5>::new_from_slice(self.0.as_bytes()) {
            Ok(mac) => mac.chain_update(text.as_bytes()).finalize().into_bytes().into(),
            Err(_) => [0; 16],
        }
    }
}

/// Checks the RSA-MD5 signature of a `/server` body.
pub(crate) fn server_verifies(key: &PublicKey, body: &Body<'_>, signature: &str) -> bool {
    key.verifies_md5(signing_text(body).as_bytes(), signature)
        || body.has_empty_params()
            && key.verifies_md5(text_with(body, "\"\"").as_bytes(), signature)
}

impl PublicKey {
    /// Checks the `x-serverless-sign` of a `/server` body under a space's server key.
    pub fn verifies_body(&self, body: &Body<'_>, signature: &str) -> bool {
        server_verifies(self, body, signature)
    }
}

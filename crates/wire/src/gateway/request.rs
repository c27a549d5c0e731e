//! A gateway request: which application calls which method with which content.

use super::{Parameters, canonical};
use crate::{AppAuthToken, Failure, PublicKey, SubCode};

/// The digest and padding of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureType {
    /// SHA256withRSA, the only one accepted by default.
    Rsa2,
}

/// The public parameters of one request, each checked for presence and form.
pub struct Request {
    /// As sent; the server knows which methods exist.
    pub method: String,
    /// Business parameters: JSON text, as sent.
    pub biz_content: String,
    /// The right to act for another application.
    pub app_auth_token: Option<AppAuthToken>,
    /// Where a page should send the browser afterwards; wins over the one given to initialize.
    pub return_url: Option<String>,
}

impl std::fmt::Debug for Request {
    // The content holds personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({})", self.method)
    }
}

/// Checks the signature of `parameters` under the application's key.
///
/// # Errors
/// Missing or wrong `sign_type`, missing `sign`, or `isv.invalid-signature`.
pub fn verify(parameters: &Parameters, key: &PublicKey) -> Result<SignatureType, Failure> {
    let sign_type = match parameters.get("sign_type") {
        None => return Err(Failure::plain(SubCode::MissingSignatureType)),
        Some("RSA2") => SignatureType::Rsa2,
        Some(_) => return Err(Failure::plain(SubCode::InvalidSignatureType)),
    };
    let sign = parameters.get("sign").ok_or(Failure::plain(SubCode::MissingSignature))?;
    let without_empty = canonical(parameters, false);
    if key.verifies(without_empty.as_bytes(), sign) {
        return Ok(sign_type);
    }
    let with_empty = canonical(parameters, true);
    if with_empty != without_empty && key.verifies(with_empty.as_bytes(), sign) {
        return Ok(sign_type);
    }
    Err(Failure::plain(SubCode::InvalidSignature))
}

impl Request {
    /// Reads the public parameters of a request whose signature has been verified.
    ///
    /// # Errors
    /// The first parameter that is absent or malformed, under its documented code.
    pub fn read(parameters: &Parameters) -> Result<Self, Failure> {
        let method = parameters.get("method").ok_or(Failure::plain(SubCode::MissingMethod))?;
        check_choice(parameters, "format", &["JSON", "json"], SubCode::InvalidFormat)?;
        check_choice(parameters, "charset", &["utf-8", "utf8"], SubCode::InvalidCharset)?;
        if parameters.get("version").is_none() {
            return Err(Failure::plain(SubCode::MissingVersion));
        }
        check_choice(parameters, "version", &["1.0"], SubCode::InvalidVersion)?;
        let timestamp =
            parameters.get("timestamp").ok_or(Failure::plain(SubCode::MissingTimestamp))?;
        if jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", timestamp).is_err() {
            return Err(Failure::plain(SubCode::InvalidTimestamp));
        }
        if parameters.get("encrypt_type").is_some() {
            return Err(Failure::plain(SubCode::InvalidEncryptType));
        }
        Ok(Self {
            method: method.to_owned(),
            biz_content: parameters.get("biz_content").unwrap_or("{}").to_owned(),
            app_auth_token: parameters.get("app_auth_token").and_then(AppAuthToken::new),
            return_url: parameters.get("return_url").map(str::to_owned),
        })
    }
}

fn check_choice(
    parameters: &Parameters,
    name: &str,
    allowed: &[&str],
    refusal: SubCode,
) -> Result<(), Failure> {
    match parameters.get(name) {
        Some(value) if !allowed.iter().any(|choice| choice.eq_ignore_ascii_case(value)) => {
            Err(Failure::plain(refusal))
        }
        _ => Ok(()),
    }
}

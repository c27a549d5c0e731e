//! A gateway request: which application calls which method with which content.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::parameters::signed_bytes;
use super::{Parameters, explain};
use crate::charset::Charset;
use crate::cipher::EncryptType;
use crate::{AppAuthToken, AuthToken, Failure, PublicKey, SignatureType, SubCode};

/// The public parameters of one request, each checked for presence and form.
pub struct Request {
    /// As sent; the server knows which methods exist.
    pub method: String,
    /// Business parameters: JSON text, as sent.
    pub biz_content: String,
    /// The right to act for another application.
    pub app_auth_token: Option<AppAuthToken>,
    /// `biz_content` is ciphertext of this kind.
    pub encrypt_type: Option<EncryptType>,
    /// When the caller says it called: wall-clock time, meant as UTC+8.
    pub timestamp: DateTime,
    /// Where a page should send the browser afterwards; wins over the one given to initialize.
    pub return_url: Option<String>,
    /// Where a notice goes when what this call begins has ended.
    pub notify_url: Option<String>,
    /// The right to act for a user.
    pub auth_token: Option<AuthToken>,
    /// Parameters of the method itself, beside `biz_content`.
    pub own_parameters: Vec<(String, String)>,
}

/// Parameters that mean the same to every method.
const COMMON: [&str; 18] = [
    "alipay_root_cert_sn",
    "alipay_sdk",
    "app_auth_token",
    "app_cert_sn",
    "app_id",
    "auth_token",
    "biz_content",
    "charset",
    "encrypt_type",
    "format",
    "method",
    "notify_url",
    "return_url",
    "sign",
    "sign_type",
    "timestamp",
    "version",
    "ws_service_url",
];

impl std::fmt::Debug for Request {
    // The content holds personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({})", self.method)
    }
}

/// Checks the signature of `parameters` under the application's key.
///
/// # Errors
/// Missing or wrong `sign_type`, missing `sign`, or `isv.invalid-signature` with the text that was
/// checked, personal values masked, and the usual mistake that fits, if one does.
pub fn verify(
    parameters: &Parameters,
    charset: Charset,
    key: &PublicKey,
) -> Result<SignatureType, Failure> {
    match parameters.get("sign_type") {
        None => Err(Failure::plain(SubCode::MissingSignatureType)),
        Some("RSA2") => verify_as(SignatureType::Rsa2, parameters, charset, key),
        Some("RSA") => Err(sha1_is_off()),
        Some(_) => Err(Failure::plain(SubCode::InvalidSignatureType)),
    }
}

/// The same for an application that may sign with SHA-1 too, by `sign_type=RSA`.
///
/// # Errors
/// As [`verify`].
pub fn verify_with_sha1(
    parameters: &Parameters,
    charset: Charset,
    key: &PublicKey,
) -> Result<SignatureType, Failure> {
    match parameters.get("sign_type") {
        Some("RSA") => verify_as(SignatureType::Rsa, parameters, charset, key),
        _ => verify(parameters, charset, key),
    }
}

fn sha1_is_off() -> Failure {
    Failure::precise(
        SubCode::InvalidSignatureType,
        "RSA即SHA1签名，此应用未启用；请把SDK的签名类型改为RSA2，或在该应用的 [[apps]] 中设置 allow_sha1 = true",
        "RSA means SHA-1, which is off for this application; set the SDK's sign type to RSA2, or allow_sha1 = true in its [[apps]] entry",
    )
}

fn verify_as(
    sign_type: SignatureType,
    parameters: &Parameters,
    charset: Charset,
    key: &PublicKey,
) -> Result<SignatureType, Failure> {
    let sign = parameters.get("sign").ok_or_else(|| Failure::plain(SubCode::MissingSignature))?;
    let without_empty = signed_bytes(parameters, charset, false);
    if key.verifies_as(sign_type, &without_empty, sign) {
        return Ok(sign_type);
    }
    let with_empty = signed_bytes(parameters, charset, true);
    if with_empty != without_empty && key.verifies_as(sign_type, &with_empty, sign) {
        return Ok(sign_type);
    }
    Err(explain::invalid_signature(sign_type, parameters, sign, key))
}

/// Whether a v2 timestamp is within `window` of `now`. SDKs are meant to send UTC+8; many send
/// their machine's time, and servers run in UTC, so both are taken.
pub fn is_fresh(timestamp: DateTime, now: Timestamp, window: SignedDuration) -> bool {
    [8, 0].into_iter().any(|hours| {
        jiff::tz::offset(hours)
            .to_timestamp(timestamp)
            .is_ok_and(|sent| now.duration_since(sent).abs() <= window)
    })
}

impl Request {
    /// Reads the public parameters of a request whose signature has been verified.
    ///
    /// # Errors
    /// The first parameter that is absent or malformed, under its documented code.
    pub fn read(parameters: &Parameters) -> Result<Self, Failure> {
        let method =
            parameters.get("method").ok_or_else(|| Failure::plain(SubCode::MissingMethod))?;
        check_choice(parameters, "format", &["JSON", "json"], SubCode::InvalidFormat)?;
        if parameters.get("version").is_none() {
            return Err(Failure::plain(SubCode::MissingVersion));
        }
        check_choice(parameters, "version", &["1.0"], SubCode::InvalidVersion)?;
        let timestamp =
            parameters.get("timestamp").ok_or_else(|| Failure::plain(SubCode::MissingTimestamp))?;
        let timestamp = DateTime::strptime("%Y-%m-%d %H:%M:%S", timestamp)
            .map_err(|_| Failure::plain(SubCode::InvalidTimestamp))?;
        let encrypt_type = match parameters.get("encrypt_type") {
            None => None,
            Some(text) => Some(
                EncryptType::parse(text)
                    .ok_or_else(|| Failure::plain(SubCode::InvalidEncryptType))?,
            ),
        };
        Ok(Self {
            method: method.to_owned(),
            biz_content: parameters.get("biz_content").unwrap_or("{}").to_owned(),
            app_auth_token: parameters.get("app_auth_token").and_then(AppAuthToken::new),
            encrypt_type,
            timestamp,
            return_url: parameters.get("return_url").map(str::to_owned),
            notify_url: parameters.get("notify_url").map(str::to_owned),
            auth_token: parameters.get("auth_token").and_then(AuthToken::new),
            own_parameters: parameters
                .iter()
                .filter(|(name, value)| !COMMON.contains(name) && !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
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

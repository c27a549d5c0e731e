//! Is the caller who it says it is? By key, or by certificate.

use jiff::Timestamp;
use wire::certificate::Certificate;
use wire::charset::Charset;
use wire::gateway::{Parameters, verify as verify_signature, verify_with_sha1};
use wire::{Failure, PublicKey, SignatureType, SubCode};

use crate::keyring::{AppKeys, Gateway};

/// Checks certificate numbers, if the application is in certificate mode, and the signature.
pub(super) fn verify(
    gateway: &Gateway,
    keys: &AppKeys,
    parameters: &Parameters,
    charset: Charset,
    now: Timestamp,
) -> Result<(), Failure> {
    let root_sn = parameters.get("alipay_root_cert_sn");
    let keyset = expected(gateway, keys, parameters.get("app_cert_sn"), root_sn, now)?;
    let verify = if keys.allow_sha1 { verify_with_sha1 } else { verify_signature };
    any(keyset, |key| verify(parameters, charset, key).map(drop))
}

/// Asks of each key in turn; if none will do, the first one's refusal is told.
pub(crate) fn any(
    keys: &[PublicKey],
    check: impl Fn(&PublicKey) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut refused = None;
    for key in keys {
        match check(key) {
            Ok(()) => return Ok(()),
            Err(failure) => refused = refused.or(Some(failure)),
        }
    }
    Err(refused.unwrap_or_else(|| Failure::plain(SubCode::MissingSignatureKey)))
}

/// The keys of which one must have signed, by the application's mode.
pub(crate) fn expected<'k>(
    gateway: &Gateway,
    keys: &'k AppKeys,
    app_cert_sn: Option<&str>,
    root_sn: Option<&str>,
    now: Timestamp,
) -> Result<&'k [PublicKey], Failure> {
    if !keys.certificates.is_empty() {
        let key = by_certificate(gateway, &keys.certificates, app_cert_sn, root_sn, now)?;
        return Ok(std::slice::from_ref(key));
    }
    // An application has one mode; without a certificate here there is none to name.
    if app_cert_sn.is_some() {
        return Err(Failure::plain(SubCode::AppCertNotExist));
    }
    if keys.public_keys.is_empty() {
        return Err(Failure::plain(SubCode::MissingSignatureKey));
    }
    Ok(&keys.public_keys)
}

/// How to sign the answer, refusals included: as the caller's SDK signs, for so it checks.
pub(super) fn sign_type(keys: &AppKeys, parameters: &Parameters) -> SignatureType {
    match parameters.get("sign_type") {
        Some("RSA") if keys.allow_sha1 => SignatureType::Rsa,
        _ => SignatureType::Rsa2,
    }
}

/// The key of the application's certificate that the request names.
fn by_certificate<'k>(
    gateway: &Gateway,
    certificates: &'k [Certificate],
    app_cert_sn: Option<&str>,
    root_sn: Option<&str>,
    now: Timestamp,
) -> Result<&'k PublicKey, Failure> {
    let app_cert_sn = app_cert_sn.ok_or_else(|| Failure::plain(SubCode::MissingAppCertSn))?;
    let root_sn = root_sn.ok_or_else(|| Failure::plain(SubCode::MissingRootCertSn))?;
    let named = certificates.iter().find(|certificate| certificate.sn() == app_cert_sn);
    let certificate = named.ok_or_else(|| Failure::plain(SubCode::AppCertNotExist))?;
    if gateway.root_sn.as_deref() != Some(root_sn) {
        return Err(Failure::plain(SubCode::InvalidRootCertSn));
    }
    if !certificate.is_valid_at(now) {
        return Err(Failure::plain(SubCode::AppCertExpired));
    }
    Ok(certificate.key())
}

//! Is the caller who it says it is? By key, or by certificate.

use jiff::Timestamp;
use wire::certificate::Certificate;
use wire::charset::Charset;
use wire::gateway::{Parameters, verify as verify_signature, verify_with_sha1};
use wire::{Failure, PublicKey, SignatureType, SubCode};

use crate::state::{AppKeys, Gateway};

/// Checks certificate numbers, if the application is in certificate mode, and the signature.
pub(super) fn verify(
    gateway: &Gateway,
    keys: &AppKeys,
    parameters: &Parameters,
    charset: Charset,
    now: Timestamp,
) -> Result<(), Failure> {
    let app_cert_sn = parameters.get("app_cert_sn");
    let key = match &keys.certificate {
        Some(certificate) => {
            let root_sn = parameters.get("alipay_root_cert_sn");
            by_certificate(gateway, certificate, app_cert_sn, root_sn, now)?
        }
        // An application has one mode; without a certificate here there is none to name.
        None if app_cert_sn.is_some() => return Err(Failure::plain(SubCode::AppCertNotExist)),
        None => {
            keys.public_key.as_ref().ok_or_else(|| Failure::plain(SubCode::MissingSignatureKey))?
        }
    };
    let verify = if keys.allow_sha1 { verify_with_sha1 } else { verify_signature };
    verify(parameters, charset, key).map(drop)
}

/// How to sign the answer, refusals included: as the caller's SDK signs, for so it checks.
pub(super) fn sign_type(keys: &AppKeys, parameters: &Parameters) -> SignatureType {
    match parameters.get("sign_type") {
        Some("RSA") if keys.allow_sha1 => SignatureType::Rsa,
        _ => SignatureType::Rsa2,
    }
}

/// The key of the application's certificate, if the request names this certificate.
pub(crate) fn by_certificate<'k>(
    gateway: &Gateway,
    certificate: &'k Certificate,
    app_cert_sn: Option<&str>,
    root_sn: Option<&str>,
    now: Timestamp,
) -> Result<&'k PublicKey, Failure> {
    let app_cert_sn = app_cert_sn.ok_or_else(|| Failure::plain(SubCode::MissingAppCertSn))?;
    let root_sn = root_sn.ok_or_else(|| Failure::plain(SubCode::MissingRootCertSn))?;
    if app_cert_sn != certificate.sn() {
        return Err(Failure::plain(SubCode::AppCertNotExist));
    }
    if gateway.root_sn.as_deref() != Some(root_sn) {
        return Err(Failure::plain(SubCode::InvalidRootCertSn));
    }
    if !certificate.is_valid_at(now) {
        return Err(Failure::plain(SubCode::AppCertExpired));
    }
    Ok(certificate.key())
}

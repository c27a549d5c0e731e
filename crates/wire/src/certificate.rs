//! Certificate mode: serial-number digests, bundles of roots, validity.
//!
//! Certificates name keys here; trust comes from the configuration that lists them. The digest
//! (`SN`) is what requests and answers carry.

pub mod chain;

use jiff::Timestamp;
use md5::{Digest as _, Md5};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use crate::{KeyError, PublicKey};

/// Signature algorithms that count in a root bundle's SN begin like this: RSA with any digest.
const RSA_SIGNATURES: &str = "1.2.840.113549.1.1";

/// Why a certificate was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no PEM block of a certificate in the text.
    #[error("no certificate in PEM form (-----BEGIN CERTIFICATE-----) in it")]
    NoCertificate,
    /// A block is not a certificate after all.
    #[error("a certificate in it cannot be read")]
    Unreadable,
    /// Its key cannot be used.
    #[error("its key: {0}")]
    Key(#[from] KeyError),
    /// No certificate of the bundle is signed with RSA.
    #[error("no root in it is signed with RSA, so it has no SN")]
    NoRsaRoot,
}

/// One certificate.
#[derive(Debug)]
pub struct Certificate {
    sn: String,
    holder: String,
    key: PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
    pem: String,
}

impl Certificate {
    /// Reads the first certificate of a PEM text; chains put the leaf first.
    ///
    /// # Errors
    /// If there is none, or its key is not RSA of at least 2048 bits.
    pub fn parse(pem: &str) -> Result<Self, CertificateError> {
        let block = blocks(pem).next().ok_or(CertificateError::NoCertificate)??;
        let certificate = read(&block)?;
        let time =
            |seconds| Timestamp::from_second(seconds).map_err(|_| CertificateError::Unreadable);
        let validity = certificate.validity();
        Ok(Self {
            sn: sn(&certificate),
            holder: distinguished_name(certificate.subject()),
            key: PublicKey::from_spki(certificate.public_key().raw)?,
            not_before: time(validity.not_before.timestamp())?,
            not_after: time(validity.not_after.timestamp())?,
            pem: pem.to_owned(),
        })
    }

    /// `MD5(issuer name + decimal serial)`, lower-case hexadecimal.
    pub fn sn(&self) -> &str {
        &self.sn
    }

    /// Whom it was issued to: the subject's name as text, for comparison.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The key it names.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether `now` lies within its validity.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    /// When its validity ends.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The PEM text it was read from: this certificate and what followed it there.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

/// `alipay_root_cert_sn`: the SNs of all roots signed with RSA, in file order, joined with `_`.
///
/// # Errors
/// If a block cannot be read, or no root is signed with RSA.
pub fn root_sn(bundle: &str) -> Result<String, CertificateError> {
    let mut sns = Vec::new();
    for block in blocks(bundle) {
        let block = block?;
        let certificate = read(&block)?;
        if certificate.signature_algorithm.algorithm.to_id_string().starts_with(RSA_SIGNATURES) {
            sns.push(sn(&certificate));
        }
    }
    if sns.is_empty() { Err(CertificateError::NoRsaRoot) } else { Ok(sns.join("_")) }
}

fn blocks(pem: &str) -> impl Iterator<Item = Result<Pem, CertificateError>> {
    Pem::iter_from_buffer(pem.as_bytes())
        .map(|block| block.map_err(|_| CertificateError::Unreadable))
        .filter(|block| block.as_ref().is_err() || block.as_ref().is_ok_and(is_certificate))
}

fn is_certificate(block: &Pem) -> bool {
    block.label == "CERTIFICATE"
}

fn read(block: &Pem) -> Result<X509Certificate<'_>, CertificateError> {
    X509Certificate::from_der(&block.contents)
        .map(|(_, certificate)| certificate)
        .map_err(|_| CertificateError::Unreadable)
}

fn sn(certificate: &X509Certificate<'_>) -> String {
    let text = format!(
        "{}{}",
        distinguished_name(certificate.issuer()),
        certificate.tbs_certificate.serial
    );
    hex::encode(Md5::digest(text.as_bytes()))
}

/// RFC 2253 text: most specific part first, no space after commas. Clients agree about names of
/// plain ASCII only, so nothing is escaped.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_attributes()
        .map(|attribute| {
            let value = attribute.as_str().unwrap_or_default();
            format!("{}={value}", abbreviation(&attribute.attr_type().to_id_string()))
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn abbreviation(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "EMAILADDRESS",
        other => other,
    }
}

//! Does a certificate lead to a root? Told from files alone; nothing is fetched, and revocation is
//! not looked at.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use crate::PublicKey;

/// sha256WithRSAEncryption, the one kind of signature checked here.
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
/// No real chain is longer; a circle of names is.
const LONGEST: usize = 8;

/// Why a certificate was not seen to lead to a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainError {
    /// It is an authority's own certificate, where one for a key that signs calls belongs.
    Authority,
    /// One of the files holds no certificate that can be read.
    Unreadable,
    /// Its own issuer's certificate was not given: that may just be an intermediate one.
    IssuerMissing {
        /// The issuer's name.
        issuer: String,
    },
    /// The chain goes on over given certificates and ends before any of the roots.
    RootMissing {
        /// The issuer's name.
        issuer: String,
    },
    /// A certificate of the issuer's name is there, and its key did not sign.
    NotSigned {
        /// The issuer's name.
        issuer: String,
    },
    /// The issuer's certificate is not valid at this time.
    OutOfTime {
        /// The issuer's name.
        issuer: String,
    },
    /// The issuer's certificate is none of an authority.
    NotAuthority {
        /// The issuer's name.
        issuer: String,
    },
    /// There is a chain, of a kind that is not checked here.
    NotChecked {
        /// What is not checked.
        because: String,
    },
}

impl std::error::Error for ChainError {}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority => f.write_str("this is the certificate of an authority"),
            Self::Unreadable => f.write_str("one of the certificates cannot be read"),
            Self::IssuerMissing { issuer } => {
                write!(f, "the certificate of its issuer, {issuer}, is in none of the files")
            }
            Self::RootMissing { issuer } => {
                write!(f, "its chain ends before the roots: {issuer} is not among them")
            }
            Self::NotSigned { issuer } => {
                write!(f, "it is not signed by the {issuer} of these files, only by one so called")
            }
            Self::OutOfTime { issuer } => {
                write!(f, "the certificate of its issuer, {issuer}, is not valid at this time")
            }
            Self::NotAuthority { issuer } => {
                write!(f, "its issuer, {issuer}, may not issue certificates")
            }
            Self::NotChecked { because } => write!(f, "not checked, because {because}"),
        }
    }
}

/// Follows the first certificate of `leaf` over those of `between` to one of `roots`, all of them
/// PEM, and tells that root's name. What follows the leaf in its own text counts as given. Whether the
/// leaf itself is valid at this time is for the caller to ask ([`super::Certificate::is_valid_at`]).
///
/// # Errors
/// The first link that does not hold.
pub fn follow(
    leaf: &str,
    between: &[&str],
    roots: &str,
    now: Timestamp,
) -> Result<String, ChainError> {
    let leaf = blocks(leaf)?;
    let others: Vec<Pem> = between
        .iter()
        .map(|text| blocks(text))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let roots = blocks(roots)?;
    let roots = read(&roots)?;
    let own = read(&leaf)?;
    let mut between = read(&others)?;
    between.extend(own.iter().skip(1).cloned());
    // A root is one by standing among the roots, not by having signed itself.
    between.retain(|one| one.subject().as_raw() != one.issuer().as_raw());
    let mut current = own.first().ok_or(ChainError::Unreadable)?;
    if current.is_ca() {
        return Err(ChainError::Authority);
    }
    for step in 0..LONGEST {
        if let Some(root) = issuer_among(&roots, current, now)? {
            return Ok(name(root.subject()));
        }
        let Some(next) = issuer_among(&between, current, now)? else {
            let issuer = name(current.issuer());
            return Err(match step {
                0 => ChainError::IssuerMissing { issuer },
                _ => ChainError::RootMissing { issuer },
            });
        };
        current = next;
    }
    Err(ChainError::NotChecked { because: format!("it has more than {LONGEST} links") })
}

/// The names of those of a bundle that are no roots, for another has issued them.
///
/// # Errors
/// [`ChainError::Unreadable`].
pub fn others_than_roots(bundle: &str) -> Result<Vec<String>, ChainError> {
    let blocks = blocks(bundle)?;
    let certificates = read(&blocks)?;
    let others = certificates.iter().filter(|one| one.subject().as_raw() != one.issuer().as_raw());
    Ok(others.map(|one| name(one.subject())).collect())
}

fn blocks(pem: &str) -> Result<Vec<Pem>, ChainError> {
    Pem::iter_from_buffer(pem.as_bytes())
        .filter(|block| block.as_ref().map_or(true, |block| block.label == "CERTIFICATE"))
        .collect::<Result<_, _>>()
        .map_err(|_| ChainError::Unreadable)
}

fn read(blocks: &[Pem]) -> Result<Vec<X509Certificate<'_>>, ChainError> {
    let one = |block| X509Certificate::from_der(block).map(|(_, certificate)| certificate);
    blocks
        .iter()
        .map(|block| one(block.contents.as_slice()))
        .collect::<Result<_, _>>()
        .map_err(|_| ChainError::Unreadable)
}

/// The one of `certificates` that signed `current`; `None` if none bears the issuer's name.
fn issuer_among<'a, 'der>(
    certificates: &'a [X509Certificate<'der>],
    current: &X509Certificate<'_>,
    now: Timestamp,
) -> Result<Option<&'a X509Certificate<'der>>, ChainError> {
    let wanted = current.issuer().as_raw();
    let mut named = certificates.iter().filter(|one| one.subject().as_raw() == wanted).peekable();
    if named.peek().is_none() {
        return Ok(None);
    }
    let issuer = name(current.issuer());
    let algorithm = current.signature_algorithm.algorithm.to_id_string();
    if algorithm != SHA256_WITH_RSA {
        let because = format!(
            "the signature by {issuer} is of algorithm {algorithm}, and only SHA-256 with RSA is checked"
        );
        return Err(ChainError::NotChecked { because });
    }
    let Some(found) = named.find(|one| has_signed(one, current)) else {
        return Err(ChainError::NotSigned { issuer });
    };
    let valid = [found.validity().not_before, found.validity().not_after].map(|at| at.timestamp());
    if !(valid[0]..=valid[1]).contains(&now.as_second()) {
        return Err(ChainError::OutOfTime { issuer });
    }
    if !found.is_ca() {
        return Err(ChainError::NotAuthority { issuer });
    }
    Ok(Some(found))
}

fn has_signed(issuer: &X509Certificate<'_>, one: &X509Certificate<'_>) -> bool {
    PublicKey::parse(&STANDARD.encode(issuer.public_key().raw)).is_ok_and(|key| {
        key.verifies(one.tbs_certificate.as_ref(), &STANDARD.encode(&one.signature_value.data))
    })
}

/// What a person calls it: its common name, else all of it.
fn name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|part| part.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    const NOW: &str = "2027-01-01T00:00:00Z";

    fn vector(name: &str) -> String {
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
        std::fs::read_to_string(format!("{keys}{name}")).unwrap()
    }

    fn followed(leaf: &str, between: &[&str], roots: &str) -> Result<String, ChainError> {
        follow(leaf, between, roots, NOW.parse().unwrap())
    }

    /// A leaf with its intermediate certificate, and their root.
    struct Set {
        gateway_chain: String,
        root_bundle: String,
    }

    fn params(name: &str, is_ca: IsCa) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = is_ca;
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        params
    }

    fn set() -> Set {
        let key = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let authority = || IsCa::Ca(BasicConstraints::Unconstrained);
        let (root_key, middle_key, leaf_key) = (key(), key(), key());
        let root = params("Made Root", authority());
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let root = Issuer::new(root, root_key);
        let middle = params("Made Intermediate", authority());
        let middle_pem = middle.signed_by(&middle_key, &root).unwrap().pem();
        let middle = Issuer::new(middle, middle_key);
        let leaf = params("Made Gateway", IsCa::NoCa).signed_by(&leaf_key, &middle).unwrap().pem();
        Set { gateway_chain: format!("{leaf}\n{middle_pem}"), root_bundle: root_pem }
    }

    #[test]
    fn a_chain_made_by_others_is_followed() {
        let (app, roots) = (vector("app_cert.crt"), vector("alipay_root_bundle.crt"));
        let middle = vector("intermediate_cert.crt");
        assert_eq!(followed(&app, &[&middle], &roots).unwrap(), "Example Test Pay Root R2");
        assert_eq!(followed(&format!("{app}\n{middle}"), &[], &roots).unwrap().len(), 24);
        let missing = followed(&app, &[], &roots).unwrap_err();
        assert!(matches!(missing, ChainError::IssuerMissing { .. }), "{missing}");
        let elsewhere = followed(&app, &[&middle], &set().root_bundle).unwrap_err();
        assert!(matches!(elsewhere, ChainError::RootMissing { .. }), "{elsewhere}");
        // A root that was only handed along is none.
        let along = format!("{middle}\n{roots}");
        let along = followed(&app, &[&along], &set().root_bundle).unwrap_err();
        assert!(matches!(along, ChainError::RootMissing { .. }), "{along}");
    }

    #[test]
    fn who_may_not_issue_and_what_is_not_checked_is_told() {
        let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let own = CertificateParams::default().self_signed(&key).unwrap().pem();
        let none = followed(&own, &[], &own).unwrap_err();
        assert!(matches!(none, ChainError::NotAuthority { .. }), "{none}");
        let curve = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let own = CertificateParams::default().self_signed(&curve).unwrap().pem();
        let other = followed(&own, &[], &own).unwrap_err();
        assert!(matches!(other, ChainError::NotChecked { .. }), "{other}");
        assert!(other.to_string().contains("1.2.840.10045.4.3"), "{other}");
    }

    #[test]
    fn roots_and_others_are_told_apart() {
        let roots = vector("alipay_root_bundle.crt");
        assert!(others_than_roots(&roots).unwrap().is_empty());
        let middle = vector("intermediate_cert.crt");
        let others = others_than_roots(&format!("{roots}\n{middle}")).unwrap();
        assert_eq!(others, ["Example Test Pay Class 2 R2"]);
        assert_eq!(followed(&middle, &[], &roots), Err(ChainError::Authority));
    }

    #[test]
    fn what_breaks_a_chain_is_told() {
        let set = set();
        let (leaf, roots) = (set.gateway_chain.as_str(), set.root_bundle.as_str());
        assert!(followed(leaf, &[], roots).is_ok());
        let late = follow(leaf, &[], roots, "2060-01-01T00:00:00Z".parse().unwrap());
        assert!(matches!(late, Err(ChainError::OutOfTime { .. })), "{late:?}");
        for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert_eq!(followed(text, &[], roots), Err(ChainError::Unreadable));
        }
        // One bit of the signature, which ends the certificate.
        let mut der = Pem::iter_from_buffer(leaf.as_bytes()).next().unwrap().unwrap().contents;
        *der.last_mut().unwrap() ^= 1;
        let forged = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(der)
        );
        let forged = followed(&forged, &[leaf], roots).unwrap_err();
        assert!(matches!(&forged, ChainError::NotSigned { .. }), "{forged}");
        let forged_text = forged.to_string();
        assert!(forged_text.contains("Made Intermediate"), "{forged_text}");
    }
}

//! Making the certificates of certificate mode, such that every SDK computes the same serial
//! number digest from them and accepts the chain.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Chance as _, SystemChance};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::string::PrintableString;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, DnValue, IsCa,
    Issuer, KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
};
use zeroize::Zeroizing;

use wire::certificate::chain;

use crate::keys;

/// What certificate mode needs beside the keys, as PEM.
pub(crate) struct CertificateSet {
    /// What SDKs call the Alipay root certificate. Its key signs one intermediate certificate and
    /// is dropped: nobody can lose it.
    pub(crate) root_bundle: String,
    /// The gateway's certificate alone, for SDKs.
    pub(crate) gateway_cert: String,
    /// The gateway's certificate and what leads from it to the root, for the server.
    pub(crate) gateway_chain: String,
    /// The application's certificate.
    pub(crate) app_cert: String,
    /// What issues the certificates that will follow these.
    pub(crate) authority: Authority,
}

/// The intermediate certificate and its key: it lives as long as its root and issues everything
/// else, so that the next certificates need no new root. Not for machines that serve.
pub(crate) struct Authority {
    pub(crate) cert: String,
    pub(crate) key: Zeroizing<String>,
}

/// The certificates that follow others, under the same root.
pub(crate) struct Successors {
    pub(crate) gateway_cert: String,
    pub(crate) gateway_chain: String,
    pub(crate) app_cert: String,
}

/// What is followed, as PEM.
pub(crate) struct Predecessors<'a> {
    pub(crate) root_bundle: &'a str,
    pub(crate) gateway_cert: &'a str,
    pub(crate) app_cert: &'a str,
}

const AUTHORITY_UNIT: &str = "Certification Authority";
const GATEWAY_UNIT: &str = "Gateway";
const APP_UNIT: &str = "Application";
const ROOT_YEARS: i64 = 20;
pub(crate) const LEAF_YEARS: i64 = 5;
/// The application's name in its certificate, unless it has one of its own.
const APP_NAME: &str = "certifyd application";
/// RFC 5280: the upper bound of a common name.
const NAME_MAX: usize = 64;

/// Makes a root, an intermediate and, signed by it, the certificates of both keys.
pub(crate) fn make_certificates(
    app: &keys::Pair,
    gateway: &keys::Pair,
    now: Timestamp,
) -> anyhow::Result<CertificateSet> {
    make_certificates_for(APP_NAME, app, gateway, now)
}

/// The same, with the application's name in its certificate.
pub(crate) fn make_certificates_for(
    app_name: &str,
    app: &keys::Pair,
    gateway: &keys::Pair,
    now: Timestamp,
) -> anyhow::Result<CertificateSet> {
    check_name(app_name).map_err(|reason| anyhow!(reason))?;
    // SDK for Java: refuses a gateway key that verifies the application's own signatures.
    if app.public == gateway.public {
        bail!("application and gateway must have different keys");
    }
    let (root_key, middle_pair) = two_keys()?;
    let middle_key = Rsa::of_pair(&middle_pair)?;
    // Clients find an issuer by its name alone, so that roots made at different times must not
    // share one.
    let mark = hex::encode(random::<4>());
    let name = |unit, name: &str| subject(unit, &format!("{name} {mark}"));

    let root = authority(name(AUTHORITY_UNIT, "certifyd Root")?, 1, now)?;
    let root_cert = root.self_signed(&root_key)?;
    let root = Issuer::from_params(&root, &root_key);

    let middle = authority(name(AUTHORITY_UNIT, "certifyd Intermediate")?, 0, now)?;
    let middle_cert = text(&middle.signed_by(&middle_key, &root)?);
    let middle = Issuer::from_params(&middle, &middle_key);

    let gateway_cert = leaf(name(GATEWAY_UNIT, "certifyd Gateway")?, now)?
        .signed_by(&Rsa::of_pair(gateway)?, &middle)?;
    let app_cert =
        leaf(subject(APP_UNIT, app_name)?, now)?.signed_by(&Rsa::of_pair(app)?, &middle)?;

    Ok(CertificateSet {
        root_bundle: text(&root_cert),
        gateway_chain: bundle(&[&text(&gateway_cert), &middle_cert]),
        gateway_cert: text(&gateway_cert),
        app_cert: text(&app_cert),
        authority: Authority { cert: middle_cert, key: middle_pair.pkcs8 },
    })
}

/// Makes the certificates that follow `old`: the same names and keys under the same root, a new
/// term and new serial numbers. With `gateway` the gateway gets another key.
pub(crate) fn make_successors(
    authority: &Authority,
    old: &Predecessors<'_>,
    gateway: Option<&keys::Pair>,
    now: Timestamp,
) -> anyhow::Result<Successors> {
    let key = Rsa::of_pem(&authority.key).context("the authority's private key")?;
    let issuer = Subject::read(&authority.cert).context("the authority's certificate")?;
    if issuer.key != key.der_bytes() {
        bail!("the authority's private key and its certificate do not belong together");
    }
    let params = params(subject(AUTHORITY_UNIT, &issuer.name)?, ROOT_YEARS, now)?;
    let signer = Issuer::from_params(&params, &key);
    let issue = |unit, one: &Subject| -> anyhow::Result<String> {
        let mut params = leaf(subject(unit, &one.name)?, now)?;
        // Nothing outlives what vouches for it.
        let end = rcgen::date_time_ymd(1970, 1, 1) + since_1970(issuer.not_after)?;
        params.not_after = params.not_after.min(end);
        let made = text(&params.signed_by(one, &signer)?);
        chain::follow(&made, &[&authority.cert], old.root_bundle, now)
            .map_err(|error| anyhow!("the authority does not fit the root: {error}"))?;
        Ok(made)
    };
    let mut gateway_subject =
        Subject::read(old.gateway_cert).context("the gateway's certificate")?;
    if let Some(pair) = gateway {
        gateway_subject.key = Rsa::of_pair(pair)?.der_bytes().to_vec();
    }
    let app = Subject::read(old.app_cert).context("the application's certificate")?;
    let gateway_cert = issue(GATEWAY_UNIT, &gateway_subject)?;
    Ok(Successors {
        gateway_chain: bundle(&[&gateway_cert, &authority.cert]),
        gateway_cert,
        app_cert: issue(APP_UNIT, &app)?,
    })
}

/// Whether an application's name can stand in a certificate: plain ASCII that no SDK escapes.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-".contains(&byte);
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(plain) && name.trim() == name {
        return Ok(());
    }
    Err(format!(
        "a name in a certificate has 1 to {NAME_MAX} letters, digits, spaces, . _ or -, for SDKs \
         disagree on others; it does not begin or end with a space"
    ))
}

/// The Base64 inside one PEM block, which is what SDKs mean by a key in one line.
pub(crate) fn one_line(pem: &str) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(pem.len()));
    pem.lines().filter(|part| !part.starts_with('-')).for_each(|part| line.push_str(part));
    line
}

fn text(certificate: &Certificate) -> String {
    certificate.pem().replace('\r', "")
}

/// PEM blocks separated by an empty line: python-alipay-sdk splits there.
fn bundle(certificates: &[&str]) -> String {
    certificates.join("\n")
}

/// Exactly these four, in this order: the digest is taken over the issuer's name as text, and SDKs
/// write other names differently.
fn subject(unit: &str, name: &str) -> anyhow::Result<DistinguishedName> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, DnValue::PrintableString(PrintableString::try_from("CN")?));
    subject.push(DnType::OrganizationName, "certifyd");
    subject.push(DnType::OrganizationalUnitName, unit);
    subject.push(DnType::CommonName, name);
    Ok(subject)
}

fn authority(
    subject: DistinguishedName,
    below: u8,
    now: Timestamp,
) -> anyhow::Result<CertificateParams> {
    let mut params = params(subject, ROOT_YEARS, now)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf(subject: DistinguishedName, now: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = params(subject, LEAF_YEARS, now)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

fn params(
    subject: DistinguishedName,
    years: i64,
    now: Timestamp,
) -> anyhow::Result<CertificateParams> {
    let until = now.to_zoned_datetime(TimeZone::UTC).checked_add(years.years())?.timestamp();
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params.serial_number = Some(serial_number());
    params.use_authority_key_identifier_extension = true;
    // An hour earlier, for clients whose clocks are behind.
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_1970(now.checked_sub(1.hour())?)?;
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_1970(until)?;
    Ok(params)
}

fn since_1970(at: Timestamp) -> anyhow::Result<Duration> {
    let seconds = u64::try_from(at.as_second()).context("the clock is before 1970")?;
    Ok(Duration::from_secs(seconds))
}

/// Positive, below 2^127 and always of 16 bytes. PHP writes longer ones in hexadecimal.
fn serial_number() -> SerialNumber {
    let number = u128::from_be_bytes(random()) >> 2 | 1 << 126;
    SerialNumber::from_slice(&number.to_be_bytes())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemChance::new().fill(&mut bytes);
    bytes
}

/// An RSA key as rcgen wants it, without a copy of the secret.
struct Rsa(KeyPair);

impl Rsa {
    fn generate() -> anyhow::Result<Self> {
        KeyPair::generate(KeySize::Rsa2048).map(Self).map_err(|_| anyhow!("no key could be made"))
    }

    fn of_pair(pair: &keys::Pair) -> anyhow::Result<Self> {
        Self::of_pem(&pair.pkcs8)
    }

    fn of_pem(pkcs8: &str) -> anyhow::Result<Self> {
        let der = Zeroizing::new(STANDARD.decode(one_line(pkcs8).as_bytes())?);
        KeyPair::from_pkcs8(&der).map(Self).map_err(|_| anyhow!("a key could not be read"))
    }
}

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for Rsa {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature)
    }
}

/// Whom an existing certificate names, to be named again.
struct Subject {
    name: String,
    /// The key in PKCS#1 form, as certificates hold it.
    key: Vec<u8>,
    not_after: Timestamp,
}

impl Subject {
    fn read(pem: &str) -> anyhow::Result<Self> {
        // The first certificate of the text, of a key that fits.
        let not_after = wire::certificate::Certificate::parse(pem)?.not_after();
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes())?;
        let certificate = block.parse_x509()?;
        let mut names = certificate.subject().iter_common_name();
        let name = names.next().and_then(|name| name.as_str().ok()).context("it has no name")?;
        check_name(name).map_err(|reason| anyhow!(reason))?;
        let key = certificate.public_key().subject_public_key.data.to_vec();
        Ok(Self { name: name.to_owned(), key, not_after })
    }
}

impl PublicKeyData for Subject {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

/// The root's and the intermediate's, made side by side.
fn two_keys() -> anyhow::Result<(Rsa, keys::Pair)> {
    std::thread::scope(|scope| {
        let one = scope.spawn(Rsa::generate);
        let other = keys::make_pair()?;
        Ok((one.join().unwrap_or_else(|_| Err(anyhow!("no key could be made")))?, other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const SEQUENCE: u8 = 0x30;
    const SHA256_WITH_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

    /// Tag and content of each DER value in `der`.
    fn values(mut der: &[u8]) -> Vec<(u8, &[u8])> {
        let mut found = Vec::new();
        while let [tag, first, rest @ ..] = der {
            let wide = if *first < 0x80 { 0 } else { usize::from(*first & 0x7f) };
            let (size, rest) = rest.split_at(wide);
            let length = if wide == 0 {
                usize::from(*first)
            } else {
                size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
            };
            let (content, after) = rest.split_at(length);
            found.push((*tag, content));
            der = after;
        }
        found
    }

    fn inside(der: &[u8]) -> Vec<(u8, &[u8])> {
        let outer = values(der);
        assert_eq!((outer.len(), outer[0].0), (1, SEQUENCE));
        values(outer[0].1)
    }

    /// The fields of a certificate that the limits speak of.
    struct Read {
        serial: Vec<u8>,
        issuer: Vec<(Vec<u8>, String)>,
        subject: Vec<(Vec<u8>, String)>,
        dates: Vec<String>,
        key: Vec<u8>,
        algorithm: Vec<u8>,
        signed: Vec<u8>,
        signature: Vec<u8>,
    }

    fn name(der: &[u8]) -> Vec<(Vec<u8>, String)> {
        let one = |(_, set)| {
            let pair = inside(set);
            (pair[0].1.to_vec(), String::from_utf8(pair[1].1.to_vec()).unwrap())
        };
        values(der).into_iter().map(one).collect()
    }

    fn read(pem: &str) -> Read {
        let der = STANDARD.decode(one_line(pem).as_bytes()).unwrap();
        let whole = inside(&der);
        let fields = values(whole[0].1);
        let length = u16::try_from(whole[0].1.len()).unwrap().to_be_bytes();
        // Every one is longer than 255 bytes, so that its length takes two.
        let signed = [&[SEQUENCE, 0x82], &length[..], whole[0].1].concat();
        let spki = fields[6].1;
        let spki_length = u16::try_from(spki.len()).unwrap().to_be_bytes();
        assert_eq!(fields[2].1, whole[1].1, "both algorithm fields agree");
        Read {
            serial: fields[1].1.to_vec(),
            issuer: name(fields[3].1),
            dates: values(fields[4].1)
                .iter()
                .map(|(_, date)| String::from_utf8(date.to_vec()).unwrap())
                .collect(),
            subject: name(fields[5].1),
            key: [&[SEQUENCE, 0x82], &spki_length[..], spki].concat(),
            algorithm: values(whole[1].1)[0].1.to_vec(),
            signed,
            signature: whole[2].1[1..].to_vec(),
        }
    }

    fn signed_by(one: &Read, other: &Read) -> bool {
        let key = wire::PublicKey::parse(&STANDARD.encode(&other.key)).unwrap();
        one.issuer == other.subject && key.verifies(&one.signed, &STANDARD.encode(&one.signature))
    }

    fn set() -> (keys::Pair, keys::Pair, CertificateSet) {
        let (app, gateway) = (keys::make_pair().unwrap(), keys::make_pair().unwrap());
        let now = Timestamp::from_second(NOW).unwrap();
        let set = make_certificates(&app, &gateway, now).unwrap();
        (app, gateway, set)
    }

    fn blocks(bundle: &str) -> Vec<&str> {
        assert!(bundle.ends_with("-----END CERTIFICATE-----\n"), "no empty block at the end");
        assert_eq!(bundle.matches("-----BEGIN").count(), bundle.split("\n\n").count());
        bundle.split("\n\n").collect()
    }

    #[test]
    fn the_certificates_keep_every_limit() {
        let (app, gateway, set) = set();
        let root = read(&set.root_bundle);
        let chain = blocks(&set.gateway_chain);
        let [gateway_leaf, middle] = chain[..] else { panic!("leaf and intermediate") };
        assert_eq!(gateway_leaf, set.gateway_cert.trim_end());
        assert_eq!(blocks(&set.root_bundle).len(), 1);
        let (gateway_leaf, middle) = (read(gateway_leaf), read(middle));
        let app_leaf = read(&set.app_cert);

        let attributes: [&[u8]; 4] = [&[0x55, 4, 6], &[0x55, 4, 10], &[0x55, 4, 11], &[0x55, 4, 3]];
        for one in [&root, &middle, &gateway_leaf, &app_leaf] {
            for name in [&one.issuer, &one.subject] {
                assert!(name.iter().map(|(oid, _)| oid.as_slice()).eq(attributes));
                for (_, value) in name {
                    let plain = |letter: char| (' '..='~').contains(&letter);
                    assert!(!value.is_empty() && value.chars().all(plain));
                    assert!(!value.contains([',', '+', '"', '\\', '<', '>', ';']));
                }
            }
            assert_eq!(one.serial.len(), 16);
            assert!((0x40..0x80).contains(&one.serial[0]), "positive and below 2^127");
            assert_eq!(one.algorithm, SHA256_WITH_RSA);
            assert_eq!(one.dates[0], "270115070000Z");
        }
        assert!(signed_by(&root, &root) && signed_by(&middle, &root));
        assert!(signed_by(&gateway_leaf, &middle) && signed_by(&app_leaf, &middle));
        assert!(!signed_by(&gateway_leaf, &root));
        for (one, until) in [
            (&root, "470115080000Z"),
            (&middle, "470115080000Z"),
            (&gateway_leaf, "320115080000Z"),
            (&app_leaf, "320115080000Z"),
        ] {
            assert_eq!(one.dates[1], until);
        }
        for (leaf, pair) in [(&gateway_leaf, &gateway), (&app_leaf, &app)] {
            assert_eq!(leaf.key, wire::PublicKey::parse(&pair.public).unwrap().spki());
        }
    }

    #[test]
    fn the_server_reads_what_is_made() {
        use wire::certificate::{Certificate, root_sn};
        let (app, gateway, set) = set();
        let read = |pem: &str| Certificate::parse(pem).unwrap();
        let chain = read(&set.gateway_chain);
        assert_eq!(chain.sn(), read(&set.gateway_cert).sn());
        assert!(*chain.key() == wire::PublicKey::parse(&gateway.public).unwrap());
        let app_cert = read(&set.app_cert);
        assert!(*app_cert.key() == wire::PublicKey::parse(&app.public).unwrap());
        assert_ne!(app_cert.sn(), chain.sn());
        let root = root_sn(&set.root_bundle).unwrap();
        assert_eq!(root, read(&set.root_bundle).sn());
        let now = Timestamp::from_second(NOW).unwrap();
        assert!(app_cert.is_valid_at(now) && chain.is_valid_at(now));
    }

    #[test]
    fn what_follows_has_the_same_root_and_other_serial_numbers() {
        use wire::certificate::{Certificate, root_sn};
        let (_, gateway, set) = set();
        let old = Predecessors {
            root_bundle: &set.root_bundle,
            gateway_cert: &set.gateway_cert,
            app_cert: &set.app_cert,
        };
        let read = |pem: &str| Certificate::parse(pem).unwrap();
        let later = Timestamp::from_second(NOW + 4 * 365 * 86_400).unwrap();
        let next = make_successors(&set.authority, &old, None, later).unwrap();
        let root = root_sn(&set.root_bundle).unwrap();
        for (one, before) in
            [(&next.gateway_chain, &set.gateway_cert), (&next.app_cert, &set.app_cert)]
        {
            let between = [set.authority.cert.as_str()];
            chain::follow(one, &between, &set.root_bundle, later).unwrap();
            let (one, before) = (read(one), read(before));
            assert_ne!(one.sn(), before.sn());
            assert!(one.key() == before.key() && one.not_after() > before.not_after());
            assert_ne!(one.sn(), root);
        }
        assert_eq!(blocks(&next.gateway_chain)[1].trim_end(), set.authority.cert.trim_end());

        let pair = keys::make_pair().unwrap();
        let next = make_successors(&set.authority, &old, Some(&pair), later).unwrap();
        assert!(*read(&next.gateway_cert).key() == wire::PublicKey::parse(&pair.public).unwrap());
        assert_ne!(pair.public, gateway.public);
    }

    #[test]
    fn what_follows_ends_with_its_authority_and_needs_the_right_one() {
        let (_, _, set) = set();
        let old = Predecessors {
            root_bundle: &set.root_bundle,
            gateway_cert: &set.gateway_cert,
            app_cert: &set.app_cert,
        };
        let make = |authority: &Authority, years: i64| {
            let now = Timestamp::from_second(NOW + years * 365 * 86_400).unwrap();
            make_successors(authority, &old, None, now).map_err(|error| format!("{error:#}"))
        };
        let late = read(&make(&set.authority, 18).ok().unwrap().gateway_cert);
        assert_eq!(late.dates[1], read(&set.root_bundle).dates[1]);
        let ended = make(&set.authority, 21).err().unwrap();
        assert!(ended.contains("not valid at this time"), "{ended}");

        let (_, _, other) = super::tests::set();
        let foreign = make(&other.authority, 1).err().unwrap();
        assert!(foreign.contains("the authority does not fit the root"), "{foreign}");
        let mixed = Authority { cert: set.authority.cert.clone(), key: other.authority.key };
        let mixed = make(&mixed, 1).err().unwrap();
        assert!(mixed.contains("do not belong together"), "{mixed}");
    }

    #[test]
    fn one_key_for_both_is_refused() {
        let pair = keys::make_pair().unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        assert!(make_certificates(&pair, &pair, now).is_err());
    }

    #[test]
    fn serial_numbers_differ_and_keep_their_size() {
        let numbers: std::collections::HashSet<_> =
            (0..1000).map(|_| serial_number().to_bytes()).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|one| one.len() == 16 && (0x40..0x80).contains(&one[0])));
    }

    #[test]
    fn names_are_plain() {
        for fine in ["shop", "Shop 2021000000000001", "a.b_c-d", &"x".repeat(64)] {
            check_name(fine).unwrap();
        }
        for bad in
            ["", " x", "x ", "a,b", "a+b", "a=b", "a\"b", "a\\b", "店", "a/b", &"x".repeat(65)]
        {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_clock_out_of_range_is_an_error() {
        let name = || subject("unit", "name").unwrap();
        for now in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            assert!(leaf(name(), now).is_err());
        }
    }
}

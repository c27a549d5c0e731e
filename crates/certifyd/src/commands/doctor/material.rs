//! The files of a client's configuration, read. What cannot be read is a finding, and absent.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::certificate::{Certificate, root_sn};
use wire::cipher::ContentKey;
use wire::{KeyError, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::finding::Findings;
use crate::cli::Doctor;

const PRIVATE: &str = "private key";
const ALIPAY: &str = "alipay public key";
const AES: &str = "AES key";

/// A bundle of roots.
#[derive(Debug)]
pub(super) struct Roots {
    pub(super) sn: String,
    pub(super) pem: String,
}

/// What was given and could be read.
#[derive(Debug, Default)]
pub(super) struct Material {
    pub(super) private: Option<PrivateKey>,
    pub(super) app_public: Option<PublicKey>,
    pub(super) alipay_public: Option<PublicKey>,
    pub(super) app_cert: Option<Certificate>,
    pub(super) alipay_cert: Option<Certificate>,
    pub(super) roots: Option<Roots>,
    pub(super) encrypt_key: Option<ContentKey>,
}

impl Material {
    pub(super) fn read(args: &Doctor, findings: &mut Findings) -> Self {
        Self {
            private: private_key(&args.private_key, findings),
            app_public: public_key(args.app_public_key.as_deref(), "app public key", findings),
            alipay_public: public_key(args.alipay_public_key.as_deref(), ALIPAY, findings),
            app_cert: certificate(args.app_cert.as_deref(), "app certificate", findings),
            alipay_cert: certificate(args.alipay_cert.as_deref(), "alipay certificate", findings),
            roots: roots(args.root_certs.as_deref(), findings),
            encrypt_key: encrypt_key(args.encrypt_key.as_deref(), findings),
        }
    }

    /// The key that answers must verify under.
    pub(super) fn gateway_key(&self) -> Option<&PublicKey> {
        self.alipay_cert.as_ref().map(Certificate::key).or(self.alipay_public.as_ref())
    }
}

fn text(path: &Path, topic: &'static str, findings: &mut Findings) -> Option<Zeroizing<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let what = format!("{} is not text", path.display());
            findings.problem(topic, what, "binary DER: convert it to PEM with openssl");
            None
        }
        Err(error) => {
            let what = format!("{} cannot be read: {error}", path.display());
            findings.problem(topic, what, "correct the path or the file's permissions");
            None
        }
    }
}

fn private_key(path: &Path, findings: &mut Findings) -> Option<PrivateKey> {
    let text = text(path, PRIVATE, findings)?;
    let key = match PrivateKey::parse(&text) {
        Ok(key) => key,
        Err(error) => {
            findings.problem(PRIVATE, error.to_string(), remedy(error, &text));
            return None;
        }
    };
    match Form::of(&text) {
        Some(form) if form.mislabelled => findings.problem(
            PRIVATE,
            format!("the PEM label says otherwise, but inside is {}", form.structure()),
            "SDKs that go by the label cannot read it: correct the BEGIN and END lines",
        ),
        Some(form) => findings.ok(PRIVATE, form.describe()),
        None => findings.ok(PRIVATE, "readable"),
    }
    if text.starts_with('\u{feff}') {
        findings.warning(PRIVATE, "the file begins with a byte order mark", "save it without BOM");
    }
    let mode = std::fs::metadata(path).map(|data| data.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        let what = format!("other users of this machine can open {}", path.display());
        findings.warning(PRIVATE, what, "chmod 600");
    }
    Some(key)
}

/// What to do about a key that was refused.
fn remedy(error: KeyError, text: &str) -> &'static str {
    match error {
        KeyError::NotAKey if text.contains("\\n") => {
            "its line breaks are the two characters \\n: replace them by real ones"
        }
        KeyError::NotAKey if text.trim().is_empty() => "the file is empty: write the key into it",
        KeyError::NotAKey => {
            "copy the whole key again, from BEGIN to END or the one line; `certifyd keys DIR` makes new ones"
        }
        KeyError::Certificate => {
            "keys and certificates have options of their own: --app-cert, --alipay-cert"
        }
        KeyError::PublicForPrivate => {
            "give the private half: the one whose public half was uploaded"
        }
        KeyError::PrivateForPublic => {
            "keep private keys out of this setting; take the public key, which the gateway's console shows"
        }
        KeyError::Encrypted => "openssl pkey -in FILE -out NEW removes the passphrase",
        KeyError::NotRsa2048 | KeyError::SigningFailed => {
            "RSA2 needs RSA of 2048 bits: make a new pair, e.g. `certifyd keys DIR`, and upload it"
        }
    }
}

/// How a private key is written.
struct Form {
    pkcs1: bool,
    pem: bool,
    mislabelled: bool,
}

impl Form {
    fn of(text: &str) -> Option<Self> {
        let (label, body) = match text.split_once("-----BEGIN ") {
            None => (None, text.trim().trim_start_matches('\u{feff}')),
            Some((_, rest)) => {
                let (label, rest) = rest.split_once("-----")?;
                (Some(label), rest.split_once("-----END")?.0)
            }
        };
        let compact: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
        let der = Zeroizing::new(STANDARD.decode(compact.as_bytes()).ok()?);
        // SEQUENCE with a two-byte length, version 0; then PKCS#1 has a number, PKCS#8 a SEQUENCE.
        let pkcs1 = *der.get(7)? == 0x02;
        let expected = if pkcs1 { "RSA PRIVATE KEY" } else { "PRIVATE KEY" };
        let mislabelled = label.is_some_and(|label| label != expected);
        Some(Self { pkcs1, pem: label.is_some(), mislabelled })
    }

    fn structure(&self) -> &'static str {
        if self.pkcs1 { "PKCS#1" } else { "PKCS#8" }
    }

    fn describe(&self) -> &'static str {
        match (self.pkcs1, self.pem) {
            (true, true) => {
                "PKCS#1 as PEM, for Node.js, both Pythons and Go; Java needs PKCS#8, C# and PHP of EasySDK this in one line"
            }
            (true, false) => {
                "PKCS#1 in one line, for EasySDK C# and PHP; Java needs PKCS#8, Node.js and Python this as PEM"
            }
            (false, true) => {
                "PKCS#8 as PEM, for Node.js with keyType: 'PKCS8', python-alipay-sdk and Go; Java needs it in one line, official Python and PHP need PKCS#1"
            }
            (false, false) => {
                "PKCS#8 in one line, for Java; Node.js needs keyType: 'PKCS8', Python and PHP need PKCS#1"
            }
        }
    }
}

fn public_key(
    path: Option<&Path>,
    topic: &'static str,
    findings: &mut Findings,
) -> Option<PublicKey> {
    let text = text(path?, topic, findings)?;
    match PublicKey::parse(&text) {
        Ok(key) => {
            findings.ok(topic, "readable");
            Some(key)
        }
        Err(error) => {
            findings.problem(topic, error.to_string(), remedy(error, &text));
            None
        }
    }
}

fn certificate(
    path: Option<&Path>,
    topic: &'static str,
    findings: &mut Findings,
) -> Option<Certificate> {
    let text = text(path?, topic, findings)?;
    match Certificate::parse(&text) {
        Ok(certificate) => Some(certificate),
        Err(error) => {
            let remedy = "give the .crt file as downloaded, in PEM form, leaf first";
            findings.problem(topic, error.to_string(), remedy);
            None
        }
    }
}

fn roots(path: Option<&Path>, findings: &mut Findings) -> Option<Roots> {
    const TOPIC: &str = "root certificates";
    let text = text(path?, TOPIC, findings)?;
    match root_sn(&text) {
        Ok(sn) => {
            findings.ok(TOPIC, format!("alipay_root_cert_sn {sn}"));
            Some(Roots { sn, pem: text.to_string() })
        }
        Err(error) => {
            let remedy =
                "give the whole bundle: alipayRootCert.crt, or certifyd's alipay_root_bundle.crt";
            findings.problem(TOPIC, error.to_string(), remedy);
            None
        }
    }
}

fn encrypt_key(path: Option<&Path>, findings: &mut Findings) -> Option<ContentKey> {
    let text = text(path?, AES, findings)?;
    match ContentKey::parse(&text) {
        Ok(key) => {
            let bytes = STANDARD.decode(text.trim()).map(|key| Zeroizing::new(key).len());
            match bytes.unwrap_or_default() {
                16 => findings.ok(AES, "128 bits, as all SDKs take"),
                length => findings.warning(
                    AES,
                    format!("{} bits", length * 8),
                    "PHP knows 128 bits only; the console gives such keys",
                ),
            }
            Some(key)
        }
        Err(error) => {
            let remedy = "copy the AES key from the console again, with its == at the end";
            findings.problem(AES, error.to_string(), remedy);
            None
        }
    }
}

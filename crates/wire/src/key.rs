//! RSA keys in every form people paste: PEM (PKCS#1, PKCS#8, SPKI) or one line of Base64.
//!
//! Signing and verification use `aws-lc-rs`; signing with SHA-1, for applications of long ago, has a
//! module of its own. RSA with MD5, which the Serverless back-end SDK still uses, is verified by the
//! `rsa` crate, which never sees a private key here.

#[expect(unsafe_code, reason = "the C library has the function, its safe wrapper does not")]
mod sha1;

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use zeroize::Zeroizing;

/// The digest and padding of a signature: the values of `sign_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureType {
    /// `RSA2`: SHA256withRSA.
    Rsa2,
    /// `RSA`: SHA1withRSA. SHA-1 is broken for texts that an attacker may shape; only for
    /// applications that cannot change.
    Rsa,
}

/// Why a key was refused. Never shows key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is neither PEM nor Base64.
    #[error("the key is neither PEM nor one line of Base64")]
    NotAKey,
    /// A certificate was given where a key is expected.
    #[error("this is a certificate, not a key; extract the public key from it first")]
    Certificate,
    /// A public key was given where the private one is needed.
    #[error("this is a public key; the private key of the pair is needed here")]
    PublicForPrivate,
    /// A private key was given where the public one is needed.
    #[error("this is a private key; only the public key of the pair belongs here")]
    PrivateForPublic,
    /// The key is protected by a passphrase.
    #[error("the private key is encrypted; store it without a passphrase and protect the file")]
    Encrypted,
    /// It decodes, but it is not an RSA key of 2048 bits or more.
    #[error("not an RSA key of at least 2048 bits in PKCS#1, PKCS#8 or SPKI form")]
    NotRsa2048,
    /// The key was fine and the library could not sign.
    #[error("signing failed")]
    SigningFailed,
}

/// The bytes inside PEM or bare Base64, and the PEM label if there was one. What may be a private
/// key leaves no trace in memory.
fn decode(text: &str) -> Result<(Zeroizing<Vec<u8>>, Option<&str>), KeyError> {
    let text = text.trim().trim_start_matches('\u{feff}');
    // Tools write attributes before the key.
    let (label, body) = match text.split_once("-----BEGIN ") {
        None => (None, text),
        Some((_, rest)) => {
            let (label, rest) = rest.split_once("-----").ok_or(KeyError::NotAKey)?;
            let (body, _) = rest.split_once("-----END").ok_or(KeyError::NotAKey)?;
            (Some(label), body)
        }
    };
    match label {
        Some("CERTIFICATE") => return Err(KeyError::Certificate),
        Some("ENCRYPTED PRIVATE KEY") => return Err(KeyError::Encrypted),
        _ if body.contains("ENCRYPTED") => return Err(KeyError::Encrypted),
        _ => {}
    }
    // As large as it can get at once: growing would leave parts of the key behind.
    let mut compact = Zeroizing::new(String::with_capacity(body.len()));
    compact.extend(body.chars().filter(|c| !c.is_whitespace()));
    let mut der = Zeroizing::new(vec![0; base64::decoded_len_estimate(compact.len())]);
    let length =
        STANDARD.decode_slice(compact.as_bytes(), &mut der).map_err(|_| KeyError::NotAKey)?;
    der.truncate(length);
    if der.is_empty() { Err(KeyError::NotAKey) } else { Ok((der, label)) }
}

/// A private key that signs answers or requests.
pub struct PrivateKey {
    pair: RsaKeyPair,
    random: SystemRandom,
}

impl PrivateKey {
    /// Reads PKCS#1 or PKCS#8, as PEM or as one line of Base64.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (der, label) = decode(text)?;
        if label.is_some_and(|label| label.contains("PUBLIC")) {
            return Err(KeyError::PublicForPrivate);
        }
        RsaKeyPair::from_pkcs8(&der)
            .or_else(|_| RsaKeyPair::from_der(&der))
            .map(|pair| Self { pair, random: SystemRandom::new() })
            .map_err(|_| match ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der) {
                Ok(_) => KeyError::PublicForPrivate,
                Err(_) => KeyError::NotRsa2048,
            })
    }

    /// Signs `message` as it is with SHA256withRSA; standard Base64, 344 characters for a 2048-bit
    /// key.
    ///
    /// # Errors
    /// [`KeyError::SigningFailed`] if the cryptographic library refuses, which it does only when
    /// its random source is broken: the answer must then not be sent.
    pub fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature)
            .map_err(|_| KeyError::SigningFailed)?;
        Ok(STANDARD.encode(signature))
    }

    /// Signs `message` as `sign_type` says.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_as(&self, sign_type: SignatureType, message: &[u8]) -> Result<String, KeyError> {
        match sign_type {
            SignatureType::Rsa2 => self.sign(message),
            SignatureType::Rsa => sha1::sign(&self.pair, message).map(|made| STANDARD.encode(made)),
        }
    }

    /// The public half.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_der(self.pair.public_key().as_ref())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// A public key that checks signatures.
pub struct PublicKey {
    sha256: ParsedPublicKey,
    md5: rsa::PublicKey,
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads SPKI or PKCS#1, as PEM or as one line of Base64.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (der, label) = decode(text)?;
        if label.is_some_and(|label| label.contains("PRIVATE"))
            || RsaKeyPair::from_pkcs8(&der).is_ok()
            || RsaKeyPair::from_der(&der).is_ok()
        {
            return Err(KeyError::PrivateForPublic);
        }
        Self::from_der(&der)
    }

    /// Reads a DER `SubjectPublicKeyInfo`, as certificates hold it.
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(der)
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let sha256 = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map_err(|_| KeyError::NotRsa2048)?;
        let spki = sha256.as_der().map_err(|_| KeyError::NotRsa2048)?.as_ref().to_vec();
        let md5 = rsa::PublicKey::from_public_key_der(&spki).map_err(|_| KeyError::NotRsa2048)?;
        // The library would take a shorter key, and then refuse every signature.
        if md5.n().bit_width() < 2048 {
            return Err(KeyError::NotRsa2048);
        }
        Ok(Self { sha256, md5, spki })
    }

    /// Checks a Base64 SHA256withRSA signature over the exact bytes of `message`.
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        STANDARD
            .decode(signature)
            .is_ok_and(|signature| self.sha256.verify_sig(message, &signature).is_ok())
    }

    /// Checks a Base64 signature as `sign_type` says.
    pub fn verifies_as(&self, sign_type: SignatureType, message: &[u8], signature: &str) -> bool {
        match sign_type {
            SignatureType::Rsa2 => self.verifies(message, signature),
            SignatureType::Rsa => self.verifies_sha1(message, signature),
        }
    }

    fn verifies_sha1(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, &self.spki)
            .verify(message, &signature)
            .is_ok()
    }

    /// Checks a hexadecimal RSA-MD5 signature: the Serverless back-end SDK's scheme.
    pub fn verifies_md5(&self, message: &[u8], signature_hex: &str) -> bool {
        // DER of DigestInfo for MD5, RFC 8017 section 9.2 note 1.
        const MD5_PREFIX: [u8; 18] = [
            0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05,
            0x05, 0x00, 0x04, 0x10,
        ];
        let Ok(signature) = hex::decode(signature_hex) else { return false };
        let scheme =
            rsa::pkcs1v15::Pkcs1v15Sign { hash_len: Some(16), prefix: Box::new(MD5_PREFIX) };
        self.md5.verify(scheme, &Md5::digest(message), &signature).is_ok()
    }

    /// The key as `SubjectPublicKeyInfo`, DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key as PEM.
    pub fn pem(&self) -> String {
        let mut out = String::from("-----BEGIN PUBLIC KEY-----\n");
        let body = STANDARD.encode(&self.spki);
        for line in body.as_bytes().chunks(64) {
            out.push_str(std::str::from_utf8(line).unwrap_or_default());
            out.push('\n');
        }
        out.push_str("-----END PUBLIC KEY-----\n");
        out
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(…)")
    }
}

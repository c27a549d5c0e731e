//! Our signatures against OpenSSL's, byte for byte: PKCS#1 v1.5 has one signature for each key and
//! message, so any difference is a fault of one of us.
//!
//! Needs the `openssl` command (`scripts/test` installs it) and fails without it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;
use wire::{KeyError, PrivateKey, PublicKey, SignatureType};

/// Messages for one key and digest: enough for every special one and some at random. Each costs a
/// start of `openssl`.
const MANY: u64 = 40;
/// For a longer key, of which only the length is new.
const FEW: u64 = 8;

/// Runs `openssl` in `folder`; the words are its arguments.
fn openssl(folder: &Path, words: &str) -> Vec<u8> {
    let output = Command::new("openssl").args(words.split(' ')).current_dir(folder).output();
    let output =
        output.unwrap_or_else(|error| panic!("openssl cannot be run ({error}); install it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words}: {said}");
    output.stdout
}

/// A fresh key in the forms people have it in.
struct Fresh {
    folder: TempDir,
    pkcs1: String,
    pkcs8: String,
    public: String,
}

impl Fresh {
    fn of_bits(bits: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(folder.path(), &format!("genrsa -out key.pem {bits}"));
        let form = |words: &str| String::from_utf8(openssl(folder.path(), words)).unwrap();
        let pkcs1 = form("rsa -in key.pem -traditional");
        let pkcs8 = form("pkcs8 -topk8 -nocrypt -in key.pem");
        let public = form("rsa -in key.pem -pubout");
        assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        assert!(pkcs8.starts_with("-----BEGIN PRIVATE KEY-----"));
        Self { folder, pkcs1, pkcs8, public }
    }

    /// The signature that OpenSSL makes.
    fn signature(&self, digest: &str, message: &[u8]) -> String {
        std::fs::write(self.folder.path().join("message"), message).unwrap();
        let signature =
            openssl(self.folder.path(), &format!("dgst -{digest} -sign key.pem message"));
        STANDARD.encode(signature)
    }
}

/// `SplitMix64`: the same messages each time.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_le_bytes()).flatten().take(length).collect()
    }

    /// Long and short, mostly around the blocks of the digests.
    fn message(&mut self, number: u64) -> Vec<u8> {
        match number {
            0 => Vec::new(),
            1 => (0..=255).collect(),
            2 => "biz_content={\"cert_name\":\"试用甲\",\"x\":\"𠮷🙂é\\u0000\"}".into(),
            3 => vec![0; 64],
            4 => self.bytes(1 << 20),
            5..20 => self.bytes(50 + usize::try_from(number).unwrap()),
            _ => {
                let length = usize::try_from(self.next() % 3000).unwrap();
                self.bytes(length)
            }
        }
    }
}

/// One message after the other under one key, by both of us.
fn compare(fresh: &Fresh, ours: &PrivateKey, sign_type: SignatureType, messages: u64) {
    let digest = match sign_type {
        SignatureType::Rsa2 => "sha256",
        SignatureType::Rsa => "sha1",
    };
    let public = PublicKey::parse(&fresh.public).unwrap();
    let mut seeded = Seeded(messages);
    for number in 0..messages {
        let message = seeded.message(number);
        let theirs = fresh.signature(digest, &message);
        assert_eq!(ours.sign_as(sign_type, &message).unwrap(), theirs, "message {number}");
        assert!(public.verifies_as(sign_type, &message, &theirs), "message {number}");
        let other = [message.as_slice(), b"\0"].concat();
        assert!(!public.verifies_as(sign_type, &other, &theirs), "message {number}");
    }
}

#[test]
fn a_signature_with_sha256_is_the_one_that_openssl_makes() {
    let fresh = Fresh::of_bits(2048);
    compare(&fresh, &PrivateKey::parse(&fresh.pkcs1).unwrap(), SignatureType::Rsa2, MANY);
    compare(&fresh, &PrivateKey::parse(&fresh.pkcs8).unwrap(), SignatureType::Rsa2, MANY);
    let longer = Fresh::of_bits(3072);
    compare(&longer, &PrivateKey::parse(&longer.pkcs8).unwrap(), SignatureType::Rsa2, FEW);
}

#[test]
fn a_signature_with_sha1_is_the_one_that_openssl_makes() {
    let fresh = Fresh::of_bits(2048);
    compare(&fresh, &PrivateKey::parse(&fresh.pkcs1).unwrap(), SignatureType::Rsa, MANY);
    let longer = Fresh::of_bits(3072);
    compare(&longer, &PrivateKey::parse(&longer.pkcs8).unwrap(), SignatureType::Rsa, FEW);
}

#[test]
fn a_key_of_1024_bits_is_refused_for_either_digest() {
    let short = Fresh::of_bits(1024);
    for private in [&short.pkcs1, &short.pkcs8] {
        assert_eq!(PrivateKey::parse(private).unwrap_err(), KeyError::NotRsa2048);
    }
    assert_eq!(PublicKey::parse(&short.public).unwrap_err(), KeyError::NotRsa2048);
}

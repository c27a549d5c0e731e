//! Making keys, and the files they live in.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Chance as _, SystemChance, Vault};
use wire::PrivateKey;
use zeroize::Zeroizing;

use crate::config::MasterKey;

/// A new RSA-2048 pair in the forms SDKs ask for.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) pkcs1: Zeroizing<String>,
    pub(crate) pkcs8: Zeroizing<String>,
    pub(crate) public: String,
}

/// Makes a pair. Takes a tenth of a second, more or less.
pub(crate) fn make_pair() -> anyhow::Result<Pair> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key could be made"))?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| anyhow!("a key could not be written"))?;
    let pkcs8 = pem("PRIVATE KEY", der.as_ref());
    let pkcs1 = pem("RSA PRIVATE KEY", pkcs1_inside(der.as_ref())?);
    let public = PrivateKey::parse(&pkcs8)?.public_key()?.pem();
    Ok(Pair { pkcs1, pkcs8, public })
}

fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for line in body.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).unwrap_or_default());
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The PKCS#1 key inside a PKCS#8 one: version, algorithm, then the octets we want (RFC 5208).
fn pkcs1_inside(pkcs8: &[u8]) -> anyhow::Result<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    const OCTETS: u8 = 0x04;
    let (outer, _) = der_value(pkcs8, SEQUENCE)?;
    let (_, rest) = der_value(outer, INTEGER)?;
    let (_, rest) = der_value(rest, SEQUENCE)?;
    Ok(der_value(rest, OCTETS)?.0)
}

/// The content of the DER value at the start, and what follows it.
fn der_value(der: &[u8], tag: u8) -> anyhow::Result<(&[u8], &[u8])> {
    let broken = || anyhow!("a key has an unexpected form");
    let [found, first, rest @ ..] = der else { bail!(broken()) };
    if *found != tag {
        bail!(broken());
    }
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(*first & 0x7f)).ok_or_else(broken)?;
        (bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length).ok_or_else(broken)
}

/// Reads a master key: 64 hexadecimal digits.
pub(crate) fn parse_master_key(text: &str) -> Result<Zeroizing<[u8; Vault::KEY_LEN]>, String> {
    let mut key = Zeroizing::new([0; Vault::KEY_LEN]);
    hex::decode_to_slice(text.trim(), key.as_mut_slice())
        .map_err(|_| "a master key is 64 hexadecimal digits".to_owned())?;
    Ok(key)
}

/// The vault under the configured master key; a key file that does not exist is made once.
pub(crate) fn open_vault(key: &MasterKey) -> anyhow::Result<Vault> {
    let key = match key {
        MasterKey::Given(key) => key.clone(),
        MasterKey::InFile(path) => {
            if !path.exists() {
                write_new(path, &make_master_key())?;
            }
            let text = std::fs::read_to_string(path)
                .map(Zeroizing::new)
                .with_context(|| format!("cannot read {}", path.display()))?;
            parse_master_key(&text).map_err(|reason| anyhow!("{}: {reason}", path.display()))?
        }
    };
    Ok(Vault::new(&key)?)
}

fn make_master_key() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; Vault::KEY_LEN]);
    SystemChance::new().fill(bytes.as_mut_slice());
    Zeroizing::new(format!("{}\n", hex::encode(bytes.as_slice())))
}

/// Writes a file that only its owner may read, and that must not exist yet.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_pair_is_one_pair_in_every_form() {
        let pair = make_pair().unwrap();
        let public = wire::PublicKey::parse(&pair.public).unwrap();
        for form in [&pair.pkcs1, &pair.pkcs8] {
            let private = PrivateKey::parse(form).unwrap();
            assert!(public.verifies(b"text", &private.sign(b"text").unwrap()));
        }
        assert!(pair.pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    }

    #[test]
    fn a_truncated_key_is_an_error() {
        for length in 0..40 {
            assert!(pkcs1_inside(&vec![0x30; length]).is_err());
        }
    }
}

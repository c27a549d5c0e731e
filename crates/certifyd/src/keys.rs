//! Making keys, and the places they live in.

mod program;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Chance as _, MasterKeys, SystemChance, Vault};
use wire::PrivateKey;
use zeroize::Zeroizing;

use crate::config::MasterKey;

/// A new RSA-2048 pair in the forms SDKs ask for.
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

/// The configured master keys, the newest first. `founded`: the database was written with one of
/// them, so none is made, for a new key could open nothing of what is stored.
pub(crate) fn master_keys(sources: &[MasterKey], founded: bool) -> anyhow::Result<MasterKeys> {
    let keys = sources.iter().enumerate().map(|(index, source)| match source {
        MasterKey::Given(key) => Ok(key.clone()),
        // Older ones have opened something, or are a mistake.
        MasterKey::InFile(path) => read_or_make(path, founded || index > 0),
        MasterKey::FromProgram(words) => program::master_key(words, program::LIMIT)
            .map_err(|reason| anyhow!("store.master_key: {reason}")),
    });
    keys.collect::<anyhow::Result<_>>().map(MasterKeys::new)
}

/// What is to be said when none of them is the right one.
pub(crate) fn no_such_key(sources: &[MasterKey]) -> anyhow::Error {
    let place = |source: &MasterKey| match source {
        MasterKey::Given(_) => "the environment".to_owned(),
        MasterKey::InFile(path) => path.display().to_string(),
        MasterKey::FromProgram(words) => words.first().cloned().unwrap_or_default(),
    };
    let places: Vec<_> = sources.iter().map(place).collect();
    anyhow!(
        "the master key from {} is not the one this database was written with; restore that key, \
         or add it to the list of store.master_key, or name another database",
        places.join(" or ")
    )
}

fn read_or_make(path: &Path, needed: bool) -> anyhow::Result<Zeroizing<[u8; Vault::KEY_LEN]>> {
    if !path.exists() {
        if needed {
            bail!(
                "{} is missing, and the database was written with it; restore the key, \
                 or name the right file in store.master_key",
                path.display()
            );
        }
        write_new(path, &make_master_key())?;
    }
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read {}", path.display()))?;
    parse_master_key(&text).map_err(|reason| anyhow!("{}: {reason}", path.display()))
}

fn make_master_key() -> Zeroizing<String> {
    random_line::<{ Vault::KEY_LEN }>()
}

/// A token for the operator's door.
pub(crate) fn make_operator_token() -> Zeroizing<String> {
    random_line::<24>()
}

/// `N` bytes nobody can guess, in hexadecimal.
fn random_line<const N: usize>() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; N]);
    SystemChance::new().fill(bytes.as_mut_slice());
    let digits = Zeroizing::new(hex::encode(bytes.as_slice()));
    Zeroizing::new(format!("{}\n", *digits))
}

/// Writes a file that only its owner may read, and that must not exist yet. It is there whole or
/// not at all, also after a crash.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let folder = path.parent().context("a file needs a folder")?;
    make_private_folder(folder)?;
    let name = path.file_name().context("a file needs a name")?.to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .with_context(|| format!("cannot create {}", draft.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, unlike a rename, does not replace what another process has just put there.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked.with_context(|| format!("cannot create {}", path.display()))?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// Makes a folder, and those above it, that only its owner may enter. Existing ones stay as they
/// are.
pub(crate) fn make_private_folder(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create {}", folder.display()))
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

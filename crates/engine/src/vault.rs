//! Personal data at rest: sealed under a key that is not in the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use domain::Sealed;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::EngineError;

/// First byte of everything sealed: which scheme, so that a later one can live beside it.
pub(crate) const SCHEME: u8 = 1;
/// Bytes of a link's tag: 128 bits, out of reach for guessing.
pub(crate) const TAG: usize = 16;

/// Keys derived from the master key, each for one purpose.
pub struct Vault {
    seal: LessSafeKey,
    content: hmac::Key,
    link: hmac::Key,
    subject: hmac::Key,
    check: hmac::Key,
    audit: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Bytes of a master key.
    pub const KEY_LEN: usize = 32;

    /// Derives the keys.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if the library refuses the key, which it does for none of this
    /// length.
    pub fn new(master: &[u8; Self::KEY_LEN]) -> Result<Self, EngineError> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let derive = |purpose: &str| {
            Zeroizing::new(hmac::sign(&master, purpose.as_bytes()).as_ref().to_vec())
        };
        let seal = UnboundKey::new(&AES_256_GCM, &derive("certifyd seal 1"))
            .map_err(|_| EngineError::Internal("the master key was refused".into()))?;
        let mac = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, &derive(purpose));
        Ok(Self {
            seal: LessSafeKey::new(seal),
            content: mac("certifyd content 1"),
            link: mac("certifyd link 1"),
            subject: mac("certifyd subject 1"),
            check: mac("certifyd check 1"),
            audit: mac("certifyd audit 1"),
        })
    }

    /// Seals `clear` for the record `owner`; it can be opened for that record only.
    pub(crate) fn seal(
        &self,
        clear: &[u8],
        owner: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Sealed, EngineError> {
        seal_under(&self.seal, SCHEME, clear, owner, nonce)
    }

    /// Opens what [`Self::seal`] sealed for the same record.
    pub(crate) fn open(
        &self,
        sealed: &Sealed,
        owner: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        open_under(&self.seal, SCHEME, sealed, owner)
    }

    /// A digest that tells equal content from different content, to holders of the key only.
    pub(crate) fn content_digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac_of(&self.content, parts)
    }

    /// A digest that names a person, to holders of the key only.
    pub(crate) fn subject_digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac_of(&self.subject, parts)
    }

    /// The key of the audit, for use beside this vault.
    pub(crate) fn audit_key(&self) -> hmac::Key {
        self.audit.clone()
    }

    /// The tag that makes a link ours.
    pub(crate) fn link_tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let mut tag = [0; TAG];
        for (to, from) in tag.iter_mut().zip(mac_of(&self.link, parts)) {
            *to = from;
        }
        tag
    }

    /// Checks a link's tag, in constant time.
    pub(crate) fn is_link_tag(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.link_tag(parts).as_slice().ct_eq(tag).into()
    }

    /// A value that tells this key from others and nothing about it, to be kept beside the data.
    pub fn fingerprint(&self) -> String {
        hex::encode(mac_of(&self.check, &[]))
    }
}

/// Seals `clear` under `key` for `owner`; `scheme` is written before it and names the kind of key.
pub(crate) fn seal_under(
    key: &LessSafeKey,
    scheme: u8,
    clear: &[u8],
    owner: &[u8],
    nonce: [u8; NONCE_LEN],
) -> Result<Sealed, EngineError> {
    let mut bytes = Vec::with_capacity(1 + NONCE_LEN + clear.len() + 16);
    bytes.push(scheme);
    bytes.extend_from_slice(&nonce);
    let mut body = Zeroizing::new(clear.to_vec());
    let (nonce, owner) = (Nonce::assume_unique_for_key(nonce), Aad::from(owner));
    let tag = key
        .seal_in_place_separate_tag(nonce, owner, &mut body)
        .map_err(|_| EngineError::Internal("sealing failed".into()))?;
    bytes.extend_from_slice(&body);
    bytes.extend_from_slice(tag.as_ref());
    Ok(Sealed::new(bytes))
}

/// Opens what [`seal_under`] sealed with the same of everything.
pub(crate) fn open_under(
    key: &LessSafeKey,
    scheme: u8,
    sealed: &Sealed,
    owner: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let broken = || EngineError::Internal("sealed data does not open with this key".into());
    let (found, rest) = sealed.as_bytes().split_first().ok_or_else(broken)?;
    if *found != scheme {
        return Err(broken());
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
    let mut body = Zeroizing::new(body.to_vec());
    let (nonce, owner) = (Nonce::assume_unique_for_key(*nonce), Aad::from(owner));
    let clear = key.open_in_place(nonce, owner, &mut body).map_err(|_| broken())?.len();
    body.truncate(clear);
    Ok(body)
}

/// Each part enters with its length, so that no two lists of parts read alike.
pub(crate) fn mac_of(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut mac = [0; 32];
    mac.copy_from_slice(context.sign().as_ref());
    mac
}

/// SHA-256, for tokens that are random enough to need no key.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_record_and_key_only() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let sealed = vault.seal(b"clear text", b"record", [1; 12]).unwrap();
        assert!(!sealed.as_bytes().windows(5).any(|window| window == b"clear"));
        assert_eq!(vault.open(&sealed, b"record").unwrap().as_slice(), b"clear text");
        assert!(vault.open(&sealed, b"other").is_err());
        assert!(Vault::new(&[8; 32]).unwrap().open(&sealed, b"record").is_err());
        for index in 0..sealed.as_bytes().len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[index] ^= 1;
            assert!(vault.open(&Sealed::new(changed), b"record").is_err(), "byte {index}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let vault = Vault::new(&[7; 32]).unwrap();
        assert_ne!(vault.content_digest(&[b"ab", b"c"]), vault.content_digest(&[b"a", b"bc"]));
    }
}

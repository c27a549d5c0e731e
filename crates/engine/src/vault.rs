//! Personal data at rest: sealed under a key that is not in the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use domain::Sealed;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::master_keys::{MasterKeys, Wrapping};
use crate::{Current, EngineError};

/// First byte of what is sealed under the first key of the vault: which scheme, so that a later one
/// can live beside it.
pub(crate) const SCHEME: u8 = 1;
/// Bytes of a link's tag: 128 bits, out of reach for guessing.
pub(crate) const TAG: usize = 16;

/// What keys are derived from.
pub(crate) type Secret = Zeroizing<[u8; Vault::KEY_LEN]>;

/// Keys, each for one purpose. Those of digests are what they are for ever, for digests are stored
/// and compared; those that seal follow one another.
pub struct Vault {
    sealing: Current<Sealing>,
    wrapping: Current<Wrapping>,
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

/// The keys that seal: the newest does, all of them open.
#[derive(Default)]
pub(crate) struct Sealing(BTreeMap<u32, Arc<LessSafeKey>>);

impl Sealing {
    pub(crate) fn newest(&self) -> u32 {
        self.0.last_key_value().map_or(0, |(generation, _)| *generation)
    }

    /// The numbers of those that only open.
    pub(crate) fn older(&self) -> Vec<u32> {
        let newest = self.newest();
        self.0.keys().copied().filter(|generation| *generation != newest).collect()
    }

    pub(crate) fn get(&self, generation: u32) -> Option<Arc<LessSafeKey>> {
        self.0.get(&generation).cloned()
    }

    pub(crate) fn add(&mut self, generation: u32, key: Arc<LessSafeKey>) {
        self.0.insert(generation, key);
    }

    /// The key that is derived from a secret.
    pub(crate) fn key(secret: &Secret) -> Result<Arc<LessSafeKey>, EngineError> {
        UnboundKey::new(&AES_256_GCM, &derived(secret, "certifyd seal 1"))
            .map(|key| Arc::new(LessSafeKey::new(key)))
            .map_err(|_| EngineError::Internal("a sealing key was refused".into()))
    }
}

/// A key for one purpose.
pub(crate) fn derived(secret: &Secret, purpose: &str) -> Zeroizing<Vec<u8>> {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice());
    Zeroizing::new(hmac::sign(&secret, purpose.as_bytes()).as_ref().to_vec())
}

/// What is sealed under a key of the vault begins with this.
fn head(generation: u32) -> Vec<u8> {
    match generation {
        1 => vec![SCHEME],
        later => [&[Sealed::LATER], later.to_be_bytes().as_slice()].concat(),
    }
}

impl Vault {
    /// Bytes of a master key.
    pub const KEY_LEN: usize = 32;

    /// The vault of a database from before there were secrets under the master key: it was all of
    /// them itself.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if the library refuses the key, which it does for none of this
    /// length.
    pub fn new(master: &[u8; Self::KEY_LEN]) -> Result<Self, EngineError> {
        let master = Secret::new(*master);
        let mut sealing = Sealing::default();
        sealing.add(1, Sealing::key(&master)?);
        let wrapping = Wrapping::of(&MasterKeys::new(vec![master.clone()]))?;
        Ok(Self::of(&master, sealing, wrapping))
    }

    /// Derives the keys of digests, and takes the others.
    pub(crate) fn of(mac: &Secret, sealing: Sealing, wrapping: Wrapping) -> Self {
        let mac = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, &derived(mac, purpose));
        Self {
            sealing: Current::new(sealing),
            wrapping: Current::new(wrapping),
            content: mac("certifyd content 1"),
            link: mac("certifyd link 1"),
            subject: mac("certifyd subject 1"),
            check: mac("certifyd check 1"),
            audit: mac("certifyd audit 1"),
        }
    }

    /// The keys that seal, as they are now.
    pub(crate) fn sealing(&self) -> Arc<Sealing> {
        self.sealing.get()
    }

    /// Has others come after the keys that seal, or fall away.
    pub(crate) fn exchange_sealing(&self, sealing: Sealing) {
        self.sealing.exchange(sealing);
    }

    /// The keys that secrets are wrapped under.
    pub(crate) fn wrapping(&self) -> Arc<Wrapping> {
        self.wrapping.get()
    }

    /// Exchanges them.
    pub(crate) fn exchange_wrapping(&self, wrapping: Wrapping) {
        self.wrapping.exchange(wrapping);
    }

    /// Seals `clear` for the record `owner`; it can be opened for that record only.
    pub(crate) fn seal(
        &self,
        clear: &[u8],
        owner: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Sealed, EngineError> {
        self.seal_as(self.sealing.get().newest(), clear, owner, nonce)
    }

    /// Seals under the key of this number.
    pub(crate) fn seal_as(
        &self,
        generation: u32,
        clear: &[u8],
        owner: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Sealed, EngineError> {
        let gone = || EngineError::Internal("a sealing key is not there any more".into());
        let key = self.sealing.get().get(generation).ok_or_else(gone)?;
        seal_under(&key, &head(generation), clear, owner, nonce)
    }

    /// Whether there is a key for it.
    pub(crate) fn knows(&self, sealed: &Sealed) -> bool {
        let generation = sealed.generation();
        generation == 0 || self.sealing.get().get(generation).is_some()
    }

    /// Opens what [`Self::seal`] sealed for the same record.
    pub(crate) fn open(
        &self,
        sealed: &Sealed,
        owner: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let generation = sealed.generation();
        let key = self.sealing.get().get(generation).ok_or_else(broken)?;
        open_under(&key, &head(generation), sealed, owner)
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

fn broken() -> EngineError {
    EngineError::Internal("sealed data does not open with this key".into())
}

/// Seals `clear` under `key` for `owner`; `head` is written before it and names the key.
pub(crate) fn seal_under(
    key: &LessSafeKey,
    head: &[u8],
    clear: &[u8],
    owner: &[u8],
    nonce: [u8; NONCE_LEN],
) -> Result<Sealed, EngineError> {
    let mut bytes = Vec::with_capacity(head.len() + NONCE_LEN + clear.len() + 16);
    bytes.extend_from_slice(head);
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
    head: &[u8],
    sealed: &Sealed,
    owner: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let rest = sealed.as_bytes().strip_prefix(head).ok_or_else(broken)?;
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
    fn a_later_key_seals_and_earlier_ones_still_open() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let first = vault.seal(b"clear text", b"record", [1; 12]).unwrap();
        assert_eq!((first.as_bytes()[0], first.generation()), (SCHEME, 1));
        let mut sealing = Sealing::default();
        sealing.add(1, vault.sealing().get(1).unwrap());
        sealing.add(258, Sealing::key(&Secret::new([9; 32])).unwrap());
        assert_eq!((sealing.newest(), sealing.older()), (258, vec![1]));
        vault.exchange_sealing(sealing);
        let later = vault.seal(b"clear text", b"record", [1; 12]).unwrap();
        assert_eq!(later.generation(), 258);
        for sealed in [&first, &later] {
            assert!(vault.knows(sealed));
            assert_eq!(vault.open(sealed, b"record").unwrap().as_slice(), b"clear text");
        }
        for index in 0..later.as_bytes().len() {
            let mut changed = later.as_bytes().to_vec();
            changed[index] ^= 1;
            assert!(vault.open(&Sealed::new(changed), b"record").is_err(), "byte {index}");
        }
        let before = Vault::new(&[7; 32]).unwrap();
        assert!(!before.knows(&later) && before.open(&later, b"record").is_err());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let vault = Vault::new(&[7; 32]).unwrap();
        assert_ne!(vault.content_digest(&[b"ab", b"c"]), vault.content_digest(&[b"a", b"bc"]));
    }
}

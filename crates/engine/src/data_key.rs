//! A key for each certification: what is personal is sealed under it, it is wrapped under the
//! vault's, and when it is destroyed nobody can read any of that again.

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, UnboundKey};
use domain::{CertifyId, Sealed};
use zeroize::Zeroizing;

use crate::vault::{SCHEME, open_under, seal_under};
use crate::{Engine, EngineError, Vault};

/// First byte of what is sealed under the key of its certification.
const OWN: [u8; 1] = [2];
/// The key of the vault there was then.
const FIRST: u32 = 1;
/// Bytes of a key.
const LENGTH: usize = 32;

/// What a certification's personal data is sealed under.
pub(crate) enum DataKey {
    /// Its own key.
    Own(LessSafeKey),
    /// The vault's first: it was opened before there were others.
    Vault,
}

impl Vault {
    /// Makes a key of 32 bytes nobody can guess; gives it, and what is kept of it.
    pub(crate) fn new_data_key(
        &self,
        id: CertifyId,
        bytes: [u8; LENGTH],
        nonce: [u8; NONCE_LEN],
    ) -> Result<(DataKey, Sealed), EngineError> {
        let bytes = Zeroizing::new(bytes);
        let wrapped = self.seal(bytes.as_slice(), &wrapping(id), nonce)?;
        Ok((DataKey::Own(key_of(bytes.as_slice())?), wrapped))
    }

    /// The key that was kept.
    pub(crate) fn data_key(&self, id: CertifyId, wrapped: &Sealed) -> Result<DataKey, EngineError> {
        if wrapped.as_bytes().is_empty() {
            return Ok(DataKey::Vault);
        }
        Ok(DataKey::Own(key_of(&self.open(wrapped, &wrapping(id))?)?))
    }

    /// Opens what was sealed for the record `owner` of the certification `id`. `wrapped` is its
    /// key, if there still is one.
    pub(crate) fn open_with(
        &self,
        id: CertifyId,
        wrapped: Option<&Sealed>,
        sealed: &Sealed,
        owner: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EngineError> {
        let wrapped = wrapped.ok_or(EngineError::Erased)?;
        match (sealed.as_bytes().first().copied(), self.data_key(id, wrapped)?) {
            (None, _) => Err(EngineError::Erased),
            (Some(SCHEME), _) => self.open(sealed, owner),
            (Some(_), DataKey::Own(key)) => open_under(&key, &OWN, sealed, owner),
            (Some(_), DataKey::Vault) => {
                Err(EngineError::Internal("sealed under a key that is not there".into()))
            }
        }
    }
}

fn key_of(bytes: &[u8]) -> Result<LessSafeKey, EngineError> {
    UnboundKey::new(&AES_256_GCM, bytes)
        .map(LessSafeKey::new)
        .map_err(|_| EngineError::Internal("a wrapped key has another length".into()))
}

/// What a wrapped key belongs to: no other row can have it.
pub(crate) fn wrapping(id: CertifyId) -> Vec<u8> {
    [b"data key 1".as_slice(), &id.to_bytes()].concat()
}

impl Engine {
    /// Seals `clear` for the record `owner` of a certification.
    pub(crate) fn seal_with(
        &self,
        key: &DataKey,
        clear: &[u8],
        owner: &[u8],
    ) -> Result<Sealed, EngineError> {
        match key {
            DataKey::Own(key) => seal_under(key, &OWN, clear, owner, self.random()),
            // The row of its key stands for all of that: the first one stays as long as it does.
            DataKey::Vault => self.vault.seal_as(FIRST, clear, owner, self.random()),
        }
    }

    /// The key for what is added to a certification.
    pub(crate) async fn data_key(&self, id: CertifyId) -> Result<DataKey, EngineError> {
        let wrapped = self.store.data_key(id).await?.ok_or(EngineError::Erased)?;
        self.meet(Some(&wrapped)).await?;
        self.vault.data_key(id, &wrapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_for_its_certification_and_vault_only() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let (id, other) = (CertifyId::from_bytes([1; 16]), CertifyId::from_bytes([2; 16]));
        let (key, wrapped) = vault.new_data_key(id, [9; 32], [1; 12]).unwrap();
        assert!(!wrapped.as_bytes().windows(4).any(|bytes| bytes == [9; 4]));
        let DataKey::Own(key) = key else { panic!("a new key is its certification's own") };
        let sealed = seal_under(&key, &OWN, b"clear", b"record", [2; 12]).unwrap();
        let DataKey::Own(again) = vault.data_key(id, &wrapped).unwrap() else { panic!() };
        assert_eq!(open_under(&again, &OWN, &sealed, b"record").unwrap().as_slice(), b"clear");
        assert!(open_under(&again, &OWN, &sealed, b"another").is_err());
        assert!(open_under(&again, &[SCHEME], &sealed, b"record").is_err());
        assert!(vault.data_key(other, &wrapped).is_err());
        assert!(Vault::new(&[8; 32]).unwrap().data_key(id, &wrapped).is_err());
        assert!(vault.open(&sealed, b"record").is_err());
        assert!(matches!(vault.data_key(id, &Sealed::new(vec![])), Ok(DataKey::Vault)));
    }

    #[test]
    fn what_was_sealed_before_there_were_such_keys_stays_readable_until_it_is_erased() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let id = CertifyId::from_bytes([1; 16]);
        let old = vault.seal(b"clear", b"record", [3; 12]).unwrap();
        let (nothing, none) = (Sealed::new(Vec::new()), None);
        let open = |wrapped, sealed| vault.open_with(id, wrapped, sealed, b"record");
        assert_eq!(open(Some(&nothing), &old).unwrap().as_slice(), b"clear");
        assert_eq!(open(none, &old).unwrap_err(), EngineError::Erased);
        assert_eq!(open(Some(&nothing), &nothing).unwrap_err(), EngineError::Erased);
        let (key, wrapped) = vault.new_data_key(id, [9; 32], [1; 12]).unwrap();
        let DataKey::Own(key) = key else { panic!() };
        let new = seal_under(&key, &OWN, b"clear", b"record", [2; 12]).unwrap();
        assert_eq!(open(Some(&wrapped), &new).unwrap().as_slice(), b"clear");
        assert_eq!(open(none, &new).unwrap_err(), EngineError::Erased);
        assert!(matches!(open(Some(&nothing), &new), Err(EngineError::Internal(_))));
    }
}

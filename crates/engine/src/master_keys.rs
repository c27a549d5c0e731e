//! Master keys: what secrets are wrapped under, and nothing else.

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, UnboundKey};
use domain::Sealed;
use store::{RootKey, RootPurpose};
use zeroize::Zeroizing;

use crate::vault::{Secret, derived, open_under, seal_under};
use crate::{EngineError, Vault};

/// First byte of a secret that is wrapped under a master key.
const ROOT: [u8; 1] = [4];

/// Master keys, the newest first: that one wraps, all of them unwrap.
pub struct MasterKeys(Vec<Secret>);

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKeys(…)")
    }
}

impl MasterKeys {
    /// Of these, the newest first.
    pub fn new(keys: Vec<Zeroizing<[u8; Vault::KEY_LEN]>>) -> Self {
        Self(keys)
    }

    pub(crate) fn all(&self) -> &[Secret] {
        &self.0
    }
}

/// The keys derived from master keys, in their order.
pub(crate) struct Wrapping(Vec<LessSafeKey>);

impl Wrapping {
    pub(crate) fn of(masters: &MasterKeys) -> Result<Self, EngineError> {
        let key = |master: &Secret| {
            UnboundKey::new(&AES_256_GCM, &derived(master, "certifyd roots 1"))
                .map(LessSafeKey::new)
                .map_err(|_| EngineError::Internal("a master key was refused".into()))
        };
        masters.all().iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Wraps a secret under the first.
    pub(crate) fn wrap(
        &self,
        (purpose, generation): (RootPurpose, u32),
        secret: &Secret,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Sealed, EngineError> {
        let missing = || EngineError::Internal("there is no master key".into());
        let key = self.0.first().ok_or_else(missing)?;
        seal_under(key, &ROOT, secret.as_slice(), &owner(purpose, generation), nonce)
    }

    /// The secret, and the place of the master key it is wrapped under; none if that is not here.
    pub(crate) fn unwrap(&self, root: &RootKey) -> Option<(usize, Secret)> {
        let owner = owner(root.purpose, root.generation);
        self.0.iter().enumerate().find_map(|(place, key)| {
            let bytes = open_under(key, &ROOT, &root.wrapped, &owner).ok()?;
            let mut secret = Secret::default();
            (bytes.len() == secret.len()).then(|| {
                secret.copy_from_slice(&bytes);
                (place, secret)
            })
        })
    }
}

/// What a wrapped secret belongs to: no other row can have it.
fn owner(purpose: RootPurpose, generation: u32) -> Vec<u8> {
    [b"root key 1 ", purpose.as_str().as_bytes(), &generation.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters(bytes: &[u8]) -> Wrapping {
        let keys = bytes.iter().map(|byte| Secret::new([*byte; 32])).collect();
        Wrapping::of(&MasterKeys::new(keys)).unwrap()
    }

    #[test]
    fn a_secret_is_wrapped_under_the_first_and_unwrapped_under_any_for_its_row_only() {
        let secret = Secret::new([9; 32]);
        let wrapped = masters(&[1, 2]).wrap((RootPurpose::Seal, 2), &secret, [3; 12]).unwrap();
        assert!(!wrapped.as_bytes().windows(4).any(|bytes| bytes == [9; 4]));
        let root = RootKey {
            purpose: RootPurpose::Seal,
            generation: 2,
            wrapped,
            made_at: jiff::Timestamp::UNIX_EPOCH,
            retired_at: None,
        };
        let place = |keys: &[u8], root: &RootKey| {
            masters(keys).unwrap(root).map(|(place, found)| {
                assert_eq!(found, secret);
                place
            })
        };
        assert_eq!(place(&[1], &root), Some(0));
        assert_eq!(place(&[3, 2, 1], &root), Some(2));
        assert_eq!(place(&[2, 3], &root), None);
        assert_eq!(place(&[1], &RootKey { generation: 3, ..root.clone() }), None);
        assert_eq!(place(&[1], &RootKey { purpose: RootPurpose::Mac, ..root }), None);
        let shown = format!("{:?}", MasterKeys::new(vec![secret]));
        assert_eq!(shown, "MasterKeys(…)");
    }
}

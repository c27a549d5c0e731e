//! The key that seals is followed by another while calls are answered: which there are, and how each
//! node learns of it.

mod pass;

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{CertifyId, Sealed};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::{CertificationRecord, RootKey, RootPurpose, SealedIn, StoreError};

use crate::audit::Who;
use crate::roots::new_secret;
use crate::{Engine, EngineError, VaultFault};

pub use pass::KeyPass;

/// Who has not looked for so long, looks before anything is sealed.
const STALE: SignedDuration = SignedDuration::from_mins(10);
/// What the audit names.
const OBJECT: &str = "sealing key";

/// What this node knows of the keys, and since when.
#[derive(Debug)]
pub(crate) struct Rotation {
    learning: tokio::sync::Mutex<()>,
    learned_at: AtomicI64,
    woken: tokio::sync::Notify,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            learning: tokio::sync::Mutex::default(),
            learned_at: AtomicI64::new(i64::MIN),
            woken: tokio::sync::Notify::default(),
        }
    }
}

impl Rotation {
    /// What is read first is not taken last.
    pub(crate) async fn learning(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.learning.lock().await
    }

    fn is_stale(&self, now: Timestamp) -> bool {
        let learned = self.learned_at.load(Ordering::Relaxed);
        let age = now.as_millisecond().saturating_sub(learned);
        !(0..i64::try_from(STALE.as_millis()).unwrap_or(i64::MAX)).contains(&age)
    }
}

/// A key that seals, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyGeneration {
    /// Its number.
    pub generation: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was destroyed.
    pub retired_at: Option<Timestamp>,
    /// Keys of certifications under it.
    pub data_keys: i64,
    /// Addresses of notices under it.
    pub notices: i64,
    /// Certifications without a key of their own, which stay under it until they are erased.
    pub without_key: i64,
    /// One of these is [`KeyGeneration::MOST`], and stands for that or more: further nobody counts.
    pub capped: bool,
}

impl KeyGeneration {
    /// Most rows that are counted: to count all of a large table is work that others would wait for.
    pub const MOST: i64 = 100_000;

    fn new(root: &RootKey, [data_keys, notices, without_key]: [i64; 3]) -> Self {
        Self {
            generation: root.generation,
            made_at: root.made_at,
            retired_at: root.retired_at,
            data_keys,
            notices,
            without_key,
            capped: [data_keys, notices, without_key].iter().any(|count| *count >= Self::MOST),
        }
    }

    /// What can be sealed again under a newer key.
    pub fn movable(&self) -> i64 {
        self.data_keys.saturating_add(self.notices)
    }
}

impl Engine {
    /// A certification as it is kept, with the key to read it.
    pub(crate) async fn kept(
        &self,
        id: CertifyId,
    ) -> Result<Option<CertificationRecord>, EngineError> {
        let record = self.store.certification(id).await?;
        self.meet(record.as_ref().and_then(|record| record.data_key.as_ref())).await?;
        Ok(record)
    }

    /// Looks which keys there are if this is sealed under one that is not known here, or nobody has
    /// looked for long: another node may have made one.
    pub(crate) async fn meet(&self, sealed: Option<&Sealed>) -> Result<(), EngineError> {
        if !self.must_look(sealed) {
            return Ok(());
        }
        let _one_at_a_time = self.rotation.learning().await;
        // Of many that wait here the first one looks for all.
        if self.must_look(sealed) {
            self.look().await?;
        }
        Ok(())
    }

    fn must_look(&self, sealed: Option<&Sealed>) -> bool {
        let unknown = sealed.is_some_and(|sealed| !self.vault.knows(sealed));
        unknown || self.rotation.is_stale(self.now())
    }

    /// Looks which keys there are.
    pub(crate) async fn learn_keys(&self) -> Result<Vec<RootKey>, EngineError> {
        let _one_at_a_time = self.rotation.learning().await;
        self.look().await
    }

    async fn look(&self) -> Result<Vec<RootKey>, EngineError> {
        let now = self.now();
        let rows = self.store.root_keys().await?;
        // A vault that was made without a database has what it has.
        if !rows.is_empty() {
            self.vault.take(&rows).map_err(unlearned)?;
        }
        self.rotation.learned_at.store(now.as_millisecond(), Ordering::Relaxed);
        Ok(rows)
    }

    /// Whether something was not stored because the key it was sealed under was destroyed since this
    /// node has looked, e.g. while it stood still. It looks now, and whoever seals it again succeeds.
    pub(crate) async fn lost_its_key<T: Sync>(
        &self,
        stored: &Result<T, StoreError>,
    ) -> Result<bool, EngineError> {
        let lost = matches!(stored, Err(error) if *error == StoreError::KEY_DESTROYED);
        if lost {
            self.learn_keys().await?;
        }
        Ok(lost)
    }

    /// Makes the next key that seals, for `by`; everything new is sealed under it at once. Gives
    /// its number.
    ///
    /// # Errors
    /// [`EngineError::Busy`] if another has just been made, or all were just wrapped under another
    /// master key, or a fault of the store.
    pub async fn rotate_keys(&self, by: &str) -> Result<u32, EngineError> {
        let rows = self.learn_keys().await?;
        let under_ours = self.vault.wrapping();
        if rows.iter().any(|root| root.retired_at.is_none() && under_ours.unwrap(root).is_none()) {
            return Err(unlearned(VaultFault::OtherKey));
        }
        let mac = rows.iter().find(|root| root.purpose == RootPurpose::Mac);
        let mac = mac.ok_or_else(|| EngineError::Internal("root_keys has no mac".into()))?;
        let generation = self.vault.sealing().newest().saturating_add(1);
        let name = (RootPurpose::Seal, generation);
        let wrapped = under_ours.wrap(name, &new_secret(&*self.chance), self.random())?;
        let next = RootKey {
            purpose: RootPurpose::Seal,
            generation,
            wrapped,
            made_at: self.now(),
            retired_at: None,
        };
        let detail = Some(format!("generation {generation}"));
        let who = Who::operator(by);
        let store = self.recorded(&who, "key_rotation_begun", OBJECT.to_owned(), detail);
        if !store.add_root_key(next, mac.wrapped.clone()).await? {
            let text = "another key has just been made, or the master key was exchanged";
            return Err(EngineError::Busy(text.into()));
        }
        self.learn_keys().await?;
        self.rotation.woken.notify_one();
        Ok(generation)
    }

    /// The keys that seal or did, and how much is sealed under each, counted up to
    /// [`KeyGeneration::MOST`].
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn key_generations(&self) -> Result<Vec<KeyGeneration>, EngineError> {
        let most = KeyGeneration::MOST;
        let count = |place, generation| self.store.count_sealed_under(place, generation, most);
        let mut generations = Vec::new();
        let rows = self.store.root_keys().await?;
        for root in rows.into_iter().filter(|root| root.purpose == RootPurpose::Seal) {
            let generation = root.generation;
            let without_key = if generation == 1 { count(SealedIn::DataKeys, 0).await? } else { 0 };
            let counts = [
                count(SealedIn::DataKeys, generation).await?,
                count(SealedIn::Notices, generation).await?,
                without_key,
            ];
            generations.push(KeyGeneration::new(&root, counts));
        }
        Ok(generations)
    }

    /// How much is still to be sealed again, counted up to [`KeyGeneration::MOST`] for each key
    /// and place.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn to_be_sealed_again(&self) -> Result<i64, EngineError> {
        let mut all = 0_i64;
        for older in self.vault.sealing().older() {
            for place in SealedIn::ALL {
                let count =
                    self.store.count_sealed_under(place, older, KeyGeneration::MOST).await?;
                all = all.saturating_add(count);
            }
        }
        Ok(all)
    }
}

/// A key another node has made under a master key that is not here.
fn unlearned(fault: VaultFault) -> EngineError {
    match fault {
        VaultFault::Engine(error) => error,
        VaultFault::OtherKey => EngineError::Internal(
            "a key of the vault is wrapped under a master key that this server does not have; add \
             it to store.master_key and send SIGHUP"
                .into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_stands_for_more_says_so() {
        let root = RootKey {
            purpose: RootPurpose::Seal,
            generation: 1,
            wrapped: Sealed::new(Vec::new()),
            made_at: Timestamp::UNIX_EPOCH,
            retired_at: None,
        };
        let most = KeyGeneration::MOST;
        for (counts, capped) in [
            ([most - 1, 0, most - 1], false),
            ([most, 0, 0], true),
            ([0, most, 0], true),
            ([0, 0, most], true),
        ] {
            assert_eq!(KeyGeneration::new(&root, counts).capped, capped, "{counts:?}");
        }
    }
}

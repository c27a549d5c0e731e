//! The vault of a database: opened by a master key, made with the database, given to another master
//! key.
//!
//! The secrets under the master key are as old as the database. Of one from before there were such,
//! its master key is made both of them: what is sealed, digests, links and the audit stay as they
//! are, and an earlier program may go on beside this one.

use domain::Sealed;
use jiff::Timestamp;
use store::{NewAuditEntry, RootKey, RootPurpose, Store};

use crate::audit::{Ledger, Who};
use crate::master_keys::{MasterKeys, Wrapping};
use crate::vault::{Sealing, Secret};
use crate::{Chance, Engine, EngineError, VAULT_FINGERPRINT, Vault};

/// How often to look again when another node was faster.
const TRIES: usize = 8;

/// Why a vault was not opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum VaultFault {
    /// None of the master keys is the one the database was written with.
    #[error("no master key given is the one this database was written with")]
    OtherKey,
    /// A fault of the store, or of ours.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<store::StoreError> for VaultFault {
    fn from(error: store::StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// Whether secrets are still wrapped as they should be.
enum Wrapped {
    UnderFirst,
    Again,
    /// Another node was faster.
    Otherwise,
}

impl Vault {
    /// Whether there is something in the database that only its master key opens.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn is_founded(store: &Store) -> Result<bool, EngineError> {
        Ok(store.recall(VAULT_FINGERPRINT).await?.is_some() || !store.root_keys().await?.is_empty())
    }

    /// The vault of the database, of which nothing is changed; none if it has none yet.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub async fn known(store: &Store, masters: &MasterKeys) -> Result<Option<Self>, VaultFault> {
        let (fingerprint, rows) = kept(store).await?;
        if !rows.is_empty() {
            return Self::of_rows(store, &rows, Wrapping::of(masters)?).await.map(Some);
        }
        let Some(fingerprint) = fingerprint else { return Ok(None) };
        Ok(Some(Self::new(&*all_in_one(masters, &fingerprint)?)?))
    }

    /// The vault of the database; made now if it has none. If its secrets are wrapped under another
    /// than the first of the master keys, they are wrapped under that one, which the audit tells.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub async fn of_database(
        store: &Store,
        masters: &MasterKeys,
        chance: &dyn Chance,
        now: Timestamp,
    ) -> Result<Self, VaultFault> {
        let (fingerprint, mut rows) = kept(store).await?;
        if rows.is_empty() {
            rows = found(store, masters, fingerprint, chance, now).await?;
        }
        let vault = Self::of_rows(store, &rows, Wrapping::of(masters)?).await?;
        let entry = exchanged(now);
        let recording = store.recording(Ledger::of(&vault).record(vec![entry]));
        wrapped_under_first(&recording, rows, &vault.wrapping(), chance).await?;
        Ok(vault)
    }

    async fn of_rows(
        store: &Store,
        rows: &[RootKey],
        wrapping: Wrapping,
    ) -> Result<Self, VaultFault> {
        let mac = rows.iter().find(|root| root.purpose == RootPurpose::Mac);
        let mac = mac.ok_or_else(|| EngineError::Internal("root_keys has no mac".into()))?;
        let (_, mac) = wrapping.unwrap(mac).ok_or(VaultFault::OtherKey)?;
        let sealing = sealing(rows, &wrapping, &Sealing::default())?;
        let vault = Self::of(&mac, sealing, wrapping);
        // Who has put secrets of another database beside this one's data is told so.
        match store.recall(VAULT_FINGERPRINT).await? {
            Some(kept) if kept == vault.fingerprint() => Ok(vault),
            _ => Err(VaultFault::OtherKey),
        }
    }

    /// Takes keys that seal from what is kept: those that have come, and without those that went.
    pub(crate) fn take(&self, rows: &[RootKey]) -> Result<(), VaultFault> {
        let sealing = sealing(rows, &self.wrapping(), &self.sealing())?;
        self.exchange_sealing(sealing);
        Ok(())
    }
}

/// The fingerprint and the secrets. In this order: they are made together, so a fingerprint without
/// secrets is of before there were such, and not of a node that is making them.
async fn kept(store: &Store) -> Result<(Option<String>, Vec<RootKey>), EngineError> {
    let fingerprint = store.recall(VAULT_FINGERPRINT).await?;
    Ok((fingerprint, store.root_keys().await?))
}

/// The keys of all generations that are there. Those that are `known` need not be unwrapped.
fn sealing(rows: &[RootKey], wrapping: &Wrapping, known: &Sealing) -> Result<Sealing, VaultFault> {
    let mut sealing = Sealing::default();
    for root in rows.iter().filter(|root| root.purpose == RootPurpose::Seal && is_there(root)) {
        let key = if let Some(key) = known.get(root.generation) {
            key
        } else {
            let (_, secret) = wrapping.unwrap(root).ok_or(VaultFault::OtherKey)?;
            Sealing::key(&secret)?
        };
        sealing.add(root.generation, key);
    }
    if sealing.newest() == 0 {
        return Err(EngineError::Internal("root_keys has no key that seals".into()).into());
    }
    Ok(sealing)
}

fn is_there(root: &RootKey) -> bool {
    root.retired_at.is_none()
}

/// The master key that was everything itself.
fn all_in_one(masters: &MasterKeys, fingerprint: &str) -> Result<Secret, VaultFault> {
    for master in masters.all() {
        if Vault::new(master)?.fingerprint() == fingerprint {
            return Ok(master.clone());
        }
    }
    Err(VaultFault::OtherKey)
}

/// Makes the first secrets of a database, unless another node is doing the same; gives those that
/// are kept.
async fn found(
    store: &Store,
    masters: &MasterKeys,
    fingerprint: Option<String>,
    chance: &dyn Chance,
    now: Timestamp,
) -> Result<Vec<RootKey>, VaultFault> {
    let (mac, seal, wrapping) = match fingerprint {
        Some(fingerprint) => {
            let all = all_in_one(masters, &fingerprint)?;
            let wrapping = Wrapping::of(&MasterKeys::new(vec![all.clone()]))?;
            (all.clone(), all, wrapping)
        }
        None => (new_secret(chance), new_secret(chance), Wrapping::of(masters)?),
    };
    let first = |purpose, secret: &Secret| {
        let wrapped = wrapping.wrap((purpose, 1), secret, random(chance))?;
        Ok::<_, EngineError>(RootKey {
            purpose,
            generation: 1,
            wrapped,
            made_at: now,
            retired_at: None,
        })
    };
    let rows = vec![first(RootPurpose::Mac, &mac)?, first(RootPurpose::Seal, &seal)?];
    let fingerprint = Vault::of(&mac, Sealing::default(), wrapping).fingerprint();
    Ok(store.found_root_keys(rows, VAULT_FINGERPRINT, &fingerprint).await?)
}

fn random<const N: usize>(chance: &dyn Chance) -> [u8; N] {
    let mut bytes = [0; N];
    chance.fill(&mut bytes);
    bytes
}

pub(crate) fn new_secret(chance: &dyn Chance) -> Secret {
    let mut secret = Secret::default();
    chance.fill(secret.as_mut_slice());
    secret
}

fn exchanged(now: Timestamp) -> NewAuditEntry {
    NewAuditEntry {
        at: now,
        who: Who::System.to_string(),
        action: "master_key_exchanged",
        object: "master key".to_owned(),
        detail: None,
    }
}

/// Sees to it that all secrets are wrapped under the first master key. `store` records that.
async fn wrapped_under_first(
    store: &Store,
    mut rows: Vec<RootKey>,
    wrapping: &Wrapping,
    chance: &dyn Chance,
) -> Result<bool, VaultFault> {
    for _ in 0..TRIES {
        match wrap_again(store, &rows, wrapping, chance).await? {
            Wrapped::UnderFirst => return Ok(false),
            Wrapped::Again => return Ok(true),
            Wrapped::Otherwise => rows = store.root_keys().await?,
        }
    }
    Err(EngineError::Busy("the master key is being exchanged by another node".into()).into())
}

async fn wrap_again(
    store: &Store,
    rows: &[RootKey],
    wrapping: &Wrapping,
    chance: &dyn Chance,
) -> Result<Wrapped, VaultFault> {
    let mut changes: Vec<(RootKey, Sealed)> = Vec::new();
    for root in rows.iter().filter(|root| is_there(root)) {
        let (place, secret) = wrapping.unwrap(root).ok_or(VaultFault::OtherKey)?;
        if place > 0 {
            let name = (root.purpose, root.generation);
            changes.push((root.clone(), wrapping.wrap(name, &secret, random(chance))?));
        }
    }
    if changes.is_empty() {
        return Ok(Wrapped::UnderFirst);
    }
    let done = store.wrap_root_keys_again(rows.to_vec(), changes).await?;
    Ok(if done { Wrapped::Again } else { Wrapped::Otherwise })
}

impl Engine {
    /// Goes on with other master keys: secrets that are not wrapped under the first of them are
    /// wrapped under it, which the audit tells. Tells whether there were any.
    ///
    /// # Errors
    /// [`VaultFault::OtherKey`] if none of them opens the database; then nothing has changed.
    pub async fn exchange_master_keys(&self, masters: &MasterKeys) -> Result<bool, VaultFault> {
        let _one_at_a_time = self.rotation.learning().await;
        let wrapping = Wrapping::of(masters)?;
        let rows = self.store.root_keys().await?;
        if !rows.iter().any(|root| root.purpose == RootPurpose::Mac) {
            return Err(EngineError::Internal("root_keys has no mac".into()).into());
        }
        let entry = exchanged(self.now());
        let store = self.store.recording(self.ledger.record(vec![entry]));
        let again = wrapped_under_first(&store, rows, &wrapping, &*self.chance).await?;
        self.vault.exchange_wrapping(wrapping);
        Ok(again)
    }
}

//! What is sealed under older keys is sealed again, a batch in one commit, found by the number it
//! carries: whoever stops in between, goes on there. A row that was changed or erased meanwhile is
//! left alone. When nothing is left under a key, and every node has had an hour to learn of the next
//! one, its secret is destroyed.

use std::sync::Arc;
use std::time::Duration;

use domain::{NotifyId, Sealed};
use jiff::{SignedDuration, Timestamp};
use store::{RootPurpose, SealedIn, SealedRow};

use super::OBJECT;
use crate::audit::Who;
use crate::data_key::wrapping;
use crate::notice::address_owner;
use crate::{Engine, EngineError};

/// Rows that are sealed again in one commit.
const BATCH: u32 = 200;
/// The rest after each, for others.
const REST: Duration = Duration::from_millis(20);
/// How often to look which keys there are, and what is left under older ones.
const EVERY: Duration = Duration::from_secs(30);
/// When every node has learned of a key: each has then looked, or seals nothing.
const KNOWN_TO_ALL: SignedDuration = SignedDuration::from_hours(1);

/// One way through everything that is sealed under older keys.
#[derive(Debug)]
pub struct KeyPass {
    left: Vec<(u32, SealedIn)>,
    after: Option<[u8; 16]>,
    sealed: usize,
}

impl KeyPass {
    /// How much was sealed again.
    pub fn sealed(&self) -> usize {
        self.sealed
    }
}

impl Engine {
    /// Looks after the keys until dropped. To be run once per process.
    pub async fn run_keys(self: Arc<Self>) {
        loop {
            match self.tend(REST).await {
                Ok(KeyPass { sealed: 0, .. }) => {}
                Ok(KeyPass { sealed, .. }) => tracing::info!(sealed, "sealed under the newest key"),
                Err(error) => tracing::warn!(%error, "the keys could not be looked after"),
            }
            let _ = tokio::time::timeout(EVERY, self.rotation.woken.notified()).await;
        }
    }

    /// Seals under the newest key what is sealed under older ones, and destroys those that nothing
    /// needs any more.
    ///
    /// # Errors
    /// A fault of the store. What was sealed before it stays so.
    pub async fn tend_keys(&self) -> Result<KeyPass, EngineError> {
        self.tend(Duration::ZERO).await
    }

    async fn tend(&self, rest: Duration) -> Result<KeyPass, EngineError> {
        let mut pass = self.begin_key_pass().await?;
        while self.seal_some_again(&mut pass).await? {
            if rest.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(rest).await;
            }
        }
        self.end_key_pass(&pass).await?;
        Ok(pass)
    }

    /// Looks what there is to do.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn begin_key_pass(&self) -> Result<KeyPass, EngineError> {
        self.learn_keys().await?;
        let older = self.vault.sealing().older();
        let places = older.into_iter().flat_map(|older| SealedIn::ALL.map(|place| (older, place)));
        Ok(KeyPass { left: places.collect(), after: None, sealed: 0 })
    }

    /// Does a part of it, in one commit; tells whether there may be more.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn seal_some_again(&self, pass: &mut KeyPass) -> Result<bool, EngineError> {
        let Some((older, place)) = pass.left.last().copied() else { return Ok(false) };
        let rows = self.store.sealed_under(place, older, pass.after, BATCH).await?;
        let Some(last) = rows.last() else {
            pass.left.pop();
            pass.after = None;
            return Ok(!pass.left.is_empty());
        };
        pass.after = Some(last.id);
        let newest = self.vault.sealing().newest();
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows {
            match self.sealed_again(place, newest, &row) {
                Ok(sealed) => changes.push((row, sealed)),
                Err(error) => {
                    // Its key stays; what is wrong with the row is to be found out.
                    let certify_id = row.certify_id;
                    tracing::error!(%certify_id, ?place, %error, "cannot be sealed again");
                }
            }
        }
        let done = self.store.seal_again(place, newest, changes).await?;
        pass.sealed += done.into_iter().filter(|done| *done).count();
        Ok(true)
    }

    fn sealed_again(
        &self,
        place: SealedIn,
        newest: u32,
        row: &SealedRow,
    ) -> Result<Sealed, EngineError> {
        if row.sealed.as_bytes().is_empty() {
            // What was erased needs no key.
            return Ok(row.sealed.clone());
        }
        let owner = match place {
            SealedIn::DataKeys => wrapping(row.certify_id),
            SealedIn::Notices => address_owner(NotifyId::from_bytes(row.id), row.certify_id),
        };
        let clear = self.vault.open(&row.sealed, &owner)?;
        self.vault.seal_as(newest, &clear, &owner, self.random())
    }

    /// Destroys keys that nothing needs. Who has just read what was sealed again meanwhile must be
    /// able to open it, so a way on which there was something to do is not the last one.
    async fn end_key_pass(&self, pass: &KeyPass) -> Result<(), EngineError> {
        if pass.sealed > 0 {
            return Ok(());
        }
        let now = self.now();
        let known_to_all = now.checked_sub(KNOWN_TO_ALL).unwrap_or(Timestamp::MIN);
        let rows = self.store.root_keys().await?;
        let mut destroyed = false;
        for older in self.vault.sealing().older() {
            let next = rows.iter().find(|root| {
                root.purpose == RootPurpose::Seal && root.generation == older.saturating_add(1)
            });
            if next.is_none_or(|next| next.made_at > known_to_all) {
                continue;
            }
            let detail = Some(format!("generation {older} is destroyed"));
            let object = OBJECT.to_owned();
            let store = self.recorded(&Who::System, "key_rotation_finished", object, detail);
            destroyed |= store.retire_root_key(older, now).await?;
        }
        if destroyed {
            // It stays in memory until the next look, for whoever is about to open something.
            self.empty_journal().await;
        }
        Ok(())
    }
}

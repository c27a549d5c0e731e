//! Erasing what is personal: on somebody's wish, and when it has been kept as long as it may be.

use std::sync::Arc;

use domain::{AppId, CertifyId, OrderNo};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::Erasure;

use crate::audit::{self, Who};
use crate::{Engine, EngineError};

/// Certifications whose time is up that are handled in one commit.
const BATCH: u32 = 200;

/// That a certification was erased, as it is kept outside the database: a copy of the database from
/// before is made to follow by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The certification.
    pub certify_id: String,
    /// When.
    pub at: Timestamp,
    /// Who erased it.
    pub by: String,
    /// Why.
    pub why: String,
}

/// Keeps tombstones outside the database.
pub trait Graveyard: std::fmt::Debug + Send + Sync {
    /// Returns when it is on disk.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if it could not be written; then nothing is erased.
    fn keep(&self, tombstone: &Tombstone) -> Result<(), EngineError>;
}

/// Which certification is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasable {
    /// By its id.
    Id(CertifyId),
    /// By an application's order.
    Order(AppId, OrderNo),
}

impl Engine {
    /// Destroys the key of a certification and all that was sealed under it, now and in every copy
    /// that is put back later. State, consent and what happened stay. Gives the certification.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`], or a fault of the store or of the graveyard.
    pub async fn erase(
        &self,
        what: Erasable,
        by: &str,
        why: &str,
    ) -> Result<CertifyId, EngineError> {
        let id = self.erasable(what).await?;
        let (at, by, why) = (self.now(), by.to_owned(), why.to_owned());
        if let Some(graveyard) = self.graveyard.clone() {
            let (certify_id, by, why) = (id.to_string(), by.clone(), why.clone());
            // First outside: a database that lost its newest commits is made to follow, too.
            bury(graveyard, Tombstone { certify_id, at, by, why }).await?;
        }
        let who = Who::Operator(by.clone());
        self.destroy(&who, Erasure { id, at, by, why }).await?;
        Ok(id)
    }

    /// Erases again what was erased before and is here unerased, as after a copy was put back;
    /// tells how many.
    ///
    /// # Errors
    /// A fault of the store, or [`EngineError::Internal`] for a tombstone without an id.
    pub async fn erase_again(&self, tombstones: Vec<Tombstone>) -> Result<usize, EngineError> {
        let mut erased = 0;
        for Tombstone { certify_id, at, by, why } in tombstones {
            let id = CertifyId::parse(&certify_id)
                .ok_or_else(|| EngineError::Internal("a tombstone without an id".into()))?;
            if self.store.is_erased(id).await? || self.store.certification(id).await?.is_none() {
                continue;
            }
            self.destroy(&Who::System, Erasure { id, at, by, why }).await?;
            erased += 1;
        }
        Ok(erased)
    }

    /// Destroys the keys of certifications that ended `identity_days` ago; tells how many.
    pub(crate) async fn forget_identities(&self, now: Timestamp) -> Result<usize, EngineError> {
        let days = SignedDuration::from_hours(24 * i64::from(self.policy.identity_days));
        let ended = now.checked_sub(days).unwrap_or(Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            let ids = self.store.overdue_data_keys(ended, BATCH).await?;
            if ids.is_empty() {
                break;
            }
            let entry =
                |id: &CertifyId| self.entry(&Who::System, "identity_deleted", audit::of(*id), None);
            let record = self.ledger.record(ids.iter().map(entry).collect());
            let destroyed = self.store.recording(record).destroy_data_keys(ids).await?;
            forgotten += destroyed.into_iter().filter(|destroyed| *destroyed).count();
        }
        if forgotten > 0 {
            self.empty_journal().await;
        }
        Ok(forgotten)
    }

    async fn erasable(&self, what: Erasable) -> Result<CertifyId, EngineError> {
        match what {
            Erasable::Id(id) => Ok(self.find(id).await?.certification.id),
            Erasable::Order(app, order_no) => {
                let found = self.store.certification_of_order(app, order_no).await?;
                found.ok_or(EngineError::NoSuchCertification)
            }
        }
    }

    async fn destroy(&self, who: &Who, erasure: Erasure) -> Result<(), EngineError> {
        let id = erasure.id;
        // Who cannot be read any more is not known on any device by this certification.
        let person = self.subject(&self.find(id).await?).ok();
        let person = person.map(|subject| subject.digest(&self.vault));
        let store = self.recorded(who, "erased", audit::of(id), Some(erasure.why.clone()));
        store.erase(erasure, person).await?;
        self.empty_journal().await;
        self.changed(id);
        Ok(())
    }

    /// Readers may hold it; the next one tries again.
    pub(crate) async fn empty_journal(&self) {
        if let Err(error) = self.store.empty_journal().await {
            tracing::warn!(%error, "the journal could not be emptied");
        }
    }
}

async fn bury(graveyard: Arc<dyn Graveyard>, tombstone: Tombstone) -> Result<(), EngineError> {
    // Waits for the disk.
    let kept = tokio::task::spawn_blocking(move || graveyard.keep(&tombstone)).await;
    kept.map_err(|_| EngineError::Internal("a tombstone was not written".into()))?
}

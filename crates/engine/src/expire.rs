//! Expiry, for those who are to be told. What is unfinished when its time is up has expired at
//! that moment, whoever looks; here somebody looks.
//!
//! Ids begin with their time, so the unfinished ones whose time is up are found along the primary
//! key, from where the last sweep ended.

use std::sync::Arc;
use std::time::Duration;

use domain::CertifyId;
use jiff::Timestamp;
use store::Transition;

use crate::audit::{self, Who};
use crate::{Engine, EngineError};

/// Where the last sweep ended is kept under this name.
const WATERMARK: &str = "expired_until";
/// Certifications looked at in one go, which is also the most in one commit.
const BATCH: u32 = 500;
/// How often to sweep.
const EVERY: Duration = Duration::from_secs(30);

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Certifications that it made expire.
    pub expired: usize,
    /// Unfinished ones that somebody else changed meanwhile; the next sweep begins with them.
    pub missed: usize,
    /// Certifications whose personal data was kept as long as it may be, and is gone now.
    pub forgotten: usize,
}

impl Engine {
    /// Sweeps now and then until dropped.
    pub async fn run_expiry(self: Arc<Self>) {
        loop {
            match self.sweep().await {
                Ok(Swept { expired: 0, forgotten: 0, .. }) => {}
                Ok(Swept { expired, forgotten, .. }) => {
                    tracing::info!(expired, forgotten, "certifications expired, persons forgotten");
                }
                Err(error) => tracing::warn!(%error, "expiry could not be looked for"),
            }
            // Whether it is time or the clock was moved: both mean to look.
            let _ = tokio::time::timeout(EVERY, self.expiry.notified()).await;
        }
    }

    /// Makes expire what is unfinished and past its time, with the notices that calls for, and
    /// deletes pictures and personal data whose time is up.
    ///
    /// # Errors
    /// A fault of the store. What was swept before it stays swept.
    pub async fn sweep(&self) -> Result<Swept, EngineError> {
        let now = self.now();
        let end = self.first_id_still_alive(now);
        let mut from = self.swept_until().await?;
        let mut swept = Swept::default();
        while from < end {
            let seen = self.store.scan_certifications(from, end, BATCH).await?;
            let Some(last) = seen.last else { break };
            for id in &seen.unfinished {
                tracing::debug!(certify_id = %id, "past its time");
            }
            let stored = self.expire(&seen.unfinished, now).await?;
            let expired = stored.iter().filter(|stored| **stored).count();
            self.tally.swept(expired);
            swept.expired += expired;
            swept.missed += stored.iter().filter(|stored| !**stored).count();
            if swept.missed > 0 {
                // Somebody was faster with a change decided in time: the next sweep looks again.
                break;
            }
            from = after(last);
            self.store.remember(WATERMARK, &from.to_string()).await?;
        }
        let overdue = "overdue pictures".to_owned();
        let store = self.recorded(&Who::System, "pictures_deleted", overdue, None);
        while store.delete_overdue_pictures(now, i64::from(BATCH)).await? > 0 {}
        swept.forgotten = self.forget_identities(now).await?;
        Ok(swept)
    }

    async fn swept_until(&self) -> Result<CertifyId, EngineError> {
        let kept = self.store.recall(WATERMARK).await?;
        let kept = kept.and_then(|text| CertifyId::parse(&text));
        Ok(kept.unwrap_or(CertifyId::from_bytes([0; 16])))
    }

    /// Ids of certifications opened at or before the instant whose time is up now are smaller.
    fn first_id_still_alive(&self, now: Timestamp) -> CertifyId {
        let opened = now.checked_sub(self.lifetimes.to_start).unwrap_or(Timestamp::MIN);
        let millis = u64::try_from(opened.as_millisecond()).map_or(0, |millis| millis + 1);
        CertifyId::new(millis, [0; 10])
    }

    async fn expire(&self, ids: &[CertifyId], now: Timestamp) -> Result<Vec<bool>, EngineError> {
        let mut changes: Vec<Transition> = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(record) = self.kept(*id).await? else { continue };
            let next = record.certification.clone().at(now, &self.lifetimes);
            // Its address may be unreadable; it expires all the same.
            let notice = self.notice_for(&record, &next).unwrap_or_else(|error| {
                tracing::error!(certify_id = %id, %error, "its notice could not be made");
                None
            });
            if next.state != record.certification.state {
                changes.push(self.transition_with(&record, next, None, notice));
            }
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<CertifyId> = changes.iter().map(|change| change.next.id).collect();
        let is_told = changes.iter().any(|change| change.notice.is_some());
        let entries = changes.iter().map(|change| {
            let event = &change.event;
            let (kind, detail) = (event.kind, event.detail.clone());
            self.entry(&Who::System, kind, audit::of(change.next.id), detail)
        });
        let record = self.ledger.record(entries.collect());
        let stored = self.store.recording(record).transit_all(changes).await;
        self.lost_its_key(&stored).await?;
        let stored = stored?;
        ids.into_iter().zip(&stored).filter(|(_, s)| **s).for_each(|(id, _)| self.changed(id));
        if is_told {
            self.wake_delivery();
        }
        Ok(stored)
    }
}

/// The next id there can be.
fn after(id: CertifyId) -> CertifyId {
    CertifyId::from_bytes(u128::from_be_bytes(id.to_bytes()).saturating_add(1).to_be_bytes())
}

//! Who waits for which certification, within this process.
//!
//! A change is announced after its commit. Whoever waits looks at the store again: an announcement
//! says that there may be something new, and a missed one costs a pause of [`LOOK_AGAIN`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::CertifyId;
use store::CertificationRecord;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Engine, EngineError};

/// Certifications that can be waited for at once. Beyond it answers are not held back.
const MOST: usize = 10_000;
/// Longest pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The certifications somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<BTreeMap<CertifyId, watch::Sender<()>>>);

/// A wait for changes of one certification. Ends by being dropped.
#[derive(Debug)]
pub struct Watching {
    watchers: Arc<Watchers>,
    id: CertifyId,
    /// Taken when the wait ends.
    changes: Option<watch::Receiver<()>>,
}

impl Watching {
    /// Ends with the next change announced since the last call, or since the wait began.
    pub async fn changed(&mut self) {
        let told = match &mut self.changes {
            Some(changes) => changes.changed().await.is_ok(),
            None => false,
        };
        if !told {
            // The sender lives as long as this.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut all = self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that of two that end at once the later one sees nobody.
        self.changes = None;
        if all.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            all.remove(&self.id);
        }
    }
}

impl Engine {
    /// Announces a change of `id`. To be called after its commit.
    pub fn changed(&self, id: CertifyId) {
        let all = self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = all.get(&id) {
            sender.send_replace(());
        }
    }

    /// Begins to wait for changes of `id`; `None` if too many wait already. Begin before looking:
    /// what changes after the look is then not missed.
    pub fn watch(&self, id: CertifyId) -> Option<Watching> {
        let mut all = self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&id) {
            return None;
        }
        let changes = all.entry(id).or_insert_with(|| watch::channel(()).0).subscribe();
        Some(Watching { watchers: Arc::clone(&self.watchers), id, changes: Some(changes) })
    }

    /// How many certifications are waited for.
    pub fn watched(&self) -> usize {
        self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The certification once it has ended or is in another state than `known`, or as it is when
    /// `within` has passed. Can be dropped at any time.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`], or a fault of the store.
    pub(crate) async fn wait_for_change(
        &self,
        id: CertifyId,
        known: &str,
        within: Duration,
    ) -> Result<CertificationRecord, EngineError> {
        let ends = Instant::now() + within;
        let mut watching = if within.is_zero() { None } else { self.watch(id) };
        loop {
            let record = self.find(id).await?;
            let state = record.certification.clone().at(self.now(), &self.lifetimes).state;
            let left = ends.saturating_duration_since(Instant::now());
            let Some(watching) = watching.as_mut().filter(|_| !left.is_zero()) else {
                return Ok(record);
            };
            if state.is_terminal() || state.name() != known {
                return Ok(record);
            }
            let pause = left.min(LOOK_AGAIN).min(self.until_expiry(&record));
            // Whether something changed or the pause is over: both mean to look.
            let _ = tokio::time::timeout(pause, watching.changed()).await;
        }
    }

    /// Expiry is a matter of the clock, and nobody announces it in time.
    fn until_expiry(&self, record: &CertificationRecord) -> Duration {
        let ends = self.lifetimes.start_ends(record.certification.created_at);
        let left = ends.map(|ends| ends.duration_since(self.now()));
        // Never zero: a clock that stands still must not make this spin.
        left.and_then(|left| Duration::try_from(left).ok())
            .map_or(LOOK_AGAIN, |left| left.max(Duration::from_secs(1)))
    }
}

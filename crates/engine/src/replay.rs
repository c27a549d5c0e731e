//! A request that comes a second time.

use domain::AppId;
use jiff::{SignedDuration, Timestamp};

use crate::vault::sha256;
use crate::{Engine, EngineError};

/// How far a request's time may be from ours, either way.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// What a request's time and nonce say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is in time, and new.
    Fresh,
    /// It is too old, too far ahead, or past the life its caller gave it.
    OutOfTime,
    /// Its nonce was used before.
    Repeated,
}

impl Engine {
    /// Looks at a verified request's time and notes its nonce. The answer is on disk before it is
    /// given, so a repeat is known after a restart too.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn freshness(
        &self,
        app: &AppId,
        nonce: &str,
        sent_ms: i64,
        life: Option<SignedDuration>,
    ) -> Result<Freshness, EngineError> {
        let Some(sent) = self.in_time(sent_ms, life) else { return Ok(Freshness::OutOfTime) };
        // Kept until no repeat of it can be in time.
        let until = sent.checked_add(WINDOW * 2).unwrap_or(Timestamp::MAX);
        let hash = sha256(format!("{app}\0{nonce}").as_bytes());
        let new = self.store.use_nonce(hash, until).await?;
        Ok(if new { Freshness::Fresh } else { Freshness::Repeated })
    }

    /// The time a request gives, if it is in time.
    pub fn in_time(&self, sent_ms: i64, life: Option<SignedDuration>) -> Option<Timestamp> {
        let sent = Timestamp::from_millisecond(sent_ms).ok()?;
        let age = self.now().duration_since(sent);
        let life = life.map_or(WINDOW, |life| life.min(WINDOW));
        (age <= life && age >= -WINDOW).then_some(sent)
    }
}

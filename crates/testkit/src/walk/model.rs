//! What the engine is compared with: it fits on a page.

use domain::{Answer, CertifyId};
use engine::EngineError;
use jiff::{SignedDuration, Timestamp};

const LIFE: SignedDuration = SignedDuration::from_hours(23);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Passed(Timestamp),
    Failed(Timestamp),
}

#[derive(Debug, Clone)]
pub(super) struct Modelled {
    pub(super) id: CertifyId,
    pub(super) owner: &'static str,
    pub(super) content: usize,
    pub(super) created: Timestamp,
    pub(super) begun: bool,
    pub(super) end: End,
}

impl Modelled {
    pub(super) fn expired(&self, now: Timestamp) -> bool {
        self.end == End::Open && now.duration_since(self.created) >= LIFE
    }

    pub(super) fn state(&self, now: Timestamp) -> &'static str {
        match self.end {
            End::Passed(_) => "passed",
            End::Failed(_) => "failed",
            End::Open if self.expired(now) => "expired",
            End::Open if self.begun => "in_progress",
            End::Open => "created",
        }
    }

    pub(super) fn answer(&self, now: Timestamp) -> Result<Answer, EngineError> {
        let readable = |at: Timestamp| {
            let local = jiff::tz::offset(8).to_datetime(at);
            let ends = local.checked_add(jiff::Span::new().months(3)).unwrap();
            now < jiff::tz::offset(8).to_timestamp(ends).unwrap()
        };
        match self.end {
            End::Passed(at) if readable(at) => Ok(Answer::Passed),
            End::Failed(at) if readable(at) => Ok(Answer::Failed),
            End::Open if !self.expired(now) => Ok(Answer::Pending),
            _ => Err(EngineError::Expired),
        }
    }
}

/// A token that was given, and what it is worth.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) app: &'static str,
    pub(super) token: String,
    pub(super) refresh_token: String,
    /// From when on it is worth nothing; none: it lives.
    pub(super) ends: Option<Timestamp>,
    pub(super) refreshed: bool,
}

impl Given {
    /// Neither over nor followed by another.
    pub(super) fn is_latest(&self) -> bool {
        self.ends.is_none() && !self.refreshed
    }
}

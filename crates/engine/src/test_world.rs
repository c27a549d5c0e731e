//! Test mode: outcomes are chosen, now or ahead.

use std::path::Path;

use domain::{AppId, Assurance, CertifyId, FailReason, OrderNo, Verdict, WrongState};

use serde::Serialize;

use crate::audit::Who;
use crate::query::Status;
use crate::review::Happened;
use crate::submit::failed;
use crate::visit::Place;
use crate::{Engine, EngineError, Mode};

/// An outcome chosen in test mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// The person was recognised.
    Passed,
    /// The person was not, for this reason.
    Failed(FailReason),
    /// The person left without finishing; the link can be opened again.
    Left,
}

impl Chosen {
    /// As scripts spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Left => "left",
        }
    }

    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Passed => Some(Verdict::Passed { assurance: Assurance::simulated() }),
            Self::Failed(reason) => Some(Verdict::Failed { reason: reason.clone() }),
            Self::Left => None,
        }
    }
}

/// An event, and whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The certification.
    pub certify_id: String,
    /// What happened to it.
    #[serde(flatten)]
    pub happened: Happened,
}

const FAILED: &str = "failed:";

/// Reads an outcome as it is kept.
pub(crate) fn read_outcome(text: &str) -> Option<Verdict> {
    match text.strip_prefix(FAILED) {
        Some(code) => failed(code),
        None => Chosen::Passed.verdict().filter(|_| text == Chosen::Passed.name()),
    }
}

impl Engine {
    /// The person chooses an outcome on the test page. Once somebody has agreed, only their
    /// browser may.
    ///
    /// # Errors
    /// As [`Self::choose`]; [`EngineError::NoSuchLink`], [`EngineError::Elsewhere`].
    pub async fn choose_by_link(
        &self,
        link: &str,
        session: Option<&str>,
        chosen: Chosen,
    ) -> Result<Status, EngineError> {
        self.require_test_mode()?;
        let seen = self.seen(link, session).await?;
        if let Place::Elsewhere | Place::Watching(_) = seen.place {
            return Err(EngineError::Elsewhere);
        }
        self.choose(seen.record.certification.id, chosen).await
    }

    /// A script or a person chooses an outcome in test mode.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchCertification`],
    /// [`EngineError::WrongState`] once it has ended, [`EngineError::Expired`], or a store fault.
    pub async fn choose(&self, id: CertifyId, chosen: Chosen) -> Result<Status, EngineError> {
        self.require_test_mode()?;
        let decision = self.open_review(id).await?.map(|attempt| {
            let by = "test".to_owned();
            let word = if chosen == Chosen::Passed { "approved" } else { "rejected" };
            (attempt, store::Decision { word, by, at: self.now(), reason: None })
        });
        let record = self
            .change(id, &Who::Test, decision.as_ref(), |certification| {
                let now = self.now();
                let lifetimes = &self.lifetimes;
                let started = match certification.state.name() {
                    "expired" => return Err(EngineError::Expired),
                    "in_progress" => certification,
                    "created" => certification.start(now, lifetimes)?,
                    from => return Err(WrongState { from, wanted: chosen.name() }.into()),
                };
                Ok(match chosen.verdict() {
                    None => started,
                    Some(verdict) => started.conclude(verdict, now, lifetimes)?,
                })
            })
            .await?;
        if chosen == Chosen::Left {
            let event = self.event("left", None);
            self.told(&Who::Test, id, &event).note(id, event).await?;
        }
        self.changed(id);
        Ok(self.status(&record))
    }

    /// A test chooses what a verification will end with, before the person starts and even
    /// before `init`; `None` takes the choice back.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchApp`], [`EngineError::NotThisStep`]
    /// for leaving, which is not an end, or a store fault.
    pub async fn choose_ahead(
        &self,
        app: &str,
        order_no: OrderNo,
        chosen: Option<&Chosen>,
    ) -> Result<(), EngineError> {
        self.require_test_mode()?;
        let app: AppId = self.app(app).ok_or(EngineError::NoSuchApp)?.id.clone();
        let outcome = match chosen {
            None => None,
            Some(Chosen::Passed) => Some(Chosen::Passed.name().to_owned()),
            Some(Chosen::Failed(reason)) => Some(format!("{FAILED}{}", reason.as_str())),
            Some(Chosen::Left) => return Err(EngineError::NotThisStep),
        };
        let object = format!("{app} {}", order_no.as_str());
        let store = self.recorded(&Who::Test, "outcome_chosen", object, outcome.clone());
        Ok(store.choose_test_outcome(app, order_no, outcome).await?)
    }

    /// Puts the whole world of test mode aside in `path`, over an earlier one.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], or what the store says.
    pub async fn put_aside(&self, path: &Path) -> Result<(), EngineError> {
        self.require_test_mode()?;
        Ok(self.store.snapshot(path).await?)
    }

    /// Takes back what was put aside in `path`. Gives how far the clock was moved then, in
    /// milliseconds.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchSnapshot`], or what the store says.
    pub async fn take_back(&self, path: &Path) -> Result<i64, EngineError> {
        self.require_test_mode()?;
        if !self.store.restore(path).await? {
            return Err(EngineError::NoSuchSnapshot);
        }
        self.recent.forget();
        // A key that was destroyed since is there again.
        self.learn_keys().await?;
        let offset = self.store.recall(crate::CLOCK_OFFSET).await?;
        Ok(offset.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Empties the world of test mode: nothing has happened, and the clock was never moved.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], or what the store says.
    pub async fn empty(&self) -> Result<(), EngineError> {
        self.require_test_mode()?;
        self.store.reset().await?;
        self.recent.forget();
        self.note_down(&Who::Test, "emptied", "world".to_owned(), None).await?;
        Ok(())
    }

    /// What happened to one certification, or lately to any, in order.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchCertification`], or a store fault.
    pub async fn test_events(&self, of: Option<CertifyId>) -> Result<Vec<Told>, EngineError> {
        self.require_test_mode()?;
        let told = |(id, event): (CertifyId, store::Event)| Told {
            certify_id: id.to_string(),
            happened: event.into(),
        };
        match of {
            Some(id) => {
                self.find(id).await?;
                let events = self.store.events(id).await?;
                Ok(events.into_iter().map(|event| told((id, event))).collect())
            }
            None => Ok(self.store.latest_events().await?.into_iter().map(told).collect()),
        }
    }

    pub(crate) fn require_test_mode(&self) -> Result<(), EngineError> {
        match self.mode {
            Mode::Test => Ok(()),
            Mode::Live => Err(EngineError::TestModeOnly),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_as_they_are_kept() {
        assert_eq!(read_outcome("passed"), Chosen::Passed.verdict());
        assert_eq!(read_outcome("failed:Z1147"), failed("Z1147"));
        for bad in ["", "failed", "failed:", "left", "Passed"] {
            assert_eq!(read_outcome(bad), None, "{bad}");
        }
    }
}

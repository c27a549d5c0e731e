//! Test mode: outcomes are chosen, now or ahead.

use domain::{AppId, Assurance, CertifyId, FailReason, OrderNo, Verdict, WrongState};

use crate::query::Status;
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

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Passed => Some(Verdict::Passed { assurance: Assurance::simulated() }),
            Self::Failed(reason) => Some(Verdict::Failed { reason: reason.clone() }),
            Self::Left => None,
        }
    }
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
            .change(id, decision.as_ref(), |certification| {
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
            self.store.note(id, self.event("left", None)).await?;
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
        Ok(self.store.choose_test_outcome(app, order_no, outcome).await?)
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

//! `query`: how a certification ended, and the fuller account of our own API.

use domain::{Answer, Assurance, CertifyId, State};
use serde::Serialize;
use store::CertificationRecord;

use crate::authorize::Acting;
use crate::{Engine, EngineError};

/// A certification as our own API tells it. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its id.
    pub certify_id: String,
    /// `created`, `in_progress`, `passed`, `failed` or `expired`.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How a pass was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<&'static str>,
    /// What a pass does not say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_checked: Vec<&'static str>,
    /// The server is in test mode: the outcome means nothing outside.
    pub test: bool,
    /// What the strict profile would have refused at `init`.
    pub warnings: serde_json::Value,
}

impl Engine {
    /// What the merchant may know: passed, not passed, not yet.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`] for an unknown id and for another owner's alike,
    /// [`EngineError::Expired`] past its clock, or a fault of the store.
    pub async fn query(&self, acting: &Acting, id: CertifyId) -> Result<Answer, EngineError> {
        let record = self.owned(acting, id).await?;
        match record.certification.answer(self.now(), &self.lifetimes) {
            Answer::NoLongerReadable => Err(EngineError::Expired),
            answer @ (Answer::Pending | Answer::Passed | Answer::Failed) => Ok(answer),
        }
    }

    /// The full account, for scripts that test. In live mode nobody may ask without an owner.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchCertification`], or a store fault.
    pub async fn test_status(&self, id: CertifyId) -> Result<Status, EngineError> {
        self.require_test_mode()?;
        self.find(id).await.map(|record| self.status(&record))
    }

    pub(crate) fn status(&self, record: &CertificationRecord) -> Status {
        let state = record.certification.clone().at(self.now(), &self.lifetimes).state;
        let assurance = match &state {
            State::Passed { assurance, .. } => Some(assurance),
            _ => None,
        };
        Status {
            certify_id: record.certification.id.to_string(),
            reason: match &state {
                State::Failed { reason, .. } => Some(reason.as_str().to_owned()),
                _ => None,
            },
            assurance: assurance.map(Assurance::as_str),
            not_checked: assurance
                .map(|assurance| assurance.unchecked.iter().map(|open| open.as_str()).collect())
                .unwrap_or_default(),
            state: state.name(),
            test: self.mode == crate::Mode::Test,
            warnings: serde_json::from_str(&record.warnings).unwrap_or_default(),
        }
    }

    pub(crate) async fn find(&self, id: CertifyId) -> Result<CertificationRecord, EngineError> {
        self.kept(id).await?.ok_or(EngineError::NoSuchCertification)
    }

    pub(crate) async fn owned(
        &self,
        acting: &Acting,
        id: CertifyId,
    ) -> Result<CertificationRecord, EngineError> {
        let record = self.find(id).await?;
        if record.certification.owner == acting.owner.id {
            Ok(record)
        } else {
            Err(EngineError::NoSuchCertification)
        }
    }
}

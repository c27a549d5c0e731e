//! The person's part: the link is opened, an outcome is reached. In test mode it is chosen.

use domain::{
    Answer, Assurance, BizCode, Certification, CertifyId, FailReason, Verdict, WrongState,
};

use crate::query::Status;
use crate::{Engine, EngineError, Mode};

/// How often a change is decided anew when another caller was faster.
const ATTEMPTS: usize = 4;

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
}

/// What the page shows of an opened certification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub id: CertifyId,
    /// Who asks for the certification, as people know them.
    pub app_name: String,
    /// The scene.
    pub biz_code: BizCode,
    /// Its state.
    pub status: Status,
    /// The name, masked.
    pub masked_name: String,
    /// The number, masked.
    pub masked_no: String,
    /// Where to return.
    pub return_to: Option<String>,
}

impl Engine {
    /// The person opens the link: a new certification begins, a finished one is shown.
    ///
    /// # Errors
    /// [`EngineError::NoSuchLink`], [`EngineError::Expired`], or a fault of the store.
    pub async fn open(&self, link: &str) -> Result<Opened, EngineError> {
        let target = self.link_target(link)?;
        let id = target.id;
        self.change(id, |certification| match certification.state.name() {
            "created" => Ok(certification.start(self.now(), &self.lifetimes)?),
            _ => Ok(certification),
        })
        .await?;
        let record = self.find(id).await?;
        let certification = &record.certification;
        if certification.answer(self.now(), &self.lifetimes) == Answer::NoLongerReadable {
            return Err(EngineError::Expired);
        }
        let return_to = target.return_url.and_then(|address| address.target());
        let shown = self.open_subject(certification, &record.subject)?;
        let app_name = self.apps.get(&certification.owner).map(|app| app.name.clone());
        Ok(Opened {
            id,
            app_name: app_name.unwrap_or_default(),
            biz_code: certification.biz_code,
            status: self.status(&record),
            masked_name: shown.masked_name,
            masked_no: shown.masked_no,
            return_to: return_to.or(shown.return_to),
        })
    }

    /// The person chooses an outcome on the test page.
    ///
    /// # Errors
    /// As [`Self::choose`], and [`EngineError::NoSuchLink`].
    pub async fn choose_by_link(&self, link: &str, chosen: Chosen) -> Result<Status, EngineError> {
        let target = self.link_target(link)?;
        self.choose(target.id, chosen).await
    }

    /// A script or a person chooses an outcome in test mode.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`], [`EngineError::NoSuchCertification`],
    /// [`EngineError::WrongState`] once it has ended, [`EngineError::Expired`], or a store fault.
    pub async fn choose(&self, id: CertifyId, chosen: Chosen) -> Result<Status, EngineError> {
        self.require_test_mode()?;
        self.change(id, |certification| {
            let now = self.now();
            let lifetimes = &self.lifetimes;
            let started = match certification.state.name() {
                "expired" => return Err(EngineError::Expired),
                "in_progress" => certification,
                "created" => certification.start(now, lifetimes)?,
                from => return Err(WrongState { from, wanted: chosen.name() }.into()),
            };
            Ok(match &chosen {
                Chosen::Left => started,
                Chosen::Passed => started.conclude(
                    Verdict::Passed { assurance: Assurance::Simulated },
                    now,
                    lifetimes,
                )?,
                Chosen::Failed(reason) => {
                    started.conclude(Verdict::Failed { reason: reason.clone() }, now, lifetimes)?
                }
            })
        })
        .await?;
        self.find(id).await.map(|record| self.status(&record))
    }

    pub(crate) fn require_test_mode(&self) -> Result<(), EngineError> {
        match self.mode {
            Mode::Test => Ok(()),
            Mode::Live => Err(EngineError::TestModeOnly),
        }
    }

    /// Decides on the state of this instant and stores the decision, unless another caller has
    /// changed the record meanwhile; then decides anew.
    async fn change(
        &self,
        id: CertifyId,
        decide: impl Fn(Certification) -> Result<Certification, EngineError>,
    ) -> Result<(), EngineError> {
        for _ in 0..ATTEMPTS {
            let record = self.find(id).await?;
            let stored = &record.certification;
            let next = decide(stored.clone().at(self.now(), &self.lifetimes))?;
            if next.state == stored.state {
                return Ok(());
            }
            if self.commit(&record, next).await? {
                return Ok(());
            }
        }
        Err(EngineError::Busy("the certification changed too often meanwhile".into()))
    }
}

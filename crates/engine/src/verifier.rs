//! Who decides: the port, and what reaches it.

pub(crate) mod review;
pub(crate) mod simulated;

use async_trait::async_trait;
use domain::{BizCode, CertifyId, Identity, Part, Verdict, Way};
use store::Exhibit;

use crate::picture::Picture;
use crate::{Engine, EngineError};

/// Decides about what a person has handed in.
///
/// The caller stores the decision; a verifier stores nothing. It may be asked again about the
/// same attempt, after a crash for instance, and must then come to the same.
#[async_trait]
pub trait Verifier: std::fmt::Debug + Send + Sync {
    /// Its word in the configuration.
    fn name(&self) -> &'static str;

    /// Whether attempts wait in the operators' queue.
    fn queues(&self) -> bool;

    /// Decides, or says who will.
    ///
    /// # Errors
    /// [`EngineError`], if it could not find out; the attempt stays as it is.
    async fn judge(&self, case: &Case<'_>) -> Result<Judgement, EngineError>;
}

/// What a verifier says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// This is it.
    Decided(Verdict),
    /// An operator will say.
    Later,
    /// Somebody must choose, as nobody is verified here: test mode only.
    Choose,
}

/// An attempt, as a verifier sees it.
#[derive(Debug)]
pub struct Case<'a> {
    /// Which certification.
    pub id: CertifyId,
    /// What was asked for.
    pub scene: BizCode,
    /// How it was answered.
    pub way: Way,
    /// From 1.
    pub attempt: i64,
    /// Who the person is said to be.
    pub identity: &'a Identity,
    /// What is there: the person's pictures, and the merchant's if it gave one.
    pub exhibits: Vec<Exhibit>,
    /// The outcome that a test has chosen ahead.
    pub chosen: Option<Verdict>,
    pub(crate) engine: &'a Engine,
}

impl Case<'_> {
    /// A picture, decoded, upright, and within limits.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if it cannot be read back, or a fault of the store.
    pub async fn picture(&self, part: Part) -> Result<Option<Picture>, EngineError> {
        self.engine.decoded_picture(self.id, self.attempt, part).await
    }
}

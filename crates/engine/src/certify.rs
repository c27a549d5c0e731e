//! `certify`: the link where the person verifies.

use domain::{Answer, CertifyId, ReturnUrl};

use crate::authorize::Acting;
use crate::{Engine, EngineError};

impl Engine {
    /// The last path segment of the person's link. Asking for it changes nothing: the clock of
    /// a certification runs from its opening, and its state changes when the person comes.
    /// `return_url` wins over the one given to `init`.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`], [`EngineError::Expired`], or a fault of the store.
    pub async fn certify(
        &self,
        acting: &Acting,
        id: CertifyId,
        return_url: Option<&ReturnUrl>,
    ) -> Result<String, EngineError> {
        let record = self.owned(acting, id).await?;
        match record.certification.answer(self.now(), &self.lifetimes) {
            Answer::NoLongerReadable => Err(EngineError::Expired),
            Answer::Pending | Answer::Passed | Answer::Failed => Ok(self.link_for(id, return_url)),
        }
    }
}

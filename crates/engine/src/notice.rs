//! A change of state, and the notice that is stored with it.

use std::sync::Arc;
use std::time::Duration;

use domain::{Certification, CertifyId, NotifyId, NotifyUrl, Sealed};
use store::{CertificationRecord, NewNotice, Notice};

use crate::{Engine, EngineError, Mode, Outbound, Vault};

/// Writes notices down as receivers expect them. The engine does not know how.
pub trait NoticeForm: std::fmt::Debug + Send + Sync {
    /// The signed body of a notice: the same for every try.
    ///
    /// # Errors
    /// [`EngineError::Internal`] if it cannot be signed.
    fn body(&self, notice: &Notice, mode: Mode) -> Result<String, EngineError>;
}

/// What notices need.
#[derive(Debug, Clone)]
pub struct NoticeDesk {
    /// Writes them.
    pub form: Arc<dyn NoticeForm>,
    /// Sends them.
    pub outbound: Outbound,
    /// How long one try may take.
    pub timeout: Duration,
}

impl NoticeDesk {
    /// How long one try may take, unless there are reasons.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
}

impl Engine {
    /// The notice that a change calls for: one when a certification ends, if there is somewhere
    /// to send it.
    pub(crate) fn notice_for(
        &self,
        record: &CertificationRecord,
        next: &Certification,
    ) -> Result<Option<NewNotice>, EngineError> {
        let ends = next.state.is_terminal() && !record.certification.state.is_terminal();
        if !ends || self.directory.get().notices.is_none() {
            return Ok(None);
        }
        self.notify_url(record)?.map(|url| self.new_notice(next.id, &url)).transpose()
    }

    /// The address given to `init`, else the one of the owner's configuration.
    fn notify_url(&self, record: &CertificationRecord) -> Result<Option<NotifyUrl>, EngineError> {
        let certification = &record.certification;
        let own = match self.subject(record) {
            Ok(subject) => subject.notify_url,
            Err(EngineError::Erased) => None,
            Err(error) => return Err(error),
        };
        Ok(own.or_else(|| self.owner(&certification.owner)?.notify_url.clone()))
    }

    fn new_notice(&self, of: CertifyId, url: &NotifyUrl) -> Result<NewNotice, EngineError> {
        let made_at = self.now();
        let millis = u64::try_from(made_at.as_millisecond()).unwrap_or_default();
        let id = NotifyId::new(millis, self.random());
        let address = self.vault.seal_notice_address(url.as_str(), id, of, self.random())?;
        Ok(NewNotice { id, made_at, address, receiver: url.receiver() })
    }

    /// Where a stored notice goes.
    pub(crate) fn notice_address(&self, notice: &Notice) -> Result<String, EngineError> {
        let owner = address_owner(notice.id, notice.certify_id);
        let clear = self.vault.open(&notice.address, &owner)?;
        String::from_utf8(clear.to_vec())
            .map_err(|_| EngineError::Internal("a sealed address cannot be read".into()))
    }
}

impl Vault {
    /// Seals the address of a notice for this notice of this certification; it opens nowhere else.
    ///
    /// # Errors
    /// [`EngineError::Internal`].
    pub fn seal_notice_address(
        &self,
        url: &str,
        id: NotifyId,
        of: CertifyId,
        nonce: [u8; 12],
    ) -> Result<Sealed, EngineError> {
        self.seal(url.as_bytes(), &address_owner(id, of), nonce)
    }
}

pub(crate) fn address_owner(id: NotifyId, of: CertifyId) -> Vec<u8> {
    [id.to_bytes(), of.to_bytes()].concat()
}

//! The part of a certification that is personal, between the domain's values and ciphertext.

use domain::{CertNo, Certification, CertifyId, Identity, NotifyUrl, PersonName, Sealed};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::initialize::MerchantChoice;
use crate::{Engine, EngineError};

/// What is sealed. The names are stored: they may be added to, never changed.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    identity_type: &'a str,
    cert_type: &'a str,
    cert_name: String,
    cert_no: String,
    merchant_config: String,
    return_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
}

/// What a page may show, and where it leads.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) masked_name: String,
    pub(crate) masked_no: String,
    pub(crate) return_to: Option<String>,
}

impl Engine {
    pub(crate) fn seal_subject(
        &self,
        id: CertifyId,
        identity: &Identity,
        merchant: &MerchantChoice,
        notify_url: Option<&NotifyUrl>,
    ) -> Result<Sealed, EngineError> {
        let stored = Stored {
            identity_type: identity.identity_type.as_str(),
            cert_type: identity.cert_type.as_str(),
            cert_name: identity.cert_name.expose().to_owned(),
            cert_no: identity.cert_no.expose().to_owned(),
            merchant_config: merchant.text.clone(),
            return_url: merchant.return_url.target(),
            notify_url: notify_url.map(|url| url.as_str().to_owned()),
        };
        let clear = serde_json::to_vec(&stored)
            .map(Zeroizing::new)
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        self.vault.seal(&clear, &id.to_bytes(), self.random())
    }

    pub(crate) fn open_subject(
        &self,
        certification: &Certification,
        sealed: &Sealed,
    ) -> Result<Shown, EngineError> {
        let clear = self.vault.open(sealed, &certification.id.to_bytes())?;
        let stored: Stored<'_> = serde_json::from_slice(&clear)
            .map_err(|_| EngineError::Internal("a sealed subject cannot be read".into()))?;
        let name = PersonName::restore(stored.cert_name);
        let number = CertNo::restore(stored.cert_no);
        Ok(Shown {
            masked_name: name.masked(),
            masked_no: number.masked(),
            return_to: stored.return_url,
        })
    }

    /// Where the certification's notice goes, if `init` said so.
    pub(crate) fn open_notify_url(
        &self,
        id: CertifyId,
        sealed: &Sealed,
    ) -> Result<Option<NotifyUrl>, EngineError> {
        let clear = self.vault.open(sealed, &id.to_bytes())?;
        let stored: Stored<'_> = serde_json::from_slice(&clear)
            .map_err(|_| EngineError::Internal("a sealed subject cannot be read".into()))?;
        Ok(stored.notify_url.map(NotifyUrl::restore))
    }
}

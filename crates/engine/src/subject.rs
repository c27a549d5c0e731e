//! The part of a certification that is personal, between the domain's values and ciphertext.

use domain::{
    CertNo, CertType, CertifyId, Identity, IdentityType, NotifyUrl, PersonName, ReturnUrl, Sealed,
};
use serde::{Deserialize, Serialize};
use store::CertificationRecord;
use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::initialize::MerchantChoice;
use crate::{Engine, EngineError, Vault};

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

/// Who is to be verified, and what the merchant chose.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) identity: Identity,
    pub(crate) return_url: Option<ReturnUrl>,
    /// Where its notice goes, if `init` said so.
    pub(crate) notify_url: Option<NotifyUrl>,
    /// Whether the merchant lets captured faces be kept.
    reserve: bool,
}

/// The one choice of the merchant that matters after `init`.
#[derive(Deserialize)]
struct Reserve {
    face_reserve_strategy: Option<String>,
}

impl Subject {
    /// Whether pictures may be kept after the end.
    pub(crate) fn may_be_reserved(&self) -> bool {
        self.reserve
    }

    /// Names the person to holders of the key, and tells nobody else even equality.
    pub(crate) fn digest(&self, vault: &Vault) -> [u8; 32] {
        digest(&self.identity, vault)
    }
}

fn digest(identity: &Identity, vault: &Vault) -> [u8; 32] {
    vault.subject_digest(&[
        identity.cert_type.as_str().as_bytes(),
        identity.cert_no.expose().as_bytes(),
    ])
}

impl Engine {
    /// Names a person to this server, and tells nobody else even equality.
    pub fn person_digest(&self, identity: &Identity) -> [u8; 32] {
        digest(identity, &self.vault)
    }

    pub(crate) fn seal_subject(
        &self,
        id: CertifyId,
        key: &DataKey,
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
        self.seal_with(key, &clear, &id.to_bytes())
    }

    /// Opens what [`Self::seal_subject`] sealed.
    pub(crate) fn subject(&self, record: &CertificationRecord) -> Result<Subject, EngineError> {
        let unreadable = || EngineError::Internal("a sealed subject cannot be read".into());
        let id = record.certification.id;
        let key = record.data_key.as_ref();
        let clear = self.vault.open_with(id, key, &record.subject, &id.to_bytes())?;
        let stored: Stored<'_> = serde_json::from_slice(&clear).map_err(|_| unreadable())?;
        let reserve: Option<Reserve> = serde_json::from_str(&stored.merchant_config).ok();
        let strategy = reserve.and_then(|reserve| reserve.face_reserve_strategy);
        Ok(Subject {
            identity: Identity {
                identity_type: IdentityType::parse(stored.identity_type)
                    .map_err(|_| unreadable())?,
                cert_type: CertType::parse(stored.cert_type).map_err(|_| unreadable())?,
                cert_name: PersonName::restore(stored.cert_name),
                cert_no: CertNo::restore(stored.cert_no),
            },
            return_url: stored.return_url.map(ReturnUrl::restore),
            notify_url: stored.notify_url.map(NotifyUrl::restore),
            reserve: strategy.as_deref() != Some("never"),
        })
    }
}

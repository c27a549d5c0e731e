//! `init`: opens a certification, or finds the one this order number has opened.

use domain::{
    BizCode, Certification, CertifyId, Identity, NotifyUrl, OrderNo, ReturnUrl, State, Warning,
};
use store::{CertificationRecord, Inserted};

use crate::authorize::Acting;
use crate::{Engine, EngineError};

/// What the merchant asks for, every value already judged.
pub struct Order {
    /// The merchant's own number; unique per owner.
    pub order_no: OrderNo,
    /// The scene.
    pub biz_code: BizCode,
    /// Who is to be verified.
    pub identity: Identity,
    /// Members of the identity parameter without a meaning here, as JSON text in one canonical
    /// form; part of what "the same content" means.
    pub other_identity: String,
    /// The merchant's choices.
    pub merchant: MerchantChoice,
    /// A reference photo, Base64, as received; part of what "the same content" means.
    pub face_contrast_picture: Option<String>,
    /// Where the notice goes. No part of what "the same content" means: a service that moves
    /// may repeat its calls, and the address of the first one stays.
    pub notify_url: Option<NotifyUrl>,
    /// What the strict profile would have refused.
    pub warnings: Vec<Warning>,
}

impl std::fmt::Debug for Order {
    // Who, where to and a picture: nothing of it may be shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Order(…)")
    }
}

/// `merchant_config`: the part with a meaning here, and the whole.
pub struct MerchantChoice {
    /// Where the browser goes afterwards.
    pub return_url: ReturnUrl,
    /// The whole object as JSON text, in one canonical form.
    pub text: String,
}

impl std::fmt::Debug for MerchantChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MerchantChoice(…)")
    }
}

impl Engine {
    /// Opens a certification for `acting.owner`. The same order with the same content gives the
    /// same id again, however often and however parallel; the answer means it is on disk.
    ///
    /// # Errors
    /// [`EngineError::NotContracted`], [`EngineError::OrderReused`], or a fault of the store.
    pub async fn initialize(&self, acting: Acting, order: Order) -> Result<CertifyId, EngineError> {
        if !acting.owner.contract.allows(order.biz_code) {
            return Err(EngineError::NotContracted(order.biz_code));
        }
        let now = self.now();
        let id = self.new_certify_id(now);
        let content_digest = self.digest(&order);
        let record = CertificationRecord {
            content_digest,
            subject: self.seal_subject(
                id,
                &order.identity,
                &order.merchant,
                order.notify_url.as_ref(),
            )?,
            warnings: warnings_text(&order.warnings),
            certification: Certification {
                id,
                owner: acting.owner.id.clone(),
                isv: acting.isv,
                order_no: order.order_no,
                biz_code: order.biz_code,
                state: State::Created,
                created_at: now,
                version: 1,
            },
        };
        match self.store.insert_certification(record).await? {
            Inserted::New => {
                for warning in &order.warnings {
                    tracing::info!(certify_id = %id, warning = warning.en(), "accepted leniently");
                }
                Ok(id)
            }
            Inserted::Existing(existing) if existing.content_digest == content_digest => {
                Ok(existing.certification.id)
            }
            Inserted::Existing(_) => Err(EngineError::OrderReused),
        }
    }

    fn new_certify_id(&self, now: jiff::Timestamp) -> CertifyId {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        CertifyId::new(millis, self.random())
    }

    fn digest(&self, order: &Order) -> [u8; 32] {
        let picture = order.face_contrast_picture.as_deref().unwrap_or_default();
        self.vault.content_digest(&[
            order.biz_code.as_str().as_bytes(),
            order.identity.identity_type.as_str().as_bytes(),
            order.identity.cert_type.as_str().as_bytes(),
            order.identity.cert_name.expose().as_bytes(),
            order.identity.cert_no.expose().as_bytes(),
            order.other_identity.as_bytes(),
            order.merchant.text.as_bytes(),
            picture.as_bytes(),
        ])
    }
}

fn warnings_text(warnings: &[Warning]) -> String {
    let texts: Vec<String> = warnings.iter().map(Warning::en).collect();
    serde_json::Value::from(texts).to_string()
}

//! `init`: opens a certification, or finds the one this order number has opened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{
    BizCode, Certification, CertifyId, Field, Identity, NotifyUrl, OrderNo, Part, Profile,
    Rejected, ReturnUrl, Rule, Source, State, Warning,
};
use store::{CertificationRecord, Inserted, NewPicture};

use crate::audit::{self, Who};
use crate::authorize::Acting;
use crate::data_key::DataKey;
use crate::picture::{self, PictureError};
use crate::{App, Engine, EngineError};

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
    pub async fn initialize(
        &self,
        acting: Acting,
        mut order: Order,
    ) -> Result<CertifyId, EngineError> {
        if !acting.owner.contract.allows(order.biz_code) {
            return Err(EngineError::NotContracted(order.biz_code));
        }
        let now = self.now();
        let id = self.new_certify_id(now);
        let content_digest = self.digest(&order);
        Self::judge_scheme(&acting.owner, &mut order);
        self.meet(None).await?;
        let (key, wrapped) = self.vault.new_data_key(id, self.random(), self.random())?;
        let reference = self.reference((id, &key), &acting.owner, &mut order).await?;
        let scene = Some(order.biz_code.as_str().to_owned());
        let store = self.recorded(&Who::caller(&acting), "opened", audit::of(id), scene);
        let record = CertificationRecord {
            content_digest,
            subject: self.seal_subject(
                id,
                &key,
                &order.identity,
                &order.merchant,
                order.notify_url.as_ref(),
            )?,
            data_key: Some(wrapped),
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
        let stored = match reference {
            None => store.insert_certification(record).await,
            Some(given) => store.insert_certification_with_picture(record, given).await,
        };
        self.lost_its_key(&stored).await?;
        match stored? {
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

    /// An address that opens an app is accepted as production accepts it; nobody is sent there
    /// unless its scheme is registered.
    fn judge_scheme(owner: &App, order: &mut Order) {
        let scheme = order.merchant.return_url.app_scheme();
        if scheme.is_some_and(|scheme| !owner.return_schemes.contains(&scheme)) {
            let rule = Rule::UnregisteredScheme;
            order.warnings.push(Rejected { field: Field::ReturnUrl, rule });
        }
    }

    /// The merchant's picture of the person, as verifiers will get it. One that cannot be read is
    /// refused in strict; in compatible it is left out, with a warning, and then decides nothing.
    async fn reference(
        &self,
        (id, key): (CertifyId, &DataKey),
        owner: &App,
        order: &mut Order,
    ) -> Result<Option<NewPicture>, EngineError> {
        let Some(text) = order.face_contrast_picture.take() else { return Ok(None) };
        let compact: String = text.split_ascii_whitespace().collect();
        let kept = match STANDARD.decode(compact) {
            Ok(bytes) => self.decode(move || picture::take(&bytes)).await,
            Err(_) => Err(EngineError::Picture(PictureError::Damaged)),
        };
        let rejected = Rejected { field: Field::FaceContrastPicture, rule: Rule::NotAPicture };
        match (kept, owner.profile) {
            (Ok(kept), _) => {
                self.seal_picture((id, key), Part::Reference, Source::Merchant, &kept).map(Some)
            }
            (Err(EngineError::Picture(_)), Profile::Strict) => Err(rejected.into()),
            (Err(EngineError::Picture(_)), Profile::Compatible) => {
                order.warnings.push(rejected);
                Ok(None)
            }
            (Err(other), _) => Err(other),
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

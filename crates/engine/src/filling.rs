//! For measurements: many certifications, each stored as `initialize` and `choose` store it, without
//! the reads between. Compiled with the feature `filling`, which the program is built without.

use domain::{Certification, CertifyId, Sealed, State};
use store::CertificationRecord;

use crate::audit::Who;
use crate::{Acting, Chosen, Engine, EngineError, Order};

impl Engine {
    /// Opens a certification and, if `chosen` is an end, ends it.
    ///
    /// # Errors
    /// As [`Self::initialize`] and [`Self::choose`]; [`EngineError::NotThisStep`] for an order number
    /// that was used before.
    pub async fn fill(
        &self,
        acting: Acting,
        order: Order,
        chosen: Option<&Chosen>,
    ) -> Result<CertifyId, EngineError> {
        self.require_test_mode()?;
        let now = self.now();
        let mut opened = Certification {
            id: CertifyId::from_bytes([0; 16]),
            owner: acting.owner.id.clone(),
            isv: acting.isv.clone(),
            order_no: order.order_no.clone(),
            biz_code: order.biz_code,
            state: State::Created,
            created_at: now,
            version: 1,
        };
        opened.id = self.initialize(acting, order).await?;
        let Some(verdict) = chosen.and_then(Chosen::verdict) else { return Ok(opened.id) };
        let started = opened.clone().start(now, &self.lifetimes)?;
        let next = started.conclude(verdict, self.now(), &self.lifetimes)?;
        let (id, nothing) = (opened.id, Sealed::new(Vec::new()));
        // Of the record only the certification is looked at: there is no notice and no picture.
        let record = CertificationRecord {
            certification: opened,
            content_digest: [0; 32],
            subject: nothing,
            data_key: None,
            warnings: String::new(),
        };
        let transition = self.transition_with(&record, next, None, None);
        let store = self.told(&Who::Test, id, &transition.event);
        if store.transit(transition).await? { Ok(id) } else { Err(EngineError::NotThisStep) }
    }
}

//! Notices in the form of the identity API, signed with the gateway's key.

use std::sync::Arc;

use engine::{EngineError, Mode, Notice, NoticeForm};
use wire::PrivateKey;
use wire::notice::build;

/// Writes notices down for the engine, which sends them.
#[derive(Debug)]
pub struct SignedForm(Arc<PrivateKey>);

impl SignedForm {
    /// Signs with `key`: the one that signs answers, whose public half callers know already.
    pub fn new(key: Arc<PrivateKey>) -> Self {
        Self(key)
    }
}

impl NoticeForm for SignedForm {
    fn body(&self, notice: &Notice, mode: Mode) -> Result<String, EngineError> {
        let detail = notice.outcome_detail.as_deref();
        let of = |outcome| detail.filter(|_| notice.outcome == outcome);
        let assurance = of("passed").and_then(domain::Assurance::parse);
        let open = assurance.as_ref().map(|assurance| {
            let words: Vec<&str> = assurance.unchecked.iter().map(|open| open.as_str()).collect();
            words.join(",")
        });
        let owner = notice.owner.as_str();
        let told = wire::notice::Notice {
            notify_id: &notice.id.to_string(),
            notify_time: notice.made_at,
            app_id: notice.isv.as_ref().map_or(owner, domain::AppId::as_str),
            auth_app_id: owner,
            certify_id: &notice.certify_id.to_string(),
            outer_order_no: notice.order_no.as_str(),
            biz_code: notice.biz_code.as_str(),
            state: &notice.outcome,
            fail_reason: of("failed"),
            assurance: assurance.as_ref().map(domain::Assurance::as_str),
            not_checked: open.as_deref(),
            test: mode == Mode::Test,
            gmt_create: notice.opened_at,
            gmt_finish: notice.outcome_at,
        };
        build(&told, &self.0).map_err(|error| EngineError::Internal(error.to_string()))
    }
}

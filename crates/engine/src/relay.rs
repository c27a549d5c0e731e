//! Calls that a gateway elsewhere answers in our place.
//!
//! Opening a certification there is the one call that must not be made twice: it is written down
//! before it is sent, and what came of it before anybody is answered. An attempt whose outcome is
//! not known stays in doubt; a repeated call sends the same order number with the same content
//! again. A gateway takes it for the same certification, or refuses a number that was used: in both
//! cases there is one certification, and the doubt ends or is told.

mod flights;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::OrderNo;
use jiff::SignedDuration;
use store::{Store, UpstreamClaim, UpstreamClaimed, UpstreamOrderKey, UpstreamSettled};
use zeroize::Zeroizing;

pub(crate) use flights::Flights;

use crate::audit::Who;
use crate::authorize::Acting;
use crate::vault::sha256;
use crate::{Engine, EngineError, Meaning, Upstream, UpstreamCall, UpstreamFault, UpstreamReply};

/// Longer than any attempt by this much, nobody is sending any more.
const GRACE: SignedDuration = SignedDuration::from_secs(1);
/// For how long it is known that an order was opened. Longer than results are readable.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 200);

/// An order as it is sent on.
pub struct RelayedOrder {
    /// The method's name on the wire.
    method: &'static str,
    /// The merchant's number.
    order_no: OrderNo,
    /// The whole content as JSON text, in one canonical form.
    biz_content: Zeroizing<String>,
    /// Where the gateway is to send its notice.
    notify_url: Option<String>,
}

impl RelayedOrder {
    /// An order whose content leaves no trace in memory.
    pub fn new(
        method: &'static str,
        order_no: OrderNo,
        biz_content: String,
        notify_url: Option<String>,
    ) -> Self {
        Self { method, order_no, biz_content: Zeroizing::new(biz_content), notify_url }
    }
}

impl std::fmt::Debug for RelayedOrder {
    // Who is to be verified stands in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RelayedOrder(…)")
    }
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is open there, under this id of the gateway's.
    Opened(String),
    /// It was refused.
    Refused {
        /// The gateway's words.
        reply: UpstreamReply,
        /// An earlier attempt may have arrived, so this may be the refusal of a repetition.
        doubted: bool,
    },
}

impl Engine {
    /// Sends a call on.
    ///
    /// # Errors
    /// [`EngineError::Upstream`].
    pub async fn relay(
        &self,
        upstream: &Upstream,
        call: &UpstreamCall<'_>,
    ) -> Result<UpstreamReply, EngineError> {
        let answered = upstream.gateway.call(call).await;
        if let Err(fault) = &answered {
            tracing::warn!(method = call.method, %fault, "no answer of the gateway elsewhere");
        }
        Ok(answered?)
    }

    /// Opens a certification there, once, whoever asks how often. Goes on when the caller leaves.
    ///
    /// # Errors
    /// [`EngineError::OrderReused`], [`EngineError::OutcomeUnknown`], [`EngineError::Upstream`] if
    /// nothing was sent, or a fault of the store.
    pub async fn relay_order(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        acting: &Acting,
        order: RelayedOrder,
    ) -> Result<Opening, EngineError> {
        let owner = owner_key(acting, upstream);
        let key = UpstreamOrderKey { owner, order_no: order.order_no.clone() };
        let content_digest = self.vault.content_digest(&[order.biz_content.as_bytes()]);
        let attempt = Attempt {
            engine: Arc::clone(self),
            upstream: Arc::clone(upstream),
            token: acting.upstream_token.clone(),
            key: key.clone(),
            content_digest,
            order,
        };
        self.flights.fly((key, content_digest), attempt.make()).await
    }

    /// Forgets orders that nobody can ask for any more.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn forget_old_orders(&self) -> Result<usize, EngineError> {
        let before = self.now().checked_sub(REMEMBERED).unwrap_or(jiff::Timestamp::MIN);
        Ok(self.store.forget_upstream_orders(before).await?)
    }
}

/// Whose order numbers are meant, and where: the application's there, or those of the merchant behind
/// a token that only the gateway can read.
fn owner_key(acting: &Acting, upstream: &Upstream) -> String {
    let digest = |text: &str| {
        let digest = sha256(text.as_bytes());
        URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default())
    };
    let owner = format!("{}@{}", acting.owner.id, digest(&upstream.gateway.place()));
    match &acting.upstream_token {
        None => owner,
        Some(token) => format!("{owner}/{}", digest(token)),
    }
}

/// One attempt to open, with all it needs to outlive its caller.
struct Attempt {
    engine: Arc<Engine>,
    upstream: Arc<Upstream>,
    token: Option<Arc<Zeroizing<String>>>,
    key: UpstreamOrderKey,
    content_digest: [u8; 32],
    order: RelayedOrder,
}

impl Attempt {
    async fn make(self) -> Result<Opening, EngineError> {
        let at = self.engine.now();
        let patience = SignedDuration::try_from(self.upstream.gateway.patience());
        let patience = patience.unwrap_or(SignedDuration::from_mins(1));
        let claim = UpstreamClaim {
            key: self.key.clone(),
            content_digest: self.content_digest,
            at,
            until: at.checked_add(patience + GRACE).unwrap_or(at),
        };
        match self.engine.store.claim_upstream_order(claim).await? {
            UpstreamClaimed::Opened(certify_id) => Ok(Opening::Opened(certify_id)),
            UpstreamClaimed::OtherContent => Err(EngineError::OrderReused),
            UpstreamClaimed::Sending => Err(EngineError::OutcomeUnknown(None)),
            UpstreamClaimed::Yours { attempt, doubted } => self.send(attempt, doubted).await,
        }
    }

    async fn send(&self, attempt: i64, doubted: bool) -> Result<Opening, EngineError> {
        if doubted {
            tracing::info!(app = %self.key.owner, "an order in doubt is sent again");
        }
        let notify_url = self.order.notify_url.as_deref().map(|url| ("notify_url", url));
        let call = UpstreamCall {
            method: self.order.method,
            biz_content: Some(&self.order.biz_content),
            parameters: notify_url.as_slice(),
            app_auth_token: self.token.as_ref().map(|token| token.as_str()),
            auth_token: None,
            repeatable: false,
        };
        let answered = self.upstream.gateway.call(&call).await;
        let (settled, opening) = self.judge(answered, doubted);
        self.engine.tally.relayed(&settled);
        let store = self.told(&settled);
        let now = self.engine.now();
        let stored = store.settle_upstream_order(self.key.clone(), attempt, settled, now);
        // Another attempt was settled first: all tell what is known by now.
        if stored.await? { opening } else { self.known(opening).await }
    }

    /// The store, recording what became of the order.
    fn told(&self, settled: &UpstreamSettled) -> Store {
        let (action, detail) = match settled {
            UpstreamSettled::Opened(id) => ("opened_elsewhere", Some(id.clone())),
            UpstreamSettled::Unknown => ("in_doubt_elsewhere", None),
            UpstreamSettled::Nothing => ("not_opened_elsewhere", None),
        };
        let object = format!("{} {}", self.key.owner, self.key.order_no.as_str());
        self.engine.recorded(&Who::System, action, object, detail)
    }

    fn judge(
        &self,
        answered: Result<UpstreamReply, UpstreamFault>,
        doubted: bool,
    ) -> (UpstreamSettled, Result<Opening, EngineError>) {
        let unknown = |fault| (UpstreamSettled::Unknown, Err(EngineError::OutcomeUnknown(fault)));
        match answered {
            Ok(UpstreamReply { meaning: Meaning::Done, node }) => match certify_id(&node) {
                Some(id) => (UpstreamSettled::Opened(id.clone()), Ok(Opening::Opened(id))),
                None => unknown(Some(UpstreamFault::Unknown(crate::Unknown::Unreadable))),
            },
            Ok(reply @ UpstreamReply { meaning: Meaning::Refused, .. }) => {
                // Under another token of the same merchant it may have been sent before.
                let doubted = doubted || self.token.is_some();
                (UpstreamSettled::Nothing, Ok(Opening::Refused { reply, doubted }))
            }
            Ok(UpstreamReply { meaning: Meaning::Unsure, .. }) => unknown(None),
            Err(fault @ UpstreamFault::Unknown(_)) => {
                tracing::warn!(app = %self.key.owner, %fault, "an order is in doubt");
                unknown(Some(fault))
            }
            // This attempt was not sent; an earlier one may have been.
            Err(fault @ UpstreamFault::NotSent(_)) if doubted => {
                (UpstreamSettled::Nothing, Err(EngineError::OutcomeUnknown(Some(fault))))
            }
            Err(fault @ UpstreamFault::NotSent(_)) => {
                tracing::warn!(app = %self.key.owner, %fault, "an order was not sent");
                (UpstreamSettled::Nothing, Err(EngineError::Upstream(fault)))
            }
        }
    }

    async fn known(&self, opening: Result<Opening, EngineError>) -> Result<Opening, EngineError> {
        let at = self.engine.now();
        let (key, content_digest) = (self.key.clone(), self.content_digest);
        let claim = UpstreamClaim { key, content_digest, at, until: at };
        match self.engine.store.claim_upstream_order(claim).await? {
            UpstreamClaimed::Opened(certify_id) => Ok(Opening::Opened(certify_id)),
            _ => opening,
        }
    }
}

/// The id in the node of a success. In whatever form the gateway gives them, but of a length that
/// can be kept and asked for.
fn certify_id(node: &str) -> Option<String> {
    let node: serde_json::Value = serde_json::from_str(node).ok()?;
    let id = node.get("certify_id")?.as_str()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (plain && (1..=64).contains(&id.len())).then(|| id.to_owned())
}

//! What certifyd does: the use cases, each in its own file, each readable as a list of steps.
//!
//! First decide, by a pure call into `domain`; then do, as one unit of work in `store`. Time and
//! chance come from outside ([`Clock`], [`Chance`]), so that any run can be repeated.

mod app;
mod authorize;
mod capture;
mod certify;
mod chance;
mod clock;
mod consent;
mod error;
mod initialize;
mod link;
mod outbound;
mod picture;
mod policy;
mod query;
mod replay;
mod review;
mod sessions;
mod subject;
mod submit;
mod test_world;
mod transition;
mod vault;
mod verifier;
mod visit;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use app::{App, Grant, Mode};
pub use authorize::{Acting, Caller};
pub use capture::{Challenged, Taken};
pub use chance::{Chance, SystemChance};
pub use clock::{Clock, MovableClock, SystemClock};
pub use consent::{Agreement, HANDOVER};
pub use error::EngineError;
pub use initialize::{MerchantChoice, Order};
pub use outbound::{Fetched, Outbound, OutboundError, OutboundRequest, Reach};
pub use picture::{MAX_BYTES as MAX_PICTURE, Picture, PictureError};
pub use policy::Policy;
pub use query::Status;
pub use replay::Freshness;
pub use review::{Docket, Happened, Ruling, Shown, Waiting};
pub use sessions::SignedIn;
pub use test_world::Chosen;
pub use vault::Vault;
pub use verifier::review::Review;
pub use verifier::simulated::Simulated;
pub use verifier::{Case, Judgement, Verifier};
pub use visit::{Place, View, Watched};

use domain::{AppId, Lifetimes};
use store::Store;

/// Where the offset of a moved clock is kept in the store.
pub const CLOCK_OFFSET: &str = "test_clock_offset_ms";
/// Where the fingerprint of the vault's key is kept in the store.
pub const VAULT_FINGERPRINT: &str = "vault_fingerprint";

/// A user of a space, as the store keeps one.
pub use store::User;

/// The engine: everything a door may ask for.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    vault: Vault,
    mode: Mode,
    lifetimes: Lifetimes,
    apps: BTreeMap<AppId, Arc<App>>,
    grants: Vec<Grant>,
    verifier: Option<Arc<dyn Verifier>>,
    policy: Policy,
    decodings: tokio::sync::Semaphore,
    changes: tokio::sync::broadcast::Sender<domain::CertifyId>,
    recent: sessions::Recent,
}

/// What an engine is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids, tokens and nonces come from.
    pub chance: Arc<dyn Chance>,
    /// Seals personal data.
    pub vault: Vault,
    /// Test or live.
    pub mode: Mode,
    /// The applications that may call.
    pub apps: Vec<App>,
    /// Which of them act for which others.
    pub grants: Vec<Grant>,
    /// Who decides about what people hand in; none: nobody can.
    pub verifier: Option<Arc<dyn Verifier>>,
    /// What the operator has chosen.
    pub policy: Policy,
}

impl Engine {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let apps = parts.apps.into_iter().map(|app| (app.id.clone(), Arc::new(app))).collect();
        Self {
            store: parts.store,
            clock: parts.clock,
            chance: parts.chance,
            vault: parts.vault,
            mode: parts.mode,
            lifetimes: Lifetimes::default(),
            apps,
            grants: parts.grants,
            verifier: parts.verifier,
            policy: parts.policy,
            decodings: tokio::sync::Semaphore::new(capture::DECODINGS),
            changes: watch::sender(),
            recent: sessions::Recent::default(),
        }
    }

    /// The application with this id.
    pub fn app(&self, id: &str) -> Option<&Arc<App>> {
        AppId::parse(id).ok().and_then(|id| self.apps.get(&id))
    }

    /// Test or live.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The instant all decisions of this moment are made at.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// `N` bytes nobody can guess: for request ids and the like.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// Whether a write can be committed now.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Internal`].
    pub async fn check(&self) -> Result<(), EngineError> {
        self.store.check().await.map_err(EngineError::from)
    }

    /// Keeps the offset of a moved clock, so that time does not jump back at the next start.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn remember_clock(&self, offset_ms: i64) -> Result<(), EngineError> {
        let offset = offset_ms.to_string();
        self.store.remember(CLOCK_OFFSET, &offset).await.map_err(EngineError::from)
    }
}

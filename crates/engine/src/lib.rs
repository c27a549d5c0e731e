//! What certifyd does: the use cases, each in its own file, each readable as a list of steps.
//!
//! First decide, by a pure call into `domain`; then do, as one unit of work in `store`. Time and
//! chance come from outside ([`Clock`], [`Chance`]), so that any run can be repeated.

#![forbid(unsafe_code)]

mod app;
mod audit;
mod authorizations;
mod authorize;
mod capture;
mod certify;
mod chance;
mod clock;
mod consent;
mod current;
mod data_key;
mod directory;
mod erase;
mod error;
mod expire;
#[cfg(feature = "filling")]
mod filling;
mod initialize;
mod link;
mod master_keys;
mod notice;
mod notify;
mod operator;
mod outbound;
mod picture;
mod policy;
mod query;
mod relay;
mod replay;
mod review;
mod roots;
mod rotation;
mod sessions;
mod status;
mod subject;
mod submit;
mod tally;
mod test_users;
mod test_world;
mod transition;
mod upstream;
mod vault;
mod verifier;
mod visit;
mod watch;

use std::sync::Arc;

pub use app::{App, Grant, Mode};
pub use audit::{AUDIT_CHAIN, AuditFault, AuditHead, AuditLine, AuditReport, AuditTrail};
pub use authorizations::{
    Authorization, AuthorizationFault, AuthorizeSecret, Authorizing, Issued, RedirectAddress,
    TokenInfo,
};
pub use authorize::{Acting, Caller};
pub use capture::{Challenged, Taken};
pub use chance::{Chance, SystemChance};
pub use clock::{Clock, MovableClock, SystemClock};
pub use consent::{Agreement, HANDOVER};
pub use current::Current;
pub use directory::Directory;
pub use erase::{Erasable, Graveyard, Tombstone};
pub use error::EngineError;
pub use expire::Swept;
pub use initialize::{MerchantChoice, Order};
pub use master_keys::MasterKeys;
pub use notice::{NoticeDesk, NoticeForm};
pub use operator::OperatorToken;
pub use outbound::{Fetched, Names, Outbound, OutboundError, OutboundRequest, Reach, SystemNames};
pub use picture::{MAX_BYTES as MAX_PICTURE, Picture, PictureError};
pub use policy::Policy;
pub use query::Status;
pub use relay::{Opening, RelayedOrder};
pub use replay::Freshness;
pub use review::{Docket, Happened, Ruling, Shown, Waiting};
pub use roots::VaultFault;
pub use rotation::{KeyGeneration, KeyPass};
pub use sessions::SignedIn;
pub use status::{Account, Wait};
pub use tally::Tallied;
pub use test_users::UserTokens;
pub use test_world::{Chosen, Told};
pub use upstream::{
    Certifier, Meaning, NotSent, Unknown, Upstream, UpstreamCall, UpstreamFault, UpstreamGateway,
    UpstreamReply, UpstreamUsage,
};
pub use vault::Vault;
pub use verifier::review::Review;
pub use verifier::simulated::Simulated;
pub use verifier::{Case, Judgement, Verifier};
pub use visit::{Place, View, Watched};
pub use watch::Watching;

use domain::Lifetimes;
use store::Store;

/// Where the offset of a moved clock is kept in the store.
pub const CLOCK_OFFSET: &str = "test_clock_offset_ms";
/// Where the mode of the database is kept in the store.
pub const DATABASE_MODE: &str = "mode";
/// Where the fingerprint of the vault's key is kept in the store.
pub const VAULT_FINGERPRINT: &str = "vault_fingerprint";

/// A user of a space, as the store keeps one.
pub use store::User;
/// A notice, as the store keeps one.
pub use store::{Notice, NoticeState};
/// Durations, and how the store fares.
pub use store::{StoreUsage, Timed, Timings, UnitsOfWork};

/// The engine: everything a door may ask for.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    vault: Vault,
    ledger: audit::Ledger,
    mode: Mode,
    lifetimes: Lifetimes,
    directory: Current<Directory>,
    verifier: Option<Arc<dyn Verifier>>,
    policy: Policy,
    graveyard: Option<Arc<dyn Graveyard>>,
    decodings: Arc<tokio::sync::Semaphore>,
    recent: sessions::Recent,
    rotation: rotation::Rotation,
    delivery: notify::Delivery,
    expiry: tokio::sync::Notify,
    watchers: Arc<watch::Watchers>,
    flights: relay::Flights,
    tally: tally::Tally,
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
    /// How notices are written and sent; without it none are made.
    pub notices: Option<NoticeDesk>,
    /// Where it is kept what was erased, beside the store; none: in the store only.
    pub graveyard: Option<Arc<dyn Graveyard>>,
}

impl Engine {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let directory = Directory::new(parts.apps, parts.grants, parts.notices);
        Self {
            store: parts.store,
            clock: parts.clock,
            chance: parts.chance,
            ledger: audit::Ledger::of(&parts.vault),
            vault: parts.vault,
            mode: parts.mode,
            lifetimes: Lifetimes::default(),
            directory: Current::new(directory),
            verifier: parts.verifier,
            policy: parts.policy,
            graveyard: parts.graveyard,
            decodings: Arc::new(tokio::sync::Semaphore::new(capture::DECODINGS)),
            recent: sessions::Recent::default(),
            rotation: rotation::Rotation::default(),
            delivery: notify::Delivery::default(),
            expiry: tokio::sync::Notify::new(),
            watchers: Arc::default(),
            flights: relay::Flights::default(),
            tally: tally::Tally::default(),
        }
    }

    /// Who decides, by the name in the configuration.
    pub fn verifier_name(&self) -> Option<&'static str> {
        self.verifier.as_ref().map(|verifier| verifier.name())
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

    /// How the store has been used since the start.
    pub fn store_usage(&self) -> StoreUsage {
        self.store.usage()
    }

    /// Keeps the offset of a moved clock, so that time does not jump back at the next start.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn remember_clock(&self, offset_ms: i64) -> Result<(), EngineError> {
        let offset = offset_ms.to_string();
        self.store.remember(CLOCK_OFFSET, &offset).await?;
        self.clock_moved();
        Ok(())
    }

    /// What waits for a time looks at the clock again.
    pub fn clock_moved(&self) {
        self.expiry.notify_one();
        self.wake_delivery();
    }
}

//! The engine in a box.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{AppId, BizCode, CertifyId, Contract, Profile};
use engine::{
    Acting, App, AuthorizeSecret, Authorizing, Certifier, Clock, Engine, Grant, Graveyard,
    MasterKeys, Mode, NoticeDesk, Order, Parts, Policy, RedirectAddress, Simulated, Upstream,
    VAULT_FINGERPRINT, Vault, VaultFault, Verifier,
};
use store::{Faults, Store};
use tempfile::TempDir;

use crate::{
    CALLBACK, COMPATIBLE, FACE_ONLY, FIXED_TOKEN, FixedClock, ISV, KEYLESS, MERCHANT,
    MERCHANT_SECRET, MERCHANT_TOKEN, OTHER_ISV, OTHER_MERCHANT, RELAYED, SPACE_APP, SPACE_TOKEN,
    STRICT, SeededChance,
};

/// When tests begin, unless they say otherwise.
const BEGINNING: &str = "2026-11-24T08:00:00Z";

/// What an engine is to be made of.
#[derive(Debug)]
pub struct Blueprint {
    /// Test or live.
    pub mode: Mode,
    /// Seed of all chance.
    pub seed: u64,
    /// The time; shared, so that two engines can live in the same one.
    pub clock: Arc<FixedClock>,
    /// A database file; `None` keeps everything in memory.
    pub database: Option<PathBuf>,
    /// Who decides.
    pub verifier: Option<Arc<dyn Verifier>>,
    /// What the operator has chosen.
    pub policy: Policy,
    /// How notices are written and sent; `None` makes none.
    pub notices: Option<NoticeDesk>,
    /// The gateway that certifies for [`RELAYED`]; `None`: there is no such application.
    pub upstream: Option<Arc<Upstream>>,
    /// Where it is kept what was erased.
    pub graveyard: Option<Arc<dyn Graveyard>>,
    /// How the store fails; `None`: not on purpose.
    pub faults: Option<Arc<dyn Faults>>,
}

impl Default for Blueprint {
    fn default() -> Self {
        let clock = Arc::new(FixedClock::at(BEGINNING));
        let verifier: Option<Arc<dyn Verifier>> = Some(Arc::new(Simulated));
        let policy = Policy::default();
        Self {
            mode: Mode::Test,
            seed: 1,
            clock,
            database: None,
            verifier,
            policy,
            notices: None,
            upstream: None,
            graveyard: None,
            faults: None,
        }
    }
}

impl Blueprint {
    /// Another seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Another mode. In live mode nobody decides, unless a verifier is given afterwards.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        let verifier = self.verifier.filter(|_| mode == Mode::Test);
        Self { mode, verifier, ..self }
    }

    /// Another verifier.
    #[must_use]
    pub fn verifier(self, verifier: impl Verifier + 'static) -> Self {
        Self { verifier: Some(Arc::new(verifier)), ..self }
    }

    /// Another policy.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// A database file in `folder`.
    #[must_use]
    pub fn database_in(self, folder: &Path) -> Self {
        Self { database: Some(folder.join("certifyd.db")), ..self }
    }

    /// The same time as `clock`.
    #[must_use]
    pub fn clock(self, clock: &Arc<FixedClock>) -> Self {
        Self { clock: Arc::clone(clock), ..self }
    }

    /// Notices are written and sent like this.
    #[must_use]
    pub fn notices(self, desk: NoticeDesk) -> Self {
        Self { notices: Some(desk), ..self }
    }

    /// There is an application [`RELAYED`], for which this gateway certifies.
    #[must_use]
    pub fn upstream(self, upstream: &Arc<Upstream>) -> Self {
        Self { upstream: Some(Arc::clone(upstream)), ..self }
    }

    /// The applications.
    fn apps(&self) -> Vec<App> {
        let mut apps = apps();
        if let Some(upstream) = &self.upstream {
            let relayed = app(RELAYED, "Relayed", BizCode::ALL, Profile::Compatible);
            apps.push(App { certifier: Certifier::Alipay(Arc::clone(upstream)), ..relayed });
        }
        apps
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        self.engine_with(Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    /// The engine with a clock of another kind.
    pub fn engine_with(&self, clock: Arc<dyn Clock>) -> Engine {
        let vault = Vault::new(&[7; 32]).unwrap();
        self.engine_of(Store::open(&self.url()).unwrap(), vault, clock)
    }

    /// The engine of a database, with the vault that is in it or is made now, under these master
    /// keys: 32 times the byte, the newest first.
    ///
    /// # Errors
    /// As [`Vault::of_database`].
    pub async fn engine_under(&self, store: Store, masters: &[u8]) -> Result<Engine, VaultFault> {
        let chance = SeededChance::new(!self.seed);
        let now = self.clock.now();
        let vault = Vault::of_database(&store, &master_keys(masters), &chance, now).await?;
        Ok(self.engine_of(store, vault, Arc::clone(&self.clock) as Arc<dyn Clock>))
    }

    /// Makes the database as one from before there were secrets in it, and brings it up to date: what
    /// [`Self::engine`] makes on it is one of several nodes.
    pub async fn found(&self) {
        let store = Store::open(&self.url()).unwrap();
        let fingerprint = Vault::new(&[7; 32]).unwrap().fingerprint();
        store.remember_first(VAULT_FINGERPRINT, &fingerprint).await.unwrap();
        // Boxed, for it would make every server's future large.
        Box::pin(self.engine_under(store, &[7])).await.unwrap();
    }

    fn url(&self) -> String {
        match &self.database {
            None => "sqlite::memory:".to_owned(),
            Some(path) => format!("sqlite://{}", path.display()),
        }
    }

    fn engine_of(&self, store: Store, vault: Vault, clock: Arc<dyn Clock>) -> Engine {
        Engine::new(Parts {
            store: match &self.faults {
                None => store,
                Some(faults) => store.failing(Arc::clone(faults)),
            },
            clock,
            chance: Arc::new(SeededChance::new(self.seed)),
            vault,
            mode: self.mode,
            apps: self.apps(),
            grants: grants(),
            verifier: self.verifier.clone(),
            policy: self.policy,
            notices: self.notices.clone(),
            graveyard: self.graveyard.clone(),
        })
    }
}

/// Master keys, each 32 times a byte.
pub fn master_keys(bytes: &[u8]) -> MasterKeys {
    MasterKeys::new(bytes.iter().map(|byte| [*byte; Vault::KEY_LEN].into()).collect())
}

/// An engine, its clock, and the folder of its database.
#[derive(Debug)]
pub struct TestEngine {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    folder: Option<TempDir>,
}

impl TestEngine {
    /// An engine whose store is in memory.
    pub fn in_memory() -> Self {
        Self::made_of(&Blueprint::default())
    }

    /// An engine whose store is a file of its own.
    pub fn in_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self::made_of(&Blueprint::default().database_in(folder.path()));
        Self { folder: Some(folder), ..made }
    }

    /// An engine from `blueprint`.
    pub fn made_of(blueprint: &Blueprint) -> Self {
        let clock = Arc::clone(&blueprint.clock);
        Self { engine: Arc::new(blueprint.engine()), clock, folder: None }
    }

    /// Ends the engine and begins another, with other chance, on the same file at the same time.
    #[must_use]
    pub fn reopened(self) -> Self {
        let Self { engine, clock, folder } = self;
        drop(Arc::into_inner(engine).unwrap());
        let folder = folder.unwrap();
        let blueprint = Blueprint::default().database_in(folder.path()).clock(&clock).seed(2);
        Self { folder: Some(folder), ..Self::made_of(&blueprint) }
    }

    /// As [`Self::in_folder`], and notices are written and sent like this.
    pub fn with_notices(desk: NoticeDesk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blueprint = Blueprint::default().database_in(folder.path()).notices(desk);
        Self { folder: Some(folder), ..Self::made_of(&blueprint) }
    }

    /// As [`Self::reopened`], of an engine with notices.
    #[must_use]
    pub fn reopened_with_notices(self, desk: NoticeDesk, seed: u64) -> Self {
        let Self { engine, clock, folder } = self;
        drop(Arc::into_inner(engine).unwrap());
        let folder = folder.unwrap();
        let blueprint = Blueprint::default().database_in(folder.path()).clock(&clock).seed(seed);
        Self { folder: Some(folder), ..Self::made_of(&blueprint.notices(desk)) }
    }

    /// The folder of the database file.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// The right of `app` to act for itself.
    pub fn acting(&self, app: &str) -> Acting {
        Acting::for_itself(self.engine.app(app).unwrap())
    }

    /// Opens a certification for [`COMPATIBLE`].
    pub async fn open(&self, order: Order) -> CertifyId {
        self.engine.initialize(self.acting(COMPATIBLE), order).await.unwrap()
    }
}

/// The applications of every box.
pub fn apps() -> Vec<App> {
    use Profile::{Compatible, Strict};
    let all = BizCode::ALL;
    vec![
        app(COMPATIBLE, "Compatible <b>&\"'", all, Compatible),
        app(STRICT, "Strict", all, Strict),
        app(FACE_ONLY, "Face only", &[BizCode::Face], Compatible),
        merchant(MERCHANT, "Merchant"),
        app(KEYLESS, "Keyless", all, Compatible),
        app(SPACE_APP, "Space", all, Compatible),
        merchant(OTHER_MERCHANT, "Other merchant"),
        isv(ISV, vec![RedirectAddress::parse(CALLBACK).unwrap()]),
        isv(OTHER_ISV, Vec::new()),
    ]
}

fn isv(id: &str, redirects: Vec<RedirectAddress>) -> App {
    let authorizing = Authorizing { redirects, secret: None };
    App { isv: true, authorizing, ..app(id, "Agency <i>", BizCode::ALL, Profile::Compatible) }
}

fn merchant(id: &str, name: &str) -> App {
    let secret = AuthorizeSecret::new(MERCHANT_SECRET);
    let authorizing = Authorizing { redirects: Vec::new(), secret };
    App { authorizing, ..app(id, name, BizCode::ALL, Profile::Compatible) }
}

fn app(id: &str, name: &str, scenes: &[BizCode], profile: Profile) -> App {
    App {
        id: AppId::parse(id).unwrap(),
        name: name.to_owned(),
        contract: Contract { scenes: scenes.to_vec() },
        profile,
        return_schemes: vec!["registered".to_owned()],
        notify_url: None,
        isv: false,
        authorizing: Authorizing::default(),
        certifier: Certifier::Builtin,
    }
}

/// The grants of every box.
pub fn grants() -> Vec<Grant> {
    vec![
        grant(COMPATIBLE, MERCHANT_TOKEN),
        grant(SPACE_APP, SPACE_TOKEN),
        grant(OTHER_ISV, FIXED_TOKEN),
    ]
}

fn grant(isv_app: &str, token: &str) -> Grant {
    Grant {
        isv_app: AppId::parse(isv_app).unwrap(),
        app: AppId::parse(MERCHANT).unwrap(),
        token: token.to_owned().into(),
    }
}

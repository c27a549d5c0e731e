//! Puts the rooms together.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use domain::AppId;
use engine::{
    App, CLOCK_OFFSET, Certifier, Clock, Current, DATABASE_MODE, Directory, Engine, Grant,
    Graveyard, Mode, MovableClock, NoticeDesk, Outbound, Parts, Reach, Review, Simulated,
    SystemChance, SystemClock, Upstream, Vault, VaultFault, Verifier,
};
use functions::{Runtime, WorkerCommand};
use server::{AppState, Bounds, Gateway, Keyring, Limits, Metrics, SignedForm, Space};
use store::Store;
use upstream::AlipayGateway;
use wire::PrivateKey;
use wire::certificate::Certificate;

use crate::config::{
    Config, FunctionsConfig, GatewayConfig, MasterKey, Operator, SpaceConfig, UpstreamConfig,
    VerifierName,
};
use crate::graveyard::ErasuresLog;
use crate::keys;

/// First argument of a function worker. Not for people, hence not in the help.
pub(crate) const WORKER_COMMAND: &str = "function-worker";

/// Builds everything behind the doors. `listened` is the public address if none is configured.
///
/// # Errors
/// What the store, the keys or the system say.
pub(crate) async fn state(config: Config, listened: &str) -> anyhow::Result<Arc<AppState>> {
    no_core_dumps();
    warm_up_randomness();
    keys::make_private_folder(&config.data_dir)?;
    let store = open(&config.store_url)?;
    arrived(&store).await?;
    // Boxed, for it would make every start's future large; as what follows below.
    let (vault, (clock, test_clock)) = Box::pin(ground(&store, &config)).await?;
    let (mode, policy, functions) = (config.mode, config.policy, config.functions);
    let verifier = config.verifier.map(verifier);
    let snapshots = config.data_dir.join("snapshots");
    let public_url = config.public_url.clone().unwrap_or_else(|| listened.to_owned());
    let bounds = Arc::new(Bounds::new(within_reach(config.limits.clone())));
    let graveyard = Arc::new(ErasuresLog::of(&config.data_dir));
    let callers = Callers::of(config)?;
    let engine = Engine::new(Parts {
        store,
        clock,
        chance: Arc::new(SystemChance::new()),
        vault,
        mode,
        apps: callers.apps,
        grants: callers.grants,
        verifier,
        policy,
        notices: callers.notices,
        graveyard: Some(Arc::clone(&graveyard) as Arc<dyn Graveyard>),
    });
    // Before anybody is answered.
    Box::pin(erase_again(&engine, &graveyard)).await?;
    Ok(Arc::new(AppState {
        engine: Arc::new(engine),
        functions: runtime(&functions)?,
        keyring: Current::new(callers.keyring),
        bounds,
        metrics: Metrics::new(env!("CARGO_PKG_VERSION")),
        public_url,
        snapshots,
        free_bytes: server::free_bytes,
        join_trace: crate::telemetry::join_trace,
        test_clock,
    }))
}

/// What everything else stands on: whose database it is, and what time it is in it.
async fn ground(store: &Store, config: &Config) -> anyhow::Result<(Vault, Clocks)> {
    let clocks = clocks(store, config.mode).await?;
    let vault = vault(store, config, clocks.0.now()).await?;
    keep_apart(store, config.mode).await?;
    Ok((vault, clocks))
}

fn open(url: &str) -> anyhow::Result<Store> {
    // The address may hold a password.
    let place = store::Location::parse(url)?;
    Store::open(url).with_context(|| format!("cannot open {place}"))
}

/// Half a database must not be taken for a whole one.
async fn arrived(store: &Store) -> anyhow::Result<()> {
    if let Some(from) = store.moving_from().await? {
        anyhow::bail!(
            "the database is being filled by certifyd move from {from}; wait for it, or begin it \
             again if it was interrupted"
        );
    }
    Ok(())
}

/// A copy of the database from before erasures follows them.
async fn erase_again(engine: &Engine, log: &ErasuresLog) -> anyhow::Result<()> {
    let erased = engine.erase_again(log.read()?).await?;
    if erased > 0 {
        tracing::warn!(erased, "this database is older than erasures; they were made again");
    }
    Ok(())
}

/// Lets the server go on with other callers: calls in flight end with what they began with.
pub(crate) fn exchange(state: &AppState, callers: Callers) {
    let Callers { apps, grants, notices, mut keyring } = callers;
    keyring.go_on_counting(&state.keyring.get());
    // The engine first: whoever has a key now is then known there too.
    state.engine.exchange(Directory::new(apps, grants, notices));
    state.keyring.exchange(keyring);
}

/// What a configuration says of callers: all that may change while the server runs.
pub(crate) struct Callers {
    apps: Vec<App>,
    grants: Vec<Grant>,
    notices: Option<NoticeDesk>,
    keyring: Keyring,
}

impl Callers {
    /// # Errors
    /// What the system says.
    pub(crate) fn of(config: Config) -> anyhow::Result<Self> {
        let (apps, app_keys): (Vec<_>, BTreeMap<_, _>) =
            config.apps.into_iter().map(|(app, keys)| (app.clone(), (app.id, keys))).unzip();
        let apps = certified(apps, config.upstreams)?;
        let GatewayConfig { key, certificate, next_certificate, root_sn, window } = config.gateway;
        let key = key.map(Arc::new);
        let notices = key.as_ref().map(|key| notices(key, config.notify_reach)).transpose()?;
        warn_of_expiry("the gateway's", certificate.as_ref());
        for (id, keys) in &app_keys {
            // An older one beside it is there to end.
            warn_of_expiry(&format!("application {id}'s"), keys.certificates.first());
        }
        let gateway = key.map(|key| Gateway {
            key,
            certificate,
            next_certificate,
            root_sn,
            window,
            apps: app_keys,
        });
        let keyring = Keyring {
            spaces: config.spaces.into_iter().map(space).collect(),
            gateway,
            operator: config.operator.iter().filter_map(Operator::token).collect(),
            outbound: Outbound::new(config.functions.reach)?,
        };
        Ok(Self { apps, grants: config.grants, notices, keyring })
    }
}

/// The applications, with the gateways that certify for some of them. Those live in the real time,
/// wherever the clock of test mode has been moved to.
fn certified(
    apps: Vec<App>,
    mut upstreams: BTreeMap<AppId, UpstreamConfig>,
) -> anyhow::Result<Vec<App>> {
    let certified = |app: App| {
        let Some(UpstreamConfig { settings, allow, allow_pages }) = upstreams.remove(&app.id)
        else {
            return Ok(app);
        };
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance::new()));
        let gateway = AlipayGateway::new(settings, clock, chance)
            .with_context(|| format!("[apps.upstream] of {}", app.id))?;
        let upstream = Upstream { gateway: Arc::new(gateway), allow, allow_pages };
        Ok(App { certifier: Certifier::Alipay(Arc::new(upstream)), ..app })
    };
    apps.into_iter().map(certified).collect()
}

/// Connections need descriptors; what the system does not give cannot be promised. A quarter is left
/// for files, functions and calls of others.
fn within_reach(mut limits: Limits) -> Limits {
    let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let Some(descriptors) = descriptors.and_then(|most| usize::try_from(most).ok()) else {
        return limits;
    };
    let most = (descriptors / 4 * 3).max(1);
    if limits.connections > most {
        tracing::info!(
            connections = most,
            descriptors,
            "fewer connections than limits.connections"
        );
        limits.connections = most;
    }
    limits
}

fn verifier(name: VerifierName) -> Arc<dyn Verifier> {
    match name {
        VerifierName::Simulated => Arc::new(Simulated),
        VerifierName::Review => Arc::new(Review),
    }
}

/// A database belongs to one mode for ever: results that were chosen and results that were found
/// must never stand side by side.
async fn keep_apart(store: &Store, mode: Mode) -> anyhow::Result<()> {
    let (word, other) = match mode {
        Mode::Test => ("test", "live"),
        Mode::Live => ("live", "test"),
    };
    let kept = store.remember_first(DATABASE_MODE, word).await?;
    anyhow::ensure!(
        kept == word,
        "this database was made with mode = \"{other}\" and the configuration says \"{word}\"; \
         give each mode a data_dir (or store.url) of its own"
    );
    Ok(())
}

/// Notices are signed with the key that signs answers, and leave by a client of their own.
fn notices(key: &Arc<PrivateKey>, reach: Reach) -> anyhow::Result<NoticeDesk> {
    let form = Arc::new(SignedForm::new(Arc::clone(key)));
    Ok(NoticeDesk { form, outbound: Outbound::new(reach)?, timeout: NoticeDesk::TIMEOUT })
}

/// Certificates end without a sound; a month is time to replace one.
fn warn_of_expiry(whose: &str, certificate: Option<&Certificate>) {
    let Some(certificate) = certificate else { return };
    let now = SystemClock.now();
    let left = certificate.not_after().duration_since(now).as_hours() / 24;
    if !certificate.is_valid_at(now) {
        tracing::error!("{whose} certificate is not valid now; calls with it are refused");
    } else if left < 30 {
        tracing::warn!(days = left, "{whose} certificate ends soon; replace it");
    }
}

/// The vault, under the master key the database was written with.
async fn vault(store: &Store, config: &Config, now: jiff::Timestamp) -> anyhow::Result<Vault> {
    let founded = Vault::is_founded(store).await?;
    let sources = config.master_key.clone();
    let masters = tokio::task::spawn_blocking(move || keys::master_keys(&sources, founded));
    let opened = Vault::of_database(store, &masters.await??, &SystemChance::new(), now).await;
    opened.map_err(|fault| told(fault, &config.master_key))
}

/// The vault, if the database has one: nothing is changed or made.
pub(crate) async fn known_vault(store: &Store, config: &Config) -> anyhow::Result<Option<Vault>> {
    if !Vault::is_founded(store).await? {
        return Ok(None);
    }
    let masters = keys::master_keys(&config.master_key, true)?;
    let known = Vault::known(store, &masters).await;
    known.map_err(|fault| told(fault, &config.master_key))
}

/// In the words of whoever has to find the right key.
pub(crate) fn told(fault: VaultFault, sources: &[MasterKey]) -> anyhow::Error {
    match fault {
        VaultFault::OtherKey => keys::no_such_key(sources),
        VaultFault::Engine(error) => error.into(),
    }
}

/// A crash must not write keys and people to the disk. A kernel that refuses is not an error.
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// The first random byte of a process costs tens of milliseconds, while the library gathers
/// entropy of its own. Without this the first caller would wait for it.
fn warm_up_randomness() {
    use engine::Chance as _;
    std::thread::spawn(|| SystemChance::new().fill(&mut [0; 1]));
}

fn space(config: SpaceConfig) -> (String, Arc<Space>) {
    let space = Space {
        id: config.id.clone(),
        app: config.app,
        client_secrets: config.client_secrets,
        server_keys: config.server_keys,
        functions: config.functions,
        calls: Arc::default(),
    };
    (config.id, Arc::new(space))
}

type TestClock = Arc<MovableClock<SystemClock>>;
type Clocks = (Arc<dyn Clock>, Option<TestClock>);

/// The clock; in test mode one that can be moved, and stands where it was moved to before.
async fn clocks(store: &Store, mode: Mode) -> anyhow::Result<Clocks> {
    match mode {
        Mode::Live => Ok((Arc::new(SystemClock), None)),
        Mode::Test => {
            let offset = store.recall(CLOCK_OFFSET).await?;
            let offset = offset.and_then(|text| text.parse().ok()).unwrap_or(0);
            let clock = Arc::new(MovableClock::new(SystemClock, offset));
            Ok((Arc::clone(&clock) as Arc<dyn Clock>, Some(clock)))
        }
    }
}

/// The runtime of cloud functions, whose workers are this program.
///
/// # Errors
/// If this program's own file cannot be found.
pub(crate) fn runtime(config: &FunctionsConfig) -> anyhow::Result<Runtime> {
    let command = WorkerCommand {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        args: vec![OsString::from(WORKER_COMMAND)],
    };
    let limits = functions::Limits {
        deadline: config.deadline,
        memory_bytes: config.memory_bytes,
        ..functions::Limits::default()
    };
    Ok(Runtime::new(command, limits, server::CLOUD_SCRIPT, config.reload))
}

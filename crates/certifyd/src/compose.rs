//! Puts the rooms together.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use engine::{
    CLOCK_OFFSET, Clock, Engine, Mode, MovableClock, Outbound, Parts, Policy, Simulated,
    SystemChance, SystemClock, VAULT_FINGERPRINT, Vault, Verifier,
};
use functions::{Limits, Runtime, WorkerCommand};
use server::{AppState, Gateway, Space};
use store::Store;
use wire::certificate::Certificate;

use crate::config::{Config, FunctionsConfig, GatewayConfig, SpaceConfig};
use crate::keys;

/// First argument of a function worker. Not for people, hence not in the help.
pub(crate) const WORKER_COMMAND: &str = "function-worker";

/// Builds everything behind the doors. `listened` is the public address if none is configured.
///
/// # Errors
/// What the store, the keys or the system say.
pub(crate) async fn state(config: Config, listened: &str) -> anyhow::Result<Arc<AppState>> {
    warm_up_randomness();
    keys::make_private_folder(&config.data_dir)?;
    let store = Store::open(&config.store_url)
        .with_context(|| format!("cannot open {}", config.store_url))?;
    let vault = vault(&store, &config).await?;
    let (clock, test_clock) = clocks(&store, config.mode).await?;
    let (apps, app_keys): (Vec<_>, BTreeMap<_, _>) =
        config.apps.into_iter().map(|(app, keys)| (app.clone(), (app.id, keys))).unzip();
    let engine = Engine::new(Parts {
        store,
        clock,
        chance: Arc::new(SystemChance::new()),
        vault,
        mode: config.mode,
        apps,
        grants: config.grants,
        verifier: verifier(config.mode),
        policy: Policy::default(),
    });
    let GatewayConfig { key, certificate, next_certificate, root_sn, window } = config.gateway;
    warn_of_expiry("the gateway's", certificate.as_ref());
    for (id, keys) in &app_keys {
        warn_of_expiry(&format!("application {id}'s"), keys.certificate.as_ref());
    }
    let gateway = key.map(|key| Gateway {
        key,
        certificate,
        next_certificate,
        root_sn,
        window,
        apps: app_keys,
    });
    Ok(Arc::new(AppState {
        engine,
        functions: runtime(&config.functions)?,
        outbound: Outbound::new(config.functions.reach)?,
        spaces: config.spaces.into_iter().map(space).collect(),
        gateway,
        public_url: config.public_url.unwrap_or_else(|| listened.to_owned()),
        test_clock,
    }))
}

/// Who decides: in test mode nobody looks; in live mode there is nobody yet.
fn verifier(mode: Mode) -> Option<Arc<dyn Verifier>> {
    match mode {
        Mode::Test => Some(Arc::new(Simulated)),
        Mode::Live => None,
    }
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

/// The vault, under the key the database was written with.
async fn vault(store: &Store, config: &Config) -> anyhow::Result<Vault> {
    let known = store.recall(VAULT_FINGERPRINT).await?;
    let vault = keys::open_vault(&config.master_key, known.as_deref())?;
    let kept = store.remember_first(VAULT_FINGERPRINT, &vault.fingerprint()).await?;
    anyhow::ensure!(kept == vault.fingerprint(), "another process has just set another master key");
    Ok(vault)
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
        client_secret: config.client_secret,
        server_key: config.server_key,
        functions: config.functions,
    };
    (config.id, Arc::new(space))
}

type TestClock = Arc<MovableClock<SystemClock>>;

/// The clock; in test mode one that can be moved, and stands where it was moved to before.
async fn clocks(store: &Store, mode: Mode) -> anyhow::Result<(Arc<dyn Clock>, Option<TestClock>)> {
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
    let limits = Limits {
        deadline: config.deadline,
        memory_bytes: config.memory_bytes,
        ..Limits::default()
    };
    Ok(Runtime::new(command, limits, server::CLOUD_SCRIPT, config.reload))
}

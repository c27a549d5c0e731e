//! Puts the rooms together.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use engine::{Clock, Engine, Mode, MovableClock, Outbound, Parts, SystemChance, SystemClock};
use functions::{Limits, Runtime, WorkerCommand};
use server::{AppState, Gateway, Space};

use crate::config::{Config, FunctionsConfig, SpaceConfig};
use crate::keys;

/// First argument of a function worker. Not for people, hence not in the help.
pub(crate) const WORKER_COMMAND: &str = "function-worker";

/// Builds everything behind the doors. `listened` is the public address if none is configured.
///
/// # Errors
/// What the store, the keys or the system say.
pub(crate) fn state(config: Config, listened: &str) -> anyhow::Result<Arc<AppState>> {
    warm_up_randomness();
    let store = store::Store::open(&config.store_url)
        .with_context(|| format!("cannot open {}", config.store_url))?;
    let vault = keys::open_vault(&config.master_key)?;
    let (clock, test_clock) = clocks(config.mode);
    let (apps, app_keys): (Vec<_>, Vec<_>) = config
        .apps
        .into_iter()
        .map(|(app, key)| {
            let key = key.map(|key| (app.id.clone(), key));
            (app, key)
        })
        .unzip();
    let engine = Engine::new(Parts {
        store,
        clock,
        chance: Arc::new(SystemChance::new()),
        vault,
        mode: config.mode,
        apps,
        grants: config.grants,
    });
    let gateway = config
        .gateway_key
        .map(|key| Gateway { key, app_keys: app_keys.into_iter().flatten().collect() });
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

fn clocks(mode: Mode) -> (Arc<dyn Clock>, Option<Arc<MovableClock<SystemClock>>>) {
    match mode {
        Mode::Live => (Arc::new(SystemClock), None),
        Mode::Test => {
            let clock = Arc::new(MovableClock::new(SystemClock));
            (Arc::clone(&clock) as Arc<dyn Clock>, Some(clock))
        }
    }
}

fn runtime(config: &FunctionsConfig) -> anyhow::Result<Runtime> {
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

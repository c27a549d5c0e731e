//! Reading the configuration again while the server runs: on SIGHUP.
//!
//! All of it is taken or nothing. What the server stands on cannot be exchanged under it; a
//! configuration that changes that is refused by the name of what it changes.

use std::sync::Arc;

use anyhow::Context as _;
use engine::{MasterKeys, Mode, Policy};
use server::AppState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::commands::CommandError;
use crate::compose::{self, Callers};
use crate::config::{Config, FunctionsConfig, LogConfig, MasterKey, TracesConfig, VerifierName};
use crate::keys;
use crate::telemetry::Logs;

/// Reads the configuration as it was read at the start.
pub(crate) type Read = dyn Fn() -> Result<Config, CommandError> + Send + Sync;

/// What stays as it was until a restart.
struct Fixed {
    listen: String,
    public_url: Option<String>,
    mode: Mode,
    data_dir: std::path::PathBuf,
    store_url: String,
    verifier: Option<VerifierName>,
    policy: Policy,
    functions: FunctionsConfig,
    log: LogConfig,
    limits: server::Limits,
    metrics: Option<String>,
    traces: Option<TracesConfig>,
}

impl Fixed {
    fn of(config: &Config) -> Self {
        Self {
            listen: config.listen.clone(),
            public_url: config.public_url.clone(),
            mode: config.mode,
            data_dir: config.data_dir.clone(),
            store_url: config.store_url.clone(),
            verifier: config.verifier,
            policy: config.policy,
            functions: config.functions,
            log: config.log.clone(),
            limits: config.limits.clone(),
            metrics: config.metrics.clone(),
            traces: config.traces.clone(),
        }
    }

    /// The keys whose values differ. Their values are not told: one of them is a secret.
    fn changed(&self, new: &Self) -> Vec<&'static str> {
        let functions = FunctionsConfig { reach: self.functions.reach, ..new.functions };
        [
            ("listen", self.listen != new.listen),
            ("public_url", self.public_url != new.public_url),
            ("mode", self.mode != new.mode),
            ("data_dir", self.data_dir != new.data_dir),
            ("store.url", self.store_url != new.store_url),
            ("verification.verifier", self.verifier != new.verifier),
            ("authorization.token_days", self.policy.token_days != new.policy.token_days),
            (
                "verification or retention (days)",
                self.policy != Policy { token_days: self.policy.token_days, ..new.policy },
            ),
            ("functions (all but reach)", self.functions != functions),
            ("log.format", self.log.json != new.log.json),
            ("limits, trusted_proxies", self.limits != new.limits),
            ("metrics.listen", self.metrics != new.metrics),
            ("telemetry", self.traces != new.traces),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

/// What can be asked to read the configuration again.
pub(crate) struct Reloader {
    read: Box<Read>,
    fixed: Fixed,
    logs: Logs,
    hangups: Signal,
}

impl Reloader {
    /// Listens for the signal from now on. `config` is what the server starts with.
    ///
    /// # Errors
    /// If the signal cannot be listened for.
    pub(crate) fn new(read: Box<Read>, config: &Config, logs: Logs) -> anyhow::Result<Self> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let hangups = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        Ok(Self { read, fixed: Fixed::of(config), logs, hangups })
    }

    /// Reloads whenever the signal comes, until dropped.
    pub(crate) async fn run(self, state: Arc<AppState>) {
        let Self { read, fixed, logs, mut hangups } = self;
        let kept = Arc::new((read, fixed));
        while hangups.recv().await.is_some() {
            let kept = Arc::clone(&kept);
            // Files are read there, and programs run that know keys.
            let prepared = tokio::task::spawn_blocking(move || prepare(&*kept.0, &kept.1)).await;
            let Ok(prepared) = prepared else {
                tracing::error!("reading the configuration again failed");
                continue;
            };
            let result = match prepared {
                Ok(prepared) => take(prepared, &logs, &state).await,
                Err(error) => Err(error),
            };
            tell(record(result, &state).await);
        }
    }
}

/// A configuration that may be taken.
struct Prepared {
    callers: Callers,
    masters: MasterKeys,
    sources: Vec<MasterKey>,
    warnings: Vec<String>,
    log: LogConfig,
}

fn prepare(read: &Read, fixed: &Fixed) -> Result<Prepared, CommandError> {
    let config = read()?;
    let changed = fixed.changed(&Fixed::of(&config));
    if !changed.is_empty() {
        let changed = changed.join(", ");
        let text =
            format!("{changed}: this changes with a restart only; restart, or change it back");
        return Err(CommandError::Usage(text));
    }
    Ok(Prepared {
        masters: keys::master_keys(&config.master_key, true)?,
        sources: config.master_key.clone(),
        warnings: config.warnings.clone(),
        log: config.log.clone(),
        callers: Callers::of(config)?,
    })
}

async fn take(prepared: Prepared, logs: &Logs, state: &AppState) -> Result<(), CommandError> {
    let Prepared { callers, masters, sources, warnings, log } = prepared;
    // The only step that may fail comes first.
    let exchanged = state.engine.exchange_master_keys(&masters).await;
    if exchanged.map_err(|fault| compose::told(fault, &sources))? {
        tracing::info!("the master key is exchanged; older ones are not needed any more");
    }
    compose::exchange(state, callers);
    logs.change_level(&log);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// The audit tells of a reload that has come about.
async fn record(result: Result<(), CommandError>, state: &AppState) -> Result<(), CommandError> {
    if result.is_ok()
        && let Err(error) = state.engine.record_reload().await
    {
        tracing::error!(%error, "the reload could not be recorded in the audit");
    }
    result
}

fn tell(result: Result<(), CommandError>) {
    let Err(error) = result else {
        tracing::info!("configuration reloaded: it holds for every call that begins now");
        return;
    };
    for line in error.to_string().lines() {
        tracing::error!("{line}");
    }
    tracing::error!("configuration not reloaded: everything stays as it was");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(lines: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certifyd.toml");
        let text = format!("{lines}\n[[apps]]\nid = \"2021\"\n");
        std::fs::write(&file, text.replace("HERE", "/srv")).unwrap();
        let mut config = Config::load(&file).unwrap();
        // Each was read in a folder of its own.
        config.data_dir =
            config.data_dir.strip_prefix(folder.path()).unwrap_or(&config.data_dir).to_owned();
        config.store_url = config.store_url.replace(&folder.path().display().to_string(), "");
        config
    }

    #[test]
    fn what_needs_a_restart_is_named() {
        let fixed = Fixed::of(&config(""));
        for (lines, named) in [
            ("listen = \"127.0.0.1:1\"", vec!["listen"]),
            ("public_url = \"https://other.example\"\nmode = \"test\"", vec!["public_url"]),
            ("mode = \"live\"", vec!["mode", "verification.verifier", "limits, trusted_proxies"]),
            ("data_dir = \"HERE/x\"", vec!["data_dir", "store.url"]),
            ("[store]\nurl = \"sqlite::memory:\"", vec!["store.url"]),
            ("[store]\nmaster_key = [\"new.key\", \"old.key\"]", vec![]),
            ("[verification]\nevidence_days = 7", vec!["verification or retention (days)"]),
            ("[retention]\nidentity_days = 7", vec!["verification or retention (days)"]),
            ("[functions]\ntimeout_seconds = 9", vec!["functions (all but reach)"]),
            ("[log]\nformat = \"json\"", vec!["log.format"]),
            ("[metrics]\nlisten = \"127.0.0.1:9464\"", vec!["metrics.listen"]),
            ("[limits]\nconnections = 9", vec!["limits, trusted_proxies"]),
            ("trusted_proxies = [\"::1\"]", vec!["limits, trusted_proxies"]),
            (
                "[functions]\nreach = \"any\"\n[log]\nlevel = \"debug\"\n[notify]\nreach = \"any\"",
                vec![],
            ),
        ] {
            assert_eq!(fixed.changed(&Fixed::of(&config(lines))), named, "{lines}");
        }
    }
}

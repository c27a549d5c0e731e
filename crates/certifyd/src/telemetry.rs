//! Logs, to standard error. No personal data, keys or tokens reach them at any level: the types
//! that hold such values do not print them.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

use crate::config::LogConfig;

/// Our logs, whose level can be changed while they are written.
#[derive(Debug)]
pub(crate) struct Logs(reload::Handle<Targets, Registry>);

impl Logs {
    /// Shows from now on what `config` asks for.
    pub(crate) fn change_level(&self, config: &LogConfig) {
        // Without effect if another in this process writes the logs.
        drop(self.0.reload(filter(config)));
    }
}

/// Starts logging. A second start in one process changes nothing.
pub(crate) fn start(config: &LogConfig) -> Logs {
    use std::io::IsTerminal as _;
    let (filter, handle) = reload::Layer::new(filter(config));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if config.json {
        registry.with(lines.json()).try_init()
    } else {
        registry.with(lines.with_ansi(std::io::stderr().is_terminal()).compact()).try_init()
    };
    // Already started, by a test or an earlier command in the process.
    drop(started);
    Logs(handle)
}

fn filter(config: &LogConfig) -> Targets {
    let level = match config.level.as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    // Libraries speak up at warnings only, whatever we are asked to show of ourselves.
    let own = ["server", "engine", "store", "functions", "function", "certifyd", "wire"];
    Targets::new().with_default(LevelFilter::WARN).with_targets(own.map(|target| (target, level)))
}

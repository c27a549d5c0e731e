//! Logs, to standard error. No personal data, keys or tokens reach them at any level: the types
//! that hold such values do not print them.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::LogConfig;

/// Starts logging. A second start in one process changes nothing.
pub(crate) fn start(config: &LogConfig) {
    use std::io::IsTerminal as _;
    let level = match config.level.as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    // Libraries speak up at warnings only, whatever we are asked to show of ourselves.
    let own = ["server", "engine", "store", "functions", "function", "certifyd", "wire"];
    let filter = own.iter().fold(EnvFilter::new("warn"), |filter, target| {
        match format!("{target}={level}").parse() {
            Ok(directive) => filter.add_directive(directive),
            Err(_) => filter,
        }
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.json {
        builder.json().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).compact().try_init()
    };
    // Already started, by a test or an earlier command in the process.
    drop(started);
}

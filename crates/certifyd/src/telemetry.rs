//! Logs, to standard error, and traces, to a collector. No personal data, keys or tokens reach them at
//! any level: the types that hold such values do not print them.

#[cfg(feature = "otel")]
mod traces;
#[cfg(not(feature = "otel"))]
#[path = "telemetry/untraced.rs"]
mod traces;

use tokio::runtime::Handle;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry, reload};

use crate::config::{LogConfig, TracesConfig};
use traces::Traces;

/// The target of spans that may become part of a trace, wherever they are made. It is shown nowhere
/// else.
const TARGET: &str = "traced";

/// Everything that is logged, as far as it is to be shown.
type Filtered = Layered<reload::Layer<Targets, Registry>, Registry>;
/// What writes it.
type Lines = Box<dyn Layer<Filtered> + Send + Sync>;

/// Our logs, whose level can be changed while they are written.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    shown: reload::Handle<Targets, Registry>,
    with_spans: bool,
}

impl Logs {
    /// Shows from now on what `config` asks for.
    pub(crate) fn change_level(&self, config: &LogConfig) {
        // Without effect if another in this process writes the logs.
        drop(self.shown.reload(filter(config, self.with_spans)));
    }
}

/// Logs and traces, until [`Self::end`].
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(crate) logs: Logs,
    traces: Traces,
}

impl Telemetry {
    /// Sends what is still to be sent. To be called outside of the runtime, while that runs.
    pub(crate) fn end(self) {
        self.traces.end();
    }
}

/// Starts logging, and traces if they are wanted. A second start in one process changes nothing of the
/// logs.
///
/// # Errors
/// If traces cannot be sent where they are to go.
pub(crate) fn start(
    config: &LogConfig,
    traces: Option<&TracesConfig>,
    runtime: &Handle,
) -> anyhow::Result<Telemetry> {
    use std::io::IsTerminal as _;
    let traces = Traces::start(traces, runtime)?;
    let with_spans = traces.are_wanted();
    let (filter, shown) = reload::Layer::new(filter(config, with_spans));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Lines = if config.json {
        lines.json().boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).compact().boxed()
    };
    // Already started, by a test or an earlier command in the process.
    drop(traces.init(tracing_subscriber::registry().with(filter), lines));
    Ok(Telemetry { logs: Logs { shown, with_spans }, traces })
}

/// Lets a span go on with the trace of a caller, named by its `traceparent`.
pub(crate) fn join_trace(span: &tracing::Span, traceparent: &str) {
    traces::join(span, traceparent);
}

fn filter(config: &LogConfig, with_spans: bool) -> Targets {
    let level = match config.level.as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    // Libraries speak up at warnings only, whatever we are asked to show of ourselves.
    let own = ["server", "engine", "store", "functions", "function", "certifyd", "wire"];
    let targets = Targets::new().with_default(LevelFilter::WARN);
    let targets = targets.with_targets(own.map(|target| (target, level)));
    let spans = if with_spans { LevelFilter::INFO } else { LevelFilter::OFF };
    targets.with_target(TARGET, spans)
}

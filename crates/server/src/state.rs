//! What handlers may reach.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Current, Engine, MovableClock, SystemClock};

use crate::bounds::Bounds;
use crate::keyring::Keyring;
use crate::metrics::Metrics;

/// Everything behind the doors.
#[derive(Debug)]
pub struct AppState {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// Runs cloud functions.
    pub functions: functions::Runtime,
    /// Who may call, and with which keys.
    pub keyring: Current<Keyring>,
    /// What nobody may exceed.
    pub bounds: Arc<Bounds>,
    /// What is counted of requests.
    pub metrics: Metrics,
    /// Where people reach this server; no slash at the end.
    pub public_url: String,
    /// The folder of worlds put aside, in test mode.
    pub snapshots: PathBuf,
    /// Tells the bytes that are free where a folder is: [`crate::free_bytes`].
    pub free_bytes: fn(&Path) -> Option<u64>,
    /// Lets a span that was just made go on with a caller's trace, named by its `traceparent`.
    pub join_trace: fn(&tracing::Span, &str),
    /// The clock scripts may move, in test mode.
    pub test_clock: Option<Arc<MovableClock<SystemClock>>>,
}

impl AppState {
    /// Where every refusal is explained.
    pub(crate) fn errors_url(&self) -> String {
        format!("{}/docs/errors", self.public_url)
    }

    /// A text for developers, and where to read more.
    pub(crate) fn explained(&self, text: &str) -> String {
        format!("{text} ({})", self.errors_url())
    }

    /// The address of a person's page.
    pub(crate) fn verify_url(&self, link: &str) -> String {
        format!("{}/verify/{link}", self.public_url)
    }
}

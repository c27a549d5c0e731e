//! A program that was built without traces.

use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use super::{Filtered, Lines};
use crate::config::TracesConfig;

/// Nowhere for spans to go.
#[derive(Debug)]
pub(super) struct Traces;

impl Traces {
    #[expect(clippy::unnecessary_wraps, reason = "a program with traces may fail to start them")]
    pub(super) fn start(_: Option<&TracesConfig>, _: &Handle) -> anyhow::Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "as it is with traces")]
    pub(super) fn are_wanted(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as it is with traces")]
    pub(super) fn init(&self, registry: Filtered, lines: Lines) -> Result<(), TryInitError> {
        registry.with(lines).try_init()
    }

    #[expect(clippy::unused_self, reason = "as it is with traces")]
    pub(super) fn end(self) {}
}

/// There is no trace to join.
pub(super) fn join(_: &tracing::Span, _: &str) {}

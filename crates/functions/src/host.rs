//! All that a guest may ask of the world.

use async_trait::async_trait;

/// Answers one call's questions. A new host comes with every call, so it knows who is calling.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// Does `op` with `payload`, both as the guest gave them. Payload and reply are JSON text.
    ///
    /// A call that has begun is never dropped half-way: it runs on even when the guest that asked
    /// has ended, and its reply is then thrown away.
    async fn call(&self, op: &str, payload: String) -> Result<String, HostFailure>;

    /// Takes a line that the guest logged.
    fn log(&self, level: LogLevel, text: &str);
}

/// A host call that failed. The guest sees an `Error` with this code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFailure {
    /// A word that programs compare.
    pub code: String,
    /// A sentence that people read.
    pub message: String,
}

impl HostFailure {
    /// A failure with `code` and `message`.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// How grave a logged line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the function's author.
    Debug,
    /// Ordinary news.
    Info,
    /// Something to look at.
    Warn,
    /// Something went wrong.
    Error,
}

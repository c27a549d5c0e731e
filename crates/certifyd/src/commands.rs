//! One file per command.

pub(crate) mod audit;
pub(crate) mod authorize;
pub(crate) mod backup;
pub(crate) mod banner;
pub(crate) mod check;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod init;
pub(crate) mod invoke;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod notices;
pub(crate) mod review;
pub(crate) mod rotation;
mod running;
pub(crate) mod serve;
pub(crate) mod test;

use std::fmt;
use std::io::Write as _;

use wire::serverless::ServerlessError;

use crate::config::Faults;

/// Why a command ended without doing its job.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The configuration cannot be used.
    Configuration(Faults),
    /// An argument cannot be used.
    Usage(String),
    /// The address cannot be listened on.
    Address { listen: String, reason: String },
    /// A function failed.
    Invocation(ServerlessError),
    /// Anything else.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Faults> for CommandError {
    fn from(faults: Faults) -> Self {
        Self::Configuration(faults)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(faults) => faults.fmt(f),
            Self::Usage(text) => write!(f, "certifyd: {text}"),
            Self::Address { listen, reason } => {
                write!(f, "certifyd: cannot listen on {listen}: {reason}")
            }
            Self::Invocation(error) => write!(f, "{}: {}", error.code.as_str(), error.message),
            Self::Failed(error) => write!(f, "certifyd: {error:#}"),
        }
    }
}

/// Tells a person what went wrong.
pub(crate) fn complain(error: &CommandError) {
    // Nowhere left to report a failure to report.
    let _ = writeln!(std::io::stderr(), "{}", error.to_string().trim_end());
}

/// Prints a line of result.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

/// The runtime all serving commands share.
///
/// # Errors
/// If threads cannot be started.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

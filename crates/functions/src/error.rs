//! How a call can fail.

use std::time::Duration;

use crate::FunctionName;

/// Why a call gave no result. The text of each is fit for the caller: no stack, no server path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// There is no folder of this name with an `index.js`.
    #[error("there is no function named '{name}'")]
    NotFound {
        /// The name that was asked for.
        name: FunctionName,
    },
    /// The function's `index.js` does not export what it must.
    #[error("{message}")]
    BadEntry {
        /// What it must export.
        message: String,
    },
    /// The function threw, rejected, or could not be loaded.
    #[error("{}", with_code(code.as_deref(), message))]
    Threw {
        /// The error's own message.
        message: String,
        /// The error's `code`, if it had one.
        code: Option<String>,
    },
    /// The call took longer than it may.
    #[error("the function did not answer within {} ms", limit.as_millis())]
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// The function used more memory than it may.
    #[error("the function used more than {} MiB of memory", limit / (1024 * 1024))]
    OutOfMemory {
        /// The bytes it had.
        limit: usize,
    },
    /// The function's result is longer than it may be.
    #[error("the result is {size} bytes of JSON; at most {limit} are allowed")]
    ResultTooLarge {
        /// Its length in bytes.
        size: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// The function's process ended unexpectedly.
    #[error("the function's process ended unexpectedly")]
    Crashed,
    /// Too many calls of this function are waiting already.
    #[error("too many calls of this function are waiting already")]
    Busy,
}

impl FunctionError {
    /// Its kind, in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::BadEntry { .. } => "bad_entry",
            Self::Threw { .. } => "threw",
            Self::TimedOut { .. } => "timed_out",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::ResultTooLarge { .. } => "result_too_large",
            Self::Crashed => "crashed",
            Self::Busy => "busy",
        }
    }

    /// The public text: `code:message` for errors that carry a code.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

fn with_code(code: Option<&str>, message: &str) -> String {
    code.map_or_else(|| message.to_owned(), |code| format!("{code}:{message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_put_in_front() {
        let threw = |code: Option<&str>| FunctionError::Threw {
            message: "text".to_owned(),
            code: code.map(str::to_owned),
        };
        assert_eq!(threw(Some("4001")).message(), "4001:text");
        assert_eq!(threw(None).message(), "text");
    }
}

//! One call of a function.

use std::path::PathBuf;

use crate::FunctionName;

/// What is to be called, and with what.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function.
    pub name: FunctionName,
    /// The folder that holds all functions, one folder each.
    pub root: PathBuf,
    /// Names this call in logs; the guest sees it as `ctx.requestId`.
    pub request_id: String,
    /// JSON text of an object, handed to the guest as it is.
    pub args: String,
    /// What the guest sees as `ctx.env`.
    pub env: Vec<(String, String)>,
}

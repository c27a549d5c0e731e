//! Cloud functions in supervised worker processes.
//!
//! A guest is a folder with an `index.js` that exports `async (ctx) => value`. It runs on QuickJS
//! inside a child process, never in the process that answers requests: a guest can lose its own
//! call, and nothing else. Arguments and results travel as JSON text, untouched.
//!
//! ```text
//!  Runtime::invoke ── pool ── worker ═══ socket ═══ guest: loop, isolate, modules
//!        │                                             │
//!       Host  ◄──────────── host calls, logs ──────────┘
//! ```
//!
//! The parent's half is in `parent`, the child's in `guest`, what they say to each other in
//! `frames`.

#![forbid(unsafe_code)]

mod error;
mod frames;
mod guest;
mod host;
mod invocation;
mod limits;
mod name;
mod parent;
mod usage;

pub use error::FunctionError;
pub use guest::worker_main;
pub use host::{Host, HostFailure, LogLevel};
pub use invocation::Invocation;
pub use limits::Limits;
pub use name::{FunctionName, InvalidName};
pub use parent::{Runtime, WorkerCommand};
pub use usage::Usage;

//! The half that runs in the process which answers requests: it starts workers, gives them calls,
//! answers their questions, and ends them.

mod conversation;
mod folder;
mod pool;
mod runtime;
mod worker;

pub use runtime::Runtime;
pub use worker::WorkerCommand;

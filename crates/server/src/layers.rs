//! What happens to every request before and after its door.

mod doors;
mod panicked;
mod patience;
pub(crate) mod room;
mod trace;

pub(crate) use doors::Doors;
pub(crate) use panicked::panicked;
pub(crate) use trace::{RequestId, trace};

//! What happens to every request before and after its door.

mod doors;
mod trace;

pub(crate) use doors::Doors;
pub(crate) use trace::{RequestId, trace};

//! One file per door.

pub(crate) mod broken_off;
pub(crate) mod busy;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod operator;
pub(crate) mod page;
mod readiness;
pub(crate) mod rest;
pub(crate) mod serverless;
pub(crate) mod test_world;

pub use readiness::free_bytes;

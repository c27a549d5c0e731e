//! One file per door.

pub(crate) mod busy;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod operator;
pub(crate) mod page;
pub(crate) mod rest;
pub(crate) mod serverless;
pub(crate) mod test_world;

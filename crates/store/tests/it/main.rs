//! The store, as the engine uses it: every call, on a real file unless memory is what is meant.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

mod authorizations;
mod certifications;
mod corrupt;
mod data_keys;
mod folder;
mod group_commit;
mod nonces;
mod notices;
mod opening;
mod person;
mod sessions;
mod settings;
mod snapshot;
mod upstream_orders;

//! The store, as the engine uses it: every call, on a real file, or on the PostgreSQL server that is
//! named, unless memory is what is meant.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

mod addresses;
mod authorizations;
mod certifications;
mod corrupt;
mod data_keys;
mod earlier_program;
mod folder;
mod generations;
mod group_commit;
mod lost_server;
mod moving;
mod nonces;
mod notices;
mod opening;
mod person;
mod root_keys;
mod server;
mod sessions;
mod settings;
mod snapshot;
mod two_nodes;
mod upstream_orders;
mod usage;

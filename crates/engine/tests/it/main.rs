//! The engine as doors use it, with time and chance in hand.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

mod audit;
mod authorizations;
mod clocks;
mod erasing;
mod expiry;
mod idempotency;
mod links;
mod notices;
mod one_service;
mod outbound_notices;
mod outcomes;
mod ownership;
mod person;
mod relay;
mod replay;
mod rotating;
mod sealed;
#[path = "../../../store/tests/it/server.rs"]
mod server;
mod sessions;
mod waiting;
mod walk;

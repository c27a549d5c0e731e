//! Functions, run for real: every test has a folder of its own and workers of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

mod folder;

mod abuse;
mod basics;
mod ctx;
mod failures;
mod globals;
mod httpclient;
mod modules;
mod queueing;
mod soak;
mod workers;

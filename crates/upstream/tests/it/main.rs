//! The adapter against servers of ours, against recorded answers, and against what networks do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, like tests"
)]

mod bulkhead;
mod certificates;
mod client;
mod faults;
mod real;
mod recorded;
mod requests;
mod setup;

//! The doors, over real HTTP on the loopback interface.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, like tests"
)]

mod answer;
mod gateway;
mod initialize;
mod limits;
mod notices;
mod page;
mod paths;
mod recorded;
mod serverless;
mod test_world;

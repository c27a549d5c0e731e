//! The doors, over real HTTP on the loopback interface.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, like tests"
)]

mod answer;
mod authorizations;
mod bounds;
mod catalogue;
mod flood;
mod gateway;
mod initialize;
mod limits;
mod metrics;
mod notices;
mod page;
mod paths;
mod readiness;
mod recorded;
mod relay;
mod reviews;
mod rotation;
mod serverless;
mod sha1;
mod test_world;

//! The rules of the house, as tests.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

mod boxes;
mod house;

//! Tests of the program itself, from outside.

mod audit;
mod backup;
mod config;
mod doctor;
mod master_key;
mod next_certificate;
mod nodes;
mod notices;
mod program;
mod reload;
#[path = "../../../store/tests/it/server.rs"]
mod server;
mod stopping;
mod traces;
mod worlds;

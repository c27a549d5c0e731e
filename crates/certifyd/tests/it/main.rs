//! Tests of the program itself, from outside.

mod config;
mod doctor;
mod next_certificate;
mod notices;
mod program;
mod reload;
mod stopping;
mod worlds;

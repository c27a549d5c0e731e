//! Tests of the program itself, from outside.

mod audit;
mod backup;
mod config;
mod doctor;
mod next_certificate;
mod notices;
mod program;
mod reload;
mod worlds;

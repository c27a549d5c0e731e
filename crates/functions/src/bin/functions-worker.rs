//! The worker as a program of its own, for tests and benchmarks; a product calls
//! [`functions::worker_main`] from a hidden subcommand instead.

use std::process::ExitCode;

fn main() -> ExitCode {
    functions::worker_main()
}

//! Promises 3 and 4: the engine against a model, for as many steps as wished, restarts included, on a
//! store that fails: units of work that do not run, that run and are not answered, and that are late.
//!
//! ```sh
//! cargo run --release -p testkit --example model -- 1000000 1 10
//! ```
//!
//! Steps in all, the first seed, and how many seeds share the steps; every third seed on a store that
//! does not fail. Where the engine leaves the
//! model it panics, and the seed and step shown before replay it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program for a terminal"
)]

use std::time::Instant;

use testkit::Walk;

/// Enough order numbers for a walk of many steps to open new ones to its end.
const STEPS_PER_ORDER: usize = 40;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap());
    let steps = arguments.next().unwrap_or(1_000_000);
    let first = arguments.next().unwrap_or(1);
    let seeds = arguments.next().unwrap_or(10).max(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let (mut taken, mut finished, mut starts, mut faults) = (0, 0, 0, 0);
    for seed in first..first + seeds {
        let each = usize::try_from(steps / seeds).unwrap();
        // With a folder every write waits for the disk, and the engine is restarted now and then; without
        // one the store is in memory, and many more steps fit into the time.
        let folder = (seed % 10 == 0).then(|| tempfile::tempdir().unwrap());
        let each = if folder.is_some() { each / 50 } else { each };
        let mut walk = Walk::new(seed, each / STEPS_PER_ORDER + 10, folder);
        if seed % 3 != 0 {
            walk = walk.stormy();
        }
        runtime.block_on(async {
            for step in 0..each {
                if step % 10_000 == 0 {
                    eprintln!("seed {seed} step {step}");
                }
                walk.step().await;
            }
        });
        taken += each;
        finished += walk.finished();
        starts += walk.starts();
        faults += walk.faults();
    }
    println!(
        "model: {taken} steps, seeds {first} to {}, {:.0} s\n  certifications seen to have ended  \
         {finished}\n  starts of the engine               {starts}\n  units made to fail                 {faults}\n  departures from the model          0",
        first + seeds - 1,
        began.elapsed().as_secs_f64(),
    );
}

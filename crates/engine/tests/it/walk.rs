//! Everything a door may ask for, beside a model. A failure names seed and step.

use testkit::Walk;

const STEPS: usize = 3000;

#[expect(clippy::print_stdout, reason = "shown for a failed test only, and there it is the seed")]
async fn walk(mut walk: Walk, seed: u64, steps: usize) -> Walk {
    for step in 0..steps {
        // On a failure the captured output ends with this line.
        println!("seed {seed} step {step}");
        walk.step().await;
    }
    walk
}

#[tokio::test]
async fn three_walks_of_three_thousand_steps_never_leave_the_model() {
    for seed in [1, 2, 3] {
        let walked = walk(Walk::new(seed, 150, None), seed, STEPS).await;
        assert!(walked.finished() > 20, "a walk that finishes nothing tests nothing");
    }
}

#[tokio::test]
async fn a_walk_with_restarts_never_leaves_the_model() {
    let walked = walk(Walk::new(4, 150, Some(tempfile::tempdir().unwrap())), 4, STEPS / 2).await;
    assert!(walked.starts() > 3 && walked.finished() > 10);
}

#[tokio::test]
async fn a_walk_on_a_store_that_fails_never_leaves_the_model() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, folder, steps) in [(5, None, STEPS), (6, Some(folder), STEPS / 4)] {
        let walked = walk(Walk::new(seed, 150, folder).stormy(), seed, steps).await;
        assert!(walked.faults() > 30 && walked.finished() > 10, "{}", walked.faults());
    }
}

//! Promise 5 once more: what nobody looks at expires as well, and is told.

use engine::{Chosen, NoticeState, Reach, Swept};
use jiff::SignedDuration;
use testkit::{COMPATIBLE, Receiver, TestEngine, orders};

use crate::notices::{count, desk, open, passed};

async fn sweep(world: &TestEngine) -> usize {
    let Swept { expired, missed, .. } = world.engine.sweep().await.unwrap();
    assert_eq!(missed, 0);
    expired
}

#[tokio::test]
async fn a_sweep_finds_what_is_past_its_time_to_the_millisecond() {
    let world = TestEngine::in_memory();
    let early = world.open(orders::order("a1")).await;
    world.clock.advance(SignedDuration::from_millis(1));
    let late = world.open(orders::order("b1")).await;
    world.clock.advance(SignedDuration::from_hours(23) - SignedDuration::from_millis(2));
    assert_eq!(sweep(&world).await, 0);
    for (id, other) in [(early, "created"), (late, "expired")] {
        world.clock.advance(SignedDuration::from_millis(1));
        assert_eq!(sweep(&world).await, 1);
        assert_eq!(world.engine.test_status(id).await.unwrap().state, "expired");
        assert_eq!(world.engine.test_status(late).await.unwrap().state, other);
        assert_eq!(sweep(&world).await, 0);
    }
}

#[tokio::test]
async fn what_has_ended_is_left_alone_and_nothing_is_told_twice() {
    let receiver = Receiver::willing().await;
    let world = TestEngine::with_notices(desk(Reach::Any));
    let url = receiver.url("/");
    let done = passed(&world, "a1", &url).await;
    let left = open(&world, "b1", &url).await;
    world.engine.choose(left, Chosen::Left).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(sweep(&world).await, 1);
    assert_eq!(sweep(&world).await, 0);
    assert_eq!(world.engine.test_status(done).await.unwrap().state, "passed");
    let answer = world.engine.query(&world.acting(COMPATIBLE), left).await;
    assert_eq!(answer, Err(engine::EngineError::Expired));
    assert_eq!(world.engine.deliver_due().await, Ok(2));
}

#[tokio::test]
async fn sweeps_go_in_batches_and_go_on_after_a_restart() {
    let receiver = Receiver::willing().await;
    let world = TestEngine::with_notices(desk(Reach::Any));
    let url = receiver.url("/");
    // More than two batches, and a third of them finished.
    for n in 0..1200 {
        let id = open(&world, &format!("a{n}"), &url).await;
        if n % 3 == 0 {
            world.engine.choose(id, Chosen::Passed).await.unwrap();
        }
        world.clock.advance(SignedDuration::from_millis(7));
    }
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(sweep(&world).await, 800);
    assert_eq!(count(&world.engine, NoticeState::Pending).await, 1200);
    let world = world.reopened_with_notices(desk(Reach::Any), 5);
    assert_eq!(sweep(&world).await, 0);
    let next = open(&world, "b1", &url).await;
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(sweep(&world).await, 1);
    assert_eq!(world.engine.test_status(next).await.unwrap().state, "expired");
    assert_eq!(count(&world.engine, NoticeState::Pending).await, 1201);
}

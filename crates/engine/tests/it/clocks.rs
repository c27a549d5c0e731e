//! Promise 5: 23 hours to finish, 3 months to read, exact to the second.

use domain::{Answer, CertifyId, FailReason};
use engine::{Chosen, EngineError};
use jiff::{SignedDuration, Timestamp};
use testkit::{COMPATIBLE, TestEngine, orders};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn query(world: &TestEngine, id: CertifyId) -> Result<Answer, EngineError> {
    world.engine.query(&world.acting(COMPATIBLE), id).await
}

async fn link(world: &TestEngine, id: CertifyId) -> Result<String, EngineError> {
    world.engine.certify(&world.acting(COMPATIBLE), id, None).await
}

#[tokio::test]
async fn an_unfinished_certification_lives_for_23_hours_to_the_second() {
    for first_step in [None, Some(Chosen::Left)] {
        let world = TestEngine::in_memory();
        let id = world.open(orders::order("clock1")).await;
        if let Some(step) = first_step {
            world.engine.choose(id, step).await.unwrap();
        }
        let page = link(&world, id).await.unwrap();
        world.clock.advance(SignedDuration::from_hours(23) - SignedDuration::from_secs(1));
        assert_eq!(query(&world, id).await, Ok(Answer::Pending));
        assert!(link(&world, id).await.is_ok() && world.engine.view(&page, None).await.is_ok());
        for _ in 0..3 {
            world.clock.advance(SignedDuration::from_secs(1));
            assert_eq!(query(&world, id).await, Err(EngineError::Expired));
            assert_eq!(link(&world, id).await, Err(EngineError::Expired));
            assert_eq!(world.engine.view(&page, None).await, Err(EngineError::Expired));
            let late = world.engine.choose(id, Chosen::Passed).await;
            assert_eq!(late, Err(EngineError::Expired));
        }
    }
}

#[tokio::test]
async fn opening_the_link_does_not_prolong_the_23_hours() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("clock1")).await;
    let page = link(&world, id).await.unwrap();
    for _ in 0..22 {
        world.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(world.engine.view(&page, None).await.unwrap().status.state, "in_progress");
    }
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(world.engine.view(&page, None).await, Err(EngineError::Expired));
}

#[tokio::test]
async fn a_pass_in_the_last_second_counts() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("clock1")).await;
    world.clock.advance(SignedDuration::from_hours(23) - SignedDuration::from_millis(1));
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(query(&world, id).await, Ok(Answer::Passed));
}

/// A result of `concluded` can be read until just before `ends`.
async fn readable_until(concluded: &str, ends: &str) {
    let reason = FailReason::parse("Z1147").unwrap();
    for (chosen, answer) in
        [(Chosen::Passed, Answer::Passed), (Chosen::Failed(reason), Answer::Failed)]
    {
        let world = TestEngine::in_memory();
        world.clock.set(at(concluded));
        let id = world.open(orders::order("clock1")).await;
        world.engine.choose(id, chosen).await.unwrap();
        world.clock.set(at(ends));
        assert_eq!(query(&world, id).await, Err(EngineError::Expired), "{concluded} {ends}");
        assert_eq!(link(&world, id).await, Err(EngineError::Expired), "{concluded} {ends}");
        world.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(query(&world, id).await, Err(EngineError::Expired), "{concluded} {ends}");
        world.clock.advance(SignedDuration::from_secs(-2));
        assert_eq!(query(&world, id).await, Ok(answer), "{concluded} {ends}");
        assert!(link(&world, id).await.is_ok());
    }
}

#[tokio::test]
async fn a_result_is_readable_for_three_months_of_the_chinese_calendar() {
    readable_until("2026-11-24T08:00:00Z", "2027-02-24T08:00:00Z").await;
    // The last day of a month, where the third month after it is shorter (and a leap year).
    readable_until("2026-11-30T04:00:00Z", "2027-02-28T04:00:00Z").await;
    readable_until("2027-11-30T04:00:00Z", "2028-02-29T04:00:00Z").await;
    readable_until("2026-05-31T04:00:00Z", "2026-08-31T04:00:00Z").await;
    readable_until("2026-03-31T04:00:00Z", "2026-06-30T04:00:00Z").await;
    // 31 December 00:30 in China is still the 30th in UTC.
    readable_until("2026-12-30T16:30:00Z", "2027-03-30T16:30:00Z").await;
    // 1 December 00:00 in China is 30 November in UTC: three months on it is 1 March, not 28 February.
    readable_until("2026-11-30T16:00:00Z", "2027-02-28T16:00:00Z").await;
    readable_until("2026-11-30T15:59:59Z", "2027-02-28T15:59:59Z").await;
}

#[tokio::test]
async fn the_three_months_run_from_the_result_not_from_init() {
    let world = TestEngine::in_memory();
    world.clock.set(at("2026-11-24T08:00:00Z"));
    let id = world.open(orders::order("clock1")).await;
    world.clock.set(at("2026-11-25T06:00:00Z"));
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    world.clock.set(at("2027-02-25T05:59:59Z"));
    assert_eq!(query(&world, id).await, Ok(Answer::Passed));
    world.clock.set(at("2027-02-25T06:00:00Z"));
    assert_eq!(query(&world, id).await, Err(EngineError::Expired));
}

#[tokio::test]
async fn an_old_link_does_not_show_a_result_past_its_three_months() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("clock1")).await;
    let page = link(&world, id).await.unwrap();
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(24 * 93));
    assert_eq!(query(&world, id).await, Err(EngineError::Expired));
    assert_eq!(world.engine.view(&page, None).await, Err(EngineError::Expired));
}

//! Answers held back until there is something new, and who may have them.

use std::sync::Arc;
use std::time::Duration;

use domain::CertifyId;
use engine::{Account, Chosen, EngineError, NoticeState, Reach, Wait};
use jiff::SignedDuration;
use testkit::{COMPATIBLE, MERCHANT, Receiver, TestEngine, orders};

use crate::notices::{desk, passed};

const NOW: Wait<'_> = Wait { within: Duration::ZERO, known: None };
/// Longer than any test runs.
const LONG: Wait<'_> = Wait { within: Duration::from_mins(10), known: None };

async fn account(
    world: &TestEngine,
    id: CertifyId,
    wait: Wait<'_>,
) -> Result<Account, EngineError> {
    world.engine.account(&world.acting(COMPATIBLE), id, wait).await
}

#[tokio::test]
async fn an_account_tells_pending_from_failed_and_where_the_notice_is() {
    let receiver = Receiver::willing().await;
    let world = TestEngine::with_notices(desk(Reach::Any));
    let silent = world.open(orders::order("a1")).await;
    let told = account(&world, silent, NOW).await.unwrap();
    assert_eq!((told.state.name(), told.started_at(), told.notice), ("created", None, None));
    assert_eq!(told.expires_at, told.created_at.checked_add(SignedDuration::from_hours(23)).ok());
    world.engine.choose(silent, Chosen::Left).await.unwrap();
    let told = account(&world, silent, NOW).await.unwrap();
    assert_eq!((told.state.name(), told.started_at()), ("in_progress", Some(told.created_at)));

    let id = passed(&world, "b1", &receiver.url("/")).await;
    let told = account(&world, id, NOW).await.unwrap();
    assert_eq!((told.state.name(), told.notice), ("passed", Some(NoticeState::Pending)));
    assert_eq!((told.concluded_at(), told.test), (Some(world.engine.now()), true));
    world.engine.deliver_due().await.unwrap();
    let told = account(&world, id, NOW).await.unwrap();
    assert_eq!(told.notice, Some(NoticeState::Delivered));

    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(account(&world, silent, NOW).await.unwrap().state.name(), "expired");
    world.clock.advance(SignedDuration::from_hours(24 * 93));
    assert_eq!(account(&world, id, NOW).await, Err(EngineError::Expired));
}

#[tokio::test]
async fn a_foreign_certification_is_an_unknown_one_and_nobody_waits_for_it() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("a1")).await;
    let foreign = world.engine.account(&world.acting(MERCHANT), id, LONG).await;
    assert_eq!(foreign, Err(EngineError::NoSuchCertification));
    let unknown = account(&world, CertifyId::from_bytes([9; 16]), LONG).await;
    assert_eq!(unknown, Err(EngineError::NoSuchCertification));
    assert_eq!(world.engine.watched(), 0);
}

#[tokio::test]
async fn an_answer_is_held_back_until_the_state_changes() {
    let world = Arc::new(TestEngine::in_memory());
    let id = world.open(orders::order("a1")).await;
    for (known, chosen, state) in
        [(None, Chosen::Left, "in_progress"), (Some("in_progress"), Chosen::Passed, "passed")]
    {
        let waiting = Arc::clone(&world);
        let wait = Wait { known, ..LONG };
        let answer = tokio::spawn(async move { account(&waiting, id, wait).await });
        while world.engine.watched() == 0 {
            tokio::task::yield_now().await;
        }
        world.engine.choose(id, chosen).await.unwrap();
        assert_eq!(answer.await.unwrap().unwrap().state.name(), state);
        assert_eq!(world.engine.watched(), 0);
    }
}

#[tokio::test]
async fn nobody_waits_for_what_is_new_already_or_cannot_change() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("a1")).await;
    let wait = Wait { known: Some("in_progress"), ..LONG };
    assert_eq!(account(&world, id, wait).await.unwrap().state.name(), "created");
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    let wait = Wait { known: Some("passed"), ..LONG };
    assert_eq!(account(&world, id, wait).await.unwrap().state.name(), "passed");
    assert_eq!(account(&world, id, LONG).await.unwrap().state.name(), "passed");
}

#[tokio::test]
async fn a_wait_ends_when_its_time_is_up_and_leaves_nothing_behind() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("a1")).await;
    let wait = Wait { within: Duration::from_millis(20), known: None };
    assert_eq!(account(&world, id, wait).await.unwrap().state.name(), "created");
    // Dropped in the middle.
    let cut = tokio::time::timeout(Duration::from_millis(20), account(&world, id, LONG)).await;
    assert!(cut.is_err());
    assert_eq!(world.engine.watched(), 0);
}

#[tokio::test]
async fn those_who_wait_for_one_certification_are_all_told_and_others_are_not() {
    let world = TestEngine::in_memory();
    let (id, other) = (CertifyId::from_bytes([1; 16]), CertifyId::from_bytes([2; 16]));
    let mut first = world.engine.watch(id).unwrap();
    let mut second = world.engine.watch(id).unwrap();
    let mut foreign = world.engine.watch(other).unwrap();
    assert_eq!(world.engine.watched(), 2);
    world.engine.changed(id);
    tokio::join!(first.changed(), second.changed());
    let idle = tokio::time::timeout(Duration::from_millis(5), foreign.changed()).await;
    assert!(idle.is_err());
    drop(first);
    assert_eq!(world.engine.watched(), 2);
    drop((second, foreign));
    assert_eq!(world.engine.watched(), 0);
}

#[tokio::test]
async fn the_number_of_those_waited_for_is_bounded() {
    let world = TestEngine::in_memory();
    let id = |n: u128| CertifyId::from_bytes(n.to_be_bytes());
    let all: Vec<_> = (0..10_000).map(|n| world.engine.watch(id(n)).unwrap()).collect();
    assert!(world.engine.watch(id(10_000)).is_none());
    assert!(world.engine.watch(id(1)).is_some(), "one that is watched already costs nothing");
    // An answer that cannot be held back is given at once.
    let opened = world.open(orders::order("a1")).await;
    assert_eq!(account(&world, opened, LONG).await.unwrap().state.name(), "created");
    drop(all);
    assert_eq!(world.engine.watched(), 0);
}

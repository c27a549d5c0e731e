//! Promise 3: terminal states never change, and of two outcomes one is recorded.

use std::sync::Arc;

use domain::{Answer, CertifyId, FailReason, WrongState};
use engine::{Chosen, EngineError, Mode, Status};
use testkit::{Blueprint, COMPATIBLE, TestEngine, orders};

fn failed(reason: &str) -> Chosen {
    Chosen::Failed(FailReason::parse(reason).unwrap())
}

async fn opened() -> (TestEngine, CertifyId) {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("walk1")).await;
    (world, id)
}

async fn choose(world: &TestEngine, id: CertifyId, chosen: Chosen) -> Result<Status, EngineError> {
    world.engine.choose(id, chosen).await
}

async fn answer(world: &TestEngine, id: CertifyId) -> Answer {
    world.engine.query(&world.acting(COMPATIBLE), id).await.unwrap()
}

/// It has ended as `state`, and nothing else will come of it.
fn assert_ended(answer: Result<Status, EngineError>, state: &'static str) {
    match answer {
        Err(EngineError::WrongState(WrongState { from, .. })) => assert_eq!(from, state),
        other => assert_eq!(other.map(|status| status.state), Ok("refused")),
    }
}

#[tokio::test]
async fn a_pass_is_final() {
    let (world, id) = opened().await;
    assert_eq!(choose(&world, id, Chosen::Passed).await.unwrap().state, "passed");
    assert_ended(choose(&world, id, failed("X")).await, "passed");
    assert_ended(choose(&world, id, Chosen::Passed).await, "passed");
    assert_eq!(answer(&world, id).await, Answer::Passed);
}

#[tokio::test]
async fn a_failure_is_final_and_keeps_its_reason() {
    let (world, id) = opened().await;
    let status = choose(&world, id, failed("Z1147")).await.unwrap();
    assert_eq!((status.state, status.reason.as_deref()), ("failed", Some("Z1147")));
    assert_ended(choose(&world, id, Chosen::Passed).await, "failed");
    assert_ended(choose(&world, id, failed("OTHER")).await, "failed");
    let status = world.engine.test_status(id).await.unwrap();
    assert_eq!((status.state, status.reason.as_deref()), ("failed", Some("Z1147")));
    assert_eq!(answer(&world, id).await, Answer::Failed);
}

#[tokio::test]
async fn a_person_who_left_can_come_back_and_pass() {
    let (world, id) = opened().await;
    for _ in 0..3 {
        assert_eq!(choose(&world, id, Chosen::Left).await.unwrap().state, "in_progress");
        assert_eq!(answer(&world, id).await, Answer::Pending);
    }
    assert_eq!(choose(&world, id, Chosen::Passed).await.unwrap().state, "passed");
    assert_eq!(answer(&world, id).await, Answer::Passed);
}

/// House rules, section 5: never a silent no-op.
#[tokio::test]
async fn leaving_a_finished_certification_is_refused() {
    let (world, id) = opened().await;
    choose(&world, id, Chosen::Passed).await.unwrap();
    assert_ended(choose(&world, id, Chosen::Left).await, "passed");
    assert_eq!(answer(&world, id).await, Answer::Passed);
}

#[tokio::test]
async fn what_has_expired_stays_expired() {
    let (world, id) = opened().await;
    world.clock.advance(jiff::SignedDuration::from_hours(23));
    for chosen in [Chosen::Passed, failed("X"), Chosen::Left] {
        assert_eq!(choose(&world, id, chosen).await, Err(EngineError::Expired));
    }
    assert_eq!(world.engine.test_status(id).await.unwrap().state, "expired");
}

#[tokio::test]
async fn an_unknown_id_has_no_outcome_and_no_status() {
    let world = TestEngine::in_memory();
    let id = CertifyId::from_bytes([9; 16]);
    let unknown = EngineError::NoSuchCertification;
    assert_eq!(choose(&world, id, Chosen::Passed).await, Err(unknown.clone()));
    assert_eq!(world.engine.test_status(id).await, Err(unknown));
}

#[tokio::test]
async fn nothing_can_be_chosen_in_live_mode() {
    let world = TestEngine::made_of(&Blueprint::default().mode(Mode::Live));
    let id = world.open(orders::order("live1")).await;
    let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    for chosen in [Chosen::Passed, failed("X"), Chosen::Left] {
        let refused = world.engine.choose(id, chosen.clone()).await;
        assert_eq!(refused, Err(EngineError::TestModeOnly));
        let refused = world.engine.choose_by_link(&link, None, chosen).await;
        assert_eq!(refused, Err(EngineError::TestModeOnly));
    }
    assert_eq!(world.engine.test_status(id).await, Err(EngineError::TestModeOnly));
    assert!(!world.engine.view(&link, None).await.unwrap().status.test);
    assert_eq!(answer(&world, id).await, Answer::Pending);
}

#[tokio::test]
async fn every_status_of_test_mode_says_test_and_lists_the_warnings() {
    let world = TestEngine::in_memory();
    let mut order = orders::order("warned1");
    let rule = domain::Rule::CheckDigit;
    let warning = domain::Rejected { field: domain::Field::CertNo, rule };
    order.warnings = vec![warning];
    let id = world.open(order).await;
    let status = world.engine.test_status(id).await.unwrap();
    assert_eq!((status.certify_id, status.state, status.test), (id.to_string(), "created", true));
    assert_eq!(status.warnings, serde_json::json!([warning.en()]));
}

async fn race(chosen: [Chosen; 2]) {
    let world = Arc::new(TestEngine::in_folder());
    let id = world.open(orders::order("race1")).await;
    let mut tasks = Vec::new();
    for n in 0..16 {
        let (world, chosen) = (Arc::clone(&world), chosen.clone());
        tasks.push(tokio::spawn(async move {
            let [even, odd] = chosen;
            choose(&world, id, if n % 2 == 0 { even } else { odd }).await
        }));
    }
    let mut won = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(status) => won.push(status.state),
            Err(error) => assert!(matches!(error, EngineError::WrongState(_)), "{error:?}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let status = world.engine.test_status(id).await.unwrap();
    assert_eq!(won, [status.state]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_outcomes_exactly_one_is_recorded_and_answered() {
    race([Chosen::Passed, failed("X")]).await;
    race([Chosen::Passed, Chosen::Passed]).await;
    race([failed("X"), failed("Y")]).await;
}

#[tokio::test]
async fn outcomes_survive_a_restart() {
    let world = TestEngine::in_folder();
    let passed = world.open(orders::order("a1")).await;
    let refused = world.open(orders::order("b1")).await;
    let begun = world.open(orders::order("c1")).await;
    choose(&world, passed, Chosen::Passed).await.unwrap();
    choose(&world, refused, failed("Z1147")).await.unwrap();
    choose(&world, begun, Chosen::Left).await.unwrap();
    let world = world.reopened();
    assert_eq!(answer(&world, passed).await, Answer::Passed);
    assert_eq!(answer(&world, refused).await, Answer::Failed);
    assert_eq!(world.engine.test_status(begun).await.unwrap().state, "in_progress");
    assert_ended(choose(&world, passed, failed("X")).await, "passed");
}

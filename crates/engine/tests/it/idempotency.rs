//! Promise 1: the same order with the same content gives the same id, anything else one clear
//! refusal.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{BizCode, CertType, CertifyId, IdentityType, PersonName};
use engine::{Engine, EngineError, Order};
use testkit::{COMPATIBLE, FACE_ONLY, TestEngine, orders};

/// Opens the first order, then the second under the same number.
async fn then(first: Order, second: Order) -> (CertifyId, Result<CertifyId, EngineError>) {
    let world = TestEngine::in_memory();
    let id = world.open(first).await;
    (id, world.engine.initialize(world.acting(COMPATIBLE), second).await)
}

async fn assert_same(second: Order) {
    let (id, again) = then(orders::order("same1"), second).await;
    assert_eq!(again, Ok(id));
}

async fn assert_reused(what: &str, change: impl FnOnce(&mut Order)) {
    let mut second = orders::order("same1");
    change(&mut second);
    let (_, again) = then(orders::order("same1"), second).await;
    assert_eq!(again, Err(EngineError::OrderReused), "{what}");
}

#[tokio::test]
async fn the_same_content_gives_the_same_id() {
    assert_same(orders::order("same1")).await;
}

#[tokio::test]
async fn a_check_digit_in_lower_case_is_the_same_content() {
    let mut second = orders::order("same1");
    second.identity.cert_no = orders::number(&orders::CERT_NO.to_lowercase());
    assert_same(second).await;
}

#[tokio::test]
async fn warnings_are_no_content() {
    let mut second = orders::order("same1");
    let rule = domain::Rule::CheckDigit;
    second.warnings = vec![domain::Rejected { field: domain::Field::CertNo, rule }];
    assert_same(second).await;
}

#[tokio::test]
async fn every_changed_field_is_other_content() {
    assert_reused("scene", |order| order.biz_code = BizCode::SmartFace).await;
    assert_reused("identity_type", |order| {
        order.identity.identity_type = IdentityType::AgentCertInfo;
    })
    .await;
    assert_reused("cert_type", |order| {
        order.identity.cert_type = CertType::ResidencePermitTaiwan;
    })
    .await;
    assert_reused("cert_name", |order| {
        order.identity.cert_name = PersonName::restore("试用乙".to_owned());
    })
    .await;
    assert_reused("cert_no", |order| {
        order.identity.cert_no = orders::number("110000199003070028");
    })
    .await;
    assert_reused("return_url", |order| {
        order.merchant = orders::merchant("https://merchant.example/other");
    })
    .await;
    assert_reused("picture", |order| {
        order.face_contrast_picture = Some("iVBORw0KGgo=".to_owned());
    })
    .await;
}

#[tokio::test]
async fn a_member_of_the_identity_or_of_merchant_config_is_content_whatever_it_means() {
    assert_reused("phone_no", |order| {
        order.other_identity = r#"{"phone_no":"13800000000"}"#.to_owned();
    })
    .await;
    assert_reused("face_reserve_strategy", |order| {
        let text =
            r#"{"face_reserve_strategy":"never","return_url":"https://merchant.example/done"}"#;
        order.merchant.text = text.to_owned();
    })
    .await;
}

#[tokio::test]
async fn a_refused_repetition_leaves_the_first_as_it_was() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("same1")).await;
    let mut second = orders::order("same1");
    second.biz_code = BizCode::SmartFace;
    let refused = world.engine.initialize(world.acting(COMPATIBLE), second).await;
    assert_eq!(refused, Err(EngineError::OrderReused));
    assert_eq!(world.open(orders::order("same1")).await, id);
}

#[tokio::test]
async fn the_same_order_of_another_application_is_another_certification() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("same1")).await;
    let other = world.engine.initialize(world.acting(FACE_ONLY), orders::order("same1")).await;
    assert_ne!(other, Ok(id));
    assert!(other.is_ok());
}

#[tokio::test]
async fn a_repetition_long_after_still_gives_the_first_id() {
    let world = TestEngine::in_memory();
    let id = world.open(orders::order("same1")).await;
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 365));
    assert_eq!(world.open(orders::order("same1")).await, id);
}

#[tokio::test]
async fn a_scene_that_is_not_contracted_is_refused_before_anything_is_stored() {
    let world = TestEngine::in_memory();
    for scene in [BizCode::CertPhoto, BizCode::CertPhotoFace, BizCode::SmartFace] {
        let mut order = orders::order("scene1");
        order.biz_code = scene;
        let refused = world.engine.initialize(world.acting(FACE_ONLY), order).await;
        assert_eq!(refused, Err(EngineError::NotContracted(scene)));
    }
    let order = orders::order("scene1");
    assert!(world.engine.initialize(world.acting(FACE_ONLY), order).await.is_ok());
}

const CALLERS: usize = 64;
const ORDERS: usize = 50;

async fn open_all(world: Arc<TestEngine>, caller: usize) -> Vec<CertifyId> {
    let mut ids = vec![None; ORDERS];
    for n in 0..ORDERS {
        // Each caller in an order of its own, so that they meet everywhere.
        let n = (n * 7 + caller * 13) % ORDERS;
        let id = world.open(orders::order(&format!("race{n}"))).await;
        *ids.get_mut(n).unwrap() = Some(id);
    }
    ids.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_parallel_callers_of_fifty_orders_get_one_id_each() {
    let world = Arc::new(TestEngine::in_folder());
    let tasks: Vec<_> =
        (0..CALLERS).map(|caller| tokio::spawn(open_all(Arc::clone(&world), caller))).collect();
    let mut answers = BTreeSet::new();
    for task in tasks {
        answers.insert(task.await.unwrap());
    }
    assert_eq!(answers.len(), 1, "two callers got different ids");
    let ids: BTreeSet<CertifyId> = answers.into_iter().flatten().collect();
    assert_eq!(ids.len(), ORDERS);
}

async fn open_variant(world: Arc<TestEngine>, variant: usize) -> Result<CertifyId, EngineError> {
    let mut order = orders::order("contested");
    order.face_contrast_picture = Some(format!("picture{}", variant % 2));
    world.engine.initialize(world.acting(COMPATIBLE), order).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_callers_with_two_contents_one_content_wins() {
    let world = Arc::new(TestEngine::in_folder());
    let tasks: Vec<_> =
        (0..CALLERS).map(|n| tokio::spawn(open_variant(Arc::clone(&world), n))).collect();
    let (mut even, mut odd) = (BTreeSet::new(), BTreeSet::new());
    for (n, task) in tasks.into_iter().enumerate() {
        let answer = task.await.unwrap().map_err(|error| error.to_string());
        if n % 2 == 0 {
            even.insert(answer)
        } else {
            odd.insert(answer)
        };
    }
    assert_eq!((even.len(), odd.len()), (1, 1), "{even:?} {odd:?}");
    let won = even.iter().chain(&odd).filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 1, "{even:?} {odd:?}");
}

#[tokio::test]
async fn an_order_is_recognised_after_a_restart() {
    let world = TestEngine::in_folder();
    let id = world.open(orders::order("same1")).await;
    let world = world.reopened();
    assert_eq!(world.open(orders::order("same1")).await, id);
}

#[tokio::test]
async fn a_live_engine_opens_certifications_too() {
    let blueprint = testkit::Blueprint::default().mode(engine::Mode::Live);
    let world = TestEngine::made_of(&blueprint);
    let engine: &Engine = &world.engine;
    let id = engine.initialize(world.acting(COMPATIBLE), orders::order("live1")).await;
    assert!(id.is_ok());
}

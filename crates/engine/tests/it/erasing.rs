//! Promises 16 and 17: what is personal is gone when somebody wishes so, when its time is up, and
//! from copies of the database that are put back.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Answer, AppId, CertifyId, OrderNo, Part};
use engine::{
    AUDIT_CHAIN, Chosen, EngineError, Erasable, Graveyard, NoticeState, Policy, Reach, Review,
    Tombstone,
};
use jiff::SignedDuration;
use testkit::{Blueprint, COMPATIBLE, TestEngine, orders, pictures};

use crate::notices::desk;

/// Tombstones in memory; or a place where none can be put.
#[derive(Debug, Default)]
struct Yard {
    stones: Mutex<Vec<Tombstone>>,
    is_full: bool,
}

impl Graveyard for Yard {
    fn keep(&self, tombstone: &Tombstone) -> Result<(), EngineError> {
        if self.is_full {
            return Err(EngineError::Internal("no room".into()));
        }
        self.stones.lock().unwrap().push(tombstone.clone());
        Ok(())
    }
}

fn with(yard: &Arc<Yard>, blueprint: Blueprint) -> Blueprint {
    Blueprint { graveyard: Some(Arc::clone(yard) as Arc<dyn Graveyard>), ..blueprint }
}

async fn open(world: &TestEngine, order_no: &str) -> CertifyId {
    let mut order = orders::order(order_no);
    order.face_contrast_picture = Some(STANDARD.encode(pictures::jpeg(320, 240)));
    order.notify_url = Some(domain::NotifyUrl::parse("https://merchant.example/told").unwrap());
    world.open(order).await
}

async fn link(world: &TestEngine, id: CertifyId) -> String {
    world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap()
}

async fn is_readable(world: &TestEngine, id: CertifyId) -> bool {
    match world.engine.view(&link(world, id).await, None).await {
        Ok(view) => view.masked_name.ends_with('甲'),
        Err(error) => {
            assert_eq!(error, EngineError::Erased);
            false
        }
    }
}

#[tokio::test]
async fn an_erased_person_cannot_be_read_and_the_result_stays() {
    let yard = Arc::new(Yard::default());
    let blueprint = Blueprint::default().notices(desk(Reach::Any)).verifier(Review);
    let world = TestEngine::made_of(&with(&yard, blueprint));
    let (id, other) = (open(&world, "gone1").await, open(&world, "stays1").await);
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    assert!(is_readable(&world, id).await);
    let erased = world.engine.erase(Erasable::Id(id), "Ann", "asked for").await;
    assert_eq!(erased, Ok(id));
    assert!(!is_readable(&world, id).await);
    assert!(is_readable(&world, other).await);
    let acting = world.acting(COMPATIBLE);
    assert_eq!(world.engine.query(&acting, id).await, Ok(Answer::Passed));
    // Its notice was not sent yet; nobody knows where to now.
    let [notice] = &world.engine.notices(NoticeState::Dead, 9).await.unwrap()[..] else { panic!() };
    assert_eq!((notice.certify_id, notice.fault.as_deref()), (id, Some("erased")));
    assert!(notice.address.as_bytes().is_empty());
    let stones = yard.stones.lock().unwrap().clone();
    let at = world.engine.now();
    let (by, why) = ("Ann".to_owned(), "asked for".to_owned());
    assert_eq!(stones, [Tombstone { certify_id: id.to_string(), at, by, why }]);
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 100).await.unwrap();
    let told = lines.iter().find(|line| line.action == "erased").unwrap();
    assert_eq!((&*told.who, &told.object), ("operator:Ann", &id.to_string()));
    assert_eq!(told.detail.as_deref(), Some("asked for"));
}

#[tokio::test]
async fn an_order_names_what_is_erased_and_nothing_unknown_is() {
    let world = TestEngine::in_memory();
    let id = open(&world, "named1").await;
    let order = |app: &str, no: &str| {
        Erasable::Order(AppId::parse(app).unwrap(), OrderNo::restore(no.to_owned()))
    };
    for what in [
        order(COMPATIBLE, "named2"),
        order(testkit::STRICT, "named1"),
        Erasable::Id(CertifyId::from_bytes([7; 16])),
    ] {
        let refused = world.engine.erase(what, "Ann", "asked for").await;
        assert_eq!(refused, Err(EngineError::NoSuchCertification));
    }
    assert!(is_readable(&world, id).await);
    let erased = world.engine.erase(order(COMPATIBLE, "named1"), "Ann", "asked for").await;
    assert_eq!(erased, Ok(id));
    assert!(!is_readable(&world, id).await);
    // A person who is at it cannot go on, and it expires as others do.
    let late = SignedDuration::from_hours(24);
    world.clock.advance(late);
    assert_eq!(world.engine.sweep().await.unwrap().expired, 1);
}

#[tokio::test]
async fn nothing_is_erased_that_could_come_back_unnoticed() {
    let yard = Arc::new(Yard { is_full: true, ..Yard::default() });
    let world = TestEngine::made_of(&with(&yard, Blueprint::default()));
    let id = open(&world, "kept1").await;
    assert!(world.engine.erase(Erasable::Id(id), "Ann", "asked for").await.is_err());
    assert!(is_readable(&world, id).await);
}

#[tokio::test]
async fn a_copy_from_before_follows_when_it_is_put_back() {
    let (folder, yard) = (tempfile::tempdir().unwrap(), Arc::new(Yard::default()));
    let blueprint = with(&yard, Blueprint::default().database_in(folder.path()));
    let world = TestEngine::made_of(&blueprint);
    let (id, other) = (open(&world, "back1").await, open(&world, "back2").await);
    let copy = folder.path().join("copy.db");
    store::Store::open(&format!("sqlite://{}", blueprint.database.as_ref().unwrap().display()))
        .unwrap()
        .snapshot(&copy)
        .await
        .unwrap();
    world.engine.erase(Erasable::Id(id), "Ann", "asked for").await.unwrap();
    let stones = yard.stones.lock().unwrap().clone();
    assert_eq!(world.engine.erase_again(stones.clone()).await, Ok(0));
    drop(world);

    let restored = Blueprint { database: Some(copy), ..blueprint };
    let world = TestEngine::made_of(&Blueprint { seed: 2, ..restored });
    assert!(is_readable(&world, id).await);
    let unknown = Tombstone { certify_id: "0".repeat(32), ..stones[0].clone() };
    let all = [stones, vec![unknown]].concat();
    assert_eq!(world.engine.erase_again(all.clone()).await, Ok(1));
    assert!(!is_readable(&world, id).await);
    assert!(is_readable(&world, other).await);
    assert_eq!(world.engine.erase_again(all).await, Ok(0));
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 100).await.unwrap();
    assert!(lines.iter().any(|line| line.who == "system" && line.action == "erased"));
}

#[tokio::test]
async fn a_person_is_forgotten_when_the_time_is_up_and_not_before() {
    let policy = Policy { identity_days: 10, ..Policy::default() };
    let world = TestEngine::made_of(&Blueprint::default().policy(policy));
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let passed = open(&world, "time1").await;
    world.engine.choose(passed, Chosen::Passed).await.unwrap();
    world.clock.advance(days(5));
    let later = open(&world, "time2").await;
    world.engine.choose(later, Chosen::Passed).await.unwrap();
    let left = open(&world, "time3").await;
    world.clock.advance(days(5) - SignedDuration::from_millis(1));
    assert_eq!(world.engine.sweep().await.unwrap().forgotten, 0);
    assert!(is_readable(&world, passed).await);
    world.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(world.engine.sweep().await.unwrap().forgotten, 1);
    assert!(!is_readable(&world, passed).await);
    assert!(is_readable(&world, later).await);
    let acting = world.acting(COMPATIBLE);
    assert_eq!(world.engine.query(&acting, passed).await, Ok(Answer::Passed));
    // One that nobody finished has ended when it expired: 23 hours after it was opened.
    world.clock.advance(days(5));
    assert_eq!(world.engine.sweep().await.unwrap().forgotten, 1);
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(world.engine.sweep().await.unwrap().forgotten, 1);
    assert_eq!(world.engine.sweep().await.unwrap().forgotten, 0);
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 100).await.unwrap();
    let forgotten = lines.iter().filter(|line| line.action == "identity_deleted");
    let forgotten: Vec<&str> = forgotten.map(|line| line.object.as_str()).collect();
    assert_eq!(forgotten, [passed, later, left].map(|id| id.to_string()));
}

#[tokio::test]
async fn an_operator_sees_nothing_of_an_erased_one() {
    let world = TestEngine::made_of(&Blueprint::default().verifier(Review));
    let id = open(&world, "docket1").await;
    let link = link(&world, id).await;
    let agreement = engine::Agreement {
        version: "1".into(),
        language: "zh".into(),
        guardian: false,
        way: domain::Way::Scene,
    };
    world.engine.agree(&link, agreement, None).await.unwrap();
    assert!(world.engine.docket(id, "Ann").await.is_ok());
    assert!(world.engine.review_picture(id, Part::Reference, "Ann").await.is_ok());
    world.engine.erase(Erasable::Id(id), "Ann", "asked for").await.unwrap();
    assert_eq!(world.engine.docket(id, "Ann").await.unwrap_err(), EngineError::Erased);
    let picture = world.engine.review_picture(id, Part::Reference, "Ann").await;
    assert_eq!(picture, Err(EngineError::NoSuchCertification));
}

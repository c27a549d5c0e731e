//! Promise 20: every end of a certification is told at least once, under one name, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{
    Assurance, CertifyId, FailReason, NotifyId, NotifyUrl, OrderNo, Sealed, State, wait_after,
};
use engine::{Chosen, Engine, EngineError, NoticeDesk, NoticeState, Outbound, Reach, Vault};
use jiff::SignedDuration;
use store::{CertificationRecord, NewNotice, Store};
use testkit::{
    Blueprint, COMPATIBLE, PlainForm, Receiver, Respond, SeededChance, TestEngine, orders,
};

pub(crate) fn desk(reach: Reach) -> NoticeDesk {
    NoticeDesk {
        form: Arc::new(PlainForm),
        outbound: Outbound::new(reach).unwrap(),
        timeout: Duration::from_secs(2),
    }
}

fn world() -> TestEngine {
    TestEngine::with_notices(desk(Reach::Any))
}

/// A certification whose notice goes to `url`.
pub(crate) async fn open(world: &TestEngine, order_no: &str, url: &str) -> CertifyId {
    let mut order = orders::order(order_no);
    order.notify_url = Some(NotifyUrl::parse(url).unwrap());
    world.open(order).await
}

/// One that has passed.
pub(crate) async fn passed(world: &TestEngine, order_no: &str, url: &str) -> CertifyId {
    let id = open(world, order_no, url).await;
    world.engine.choose(id, Chosen::Passed).await.unwrap();
    id
}

pub(crate) async fn count(engine: &Engine, state: NoticeState) -> usize {
    engine.notices(state, 10_000).await.unwrap().len()
}

#[tokio::test]
async fn every_end_is_told_once_with_what_belongs_to_it() {
    let (world, receiver) = (world(), Receiver::willing().await);
    let url = receiver.url("/notify?order=1");
    passed(&world, "a1", &url).await;
    let failed = open(&world, "b1", &url).await;
    let reason = FailReason::parse("Z1147").unwrap();
    world.engine.choose(failed, Chosen::Failed(reason)).await.unwrap();
    open(&world, "c1", &url).await;
    let left = open(&world, "d1", &url).await;
    world.engine.choose(left, Chosen::Left).await.unwrap();
    assert_eq!(world.engine.deliver_due().await, Ok(2));
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(world.engine.sweep().await.unwrap().expired, 2);
    assert_eq!(world.engine.deliver_due().await, Ok(2));
    assert_eq!(world.engine.deliver_due().await, Ok(0));

    let arrived = receiver.arrived();
    let told: Vec<_> =
        arrived.iter().map(|a| (a.field("state").unwrap(), a.field("detail").unwrap())).collect();
    let told: BTreeSet<_> = told.iter().map(|(s, d)| (s.as_str(), d.as_str())).collect();
    let expected = [
        ("passed", "simulated face,document,liveness,capture,authority"),
        ("failed", "Z1147"),
        ("expired", ""),
    ];
    assert_eq!(told, BTreeSet::from(expected));
    assert_eq!(arrived.len(), 4);
    for request in &arrived {
        assert!(request.head.starts_with("POST /notify?order=1 HTTP/1.1"), "{}", request.head);
        assert_eq!(request.field("test").as_deref(), Some("true"));
    }
    assert_eq!(count(&world.engine, NoticeState::Delivered).await, 4);
}

#[tokio::test]
async fn an_expiry_that_the_person_runs_into_is_told_too() {
    let (world, receiver) = (world(), Receiver::willing().await);
    let id = open(&world, "a1", &receiver.url("/")).await;
    let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(world.engine.view(&link, None).await.unwrap_err(), EngineError::Expired);
    assert_eq!(world.engine.sweep().await.unwrap().expired, 0, "it has expired already");
    assert_eq!(world.engine.deliver_due().await, Ok(1));
    assert_eq!(receiver.arrived()[0].field("state").as_deref(), Some("expired"));
}

#[tokio::test]
async fn without_an_address_nothing_is_told_and_the_first_address_of_an_order_stays() {
    let (world, receiver) = (world(), Receiver::willing().await);
    let silent = world.open(orders::order("a1")).await;
    world.engine.choose(silent, Chosen::Passed).await.unwrap();
    let first = open(&world, "b1", &receiver.url("/first")).await;
    // The same content with another address is the same order: the address is no content.
    assert_eq!(open(&world, "b1", &receiver.url("/second")).await, first);
    assert_eq!(world.open(orders::order("b1")).await, first);
    world.engine.choose(first, Chosen::Passed).await.unwrap();
    assert_eq!(world.engine.deliver_due().await, Ok(1));
    assert!(receiver.arrived()[0].head.starts_with("POST /first "));
}

#[tokio::test]
async fn an_engine_that_cannot_sign_makes_no_notices() {
    let world = TestEngine::in_folder();
    passed(&world, "a1", "http://127.0.0.1:1/").await;
    assert_eq!(count(&world.engine, NoticeState::Pending).await, 0);
    assert_eq!(world.engine.deliver_due().await, Ok(0));
}

#[tokio::test]
async fn only_the_word_success_with_status_200_counts() {
    for (respond, taken) in [
        (Respond::With(200, "success".into()), true),
        (Respond::With(200, " \r\nsuccess\n".into()), true),
        (Respond::With(200, "SUCCESS".into()), false),
        (Respond::With(200, "success!".into()), false),
        (Respond::With(200, "\"success\"".into()), false),
        (Respond::With(200, String::new()), false),
        (Respond::With(201, "success".into()), false),
        (Respond::With(500, "success".into()), false),
        (Respond::With(200, format!("success{}", " ".repeat(5000))), true),
        (Respond::With(200, format!("{}success", " ".repeat(5000))), false),
        (Respond::Endless, true),
        (Respond::Reset, false),
    ] {
        let manner = respond.clone();
        let (world, receiver) = (world(), Receiver::start(move |_| manner.clone()).await);
        passed(&world, "a1", &receiver.url("/")).await;
        let tries = world.engine.deliver_due().await.unwrap();
        assert_eq!((count(&world.engine, NoticeState::Delivered).await == 1), taken, "{respond:?}");
        assert_eq!(tries, if taken { 1 } else { 3 }, "{respond:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_leads_nowhere() {
    let elsewhere = Receiver::willing().await;
    let to = elsewhere.url("/");
    let receiver = Receiver::start(move |_| Respond::Redirect(to.clone())).await;
    let world = world();
    passed(&world, "a1", &receiver.url("/")).await;
    assert_eq!(world.engine.deliver_due().await, Ok(3));
    assert_eq!((receiver.arrived().len(), elsewhere.connects()), (3, 0));
    let pending = world.engine.notices(NoticeState::Pending, 1).await.unwrap();
    assert_eq!(pending[0].fault.as_deref(), Some("HTTP 302: redirects do not count"));
}

/// The schedule to the second, the end of it, and what an operator can do then.
#[tokio::test]
async fn the_schedule_is_exact_then_the_notice_is_dead_and_can_be_sent_again() {
    let willing = Arc::new(AtomicUsize::new(0));
    let is_willing = Arc::clone(&willing);
    let receiver = Receiver::start(move |_| match is_willing.load(Ordering::SeqCst) {
        0 => Respond::With(500, "no".into()),
        _ => Respond::success(),
    })
    .await;
    let world = world();
    passed(&world, "a1", &receiver.url("/")).await;
    assert_eq!(world.engine.deliver_due().await, Ok(3), "three at once");
    for minutes in [4, 10, 10, 60, 120, 360, 900] {
        world.clock.advance(SignedDuration::from_secs(minutes * 60 - 1));
        assert_eq!(world.engine.deliver_due().await, Ok(0), "{minutes} minutes are not over");
        world.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(world.engine.deliver_due().await, Ok(1), "{minutes} minutes are over");
    }
    let dead = world.engine.notices(NoticeState::Dead, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].tries, dead[0].fault.as_deref()), (1, 10, Some("HTTP 500")));
    world.clock.advance(SignedDuration::from_hours(1000));
    assert_eq!(world.engine.deliver_due().await, Ok(0));
    let until_then = receiver.arrived();
    assert_eq!(until_then.len(), 10);
    assert!(until_then.iter().all(|request| request.body == until_then[0].body));

    let name = dead[0].id;
    willing.store(1, Ordering::SeqCst);
    assert_eq!(world.engine.redeliver(name).await, Ok(()));
    assert_eq!(world.engine.redeliver(name).await, Err(EngineError::NoticePending));
    let unknown = NotifyId::from_bytes([1; 16]);
    assert_eq!(world.engine.redeliver(unknown).await, Err(EngineError::NoSuchNotice));
    assert_eq!(world.engine.deliver_due().await, Ok(1));
    let last = receiver.arrived().pop().unwrap();
    assert_eq!(last.body, until_then[0].body, "the same notice under the same name");
    assert_eq!(count(&world.engine, NoticeState::Delivered).await, 1);
    // One that was taken can be sent again as well.
    assert_eq!(world.engine.redeliver(name).await, Ok(()));
    assert_eq!(world.engine.deliver_due().await, Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_hangs_delays_nobody_but_itself() {
    let hanging = Receiver::start(|_| Respond::Hang).await;
    let healthy = Receiver::willing().await;
    let mut slow = desk(Reach::Any);
    slow.timeout = Duration::from_mins(5);
    let world = TestEngine::with_notices(slow);
    for n in 0..20 {
        passed(&world, &format!("h{n}"), &hanging.url("/")).await;
    }
    let running = tokio::spawn(Arc::clone(&world.engine).run_notices());
    hanging.until_arrived(8).await;
    for n in 0..20 {
        passed(&world, &format!("g{n}"), &healthy.url("/")).await;
    }
    // Delivery is woken by the commit: no clock moves here, and nothing polls this fast.
    healthy.until_arrived(20).await;
    assert_eq!(hanging.arrived().len(), 8, "no more of one receiver at the same time");
    running.abort();
}

#[tokio::test]
async fn after_a_time_out_one_try_at_a_time_is_enough() {
    let hanging = Receiver::start(|_| Respond::Hang).await;
    let mut hasty = desk(Reach::Any);
    hasty.timeout = Duration::from_millis(100);
    let world = TestEngine::with_notices(hasty);
    passed(&world, "a1", &hanging.url("/")).await;
    assert_eq!(world.engine.deliver_due().await, Ok(3));
    let pending = world.engine.notices(NoticeState::Pending, 10).await.unwrap();
    assert_eq!(pending[0].fault.as_deref(), Some("no answer in time"));
}

/// Without a clock that moves: the notice leaves because it was committed.
#[tokio::test]
async fn delivery_begins_with_the_commit_and_a_moved_clock_wakes_it() {
    let refuse = Arc::new(AtomicUsize::new(3));
    let left = Arc::clone(&refuse);
    let receiver = Receiver::start(move |_| {
        let step = |left: usize| left.checked_sub(1);
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(_) => Respond::With(503, String::new()),
            Err(_) => Respond::success(),
        }
    })
    .await;
    let world = world();
    let running = tokio::spawn(Arc::clone(&world.engine).run_notices());
    passed(&world, "a1", &receiver.url("/")).await;
    receiver.until_arrived(3).await;
    // The third failure is settled when its wait is known.
    while count_waiting(&world.engine).await == 0 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(SignedDuration::from_mins(4));
    world.engine.clock_moved();
    receiver.until_arrived(4).await;
    running.abort();
}

async fn count_waiting(engine: &Engine) -> usize {
    let pending = engine.notices(NoticeState::Pending, 10).await.unwrap();
    pending.iter().filter(|notice| notice.tries == 3).count()
}

const CERTIFICATIONS: usize = 500;
const EACH: usize = 4;
const FAIL_PERCENT: usize = 30;
/// Of one notice: below the tries of its schedule, so that chance alone gives none up.
const MOST_FAILURES: usize = 6;

/// Writes notices as later versions will, several for one certification.
async fn prepare(folder: &std::path::Path, url: &str, receiver: &str) {
    let store = Store::open(&format!("sqlite://{}/certifyd.db", folder.display())).unwrap();
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    let chance = SeededChance::new(99);
    let vault = Vault::new(&[7; 32]).unwrap();
    for n in 0..CERTIFICATIONS {
        let id = CertifyId::new(u64::try_from(n).unwrap(), [1; 10]);
        let mut certification = domain::Certification {
            id,
            owner: domain::AppId::parse(COMPATIBLE).unwrap(),
            isv: None,
            order_no: OrderNo::restore(format!("many{n}")),
            biz_code: domain::BizCode::Face,
            state: State::Created,
            created_at: now,
            version: 1,
        };
        let record = CertificationRecord {
            certification: certification.clone(),
            content_digest: [0; 32],
            subject: Sealed::new(Vec::new()),
            data_key: None,
            warnings: "[]".to_owned(),
        };
        store.insert_certification(record).await.unwrap();
        for _ in 0..EACH {
            let expected = certification.version;
            certification.version += 1;
            certification.state = State::Passed { at: now, assurance: Assurance::simulated() };
            let notify_id = NotifyId::new(chance.next() & 0xffff, [2; 10]);
            let notify_id = NotifyId::from_bytes(
                (u128::from_be_bytes(notify_id.to_bytes()) ^ u128::from(chance.next()))
                    .to_be_bytes(),
            );
            let address = vault.seal_notice_address(url, notify_id, id, [3; 12]).unwrap();
            let notice =
                NewNotice { id: notify_id, made_at: now, address, receiver: receiver.to_owned() };
            let next = certification.clone();
            let event = store::NewEvent { at: now, kind: "passed", detail: None };
            let notice = Some(notice);
            let transition = store::Transition { next, expected, event, ended: None, notice };
            assert!(store.transit(transition).await.unwrap());
        }
    }
}

/// How many were told how often, and whether each certification's came in order.
fn judge(arrived: &[testkit::Arrived], taken: &BTreeMap<String, usize>) -> (usize, usize, usize) {
    let mut last_taken: BTreeMap<String, u64> = BTreeMap::new();
    let mut out_of_order = 0;
    for request in arrived {
        let seq: u64 = request.field("seq").unwrap().parse().unwrap();
        let last = last_taken.entry(request.field("certify_id").unwrap()).or_insert(0);
        if seq < *last {
            out_of_order += 1;
        }
        *last = seq.max(*last);
    }
    let duplicated = taken.values().filter(|times| **times > 1).count();
    (taken.len(), duplicated, out_of_order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_notices_survive_failures_and_restarts_in_order() {
    let taken: Arc<std::sync::Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (noted, chance) = (Arc::clone(&taken), SeededChance::new(7));
    let failed: std::sync::Mutex<BTreeMap<String, usize>> = std::sync::Mutex::default();
    let receiver = Receiver::start(move |request| {
        let mut failed = failed.lock().unwrap();
        let failures = failed.entry(request.field("notify_id").unwrap()).or_default();
        if *failures < MOST_FAILURES && chance.below(100) < FAIL_PERCENT {
            *failures += 1;
            return match chance.below(3) {
                0 => Respond::With(500, String::new()),
                1 => Respond::With(200, "fail".into()),
                _ => Respond::Reset,
            };
        }
        *noted.lock().unwrap().entry(request.field("notify_id").unwrap()).or_default() += 1;
        Respond::success()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let url = receiver.url("/");
    prepare(folder.path(), &url, &format!("127.0.0.1:{}", receiver.port())).await;

    let all = CERTIFICATIONS * EACH;
    let clock = Blueprint::default().clock;
    let mut restarts = 0;
    for (seed, stop_at) in [(1, all / 4), (2, all / 2), (3, all)] {
        let blueprint = Blueprint::default().database_in(folder.path()).clock(&clock).seed(seed);
        let world = TestEngine::made_of(&blueprint.notices(desk(Reach::Any)));
        let running = tokio::spawn(Arc::clone(&world.engine).run_notices());
        while taken.lock().unwrap().len() < stop_at {
            // What has failed three times waits for minutes of a clock that only we move.
            world.clock.advance(SignedDuration::from_secs(30));
            world.engine.clock_moved();
            tokio::task::yield_now().await;
        }
        // In the middle of everything.
        running.abort();
        let _ = running.await;
        restarts += 1;
    }
    // What was taken in the moment of the last stop is settled by one more run.
    let blueprint = Blueprint::default().database_in(folder.path()).clock(&clock).seed(4);
    let world = TestEngine::made_of(&blueprint.notices(desk(Reach::Any)));
    while count(&world.engine, NoticeState::Pending).await > 0 {
        world.clock.advance(SignedDuration::from_mins(5));
        world.engine.deliver_due().await.unwrap();
    }
    let arrived = receiver.arrived();
    let (told, duplicated, out_of_order) = judge(&arrived, &taken.lock().unwrap());
    let dead = count(&world.engine, NoticeState::Dead).await;
    println!(
        "notices {all}, delivered {told}, duplicated {duplicated}, lost {}, dead {dead}, \
         out of order {out_of_order}, tries {}, restarts {restarts}",
        all - told,
        arrived.len(),
    );
    assert_eq!((told, dead, out_of_order), (all, 0, 0));
    assert_eq!(count(&world.engine, NoticeState::Delivered).await, all);
    assert!(wait_after(10).is_none());
}

//! Visits, pictures, reviews, events, devices.

use domain::{Challenge, Part, Sealed, Source, State, Way};
use jiff::{SignedDuration, Timestamp};
use store::{
    Beside, Consent, Decision, Ended, Exhibit, Handover, NewEvent, NewPicture, OpenChallenge,
    Store, Transition, Visit,
};

use crate::folder::{Folder, at, id, record};

fn now() -> Timestamp {
    at("2026-11-24T09:00:00Z")
}

fn event(kind: &'static str) -> NewEvent {
    NewEvent { at: now(), kind, detail: None }
}

fn visit() -> Visit {
    Visit {
        id: id(1),
        session_hash: [1; 32],
        observer_hash: None,
        device_hash: None,
        consent: Consent {
            version: "2026-11".into(),
            language: "zh".into(),
            guardian: false,
            at: now(),
        },
        way: Way::Scene,
        attempt: 1,
        challenge: None,
        challenges: 0,
        handover: None,
        submitted_at: None,
        version: 1,
    }
}

fn picture(part: Part, byte: u8) -> NewPicture {
    let exhibit =
        Exhibit { part, source: Source::Camera, width: 640, height: 480, received_at: now() };
    NewPicture { exhibit, sealed: Sealed::new(vec![byte; 8]) }
}

async fn begun() -> (Folder, Store) {
    let folder = Folder::new();
    let store = folder.open();
    store.insert_certification(record(1)).await.unwrap();
    assert_eq!(store.begin_visit(visit(), event("consented")).await, Ok(true));
    (folder, store)
}

#[tokio::test]
async fn the_first_visit_counts() {
    let (_folder, store) = begun().await;
    let other = Visit { session_hash: [2; 32], ..visit() };
    assert_eq!(store.begin_visit(other, event("consented")).await, Ok(false));
    assert_eq!(store.visit(id(1)).await, Ok(Some(visit())));
    assert_eq!(store.visit(id(2)).await, Ok(None));
    assert_eq!(store.events(id(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_column_of_a_visit_comes_back() {
    let (_folder, store) = begun().await;
    let next = Visit {
        session_hash: [3; 32],
        observer_hash: Some([4; 32]),
        device_hash: Some([5; 32]),
        way: Way::Document,
        attempt: 2,
        challenge: Some(OpenChallenge {
            challenge: Challenge::draw([0, 4]),
            hash: [6; 32],
            ends: at("2026-11-24T09:03:00Z"),
        }),
        challenges: 3,
        handover: Some(Handover { hash: [7; 32], ends: at("2026-11-24T09:10:00Z") }),
        submitted_at: Some(now()),
        version: 2,
        ..visit()
    };
    assert_eq!(store.change_visit(next.clone(), Beside::Nothing, event("changed")).await, Ok(true));
    assert_eq!(store.visit(id(1)).await, Ok(Some(next.clone())));
    // Decided on a version that is not there any more.
    assert_eq!(store.change_visit(next, Beside::Queue, event("changed")).await, Ok(false));
    let kinds: Vec<String> =
        store.events(id(1)).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["consented", "changed"]);
    assert_eq!(store.waiting_reviews(None, 10).await, Ok(vec![]));
}

#[tokio::test]
async fn pictures_are_kept_for_the_version_that_took_them() {
    let (_folder, store) = begun().await;
    let keep = |version, part, byte| store.keep_picture(id(1), version, picture(part, byte));
    assert_eq!(keep(1, Part::CertFront, 1).await, Ok(true));
    assert_eq!(keep(1, Part::CertFront, 2).await, Ok(true));
    assert_eq!(keep(1, Part::Frame(0), 3).await, Ok(true));
    assert_eq!(keep(2, Part::CertBack, 4).await, Ok(false));
    let front = store.picture(id(1), 1, Part::CertFront).await.unwrap().unwrap();
    assert_eq!(front.as_bytes(), [2; 8]);
    let parts = |exhibits: Vec<Exhibit>| exhibits.into_iter().map(|e| e.part).collect::<Vec<_>>();
    let there = parts(store.exhibits(id(1), 1).await.unwrap());
    assert_eq!(there, [Part::CertFront, Part::Frame(0)]);
    // A new challenge drops the frames and nothing else.
    let next = Visit { version: 2, ..visit() };
    assert_eq!(store.change_visit(next, Beside::DropFrames, event("challenged")).await, Ok(true));
    assert_eq!(parts(store.exhibits(id(1), 1).await.unwrap()), [Part::CertFront]);
    assert_eq!(store.delete_pictures(id(1)).await, Ok(1));
    assert_eq!(store.exhibits(id(1), 1).await, Ok(vec![]));
}

#[tokio::test]
async fn what_the_merchant_gave_is_there_in_every_attempt() {
    let folder = Folder::new();
    let store = folder.open();
    let given = picture(Part::Reference, 9);
    store.insert_certification_with_picture(record(1), given.clone()).await.unwrap();
    for attempt in [1, 2] {
        assert_eq!(store.exhibits(id(1), attempt).await, Ok(vec![given.exhibit.clone()]));
        let sealed = store.picture(id(1), attempt, Part::Reference).await.unwrap();
        assert_eq!(sealed, Some(given.sealed.clone()));
    }
    // The same order again keeps nothing twice.
    store.insert_certification_with_picture(record(1), picture(Part::Reference, 8)).await.unwrap();
    let sealed = store.picture(id(1), 1, Part::Reference).await.unwrap();
    assert_eq!(sealed, Some(given.sealed));
}

fn decision(word: &'static str) -> Decision {
    Decision { word, by: "li".into(), at: now(), reason: Some("blurred".into()) }
}

async fn submitted(store: &Store) -> Visit {
    let next = Visit { submitted_at: Some(now()), version: 2, ..visit() };
    assert_eq!(store.change_visit(next.clone(), Beside::Queue, event("submitted")).await, Ok(true));
    next
}

#[tokio::test]
async fn an_operator_asks_again_once() {
    let (_folder, store) = begun().await;
    let submitted = submitted(&store).await;
    let waiting = store.waiting_reviews(None, 10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].id, waiting[0].attempt), (1, id(1), 1));
    let after = Some((waiting[0].queued_at, waiting[0].id));
    assert_eq!(store.waiting_reviews(after, 10).await, Ok(vec![]));
    let next = Visit { attempt: 2, submitted_at: None, version: 3, ..submitted };
    let again = |next| store.ask_again(next, decision("asked_again"), event("asked_again"));
    assert_eq!(again(next.clone()).await, Ok(true));
    assert_eq!(again(next).await, Ok(false));
    assert_eq!(store.waiting_reviews(None, 10).await, Ok(vec![]));
    let record = store.reviews_of(id(1)).await.unwrap();
    assert_eq!(record[0].decision.as_deref(), Some("asked_again"));
    assert_eq!(record[0].reason.as_deref(), Some("blurred"));
}

#[tokio::test]
async fn a_decision_and_the_end_are_one() {
    let (_folder, store) = begun().await;
    submitted(&store).await;
    assert_eq!(store.keep_picture(id(1), 2, picture(Part::CertFront, 1)).await, Ok(true));
    let mut next = record(1).certification;
    next.state =
        State::Failed { at: now(), reason: domain::FailReason::parse("CERT_EXPIRED").unwrap() };
    next.version = 2;
    let transition = |expected, keep_pictures_until| Transition {
        next: next.clone(),
        expected,
        event: event("failed"),
        notice: None,
        ended: Some(Ended { keep_pictures_until, decision: Some((1, decision("rejected"))) }),
    };
    // A version that is not there: the decision must not stand either.
    assert_eq!(store.transit(transition(7, None)).await, Ok(false));
    assert_eq!(store.waiting_reviews(None, 10).await.unwrap().len(), 1);
    let until = now() + SignedDuration::from_hours(24);
    assert_eq!(store.transit(transition(1, Some(until))).await, Ok(true));
    assert_eq!(store.transit(transition(1, None)).await, Ok(false));
    assert_eq!(store.waiting_reviews(None, 10).await, Ok(vec![]));
    // The pictures stay until their time is up, to the millisecond.
    let overdue = |now| store.delete_overdue_pictures(now, 100);
    assert_eq!(overdue(until - SignedDuration::from_millis(1)).await, Ok(0));
    assert_eq!(overdue(until).await, Ok(1));
    assert_eq!(store.exhibits(id(1), 1).await, Ok(vec![]));
}

#[tokio::test]
async fn a_known_device_is_known_for_its_person_and_forgotten() {
    let (_folder, store) = begun().await;
    let (long_ago, oldest) = (at("2026-01-01T00:00:00Z"), at("2026-10-01T00:00:00Z"));
    store.remember_device([1; 32], [2; 32], long_ago, long_ago).await.unwrap();
    assert_eq!(store.passed_on_device([1; 32], [2; 32]).await, Ok(Some(long_ago)));
    assert_eq!(store.passed_on_device([1; 32], [3; 32]).await, Ok(None));
    store.remember_device([4; 32], [2; 32], now(), oldest).await.unwrap();
    assert_eq!(store.passed_on_device([1; 32], [2; 32]).await, Ok(None));
    assert_eq!(store.passed_on_device([4; 32], [2; 32]).await, Ok(Some(now())));
}

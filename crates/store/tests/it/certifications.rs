//! Certifications are created once and change by compare-and-set.

use domain::{AppId, Assurance, FailReason, State};
use store::{Inserted, Store, StoreError};

use crate::folder::{Folder, at, id, record, record_of};

#[tokio::test]
async fn what_was_inserted_is_found_again_member_by_member() {
    let folder = Folder::new();
    let store = folder.open();
    let mut record = record_of("some-app", 1, "单号 \"quoted\" '; DROP TABLE users --");
    record.certification.isv = Some(AppId::parse("isv-app").unwrap());
    record.warnings = r#"["zh 中"]"#.to_owned();
    assert_eq!(store.insert_certification(record.clone()).await, Ok(Inserted::New));
    assert_eq!(store.certification(id(1)).await, Ok(Some(record)));
    assert_eq!(store.certification(id(2)).await, Ok(None));
}

#[tokio::test]
async fn a_second_insert_of_an_order_number_gives_back_the_first_record() {
    let folder = Folder::new();
    let store = folder.open();
    let first = record_of("a", 1, "same");
    let mut second = record_of("a", 2, "same");
    second.content_digest = [9; 32];
    assert_eq!(store.insert_certification(first.clone()).await, Ok(Inserted::New));
    let answer = store.insert_certification(second).await;
    assert_eq!(answer, Ok(Inserted::Existing(Box::new(first))));
    assert_eq!(store.certification(id(2)).await, Ok(None));
}

#[tokio::test]
async fn an_order_number_is_unique_per_owner_and_tells_letter_case_apart() {
    let folder = Folder::new();
    let store = folder.open();
    let records = [record_of("a", 1, "same"), record_of("b", 2, "same"), record_of("a", 3, "SAME")];
    for record in records {
        assert_eq!(store.insert_certification(record).await, Ok(Inserted::New));
    }
}

#[tokio::test]
async fn an_id_that_is_taken_by_another_order_is_an_error_and_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let first = record_of("a", 1, "first");
    assert_eq!(store.insert_certification(first.clone()).await, Ok(Inserted::New));
    let clash = store.insert_certification(record_of("a", 1, "second")).await;
    assert!(matches!(clash, Err(StoreError::Unavailable(_))), "{clash:?}");
    assert_eq!(store.certification(id(1)).await, Ok(Some(first)));
}

#[tokio::test]
async fn every_state_comes_back_as_it_was_stored() {
    let folder = Folder::new();
    let store = folder.open();
    let time = at("2026-11-24T09:10:11.012Z");
    let states = [
        State::InProgress { since: time },
        State::Passed { at: time, assurance: Assurance::simulated() },
        State::Failed { at: time, reason: FailReason::parse("Z1147").unwrap() },
        State::Expired { at: time },
        State::Created,
    ];
    let mut record = record(1);
    assert_eq!(store.insert_certification(record.clone()).await, Ok(Inserted::New));
    for state in states {
        let expected = record.certification.version;
        record.certification.state = state;
        record.certification.version += 1;
        let next = record.certification.clone();
        assert_eq!(store.transit(transition(next, expected)).await, Ok(true));
        assert_eq!(store.certification(id(1)).await, Ok(Some(record.clone())));
    }
}

/// A certification in version 1 and its start in version 2.
async fn started(store: &Store) -> domain::Certification {
    assert_eq!(store.insert_certification(record(1)).await, Ok(Inserted::New));
    let mut next = record(1).certification;
    next.state = State::InProgress { since: at("2026-11-24T09:00:00Z") };
    next.version = 2;
    next
}

#[tokio::test]
async fn an_update_that_expects_another_version_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let next = started(&store).await;
    for wrong in [0, 2, 3, -1, i64::MAX] {
        assert_eq!(store.transit(transition(next.clone(), wrong)).await, Ok(false));
    }
    assert_eq!(store.certification(id(1)).await, Ok(Some(record(1))));
    assert_eq!(store.transit(transition(next.clone(), 1)).await, Ok(true));
    assert_eq!(store.transit(transition(next, 1)).await, Ok(false));
}

#[tokio::test]
async fn an_update_of_what_is_not_there_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.transit(transition(record(5).certification, 1)).await, Ok(false));
    assert_eq!(store.certification(id(5)).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_parallel_updates_one_wins() {
    let folder = Folder::new();
    let store = std::sync::Arc::new(folder.open());
    let next = started(&store).await;
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (store, next) = (store.clone(), next.clone());
            tokio::spawn(async move { store.transit(transition(next, 1)).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn an_update_touches_state_and_version_only() {
    let folder = Folder::new();
    let store = folder.open();
    let mut next = started(&store).await;
    next.owner = AppId::parse("thief").unwrap();
    next.order_no = domain::OrderNo::restore("other".to_owned());
    assert_eq!(store.transit(transition(next.clone(), 1)).await, Ok(true));
    let stored = store.certification(id(1)).await.unwrap().unwrap();
    assert_eq!(stored.certification.owner, record(1).certification.owner);
    assert_eq!(stored.certification.order_no, record(1).certification.order_no);
    assert_eq!((stored.certification.state, stored.certification.version), (next.state, 2));
}

/// A change of state, with the least that belongs to it.
fn transition(next: domain::Certification, expected: i64) -> store::Transition {
    let event =
        store::NewEvent { at: at("2026-11-24T09:00:00Z"), kind: next.state.name(), detail: None };
    store::Transition { next, expected, event, ended: None, notice: None }
}

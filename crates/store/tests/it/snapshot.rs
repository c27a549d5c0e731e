//! Put aside, taken back, emptied.

use domain::Way;
use store::{Consent, Inserted, NewEvent, StoreError, Visit};

use crate::folder::{Folder, at, id, record};

fn event() -> NewEvent {
    NewEvent { at: at("2026-11-24T09:00:00Z"), kind: "consented", detail: None }
}

fn visit() -> Visit {
    let consent = Consent {
        version: "1".into(),
        language: "zh".into(),
        guardian: false,
        at: at("2026-11-24T09:00:00Z"),
    };
    Visit {
        id: id(1),
        session_hash: [1; 32],
        observer_hash: None,
        device_hash: None,
        consent,
        way: Way::Scene,
        attempt: 1,
        challenge: None,
        challenges: 0,
        handover: None,
        submitted_at: None,
        version: 1,
    }
}

#[tokio::test]
async fn what_was_put_aside_comes_back_as_it_was() {
    let folder = Folder::new();
    let store = folder.open();
    store.insert_certification(record(1)).await.unwrap();
    store.begin_visit(visit(), event()).await.unwrap();
    store.remember("test_clock_offset_ms", "5000").await.unwrap();
    let aside = folder.file().with_file_name("aside.db");
    store.snapshot(&aside).await.unwrap();
    store.snapshot(&aside).await.unwrap();

    store.insert_certification(record(2)).await.unwrap();
    store.remember("test_clock_offset_ms", "9000").await.unwrap();
    assert_eq!(store.restore(&aside).await, Ok(true));
    assert_eq!(store.restore(&aside.with_extension("none")).await, Ok(false));
    assert_eq!(store.certification(id(2)).await, Ok(None));
    assert_eq!(store.certification(id(1)).await, Ok(Some(record(1))));
    assert_eq!(store.visit(id(1)).await, Ok(Some(visit())));
    assert_eq!(store.recall("test_clock_offset_ms").await, Ok(Some("5000".into())));
    // And it goes on from there.
    assert_eq!(store.insert_certification(record(2)).await, Ok(Inserted::New));
}

#[tokio::test]
async fn emptied_keeps_whose_database_it_is() {
    let folder = Folder::new();
    let store = folder.open();
    store.insert_certification(record(1)).await.unwrap();
    store.begin_visit(visit(), event()).await.unwrap();
    store.remember("vault_fingerprint", "f").await.unwrap();
    store.remember("test_clock_offset_ms", "9000").await.unwrap();
    store.reset().await.unwrap();
    assert_eq!(store.certification(id(1)).await, Ok(None));
    assert_eq!(store.visit(id(1)).await, Ok(None));
    assert_eq!(store.recall("vault_fingerprint").await, Ok(Some("f".into())));
    assert_eq!(store.recall("test_clock_offset_ms").await, Ok(None));
}

#[tokio::test]
async fn a_copy_that_is_none_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    store.insert_certification(record(1)).await.unwrap();
    let other = folder.file().with_file_name("other.db");
    std::fs::write(&other, b"not a database").unwrap();
    assert!(store.restore(&other).await.is_err());
    assert_eq!(store.certification(id(1)).await, Ok(Some(record(1))));
    let memory = store::Store::open("sqlite::memory:").unwrap();
    assert!(matches!(memory.reset().await, Err(StoreError::Unavailable(_))));
}

//! What the store tells about itself.

use store::{Store, StoreError, UnitsOfWork};

use crate::folder::{Folder, id, record};

fn faults(units: &UnitsOfWork) -> Vec<(&'static str, u64)> {
    units.faults.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn units_and_faults_are_counted_by_kind_whichever_clone_they_came_through() {
    let folder = Folder::new();
    let store = folder.open();
    let before = store.usage();
    store.clone().insert_certification(record(1)).await.unwrap();
    store.remember("a", "b").await.unwrap();
    assert!(store.certification(id(1)).await.unwrap().is_some());
    let after = store.usage();
    assert_eq!(after.writes.timed.count() - before.writes.timed.count(), 2);
    assert_eq!(after.reads.timed.count() - before.reads.timed.count(), 1);
    assert!(after.writes.timed.sum_micros > before.writes.timed.sum_micros);
    assert_eq!((faults(&after.reads), faults(&after.writes)), (Vec::new(), Vec::new()));
    folder.poke("UPDATE certifications SET biz_code = 'x'");
    assert!(matches!(store.certification(id(1)).await, Err(StoreError::Corrupt { .. })));
    assert!(store.insert_certification(record(1)).await.is_err());
    let after = store.usage();
    assert_eq!(faults(&after.reads), [("corrupt", 1)]);
    assert_eq!(faults(&after.writes), [("corrupt", 1)]);
}

#[tokio::test]
async fn stores_are_counted_apart() {
    let (one, other) = (Store::open("sqlite::memory:"), Store::open("sqlite::memory:"));
    one.unwrap().remember("a", "b").await.unwrap();
    assert_eq!(other.unwrap().usage().writes.timed.count(), 0);
}

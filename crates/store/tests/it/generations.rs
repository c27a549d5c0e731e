//! What is sealed under one of several keys: found by its number, sealed again, and never brought
//! back once it was destroyed.

use domain::Sealed;
use store::{SealedIn, SealedRow};

use crate::folder::{Folder, id, record};

fn later(generation: u8) -> Sealed {
    Sealed::new(vec![Sealed::LATER, 0, 0, 0, generation, 77])
}

#[tokio::test]
async fn rows_are_found_by_the_number_of_their_key_in_order_and_counted() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=5 {
        let mut record = record(number);
        match number {
            3 => record.data_key = Some(later(2)),
            4 => record.data_key = None,
            _ => {}
        }
        store.insert_certification(record).await.unwrap();
    }
    let ids = async |generation, after: Option<u64>, most| {
        let after = after.map(|number| id(number).to_bytes());
        let rows = store.sealed_under(SealedIn::DataKeys, generation, after, most).await.unwrap();
        rows.into_iter().map(|row| row.certify_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(1, None, 9).await, [id(1), id(2), id(5)]);
    assert_eq!(ids(1, None, 2).await, [id(1), id(2)]);
    assert_eq!(ids(1, Some(2), 2).await, [id(5)]);
    assert_eq!(ids(2, None, 9).await, [id(3)]);
    assert_eq!(ids(0, None, 9).await, [id(4)]);
    let count = |generation, most| store.count_sealed_under(SealedIn::DataKeys, generation, most);
    assert_eq!((count(1, 9).await, count(1, 2).await), (Ok(3), Ok(2)));
    assert_eq!(store.count_sealed_under(SealedIn::Notices, 1, 9).await, Ok(0));
}

#[tokio::test]
async fn what_was_changed_or_destroyed_meanwhile_stays_as_it_is() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=3 {
        store.insert_certification(record(number)).await.unwrap();
    }
    let rows = store.sealed_under(SealedIn::DataKeys, 1, None, 9).await.unwrap();
    store.destroy_data_keys(vec![id(1)]).await.unwrap();
    let first: Vec<(SealedRow, Sealed)> = vec![(rows[1].clone(), later(2))];
    assert_eq!(store.seal_again(SealedIn::DataKeys, 2, first).await, Ok(vec![true]));
    let all = rows.into_iter().map(|row| (row, later(3))).collect();
    let changed = store.seal_again(SealedIn::DataKeys, 3, all).await;
    assert_eq!(changed, Ok(vec![false, false, true]));
    assert_eq!(store.data_key(id(1)).await, Ok(None));
    assert_eq!(store.data_key(id(2)).await, Ok(Some(later(2))));
    assert_eq!(store.data_key(id(3)).await, Ok(Some(later(3))));
    assert_eq!(store.count_sealed_under(SealedIn::DataKeys, 1, 9).await, Ok(0));
}

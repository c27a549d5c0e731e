//! Keys of single certifications: kept, destroyed with what was sealed under them, and overdue.

use domain::{Assurance, Sealed, State};
use store::{Ended, Erasure, NewEvent, SealedIn, Store, Transition};

use crate::folder::{Folder, OWNER, at, id, record};

const ENDED: &str = "2026-11-24T09:00:00Z";

async fn end(store: &Store, number: u64) {
    let mut next = record(number).certification;
    next.state = State::Passed { at: at(ENDED), assurance: Assurance::simulated() };
    next.version = 2;
    let event = NewEvent { at: at(ENDED), kind: "passed", detail: None };
    let ended = Some(Ended { keep_pictures_until: None, decision: None });
    let transition = Transition { next, expected: 1, event, ended, notice: None };
    assert!(store.transit(transition).await.unwrap());
}

#[tokio::test]
async fn a_key_is_kept_with_its_certification_and_destroyed_alone() {
    let (folder, first, second) = (Folder::new(), record(1), record(2));
    let store = folder.open();
    for record in [&first, &second] {
        store.insert_certification(record.clone()).await.unwrap();
    }
    let kept = store.certification(id(1)).await.unwrap().unwrap();
    assert_eq!(kept, first);
    assert_eq!(store.data_key(id(1)).await.unwrap(), first.data_key);
    assert_eq!(store.destroy_data_keys(vec![id(1), id(3)]).await.unwrap(), [true, false]);
    assert_eq!(store.destroy_data_keys(vec![id(1)]).await.unwrap(), [false]);
    let kept = store.certification(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.data_key, kept.subject), (None, Sealed::new(Vec::new())));
    assert_eq!(kept.certification, first.certification);
    assert_eq!(store.certification(id(2)).await.unwrap().unwrap(), second);
}

#[tokio::test]
async fn keys_are_overdue_from_the_millisecond_on_at_which_they_ended() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=3 {
        store.insert_certification(record(number)).await.unwrap();
    }
    end(&store, 1).await;
    end(&store, 2).await;
    let overdue = |text: &'static str, most| store.overdue_data_keys(at(text), most);
    assert_eq!(overdue("2026-11-24T08:59:59.999Z", 9).await.unwrap(), []);
    assert_eq!(overdue(ENDED, 9).await.unwrap(), [id(1), id(2)]);
    assert_eq!(overdue(ENDED, 1).await.unwrap(), [id(1)]);
}

#[tokio::test]
async fn an_erasure_is_noted_once_and_found_by_order() {
    let folder = Folder::new();
    let store = folder.open();
    store.insert_certification(record(1)).await.unwrap();
    let owner = domain::AppId::parse(OWNER).unwrap();
    let order = record(1).certification.order_no;
    let found = store.certification_of_order(owner.clone(), order).await.unwrap();
    assert_eq!(found, Some(id(1)));
    let unknown = record(2).certification.order_no;
    assert_eq!(store.certification_of_order(owner, unknown).await.unwrap(), None);
    let (by, why) = ("Ann".to_owned(), "asked for".to_owned());
    let erasure = Erasure { id: id(1), at: at(ENDED), by, why };
    assert!(!store.is_erased(id(1)).await.unwrap());
    assert!(store.erase(erasure.clone(), None).await.unwrap());
    assert!(!store.erase(erasure, None).await.unwrap());
    assert!(store.is_erased(id(1)).await.unwrap());
    assert_eq!(store.data_key(id(1)).await.unwrap(), None);
}

#[tokio::test]
async fn certifications_from_before_get_an_empty_key_that_ends_with_them() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=2 {
        store.insert_certification(record(number)).await.unwrap();
    }
    end(&store, 2).await;
    drop(store);
    folder.poke(
        "DROP TABLE data_keys; DROP TABLE erasures; DROP TABLE root_keys; \
         DROP INDEX notices_by_generation; ALTER TABLE notices DROP COLUMN generation; \
         DELETE FROM schema_migrations WHERE version >= 8",
    );
    let store = folder.open();
    assert_eq!(store.data_key(id(1)).await.unwrap(), Some(Sealed::new(Vec::new())));
    assert_eq!(store.overdue_data_keys(at(ENDED), 9).await.unwrap(), [id(2)]);
    // And, once the first rotation has come by, the number that says so.
    let numbered = |generation| store.count_sealed_under(SealedIn::DataKeys, generation, 9);
    assert_eq!((numbered(0).await, numbered(1).await), (Ok(0), Ok(2)));
    let rows = store.sealed_under(SealedIn::DataKeys, 1, None, 9).await.unwrap();
    let unkeyed = rows.into_iter().map(|row| (row.clone(), row.sealed)).collect();
    let sealed = store.seal_again(SealedIn::DataKeys, 2, unkeyed).await;
    assert_eq!(sealed, Ok(vec![true, true]));
    assert_eq!((numbered(0).await, numbered(2).await), (Ok(2), Ok(0)));
    assert_eq!(store.certification(id(1)).await.unwrap().unwrap().subject, record(1).subject);
}

#[tokio::test]
async fn what_is_destroyed_is_in_no_file() {
    let folder = Folder::with_file();
    let store = folder.open();
    let (key, subject) = (vec![0xa7; 60], vec![0xc5; 200]);
    let mut record = record(1);
    (record.data_key, record.subject) =
        (Some(Sealed::new(key.clone())), Sealed::new(subject.clone()));
    store.insert_certification(record).await.unwrap();
    let found = |bytes: &[u8]| {
        let files = std::fs::read_dir(folder.dir.path()).unwrap();
        let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let holds = |file: Vec<u8>| file.windows(bytes.len()).any(|window| window == bytes);
        files.filter(|file| holds(file.clone())).count()
    };
    assert!(found(&key) > 0 && found(&subject) > 0);
    assert_eq!(store.destroy_data_keys(vec![id(1)]).await.unwrap(), [true]);
    store.empty_journal().await.unwrap();
    assert_eq!((found(&key), found(&subject)), (0, 0));
}

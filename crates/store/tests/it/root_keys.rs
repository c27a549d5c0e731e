//! Secrets as they are kept: made once, following one another, wrapped again, destroyed.

use domain::{NotifyId, Sealed, State};
use store::{
    CertificationRecord, Inserted, NewEvent, NewNotice, RootKey, RootPurpose, SealedIn, Store,
    StoreError, Transition,
};

use crate::folder::{Folder, at, id, record};

const NOW: &str = "2026-11-24T09:00:00Z";

fn root(purpose: RootPurpose, generation: u32, byte: u8) -> RootKey {
    let wrapped = Sealed::new(vec![4, byte]);
    RootKey { purpose, generation, wrapped, made_at: at(NOW), retired_at: None }
}

fn first(byte: u8) -> Vec<RootKey> {
    vec![root(RootPurpose::Mac, 1, byte), root(RootPurpose::Seal, 1, byte)]
}

/// Adds it, as whoever has seen the first ones wrapped like this.
async fn add(store: &Store, next: RootKey, byte: u8) -> bool {
    store.add_root_key(next, Sealed::new(vec![4, byte])).await.unwrap()
}

async fn found(store: &Store, byte: u8) -> Vec<RootKey> {
    store.found_root_keys(first(byte), "vault_fingerprint", &byte.to_string()).await.unwrap()
}

#[tokio::test]
async fn whoever_makes_the_first_ones_makes_them_for_all() {
    let folder = Folder::new();
    let stores: Vec<Store> = (0..6).map(|_| folder.open()).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (byte, store) in (0..).zip(&stores) {
        let store = store.clone();
        tasks.spawn(async move { found(&store, byte).await });
    }
    let all = tasks.join_all().await;
    assert!(all.iter().all(|kept| *kept == all[0]), "{all:?}");
    let byte = all[0][0].wrapped.as_bytes()[1];
    assert_eq!(all[0], first(byte));
    let text = stores[0].recall("vault_fingerprint").await.unwrap();
    assert_eq!(text, Some(byte.to_string()));
    assert_eq!(stores[0].root_keys().await.unwrap(), all[0]);
}

#[tokio::test]
async fn each_follows_the_newest_and_only_one_does() {
    let folder = Folder::new();
    let (one, two) = (folder.open(), folder.open());
    found(&one, 1).await;
    assert!(!add(&one, root(RootPurpose::Seal, 3, 9), 1).await);
    let (first, second) = tokio::join!(
        add(&one, root(RootPurpose::Seal, 2, 8), 1),
        add(&two, root(RootPurpose::Seal, 2, 9), 1),
    );
    assert_ne!(first, second);
    assert!(add(&two, root(RootPurpose::Seal, 3, 9), 1).await);
    assert_eq!(one.root_keys().await.unwrap().len(), 4);
}

#[tokio::test]
async fn all_are_wrapped_again_or_none() {
    let folder = Folder::new();
    let store = folder.open();
    let before = found(&store, 1).await;
    let again = |byte| {
        let change = |root: &RootKey| (root.clone(), Sealed::new(vec![4, byte]));
        before.iter().map(change).collect::<Vec<_>>()
    };
    let mut one_is_another = before.clone();
    one_is_another[1].wrapped = Sealed::new(vec![9]);
    assert!(!store.wrap_root_keys_again(one_is_another, again(2)).await.unwrap());
    assert_eq!(store.root_keys().await.unwrap(), before);
    assert!(store.wrap_root_keys_again(before.clone(), again(2)).await.unwrap());
    assert_eq!(store.root_keys().await.unwrap(), first(2));
    assert!(!store.wrap_root_keys_again(before.clone(), again(3)).await.unwrap());
}

#[tokio::test]
async fn one_is_not_added_beside_those_of_another_master_key() {
    let folder = Folder::new();
    let store = folder.open();
    let before = found(&store, 1).await;
    let again = |byte| {
        let change = |root: &RootKey| (root.clone(), Sealed::new(vec![4, byte]));
        before.iter().map(change).collect::<Vec<_>>()
    };
    // The exchange comes first: what was wrapped under the old one is not taken.
    assert!(store.wrap_root_keys_again(before.clone(), again(2)).await.unwrap());
    assert!(!add(&store, root(RootPurpose::Seal, 2, 1), 1).await);
    assert_eq!(store.root_keys().await.unwrap(), first(2));
    // The addition comes first: the exchange has missed it.
    let before = store.root_keys().await.unwrap();
    assert!(add(&store, root(RootPurpose::Seal, 2, 2), 2).await);
    let change = |root: &RootKey| (root.clone(), Sealed::new(vec![4, 3]));
    let changes = before.iter().map(change).collect();
    assert!(!store.wrap_root_keys_again(before, changes).await.unwrap());
    let kept = store.root_keys().await.unwrap();
    assert!(kept.iter().all(|root| root.wrapped.as_bytes() == [4, 2]), "{kept:?}");
}

#[tokio::test]
async fn one_is_destroyed_when_a_newer_one_is_there_and_nothing_needs_it() {
    let folder = Folder::new();
    let store = folder.open();
    found(&store, 1).await;
    assert!(!store.retire_root_key(1, at(NOW)).await.unwrap(), "it is the newest");
    assert!(add(&store, root(RootPurpose::Seal, 2, 2), 1).await);
    let mut unkeyed = record(1);
    unkeyed.data_key = None;
    store.insert_certification(unkeyed).await.unwrap();
    store.insert_certification(record(2)).await.unwrap();
    assert!(!store.retire_root_key(1, at(NOW)).await.unwrap());
    store.destroy_data_keys(vec![id(2)]).await.unwrap();
    assert!(!store.retire_root_key(1, at(NOW)).await.unwrap(), "one has no key of its own");
    store.destroy_data_keys(vec![id(1)]).await.unwrap();
    assert!(store.retire_root_key(1, at(NOW)).await.unwrap());
    assert!(!store.retire_root_key(1, at(NOW)).await.unwrap());
    assert!(!store.retire_root_key(2, at(NOW)).await.unwrap());
    let kept = store.root_keys().await.unwrap();
    let gone = RootKey {
        wrapped: Sealed::new(Vec::new()),
        retired_at: Some(at(NOW)),
        ..root(RootPurpose::Seal, 1, 1)
    };
    assert_eq!(kept, [root(RootPurpose::Mac, 1, 1), gone, root(RootPurpose::Seal, 2, 2)]);
}

#[tokio::test]
async fn nothing_is_stored_under_one_that_is_destroyed() {
    let folder = Folder::new();
    let store = folder.open();
    found(&store, 1).await;
    let later = Sealed::new(vec![Sealed::LATER, 0, 0, 0, 2, 7]);
    let under_two = CertificationRecord { data_key: Some(later.clone()), ..record(3) };
    let refused = store.insert_certification(under_two.clone()).await;
    assert_eq!(refused, Err(StoreError::KEY_DESTROYED), "it is not there yet");
    assert!(add(&store, root(RootPurpose::Seal, 2, 2), 1).await);
    assert!(store.retire_root_key(1, at(NOW)).await.unwrap());
    let unkeyed = CertificationRecord { data_key: None, ..record(2) };
    for gone in [record(1), unkeyed] {
        let of = gone.certification.id;
        let refused = store.insert_certification(gone).await;
        assert_eq!(refused, Err(StoreError::KEY_DESTROYED));
        assert_eq!(store.certification(of).await, Ok(None), "nor without its key");
    }
    assert_eq!(store.insert_certification(under_two.clone()).await, Ok(Inserted::New));
    let again = store.insert_certification(CertificationRecord {
        data_key: record(3).data_key,
        ..under_two.clone()
    });
    assert!(matches!(again.await, Ok(Inserted::Existing(_))), "what is there needs no key");
    // A notice, with all that was to be stored with it.
    let told = |address: &Sealed| {
        let mut next = under_two.certification.clone();
        (next.state, next.version) = (State::InProgress { since: at(NOW) }, 2);
        let event = NewEvent { at: at(NOW), kind: "started", detail: None };
        let (id, receiver) = (NotifyId::new(1, [0; 10]), "r:443".to_owned());
        let notice = Some(NewNotice { id, made_at: at(NOW), address: address.clone(), receiver });
        store.transit(Transition { next, expected: 1, event, ended: None, notice })
    };
    assert_eq!(told(&Sealed::new(vec![1, 7])).await, Err(StoreError::KEY_DESTROYED));
    assert_eq!(store.certification(id(3)).await, Ok(Some(under_two.clone())));
    assert_eq!(told(&later).await, Ok(true));
    // And what is there is not put under it.
    let rows = store.sealed_under(SealedIn::DataKeys, 2, None, 9).await.unwrap();
    let back = rows.into_iter().map(|row| (row, Sealed::new(vec![1, 7]))).collect();
    let refused = store.seal_again(SealedIn::DataKeys, 1, back).await;
    assert_eq!(refused, Err(StoreError::KEY_DESTROYED));
    assert_eq!(store.data_key(id(3)).await, Ok(Some(later)));
}

#[tokio::test]
async fn a_database_that_is_emptied_or_taken_back_keeps_its_secrets() {
    let folder = Folder::new();
    let store = folder.open();
    let before = found(&store, 1).await;
    let aside = folder.dir.path().join("aside.db");
    store.snapshot(&aside).await.unwrap();
    store.reset().await.unwrap();
    assert_eq!(store.root_keys().await.unwrap(), before);
    // Wrapped again, rotated and destroyed since: what is in the copy needs what was destroyed.
    let again = vec![(before[0].clone(), Sealed::new(vec![4, 7]))];
    assert!(store.wrap_root_keys_again(before, again).await.unwrap());
    assert!(add(&store, root(RootPurpose::Seal, 2, 2), 7).await);
    assert!(store.retire_root_key(1, at(NOW)).await.unwrap());
    assert_eq!(store.restore(&aside).await, Ok(true));
    let kept = store.root_keys().await.unwrap();
    let expected = [
        root(RootPurpose::Mac, 1, 7),
        root(RootPurpose::Seal, 1, 1),
        root(RootPurpose::Seal, 2, 2),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn a_copy_of_another_database_is_not_taken() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (store, foreign) = (folder.open(), other.open());
    found(&store, 1).await;
    found(&foreign, 2).await;
    foreign.insert_certification(record(1)).await.unwrap();
    let aside = folder.dir.path().join("aside.db");
    foreign.snapshot(&aside).await.unwrap();
    let refused = store.restore(&aside).await.unwrap_err();
    assert!(refused.to_string().contains("another database"), "{refused}");
    assert_eq!(store.certification(id(1)).await, Ok(None));
    assert_eq!(store.root_keys().await.unwrap(), first(1));
}

#[tokio::test]
async fn secrets_move_with_everything_else() {
    let (from, to) = (Folder::with_file(), Folder::new());
    let (source, target) = (from.open(), to.open());
    let before = found(&source, 1).await;
    source.move_into(&target, &|_| ()).await.unwrap();
    assert_eq!(target.root_keys().await.unwrap(), before);
}

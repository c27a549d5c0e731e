//! A nonce is new once.

use crate::folder::{Folder, at};

#[tokio::test]
async fn a_nonce_is_new_once_also_after_reopening_and_until_it_is_forgotten() {
    let folder = Folder::new();
    let (nonce, until) = ([7; 32], at("2026-11-24T08:10:00Z"));
    let store = folder.open();
    assert_eq!(store.use_nonce(nonce, until).await, Ok(true));
    assert_eq!(store.use_nonce(nonce, until).await, Ok(false));
    drop(store);
    let store = folder.open();
    assert_eq!(store.use_nonce(nonce, until).await, Ok(false));
    assert_eq!(store.use_nonce([8; 32], until).await, Ok(true));
    assert_eq!(store.forget_nonces(until).await, Ok(0));
    assert_eq!(store.forget_nonces(at("2026-11-24T08:10:01Z")).await, Ok(2));
    assert_eq!(store.use_nonce(nonce, until).await, Ok(true));
}

#[tokio::test]
async fn of_many_at_once_one_is_new() {
    let folder = Folder::new();
    let store = folder.open();
    let until = at("2026-11-24T08:10:00Z");
    let uses: Vec<_> = (0..64).map(|_| store.use_nonce([9; 32], until)).collect();
    let mut new = 0;
    for one in uses {
        new += u32::from(one.await.unwrap());
    }
    assert_eq!(new, 1);
}

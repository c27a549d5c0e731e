//! Facts about the database itself.

use crate::folder::Folder;

#[tokio::test]
async fn a_text_is_kept_until_another_takes_its_place_and_over_a_restart() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.recall("a").await, Ok(None));
    for text in ["one", "", "two 中"] {
        store.remember("a", text).await.unwrap();
        assert_eq!(store.recall("a").await.unwrap().as_deref(), Some(text));
    }
    assert_eq!(store.recall("b").await, Ok(None));
    drop(store);
    assert_eq!(folder.open().recall("a").await.unwrap().as_deref(), Some("two 中"));
}

#[tokio::test]
async fn what_is_remembered_first_stays() {
    let folder = Folder::new();
    let store = folder.open();
    for text in ["one", "two"] {
        assert_eq!(store.remember_first("a", text).await.as_deref(), Ok("one"));
    }
    assert_eq!(folder.open().remember_first("a", "three").await.as_deref(), Ok("one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_first_ones_all_are_told_the_same() {
    let folder = Folder::new();
    let store = std::sync::Arc::new(folder.open());
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.remember_first("a", &n.to_string()).await.unwrap() })
        })
        .collect();
    let mut told = std::collections::BTreeSet::new();
    for task in tasks {
        told.insert(task.await.unwrap());
    }
    assert_eq!(told.len(), 1, "{told:?}");
}

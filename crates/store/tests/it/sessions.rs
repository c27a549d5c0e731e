//! Users of spaces and their sessions.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use store::{NewUser, Store, StoreError};

use crate::folder::{Folder, at};

const NOW: &str = "2026-11-24T08:00:00Z";
const END: &str = "2026-11-24T08:10:00Z";

fn user(user_id: &str, provider_user: Option<&str>) -> NewUser {
    NewUser {
        space_id: "space".to_owned(),
        user_id: user_id.to_owned(),
        provider: provider_user.map(|id| ("alipay_openapi".to_owned(), id.to_owned())),
        at: at(NOW),
    }
}

async fn end(store: &Store, token: [u8; 32]) -> Option<Timestamp> {
    store.session(token).await.unwrap().map(|session| session.expires_at)
}

#[tokio::test]
async fn a_session_is_found_by_its_token_with_its_user() {
    let folder = Folder::new();
    let store = folder.open();
    store.open_session(user("u1", Some("2088")), [1; 32], at(END)).await.unwrap();
    let session = store.session([1; 32]).await.unwrap().unwrap();
    assert_eq!(session.expires_at, at(END));
    assert_eq!((session.user.space_id.as_str(), session.user.user_id.as_str()), ("space", "u1"));
    assert_eq!(session.user.provider_user_id.as_deref(), Some("2088"));
    assert_eq!((session.user.created_at, session.user.last_seen_at), (at(NOW), at(NOW)));
    assert_eq!(store.session([2; 32]).await, Ok(None));
    assert_eq!(store.user("space", "u1").await, Ok(Some(session.user)));
}

#[tokio::test]
async fn a_known_platform_user_keeps_the_first_id_and_earlier_sessions_stay() {
    let folder = Folder::new();
    let store = folder.open();
    store.open_session(user("u1", Some("2088")), [1; 32], at(END)).await.unwrap();
    let later = at("2026-11-25T08:00:00Z");
    let again = NewUser { at: later, ..user("u2", Some("2088")) };
    store.open_session(again, [2; 32], at("2026-11-25T08:10:00Z")).await.unwrap();
    for token in [[1; 32], [2; 32]] {
        let user = store.session(token).await.unwrap().unwrap().user;
        assert_eq!(user.user_id, "u1");
        assert_eq!((user.created_at, user.last_seen_at), (at(NOW), later));
    }
    assert_eq!(store.user("space", "u2").await, Ok(None));
}

#[tokio::test]
async fn users_differ_by_space_platform_and_anonymity() {
    let folder = Folder::new();
    let store = folder.open();
    let mut other_space = user("u2", Some("2088"));
    other_space.space_id = "other".to_owned();
    let mut other_platform = user("u3", Some("2088"));
    other_platform.provider = Some(("wechat_openapi".to_owned(), "2088".to_owned()));
    let users =
        [user("u1", Some("2088")), other_space, other_platform, user("u4", None), user("u5", None)];
    for (user, token) in users.into_iter().zip(1..) {
        let expected = user.user_id.clone();
        store.open_session(user, [token; 32], at(END)).await.unwrap();
        assert_eq!(store.session([token; 32]).await.unwrap().unwrap().user.user_id, expected);
    }
    assert_eq!(store.user("other", "u1").await, Ok(None));
    assert_eq!(store.user("other", "u2").await.unwrap().unwrap().space_id, "other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_first_sign_ins_of_one_platform_user_make_one_user() {
    let folder = Folder::new();
    let store = Arc::new(folder.open());
    let tasks: Vec<_> = (0..64_u8)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let user = user(&format!("u{n}"), Some("2088"));
                store.open_session(user, [n; 32], at(END)).await.unwrap();
                store.session([n; 32]).await.unwrap().unwrap().user.user_id
            })
        })
        .collect();
    let mut users = BTreeSet::new();
    for task in tasks {
        users.insert(task.await.unwrap());
    }
    assert_eq!(users.len(), 1, "{users:?}");
}

#[tokio::test]
async fn a_session_is_extended_and_never_shortened() {
    let folder = Folder::new();
    let store = folder.open();
    store.open_session(user("u1", None), [1; 32], at(END)).await.unwrap();
    let later = at("2026-11-24T08:30:00Z");
    store.extend_session([1; 32], later).await.unwrap();
    assert_eq!(end(&store, [1; 32]).await, Some(later));
    store.extend_session([1; 32], at(END)).await.unwrap();
    assert_eq!(end(&store, [1; 32]).await, Some(later));
    store.extend_session([9; 32], later).await.unwrap();
    assert_eq!(end(&store, [9; 32]).await, None);
}

#[tokio::test]
async fn only_sessions_that_ended_before_are_forgotten() {
    let folder = Folder::new();
    let store = folder.open();
    let ends = ["2026-11-24T08:00:00Z", "2026-11-24T08:00:01Z", "2026-11-24T08:00:02Z"];
    for (end, token) in ends.into_iter().zip(1..) {
        store.open_session(user(end, None), [token; 32], at(end)).await.unwrap();
    }
    assert_eq!(store.forget_sessions(at("2026-11-24T08:00:01Z")).await, Ok(1));
    assert_eq!(end(&store, [1; 32]).await, None);
    assert_eq!(end(&store, [2; 32]).await, Some(at("2026-11-24T08:00:01Z")));
    assert_eq!(store.forget_sessions(at("2026-11-25T00:00:00Z")).await, Ok(2));
    assert_eq!(store.forget_sessions(at("2026-11-25T00:00:00Z")).await, Ok(0));
}

#[tokio::test]
async fn an_anonymous_user_is_forgotten_with_the_last_session_and_a_known_one_never() {
    let folder = Folder::new();
    let store = folder.open();
    let after = at("2026-11-24T09:00:00Z");
    store.open_session(user("gone", None), [1; 32], at(END)).await.unwrap();
    store.open_session(user("known", Some("2088")), [2; 32], at(END)).await.unwrap();
    store.open_session(user("here", None), [3; 32], at("2026-11-24T10:00:00Z")).await.unwrap();
    assert_eq!(store.forget_sessions(after).await, Ok(2));
    assert_eq!(store.user("space", "gone").await, Ok(None));
    for user_id in ["known", "here"] {
        assert!(store.user("space", user_id).await.unwrap().is_some(), "{user_id}");
    }
    assert_eq!(end(&store, [3; 32]).await, Some(at("2026-11-24T10:00:00Z")));
}

#[tokio::test]
async fn a_token_that_is_taken_and_a_user_id_that_is_taken_are_errors() {
    let folder = Folder::new();
    let store = folder.open();
    store.open_session(user("u1", None), [1; 32], at(END)).await.unwrap();
    let same_token = store.open_session(user("u2", None), [1; 32], at(END)).await;
    let same_user = store.open_session(user("u1", None), [3; 32], at(END)).await;
    for clash in [same_token, same_user] {
        assert!(matches!(clash, Err(StoreError::Unavailable(_))), "{clash:?}");
    }
    // All or nothing: the second user is not there without its session.
    assert_eq!(store.user("space", "u2").await, Ok(None));
    assert_eq!(end(&store, [3; 32]).await, None);
}

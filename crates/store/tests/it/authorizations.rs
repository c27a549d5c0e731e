//! Codes and tokens by which one application acts for another.

use std::sync::Arc;

use domain::AppId;
use jiff::Timestamp;
use store::{AppAuthCode, AppAuthGrant, NewAppAuthTokens, Store};

use crate::folder::{Folder, at};

const AGREED: &str = "2026-11-24T08:00:00Z";
const LATER: &str = "2026-11-24T09:00:00Z";
const END: &str = "2026-11-25T08:00:00Z";

fn app(id: &str) -> AppId {
    AppId::parse(id).unwrap()
}

fn code(granted_at: &str) -> AppAuthCode {
    AppAuthCode {
        isv: app("isv"),
        app: app("merchant"),
        granted_at: at(granted_at),
        ends: at(END),
        spent_at: None,
    }
}

fn tokens(n: u8, now: &str) -> NewAppAuthTokens {
    NewAppAuthTokens {
        token: [n; 32],
        refresh_token: [n + 100; 32],
        at: at(now),
        ends: Some(at("2026-12-24T08:00:00Z")),
        refresh_ends: None,
    }
}

fn grant() -> AppAuthGrant {
    AppAuthGrant {
        isv: app("isv"),
        app: app("merchant"),
        auth_time: at(AGREED),
        ends: Some(at("2026-12-24T08:00:00Z")),
        refresh_ends: None,
        replaced_at: None,
        revoked_at: None,
    }
}

async fn exchange(store: &Store, code_hash: u8, granted_at: &str, new: NewAppAuthTokens) -> bool {
    store
        .exchange_app_auth_code([code_hash; 32], code(granted_at), new, Timestamp::UNIX_EPOCH)
        .await
        .unwrap()
}

async fn keep(store: &Store, code_hash: u8, granted_at: &str) {
    let kept = code(granted_at);
    store.keep_app_auth_code([code_hash; 32], kept, Timestamp::UNIX_EPOCH).await.unwrap();
}

#[tokio::test]
async fn a_code_is_kept_exchanged_once_and_its_token_found_by_both_secrets() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, 1, AGREED).await;
    assert_eq!(store.app_auth_code([1; 32]).await, Ok(Some(code(AGREED))));
    assert_eq!(store.app_auth_code([2; 32]).await, Ok(None));
    assert!(exchange(&store, 1, AGREED, tokens(1, LATER)).await);
    assert!(!exchange(&store, 1, AGREED, tokens(2, LATER)).await);
    assert_eq!(store.app_auth_token([1; 32]).await, Ok(Some(grant())));
    assert_eq!(store.app_refresh_token([101; 32]).await, Ok(Some(grant())));
    assert_eq!(store.app_auth_token([2; 32]).await, Ok(None), "the loser left nothing");
    let spent = store.app_auth_code([1; 32]).await.unwrap().unwrap().spent_at;
    assert_eq!(spent, Some(at(LATER)));
}

#[tokio::test]
async fn a_newer_code_ends_what_older_ones_gave_and_the_older_codes() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, 1, AGREED).await;
    keep(&store, 2, "2026-11-24T08:00:00.001Z").await;
    keep(&store, 3, "2026-11-24T08:00:00.002Z").await;
    assert!(exchange(&store, 1, AGREED, tokens(1, LATER)).await);
    assert!(exchange(&store, 3, "2026-11-24T08:00:00.002Z", tokens(3, LATER)).await);
    let ended = store.app_auth_token([1; 32]).await.unwrap().unwrap();
    assert_eq!(ended.revoked_at, Some(at(LATER)));
    assert!(!exchange(&store, 2, "2026-11-24T08:00:00.001Z", tokens(2, LATER)).await);
    let listed = store.app_authorizations(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed.first().unwrap().auth_time, at("2026-11-24T08:00:00.002Z"));
}

#[tokio::test]
async fn a_token_is_replaced_once_and_never_after_it_was_revoked() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, 1, AGREED).await;
    exchange(&store, 1, AGREED, tokens(1, LATER)).await;
    let replace =
        |refresh: u8, n: u8| store.replace_app_auth_token([refresh; 32], grant(), tokens(n, LATER));
    assert_eq!(replace(101, 2).await, Ok(true));
    assert_eq!(replace(101, 3).await, Ok(false));
    let replaced = store.app_auth_token([1; 32]).await.unwrap().unwrap();
    assert_eq!((replaced.replaced_at, replaced.revoked_at), (Some(at(LATER)), None));
    assert_eq!(store.app_auth_token([2; 32]).await, Ok(Some(grant())));
    let revoke = || store.revoke_app_auth(app("isv"), app("merchant"), at(END));
    assert_eq!(revoke().await, Ok(true));
    assert_eq!(revoke().await, Ok(false));
    assert_eq!(replace(102, 4).await, Ok(false));
    assert_eq!(store.app_authorizations(None, 10).await, Ok(Vec::new()));
}

#[tokio::test]
async fn withdrawing_spends_codes_of_the_two_and_nobody_elses() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, 1, AGREED).await;
    let other = AppAuthCode { app: app("other"), ..code(AGREED) };
    store.keep_app_auth_code([2; 32], other.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
    let revoked = store.revoke_app_auth(app("isv"), app("merchant"), at(LATER)).await;
    assert_eq!(revoked, Ok(true));
    assert!(!exchange(&store, 1, AGREED, tokens(1, LATER)).await);
    assert_eq!(store.app_auth_code([2; 32]).await, Ok(Some(other)));
}

#[tokio::test]
async fn lists_are_of_one_application_or_of_all() {
    let folder = Folder::new();
    let store = folder.open();
    for (n, isv) in [(1, "isv"), (2, "second")] {
        let code = AppAuthCode { isv: app(isv), ..code(AGREED) };
        store.keep_app_auth_code([n; 32], code.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
        let new = tokens(n, LATER);
        store.exchange_app_auth_code([n; 32], code, new, Timestamp::UNIX_EPOCH).await.unwrap();
    }
    let isvs = |isv: Option<&str>, most| {
        let (store, isv) = (&store, isv.map(app));
        async move {
            let listed = store.app_authorizations(isv, most).await.unwrap();
            listed.into_iter().map(|grant| grant.isv.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(isvs(None, 10).await, ["isv", "second"]);
    assert_eq!(isvs(None, 1).await, ["isv"]);
    assert_eq!(isvs(Some("second"), 10).await, ["second"]);
    assert!(isvs(Some("nobody"), 10).await.is_empty());
}

#[tokio::test]
async fn what_is_long_over_is_forgotten() {
    let folder = Folder::new();
    let store = folder.open();
    keep(&store, 1, AGREED).await;
    exchange(&store, 1, AGREED, tokens(1, AGREED)).await;
    store.keep_app_auth_code([2; 32], code(LATER), at("2026-11-25T08:00:00.001Z")).await.unwrap();
    assert_eq!(store.app_auth_code([1; 32]).await, Ok(None));
    store.revoke_app_auth(app("isv"), app("merchant"), at(AGREED)).await.unwrap();
    keep(&store, 3, LATER).await;
    let spent = store.exchange_app_auth_code([3; 32], code(LATER), tokens(3, LATER), at(LATER));
    assert_eq!(spent.await, Ok(true));
    assert_eq!(store.app_auth_token([1; 32]).await, Ok(None));
    assert!(store.app_auth_token([3; 32]).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_exchange_or_replace_at_once_one_wins() {
    let folder = Folder::new();
    let store = Arc::new(folder.open());
    keep(&store, 1, AGREED).await;
    let race = |replace: bool| {
        let store = Arc::clone(&store);
        async move {
            let tasks: Vec<_> = (10..42_u8)
                .map(|n| {
                    let (store, n) = (Arc::clone(&store), if replace { n + 40 } else { n });
                    tokio::spawn(async move {
                        if replace {
                            let listed = store.app_authorizations(None, 1).await.unwrap();
                            assert!(listed.len() < 2);
                            store.replace_app_auth_token([200; 32], grant(), tokens(n, LATER)).await
                        } else {
                            Ok(exchange(&store, 1, AGREED, tokens(n, LATER)).await)
                        }
                    })
                })
                .collect();
            let mut won = 0;
            for task in tasks {
                won += usize::from(task.await.unwrap().unwrap());
            }
            won
        }
    };
    assert_eq!(race(false).await, 1);
    // The refresh token of a token whose hash is known.
    keep(&store, 2, LATER).await;
    assert!(exchange(&store, 2, LATER, tokens(100, LATER)).await);
    assert_eq!(race(true).await, 1);
    assert_eq!(store.app_authorizations(None, 10).await.unwrap().len(), 1);
}

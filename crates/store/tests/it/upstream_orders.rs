//! Orders sent elsewhere: one at a time, never forgotten while in doubt.

use domain::OrderNo;
use store::{Store, UpstreamClaim, UpstreamClaimed, UpstreamOrderKey, UpstreamSettled};

use crate::folder::{Folder, at};

const FIRST: UpstreamClaimed = UpstreamClaimed::Yours { attempt: 1, doubted: false };

fn key(order_no: &str) -> UpstreamOrderKey {
    let order_no = OrderNo::restore(order_no.to_owned());
    UpstreamOrderKey { owner: "2021000000000001".to_owned(), order_no }
}

/// At so many seconds, for the five that follow.
fn claim(order_no: &str, content: u8, second: i64) -> UpstreamClaim {
    let beginning = at("2026-11-24T09:00:00Z");
    let time = |second| beginning + jiff::SignedDuration::from_secs(second);
    let (at, until) = (time(second), time(second + 5));
    UpstreamClaim { key: key(order_no), content_digest: [content; 32], at, until }
}

async fn settle(store: &Store, attempt: i64, settled: UpstreamSettled) -> bool {
    let now = at("2026-11-24T09:00:01Z");
    store.settle_upstream_order(key("n"), attempt, settled, now).await.unwrap()
}

#[tokio::test]
async fn an_order_is_sent_by_one_and_then_known() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.claim_upstream_order(claim("n", 1, 0)).await, Ok(FIRST));
    assert_eq!(store.claim_upstream_order(claim("n", 1, 1)).await, Ok(UpstreamClaimed::Sending));
    let other = store.claim_upstream_order(claim("n", 2, 1)).await;
    assert_eq!(other, Ok(UpstreamClaimed::OtherContent));
    assert!(settle(&store, 1, UpstreamSettled::Opened("OC2018".into())).await);
    let known = store.claim_upstream_order(claim("n", 1, 2)).await;
    assert_eq!(known, Ok(UpstreamClaimed::Opened("OC2018".into())));
    assert!(!settle(&store, 1, UpstreamSettled::Unknown).await);
    assert!(!settle(&store, 1, UpstreamSettled::Nothing).await);
    drop(store);
    let known = folder.open().claim_upstream_order(claim("n", 1, 900)).await;
    assert_eq!(known, Ok(UpstreamClaimed::Opened("OC2018".into())));
}

#[tokio::test]
async fn what_changed_nothing_leaves_nothing_unless_in_doubt() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.claim_upstream_order(claim("n", 1, 0)).await, Ok(FIRST));
    assert!(settle(&store, 1, UpstreamSettled::Nothing).await);
    // A corrected content may use the number.
    assert_eq!(store.claim_upstream_order(claim("n", 2, 1)).await, Ok(FIRST));
    assert!(settle(&store, 1, UpstreamSettled::Unknown).await);
    let again = UpstreamClaimed::Yours { attempt: 2, doubted: true };
    assert_eq!(store.claim_upstream_order(claim("n", 2, 2)).await, Ok(again));
    assert!(settle(&store, 2, UpstreamSettled::Nothing).await);
    let again = UpstreamClaimed::Yours { attempt: 3, doubted: true };
    assert_eq!(store.claim_upstream_order(claim("n", 2, 3)).await, Ok(again));
    let other = store.claim_upstream_order(claim("n", 1, 3)).await;
    assert_eq!(other, Ok(UpstreamClaimed::OtherContent));
}

#[tokio::test]
async fn whoever_died_sending_leaves_a_doubt_when_the_time_is_up() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.claim_upstream_order(claim("n", 1, 0)).await, Ok(FIRST));
    drop(store);
    let store = folder.open();
    assert_eq!(store.claim_upstream_order(claim("n", 1, 4)).await, Ok(UpstreamClaimed::Sending));
    let again = UpstreamClaimed::Yours { attempt: 2, doubted: true };
    assert_eq!(store.claim_upstream_order(claim("n", 1, 5)).await, Ok(again));
    // The one taken for dead answers after all: what it learned counts, what it did not, not.
    assert!(!settle(&store, 1, UpstreamSettled::Unknown).await);
    assert!(!settle(&store, 1, UpstreamSettled::Nothing).await);
    assert!(settle(&store, 1, UpstreamSettled::Opened("id".into())).await);
    assert!(!settle(&store, 2, UpstreamSettled::Unknown).await);
    assert!(!settle(&store, 2, UpstreamSettled::Opened("another".into())).await);
    let known = store.claim_upstream_order(claim("n", 1, 20)).await;
    assert_eq!(known, Ok(UpstreamClaimed::Opened("id".into())));
}

#[tokio::test]
async fn old_orders_are_forgotten() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.claim_upstream_order(claim("n", 1, 0)).await, Ok(FIRST));
    assert_eq!(store.claim_upstream_order(claim("m", 1, 60)).await, Ok(FIRST));
    assert_eq!(store.forget_upstream_orders(at("2026-11-24T09:00:30Z")).await, Ok(1));
    assert_eq!(store.claim_upstream_order(claim("n", 2, 61)).await, Ok(FIRST));
}

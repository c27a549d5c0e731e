//! Two stores on one database, as two nodes have it: what is decided once is decided once for both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{AppId, Assurance, NotifyId, OrderNo, Sealed, State};
use jiff::{SignedDuration, Timestamp};
use store::{
    AppAuthCode, Claim, Inserted, NewAppAuthTokens, NewEvent, NewNotice, NewUser, Store,
    Transition, UpstreamClaim, UpstreamClaimed, UpstreamOrderKey,
};

use crate::folder::{Folder, OWNER, at, id, record, record_of};

const NOW: &str = "2026-11-24T09:00:00Z";
const CALLERS: u64 = 64;

struct Nodes {
    /// The stores go before what they are on.
    stores: [Arc<Store>; 2],
    _folder: Folder,
}

impl Nodes {
    fn new() -> Self {
        let folder = Folder::new();
        Self { stores: [Arc::new(folder.open()), Arc::new(folder.open())], _folder: folder }
    }

    /// Runs `call` for 64 callers at once, half of them on each node, and gives their answers.
    async fn all<T, F>(&self, call: impl Fn(Arc<Store>, u64) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let stores = self.stores.iter().cycle();
        let calls = (0..CALLERS).zip(stores).map(|(n, store)| call(Arc::clone(store), n));
        let tasks: Vec<_> = calls.map(tokio::spawn).collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_order_opened_64_times_through_both_is_one_certification() {
    let nodes = Nodes::new();
    let answers = nodes
        .all(|store, n| async move {
            store.insert_certification(record_of(OWNER, n, "same")).await.unwrap()
        })
        .await;
    let new = answers.iter().filter(|answer| **answer == Inserted::New).count();
    assert_eq!(new, 1);
    let ids: BTreeSet<_> = answers
        .into_iter()
        .filter_map(|answer| match answer {
            Inserted::New => None,
            Inserted::Existing(record) => Some(record.certification.id),
        })
        .collect();
    assert_eq!(ids.len(), 1, "all others were told the same one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_nonce_used_through_both_is_new_once() {
    let nodes = Nodes::new();
    let used =
        nodes.all(|store, _| async move { store.use_nonce([5; 32], at(NOW)).await.unwrap() }).await;
    assert_eq!(used.into_iter().filter(|new| *new).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_of_one_certification_all_find_a_place() {
    let nodes = Nodes::new();
    nodes.stores[0].insert_certification(record(1)).await.unwrap();
    let noted = nodes
        .all(|store, n| async move {
            let event = NewEvent { at: at(NOW), kind: "noted", detail: Some(n.to_string()) };
            store.note(id(1), event).await
        })
        .await;
    assert!(noted.iter().all(Result::is_ok), "{noted:?}");
    let events = nodes.stores[1].events(id(1)).await.unwrap();
    let places: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(places, (1..=64).collect::<Vec<i64>>());
    let details: BTreeSet<_> = events.into_iter().filter_map(|event| event.detail).collect();
    assert_eq!(details.len(), 64);
}

fn claim() -> Claim {
    Claim {
        now: at(NOW),
        until: at(NOW) + SignedDuration::from_secs(30),
        most: 7,
        per_receiver: 5,
        slow: BTreeSet::new(),
        per_slow_receiver: 1,
        most_slow: 2,
        busy: BTreeMap::new(),
        after: String::new(),
    }
}

async fn passed(store: &Store, number: u64) {
    store.insert_certification(record(number)).await.unwrap();
    let mut next = record(number).certification;
    next.state = State::Passed { at: at(NOW), assurance: Assurance::simulated() };
    next.version = 2;
    let notice = NewNotice {
        id: NotifyId::new(number, [0xcd; 10]),
        made_at: at(NOW),
        address: Sealed::new(vec![9]),
        receiver: format!("receiver{}", number % 9),
    };
    let event = NewEvent { at: at(NOW), kind: "passed", detail: None };
    let transition = Transition { next, expected: 1, event, ended: None, notice: Some(notice) };
    assert_eq!(store.transit(transition).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_notice_is_claimed_by_one() {
    let nodes = Nodes::new();
    for number in 0..60 {
        passed(&nodes.stores[0], number).await;
    }
    let claimed = nodes
        .all(|store, _| async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim_notices(claim()).await.unwrap();
                // Another was faster at all of them, or nothing is left.
                let left = store.next_notice_due().await.unwrap().unwrap() <= at(NOW);
                mine.extend(claimed.into_iter().map(|notice| notice.id));
                if !left {
                    return mine;
                }
            }
        })
        .await;
    let all: Vec<NotifyId> = claimed.into_iter().flatten().collect();
    let different: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!((all.len(), different.len()), (60, 60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_of_one_is_a_session_of_the_other_and_a_user_is_one() {
    let nodes = Nodes::new();
    let opened = nodes
        .all(|store, n| async move {
            let user = NewUser {
                space_id: "space".to_owned(),
                user_id: format!("u{n}"),
                provider: Some(("alipay".to_owned(), "2088".to_owned())),
                at: at(NOW),
            };
            let token = [u8::try_from(n).unwrap(); 32];
            store.open_session(user, token, at("2026-11-24T09:10:00Z")).await
        })
        .await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    let mut users = BTreeSet::new();
    for token in 0..64 {
        for store in &nodes.stores {
            users.insert(store.session([token; 32]).await.unwrap().unwrap().user.user_id);
        }
    }
    assert_eq!(users.len(), 1, "{users:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_sent_elsewhere_is_sent_by_one() {
    let nodes = Nodes::new();
    let claims = nodes
        .all(|store, _| async move {
            let order_no = OrderNo::restore("same".to_owned());
            let claim = UpstreamClaim {
                key: UpstreamOrderKey { owner: OWNER.to_owned(), order_no },
                content_digest: [1; 32],
                at: at(NOW),
                until: at("2026-11-24T09:00:05Z"),
            };
            store.claim_upstream_order(claim).await.unwrap()
        })
        .await;
    let mine = UpstreamClaimed::Yours { attempt: 1, doubted: false };
    assert_eq!(claims.iter().filter(|claim| **claim == mine).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == UpstreamClaimed::Sending).count(), 63);
}

fn code() -> AppAuthCode {
    AppAuthCode {
        isv: AppId::parse("isv").unwrap(),
        app: AppId::parse("merchant").unwrap(),
        // All of the same instant: none is the newer one.
        granted_at: at(NOW),
        ends: at("2026-11-25T09:00:00Z"),
        spent_at: None,
    }
}

fn tokens(n: u8) -> NewAppAuthTokens {
    let refresh_token = [n + 100; 32];
    NewAppAuthTokens { token: [n; 32], refresh_token, at: at(NOW), ends: None, refresh_ends: None }
}

/// Of one pair of applications, at most one token is neither replaced nor withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_exchanges_leave_one_token_and_a_withdrawal_none() {
    let nodes = Nodes::new();
    for n in 0..64 {
        let oldest = Timestamp::UNIX_EPOCH;
        nodes.stores[0].keep_app_auth_code([n; 32], code(), oldest).await.unwrap();
    }
    let exchanged = nodes
        .all(|store, n| async move {
            let n = u8::try_from(n).unwrap();
            let oldest = Timestamp::UNIX_EPOCH;
            store.exchange_app_auth_code([n; 32], code(), tokens(n), oldest).await.unwrap()
        })
        .await;
    assert_eq!(exchanged, [true; 64]);
    let live = nodes.stores[1].app_authorizations(None, 100).await.unwrap();
    assert_eq!(live.len(), 1);
    // The one that is left is refreshed while it is withdrawn.
    let mut left = 0;
    for n in 0..64 {
        let token = nodes.stores[0].app_auth_token([n; 32]).await.unwrap().unwrap();
        left = if token.revoked_at.is_none() { n } else { left };
    }
    let grant = live[0].clone();
    nodes
        .all(|store, n| {
            let grant = grant.clone();
            async move {
                if n % 4 < 2 {
                    let new = tokens(64 + u8::try_from(n / 2).unwrap());
                    let refresh = [left + 100; 32];
                    store.replace_app_auth_token(refresh, grant, new).await.unwrap()
                } else {
                    store.revoke_app_auth(grant.isv, grant.app, at(NOW)).await.unwrap()
                }
            }
        })
        .await;
    assert_eq!(nodes.stores[0].app_authorizations(None, 100).await, Ok(Vec::new()));
}

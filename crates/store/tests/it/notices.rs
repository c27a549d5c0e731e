//! Notices: with their change or not at all, each in its turn, and never lost.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Assurance, NotifyId, Sealed, State};
use jiff::{SignedDuration, Timestamp};
use store::{Claim, Inserted, NewNotice, NoticeState, Settled, Store};

use crate::folder::{Folder, at, id, record};

const NOW: &str = "2026-11-24T09:00:00Z";

fn name(number: u64) -> NotifyId {
    NotifyId::new(number, [0xcd; 10])
}

fn new(number: u64, receiver: &str) -> NewNotice {
    let address = Sealed::new(vec![9, 9]);
    NewNotice { id: name(number), made_at: at(NOW), address, receiver: receiver.to_owned() }
}

fn claim(now: Timestamp) -> Claim {
    Claim {
        now,
        until: now + SignedDuration::from_secs(30),
        most: 100,
        per_receiver: 10,
        slow: BTreeSet::new(),
        per_slow_receiver: 1,
        most_slow: 2,
        busy: BTreeMap::new(),
        after: String::new(),
    }
}

async fn claimed(store: &Store, claim: Claim) -> Vec<NotifyId> {
    store.claim_notices(claim).await.unwrap().into_iter().map(|notice| notice.id).collect()
}

/// A certification that passes with a notice; `seq` further notices of the same one.
async fn passed(store: &Store, number: u64, notices: &[(u64, &str)]) {
    assert_eq!(store.insert_certification(record(number)).await, Ok(Inserted::New));
    let mut next = record(number).certification;
    for (notice, receiver) in notices {
        let expected = next.version;
        next.state = State::Passed { at: at(NOW), assurance: Assurance::simulated() };
        next.version += 1;
        let notice = Some(new(*notice, receiver));
        assert_eq!(store.transit(transition_with(next.clone(), expected, notice)).await, Ok(true));
    }
}

fn settled(id: NotifyId, tries: i64, state: NoticeState, at: Timestamp) -> Settled {
    let fault = (state != NoticeState::Delivered).then(|| "HTTP 500".to_owned());
    Settled { id, tries, state, at, fault }
}

#[tokio::test]
async fn a_change_and_its_notice_are_stored_together_or_not_at_all() {
    let folder = Folder::new();
    let store = folder.open();
    passed(&store, 1, &[(1, "a")]).await;
    let notice = store.notice(name(1)).await.unwrap().unwrap();
    assert_eq!((notice.certify_id, notice.seq, notice.tries), (id(1), 2, 0));
    assert_eq!((notice.outcome.as_str(), notice.outcome_at), ("passed", at(NOW)));
    assert_eq!(
        notice.outcome_detail.as_deref(),
        Some("simulated face,document,liveness,capture,authority")
    );
    assert_eq!((notice.receiver.as_str(), notice.state), ("a", NoticeState::Pending));
    assert_eq!(notice.address.as_bytes(), [9, 9]);
    assert_eq!(store.notice_of(id(1)).await, Ok(Some(NoticeState::Pending)));

    // Nobody's version: no change, no notice.
    let mut next = record(1).certification;
    next.version = 9;
    assert_eq!(store.transit(transition_with(next, 8, Some(new(2, "a")))).await, Ok(false));
    assert!(store.notice(name(2)).await.unwrap().is_none());

    // A notice that cannot be stored takes its change with it.
    assert_eq!(store.insert_certification(record(2)).await, Ok(Inserted::New));
    let mut next = record(2).certification;
    next.state = State::Expired { at: at(NOW) };
    next.version = 2;
    assert!(store.transit(transition_with(next, 1, Some(new(1, "a")))).await.is_err());
    let stored = store.certification(id(2)).await.unwrap().unwrap();
    assert_eq!(stored.certification.state, State::Created);
}

#[tokio::test]
async fn a_claimed_notice_is_due_again_when_its_claim_ends() {
    let folder = Folder::new();
    let store = folder.open();
    passed(&store, 1, &[(1, "a")]).await;
    assert_eq!(store.next_notice_due().await, Ok(Some(at(NOW))));
    let before = at(NOW) - SignedDuration::from_millis(1);
    assert_eq!(claimed(&store, claim(before)).await, []);
    assert_eq!(claimed(&store, claim(at(NOW))).await, [name(1)]);
    assert_eq!(claimed(&store, claim(at(NOW))).await, []);
    let ends = at(NOW) + SignedDuration::from_secs(30);
    assert_eq!(store.next_notice_due().await, Ok(Some(ends)));
    // After a crash the next process need not wait so long.
    drop(store);
    let store = folder.open();
    assert_eq!(store.release_notices(at(NOW), ends).await, Ok(1));
    assert_eq!(claimed(&store, claim(at(NOW))).await, [name(1)]);
    assert_eq!(claimed(&store, claim(ends)).await, [name(1)]);
}

#[tokio::test]
async fn notices_of_one_certification_go_in_order() {
    let folder = Folder::new();
    let store = folder.open();
    // The names are no order: the versions are.
    passed(&store, 1, &[(3, "a"), (2, "b"), (1, "a")]).await;
    for expected in [name(3), name(2), name(1)] {
        assert_eq!(claimed(&store, claim(at(NOW))).await, [expected]);
        assert_eq!(claimed(&store, claim(at(NOW))).await, []);
        let done = settled(expected, 0, NoticeState::Delivered, at(NOW));
        assert_eq!(store.settle_notice(done).await, Ok(true));
    }
    assert_eq!(store.next_notice_due().await, Ok(None));
}

#[tokio::test]
async fn receivers_share_what_there_is_and_a_slow_one_gets_little() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 0..30 {
        let receiver = ["a", "b", "c"][usize::try_from(number % 3).unwrap()];
        passed(&store, number, &[(number, receiver)]).await;
    }
    let count = |ids: &[NotifyId], rest: u64| {
        ids.iter().filter(|id| (0..30).any(|n| n % 3 == rest && name(n) == **id)).count()
    };
    let mut some = claim(at(NOW));
    some.per_receiver = 4;
    some.slow = BTreeSet::from(["b".to_owned()]);
    some.busy = BTreeMap::from([("a".to_owned(), BTreeSet::from([name(0)]))]);
    let first = claimed(&store, some.clone()).await;
    assert_eq!([count(&first, 0), count(&first, 1), count(&first, 2)], [3, 1, 4]);
    assert!(!first.contains(&name(0)), "it is being tried");
    // Those behind the one served last come first.
    some.busy = BTreeMap::new();
    (some.most, some.after) = (5, "b".to_owned());
    let second = claimed(&store, some).await;
    assert_eq!([count(&second, 0), count(&second, 1), count(&second, 2)], [1, 0, 4]);
}

#[tokio::test]
async fn what_came_of_a_try_is_stored_once_and_redelivery_begins_anew() {
    let folder = Folder::new();
    let store = folder.open();
    passed(&store, 1, &[(1, "a")]).await;
    let later = at(NOW) + SignedDuration::from_mins(4);
    let failed = settled(name(1), 0, NoticeState::Pending, later);
    assert_eq!(store.settle_notice(failed.clone()).await, Ok(true));
    assert_eq!(store.settle_notice(failed).await, Ok(false));
    let notice = store.notice(name(1)).await.unwrap().unwrap();
    assert_eq!((notice.tries, notice.due_at, notice.settled_at), (1, later, None));
    assert_eq!(notice.fault.as_deref(), Some("HTTP 500"));
    assert_eq!(store.redeliver_notice(name(1), at(NOW)).await, Ok(false), "it is pending");

    let dead = settled(name(1), 1, NoticeState::Dead, later);
    assert_eq!(store.settle_notice(dead).await, Ok(true));
    assert_eq!(claimed(&store, claim(later + SignedDuration::from_hours(99))).await, []);
    let listed = store.notices(NoticeState::Dead, 10).await.unwrap();
    assert_eq!(listed.iter().map(|notice| notice.tries).collect::<Vec<_>>(), [2]);
    assert_eq!(store.redeliver_notice(name(1), later).await, Ok(true));
    assert_eq!(store.redeliver_notice(name(2), later).await, Ok(false));
    let notice = store.notice(name(1)).await.unwrap().unwrap();
    assert_eq!((notice.tries, notice.settled_at, notice.fault), (0, None, None));
    assert_eq!(claimed(&store, claim(later)).await, [name(1)]);
}

#[tokio::test]
async fn old_notices_are_forgotten_and_pending_ones_kept() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=3 {
        passed(&store, number, &[(number, "a")]).await;
    }
    let done = settled(name(1), 0, NoticeState::Delivered, at(NOW));
    assert_eq!(store.settle_notice(done).await, Ok(true));
    let done = settled(name(3), 0, NoticeState::Dead, at(NOW));
    assert_eq!(store.settle_notice(done).await, Ok(true));
    let before = Timestamp::from_millisecond(3).unwrap();
    assert_eq!(store.forget_notices(before).await, Ok(1));
    assert!(store.notice(name(1)).await.unwrap().is_none());
    assert!(store.notice(name(2)).await.unwrap().is_some());
    assert!(store.notice(name(3)).await.unwrap().is_some());
}

#[tokio::test]
async fn unfinished_certifications_are_found_along_their_ids() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=5 {
        assert_eq!(store.insert_certification(record(number)).await, Ok(Inserted::New));
    }
    let mut next = record(2).certification;
    (next.state, next.version) = (State::Expired { at: at(NOW) }, 2);
    assert_eq!(store.transit(transition_with(next, 1, None)).await, Ok(true));
    let scanned = store.scan_certifications(id(1), id(5), 3).await.unwrap();
    assert_eq!((scanned.unfinished, scanned.last), (vec![id(1), id(3)], Some(id(3))));
    let scanned = store.scan_certifications(id(4), id(5), 3).await.unwrap();
    assert_eq!((scanned.unfinished, scanned.last), (vec![id(4)], Some(id(4))));
    let scanned = store.scan_certifications(id(5), id(5), 3).await.unwrap();
    assert_eq!((scanned.unfinished, scanned.last), (vec![], None));
}

fn transition_with(
    next: domain::Certification,
    expected: i64,
    notice: Option<store::NewNotice>,
) -> store::Transition {
    let event = store::NewEvent {
        at: crate::folder::at("2026-11-24T09:00:00Z"),
        kind: next.state.name(),
        detail: None,
    };
    store::Transition { next, expected, event, ended: None, notice }
}

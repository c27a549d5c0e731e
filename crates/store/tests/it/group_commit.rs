//! Many writers, one commit: nobody harms another, and answered means stored.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};

use store::{Inserted, Store, StoreError};

use crate::folder::{Folder, id, record, record_of};

const CALLERS: u64 = 64;
const EACH: u64 = 50;

async fn insert_fifty(store: Arc<Store>, caller: u64) {
    for n in 0..EACH {
        let record = record(caller * EACH + n);
        assert_eq!(store.insert_certification(record).await, Ok(Inserted::New));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_64_callers_were_told_is_stored_is_there_after_reopening() {
    let folder = Folder::new();
    let store = Arc::new(folder.open());
    let tasks: Vec<_> =
        (0..CALLERS).map(|caller| tokio::spawn(insert_fifty(Arc::clone(&store), caller))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(Arc::into_inner(store).unwrap());
    let store = folder.open();
    let mut orders = BTreeSet::new();
    for number in 0..CALLERS * EACH {
        let found = store.certification(id(number)).await.unwrap().unwrap();
        assert_eq!(found, record(number));
        orders.insert(found.certification.order_no);
    }
    assert_eq!(orders.len() as u64, CALLERS * EACH);
}

#[tokio::test]
async fn a_unit_that_fails_inside_a_group_takes_nothing_with_it() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.insert_certification(record(1)).await, Ok(Inserted::New));
    // On this one thread all are queued before the first is answered, so they share commits. Every
    // third wants the id that is taken, every third repeats an order number.
    let units = (10..70_u64).map(|n| match n % 3 {
        0 => record_of("a", n, &format!("good{n}")),
        1 => record_of("a", 1, &format!("clash{n}")),
        _ => record_of(crate::folder::OWNER, n, "order1"),
    });
    let waiting: Vec<_> = units.map(|unit| store.insert_certification(unit)).collect();
    let answers = Started::all(waiting).await.finish().await;
    for (answer, n) in answers.into_iter().zip(10..70_u64) {
        let stored = store.certification(id(n)).await.unwrap().is_some();
        match n % 3 {
            0 => assert!(matches!(answer, Ok(Inserted::New)) && stored),
            1 => assert!(matches!(answer, Err(StoreError::Unavailable(_))) && !stored),
            _ => assert!(matches!(answer, Ok(Inserted::Existing(_))) && !stored),
        }
    }
    assert_eq!(store.certification(id(1)).await, Ok(Some(record(1))));
}

/// Futures of which some are done.
struct Started<F: Future> {
    futures: Vec<std::pin::Pin<Box<F>>>,
    answers: Vec<Option<F::Output>>,
}

impl<F: Future<Output: Unpin>> Started<F> {
    /// Polls each once, which puts its write into the queue.
    async fn all(futures: Vec<F>) -> Self {
        let answers = futures.iter().map(|_| None).collect();
        let mut started = Self { futures: futures.into_iter().map(Box::pin).collect(), answers };
        std::future::poll_fn(|context| {
            started.poll(context);
            Poll::Ready(())
        })
        .await;
        started
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        for (future, answer) in self.futures.iter_mut().zip(&mut self.answers) {
            if answer.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *answer = Some(value);
            }
        }
    }

    async fn finish(mut self) -> Vec<F::Output> {
        std::future::poll_fn(|context| {
            self.poll(context);
            let done = self.answers.iter().all(Option::is_some);
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.answers.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn more_writes_than_may_wait_are_refused_at_once_and_the_rest_is_stored() {
    let folder = Folder::with_file();
    let store = folder.open();
    // While another process holds the write lock, the queue fills.
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting: Vec<_> = (0..9000_u64).map(|n| store.insert_certification(record(n))).collect();
    let started = Started::all(waiting).await;
    other.execute_batch("COMMIT").unwrap();
    let (mut stored, mut busy) = (0, 0);
    for answer in started.finish().await {
        match answer {
            Ok(Inserted::New) => stored += 1,
            Err(StoreError::Busy(_)) => busy += 1,
            other => assert!(other.is_err(), "{other:?}"),
        }
    }
    assert_eq!(stored + busy, 9000);
    assert!((4096..=4352).contains(&stored), "{stored} stored, {busy} refused");
}

#[tokio::test]
async fn a_write_whose_caller_left_is_done_all_the_same() {
    let folder = Folder::new();
    let store = folder.open();
    // Once started it is queued; then nobody waits for it any more.
    drop(Started::all(vec![store.insert_certification(record(1))]).await);
    drop(store);
    assert_eq!(folder.open().certification(id(1)).await, Ok(Some(record(1))));
}

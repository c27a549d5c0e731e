//! SQLite's one writer: whoever waits while a commit runs shares the next commit.
//!
//! A lone write commits at once; under load a group forms by itself, and a large one waits a moment
//! for more: pages and flush then serve twice as many. Each unit runs in its own savepoint, so one
//! that fails takes nothing with it but itself.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::audit::Ends;
use crate::work::{Work, run_now};
use crate::{Conn, StoreError};

/// Units in one commit. Larger groups gain nothing and delay the first of them.
const GROUP: usize = 256;
/// So many units at once come from a machine that is busy, and more are on their way.
const BUSY: usize = 8;
/// How long such a group waits for more; little beside what its callers wait for already.
const GATHERING: Duration = Duration::from_millis(1);
/// Units that may wait. Beyond it callers are told at once instead of queueing for seconds.
const WAITING: usize = 4096;

/// Answers one caller, once the group's fate is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs one unit, or learns why it cannot run, and gives the answer to hold back until the commit.
type Job = Box<dyn FnOnce(Result<Group<'_>, StoreError>) -> Answer + Send>;

/// The transaction that several units share.
struct Group<'g> {
    connection: &'g mut Connection,
    ends: &'g mut Ends,
}

#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(mut connection: Connection) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(&mut connection, jobs))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a unit and waits for the commit that holds it.
    pub(crate) async fn submit<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let gone = || StoreError::Unavailable("the writer has stopped".into());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.try_send(job(work, sender)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy("too many writes are waiting"),
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        receiver.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue lets the thread finish what it has accepted and end.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn job<W: Work>(mut work: W, sender: oneshot::Sender<Result<W::Output, StoreError>>) -> Job {
    Box::new(move |group| {
        let result = group.and_then(|group| in_savepoint(group, &mut work));
        Box::new(move |committed| {
            // A caller that stopped waiting is not an error: its unit is committed all the same.
            let _ = sender.send(committed.and(result));
        })
    })
}

fn in_savepoint<W: Work>(group: Group<'_>, work: &mut W) -> Result<W::Output, StoreError> {
    let Group { connection, ends } = group;
    execute(connection, "SAVEPOINT unit")?;
    let before = ends.clone();
    let result = run_now(work, Conn::in_group(connection, ends));
    if result.is_err() {
        *ends = before;
        // A full disk or a failing one makes SQLite roll back the whole group by itself. Going on
        // would begin a transaction of its own for each further unit.
        if connection.is_autocommit() {
            return result;
        }
        execute(connection, "ROLLBACK TO unit")?;
    }
    execute(connection, "RELEASE unit")?;
    result
}

fn execute(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

fn rolled_back() -> StoreError {
    StoreError::Unavailable("the group was rolled back".into())
}

fn serve(connection: &mut Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
        gather(&mut group, &mut jobs);
        let mut ends = Ends::default();
        let begun = execute(connection, "BEGIN IMMEDIATE");
        let answers: Vec<Answer> = group
            .drain(..)
            .map(|job| match &begun {
                Ok(()) if connection.is_autocommit() => job(Err(rolled_back())),
                Ok(()) => job(Ok(Group { connection: &mut *connection, ends: &mut ends })),
                Err(error) => job(Err(error.clone())),
            })
            .collect();
        let committed = begun.and_then(|()| commit(connection, ends));
        if let Err(error) = &committed {
            tracing::error!(%error, units = answers.len(), "commit failed");
            // Nothing to roll back if the transaction never began; the next BEGIN tells.
            let _ = execute(connection, "ROLLBACK");
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}

fn gather(group: &mut Vec<Job>, jobs: &mut mpsc::Receiver<Job>) {
    if !(BUSY..GROUP).contains(&group.len()) {
        return;
    }
    std::thread::sleep(GATHERING);
    while group.len() < GROUP {
        let Ok(job) = jobs.try_recv() else { return };
        group.push(job);
    }
}

/// The ends of the audit's chains are moved once for all units.
fn commit(connection: &mut Connection, ends: Ends) -> Result<(), StoreError> {
    if !ends.are_empty() && !connection.is_autocommit() {
        run_now(&mut { ends }, Conn::sqlite(connection))?;
    }
    execute(connection, "COMMIT")
}

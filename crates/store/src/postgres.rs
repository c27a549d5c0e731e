//! PostgreSQL: other nodes may work on the same database.
//!
//! All connections live on one thread with a runtime of its own, so that a store can be opened and
//! dropped from anywhere. Each write is a transaction of its own on one of a few connections;
//! waiting commits of several connections share a flush there, as the writer's group does on
//! SQLite.

mod address;
mod aside;
mod fault;
mod migrate;
mod pool;
mod session;
mod tls;

use tokio::sync::{mpsc, oneshot};

pub use address::Address;
pub(crate) use aside::{Empty, PutAside, TakeBack};
pub(crate) use pool::Pool;
pub(crate) use session::Session;

use crate::work::Work;
use crate::{Migrated, StoreError};
use pool::{Job, Kind};

/// Writes or reads that may wait. Beyond it callers are told at once.
const WAITING: usize = 4096;
/// Connections that write. Each holds its transaction for a few exchanges and a flush.
const WRITERS: usize = 8;
/// Connections that read.
const READERS: usize = 4;

/// The thread and the ways to it.
#[derive(Debug)]
pub(crate) struct Postgres {
    writes: Option<mpsc::Sender<Job>>,
    reads: Option<mpsc::Sender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Postgres {
    /// Connects, brings the tables up to date, and waits until that is done.
    pub(crate) fn open(address: &Address) -> Result<(Self, Migrated), StoreError> {
        let pool = Pool::new(address)?;
        let (writes, writing) = mpsc::channel(WAITING);
        let (reads, reading) = mpsc::channel(WAITING);
        let (opened, outcome) = std::sync::mpsc::sync_channel(1);
        let failed = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = async move {
            let result = migrate::run(&pool).await;
            let works = result.is_ok();
            if opened.send(result).is_ok() && works {
                tokio::join!(
                    pool::serve(&pool, Kind::Write, writing, WRITERS),
                    pool::serve(&pool, Kind::Read, reading, READERS)
                );
            }
        };
        let thread = std::thread::Builder::new()
            .name("store-postgres".into())
            .spawn(move || runtime.block_on(work))
            .map_err(failed)?;
        let postgres = Self { writes: Some(writes), reads: Some(reads), thread: Some(thread) };
        let migrated = outcome.recv().map_err(|_| gone())??;
        Ok((postgres, migrated))
    }

    /// Queues a unit and waits for its commit.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        submit(self.writes.as_ref(), work, "too many writes are waiting").await
    }

    /// Queues a unit of one statement that changes nothing.
    pub(crate) async fn read<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        submit(self.reads.as_ref(), work, "too many reads are waiting").await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Closing the queues lets the thread finish what it has accepted and end.
        (self.writes, self.reads) = (None, None);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn submit<W: Work>(
    queue: Option<&mpsc::Sender<Job>>,
    work: W,
    full: &'static str,
) -> Result<W::Output, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let queue = queue.ok_or_else(gone)?;
    queue.try_send(pool::job(work, sender)).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => StoreError::Busy(full),
        mpsc::error::TrySendError::Closed(_) => gone(),
    })?;
    receiver.await.map_err(|_| gone())?
}

fn gone() -> StoreError {
    StoreError::Unavailable("the connections to the database have ended".into())
}

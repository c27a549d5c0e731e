//! Reads, on connections of their own, so that they never wait for a commit.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::work::{Work, run_now};
use crate::{Conn, StoreError, sqlite};

/// Reader threads. A read takes microseconds from the page cache; two hide one that waits for
/// the disk.
const THREADS: usize = 2;
/// Reads that may wait.
const WAITING: usize = 4096;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Debug)]
pub(crate) struct Readers {
    queue: Option<mpsc::Sender<Job>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(file: &Path) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel::<Job>(WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut threads = Vec::with_capacity(THREADS);
        for _ in 0..THREADS {
            let mut connection = sqlite::open(Some(file))?;
            connection.execute_batch("PRAGMA query_only = ON")?;
            let jobs = Arc::clone(&jobs);
            let thread = std::thread::Builder::new()
                .name("store-reader".into())
                .spawn(move || serve(&mut connection, &jobs))
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            threads.push(thread);
        }
        Ok(Self { queue: Some(queue), threads })
    }

    pub(crate) async fn submit<W: Work>(&self, mut work: W) -> Result<W::Output, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = sender.send(run_now(&mut work, Conn::sqlite(connection)));
        });
        let gone = || StoreError::Unavailable("the readers have stopped".into());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy("too many reads are waiting"),
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        receiver.await.map_err(|_| gone())?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        // Whoever closes the file last tidies up beside it: by then nobody may have opened another
        // of the same name.
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &mut Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        match next {
            Some(job) => job(connection),
            None => return,
        }
    }
}

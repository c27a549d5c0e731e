//! Connections, and units of work on them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::fault::Fault;
use super::{Address, Session, tls};
use crate::work::Work;
use crate::{Conn, StoreError};

/// How often a unit is done again when the database gave way to another node, or was lost before
/// anything could have been committed.
const TRIES: u32 = 6;
/// The longest a unit may take. The server's own limit is shorter; this one is for a lost server.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a unit changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;
/// A unit and whom to tell what came of it.
pub(super) type Job = Box<dyn FnOnce(Arc<Pool>, Kind) -> Running + Send>;

/// Connections that are idle; how many there may be is decided by who takes them.
#[derive(Debug)]
pub(crate) struct Pool {
    address: Address,
    tls: tls::Connector,
    idle: Mutex<Vec<Session>>,
}

impl Pool {
    pub(crate) fn new(address: &Address) -> Result<Arc<Self>, StoreError> {
        let tls = tls::Connector::new(address)?;
        Ok(Arc::new(Self { address: address.clone(), tls, idle: Mutex::default() }))
    }

    /// An idle connection, or a new one.
    pub(crate) async fn take(&self) -> Result<Session, StoreError> {
        while let Some(session) = self.idle().pop() {
            if !session.is_closed() {
                return Ok(session);
            }
        }
        Session::open(&self.address, &self.tls).await
    }

    pub(super) fn give_back(&self, session: Session) {
        if !session.is_closed() {
            self.idle().push(session);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a unit, again where that is safe and of use.
    async fn run<W: Work>(&self, work: &mut W, kind: Kind) -> Result<W::Output, StoreError> {
        let mut tries = 1;
        loop {
            match self.attempt(work, kind).await {
                Err(Fault { again: true, .. }) if tries < TRIES => tries += 1,
                result => return result.map_err(|fault| fault.error),
            }
        }
    }

    async fn attempt<W: Work>(&self, work: &mut W, kind: Kind) -> Result<W::Output, Fault> {
        let session = self.take().await.map_err(|error| {
            tracing::warn!(%error, "no connection to the database");
            Fault::last(StoreError::Busy("the database cannot be reached"))
        })?;
        let unit = async {
            match kind {
                Kind::Write => in_transaction(&session, work).await,
                Kind::Read => done(&session, work).await,
            }
        };
        let slow = StoreError::Busy("the database does not answer in time");
        // Dropping the connection ends its transaction.
        let result = tokio::time::timeout(PATIENCE, unit).await.map_err(|_| Fault::last(slow))?;
        self.give_back(session);
        result
    }
}

async fn in_transaction<W: Work>(session: &Session, work: &mut W) -> Result<W::Output, Fault> {
    // Sent together with the first statement: what is sent arrives in this order.
    let (begun, result) = tokio::join!(session.command("BEGIN READ WRITE"), done(session, work));
    if let Err(fault) = begun {
        session.abandon();
        return Err(fault);
    }
    match result {
        Ok(output) => {
            // Lost here, nobody knows whether it was committed: it is not done again.
            session.command("COMMIT").await.map_err(Fault::of_commit)?;
            Ok(output)
        }
        Err(fault) => {
            if session.command("ROLLBACK").await.is_err() {
                session.abandon();
            }
            Err(fault)
        }
    }
}

/// What a unit says, unless a statement of it has failed: then that, whatever it made of it.
async fn done<W: Work>(session: &Session, work: &mut W) -> Result<W::Output, Fault> {
    let result = work.run(&mut Conn::postgres(session)).await;
    match session.fault() {
        Some(fault) => Err(fault),
        None => result.map_err(Fault::last),
    }
}

pub(super) fn job<W: Work>(
    mut work: W,
    sender: oneshot::Sender<Result<W::Output, StoreError>>,
) -> Job {
    Box::new(move |pool, kind| {
        Box::pin(async move {
            // A caller that stopped waiting is not an error: its unit is done all the same.
            let _ = sender.send(pool.run(&mut work, kind).await);
        })
    })
}

/// Starts what comes, at most so many at once, and ends when all that came is done.
pub(super) async fn serve(
    pool: &Arc<Pool>,
    kind: Kind,
    mut jobs: mpsc::Receiver<Job>,
    at_once: usize,
) {
    let places = Arc::new(Semaphore::new(at_once));
    while let Some(job) = jobs.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let running = job(Arc::clone(pool), kind);
        tokio::spawn(async move {
            running.await;
            drop(place);
        });
    }
    let all = u32::try_from(at_once).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

//! Where certifications and sessions are kept: the only room with SQL.
//!
//! It keeps what it is given and decides nothing. Personal data reaches it as ciphertext only.
//! Statements are written once, in the subset of SQL that SQLite and PostgreSQL share, with `$1`
//! parameters; `conn` is the only place that knows which engine runs them.
//!
//! A write is answered after its commit has reached the disk: on SQLite (WAL, `synchronous=FULL`)
//! writes that wait while one commit runs share the next one (`writer`); on PostgreSQL
//! (`synchronous_commit`) each is a transaction, and other nodes may write beside it (`postgres`).
//! What has to be decided once is therefore decided by one statement, or behind `Conn::hold`.

#![forbid(unsafe_code)]

mod audit;
mod authorizations;
mod backup;
mod certifications;
mod conn;
mod data_keys;
mod devices;
mod erasures;
mod error;
mod events;
mod evidence;
#[cfg(feature = "faults")]
mod faults;
mod generations;
mod location;
mod migrate;
mod moving;
mod nonces;
mod notices;
mod postgres;
mod reader;
mod reviews;
mod root_keys;
mod sessions;
mod settings;
mod snapshot;
mod sqlite;
mod tables;
mod test_outcomes;
mod timings;
mod upstream_orders;
mod usage;
mod visits;
mod work;
mod writer;

pub use audit::{
    AUDIT_BEGINNING, AuditEntry, AuditHead, AuditLink, AuditRecord, AuditRow, AuditSeal,
    NewAuditEntry,
};
pub use authorizations::{AppAuthCode, AppAuthGrant, NewAppAuthTokens};
pub use backup::Copied;
pub use certifications::{CertificationRecord, Ended, Inserted, Scanned, Transition};
pub use erasures::Erasure;
pub use error::StoreError;
pub use events::{Event, NewEvent};
pub use evidence::{Exhibit, NewPicture};
#[cfg(feature = "faults")]
pub use faults::{Fault, Faults, Unit};
pub use generations::{SealedIn, SealedRow};
pub use location::Location;
pub use migrate::Migrated;
pub use moving::{MoveError, Moving};
pub use notices::{Claim, NewNotice, Notice, NoticeState, Settled};
pub use postgres::Address as PostgresAddress;
pub use reviews::{Decision, Review};
pub use root_keys::{RootKey, RootPurpose};
pub use sessions::{NewUser, Session, User};
pub use tables::tables;
pub use timings::{Timed, Timings};
pub use upstream_orders::{UpstreamClaim, UpstreamClaimed, UpstreamOrderKey, UpstreamSettled};
pub use usage::{StoreUsage, UnitsOfWork};
pub use visits::{Beside, Consent, Handover, OpenChallenge, Visit};

use std::path::Path;
use std::sync::Arc;

use audit::{Outcome, Recorded};
use conn::Conn;
use postgres::Postgres;
use reader::Readers;
use work::Work;
use writer::Writer;

/// The open store. Cheap to clone; dropping the last one finishes the writes accepted.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Arc<Backend>,
    location: Location,
    migrated: Migrated,
    /// What is stored with whatever is written.
    record: Option<AuditRecord>,
    counts: Arc<usage::Counts>,
    #[cfg(feature = "faults")]
    faults: Option<Arc<dyn Faults>>,
}

#[derive(Debug)]
enum Backend {
    Sqlite {
        writer: Writer,
        /// None for a database in memory, which only its one connection can see.
        readers: Option<Readers>,
    },
    Postgres(Postgres),
}

impl Store {
    /// Opens `url` (`sqlite://path/to/file`, `sqlite::memory:` or
    /// `postgres://user:password@host/database`), creating the file and bringing its tables up to
    /// date. Returns when that is done.
    ///
    /// # Errors
    /// [`StoreError::Url`] for another kind of address, [`StoreError::Newer`] for a database a
    /// later version has migrated, and whatever the file system or the server says.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        let (backend, migrated) = match &location {
            Location::Memory => Backend::sqlite(None)?,
            Location::File(path) => Backend::sqlite(Some(path))?,
            Location::Postgres(address) => {
                let (postgres, migrated) = Postgres::open(address)?;
                (Backend::Postgres(postgres), migrated)
            }
        };
        Ok(Self {
            backend: Arc::new(backend),
            location,
            migrated,
            record: None,
            counts: Arc::default(),
            #[cfg(feature = "faults")]
            faults: None,
        })
    }

    /// What opening it has made of the database.
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// Other nodes may work on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(*self.backend, Backend::Postgres(_))
    }

    async fn write<W: Work>(&self, work: W) -> Result<W::Output, StoreError>
    where
        W::Output: Outcome,
    {
        #[cfg(feature = "faults")]
        let lost = faults::before(self.faults.as_deref(), Unit::Write).await?;
        let (units, kind) = (&self.counts.writes, (self.backend.name(), "write"));
        let result = match self.record.clone() {
            None => units.counted::<W, _>(kind, self.backend.write(work)).await,
            Some(record) => {
                let recorded = self.backend.write(Recorded { work, record });
                units.counted::<W, _>(kind, recorded).await
            }
        };
        #[cfg(feature = "faults")]
        let result = faults::after(lost, result);
        result
    }

    async fn read<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        #[cfg(feature = "faults")]
        let lost = faults::before(self.faults.as_deref(), Unit::Read).await?;
        let kind = (self.backend.name(), "read");
        let result = self.counts.reads.counted::<W, _>(kind, self.backend.read(work)).await;
        #[cfg(feature = "faults")]
        let result = faults::after(lost, result);
        result
    }
}

impl Backend {
    /// As OpenTelemetry calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    async fn write<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => writer.submit(work).await,
            Self::Postgres(postgres) => postgres.write(work).await,
        }
    }

    async fn read<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        match self {
            Self::Sqlite { readers: Some(readers), .. } => readers.submit(work).await,
            Self::Sqlite { writer, readers: None } => writer.submit(work).await,
            Self::Postgres(postgres) => postgres.read(work).await,
        }
    }

    fn sqlite(file: Option<&Path>) -> Result<(Self, Migrated), StoreError> {
        let mut connection = sqlite::open(file)?;
        let migrated = migrate::run(&mut connection)?;
        let readers = file.map(Readers::start).transpose()?;
        Ok((Self::Sqlite { writer: Writer::start(connection)?, readers }, migrated))
    }
}

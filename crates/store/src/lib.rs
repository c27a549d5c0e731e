//! Where certifications and sessions are kept: the only room with SQL.
//!
//! It keeps what it is given and decides nothing. Personal data reaches it as ciphertext only.
//! Statements are written once, in the subset of SQL that SQLite and PostgreSQL share, with `$1`
//! parameters; `conn` is the only place that knows which engine runs them.
//!
//! A write is answered after its commit has reached the disk (WAL, `synchronous=FULL`). Writes
//! that wait while one commit runs share the next one (`writer`).

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
mod migrate;
mod nonces;
mod notices;
mod reader;
mod reviews;
mod sessions;
mod settings;
mod snapshot;
mod sqlite;
mod test_outcomes;
mod upstream_orders;
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
pub use notices::{Claim, NewNotice, Notice, NoticeState, Settled};
pub use reviews::{Decision, Review};
pub use sessions::{NewUser, Session, User};
pub use sqlite::Location;
pub use upstream_orders::{UpstreamClaim, UpstreamClaimed, UpstreamOrderKey, UpstreamSettled};
pub use visits::{Beside, Consent, Handover, OpenChallenge, Visit};

use std::sync::Arc;

use audit::{Outcome, Recorded};
use conn::Conn;
use reader::Readers;
use work::Work;
use writer::Writer;

/// The open store. Cheap to clone; dropping the last one finishes the writes accepted.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Arc<Writer>,
    /// None for a database in memory, which only its one connection can see.
    readers: Option<Arc<Readers>>,
    location: Location,
    /// What is stored with whatever is written.
    record: Option<AuditRecord>,
}

impl Store {
    /// Opens `url` (`sqlite://path/to/file` or `sqlite::memory:`), creating the file and bringing
    /// its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Url`] for another kind of address, [`StoreError::Newer`] for a database a
    /// later version has migrated, and whatever the file system says.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        let mut connection = location.open()?;
        migrate::run(&mut connection)?;
        let readers = match location {
            Location::Memory => None,
            Location::File(_) => Some(Arc::new(Readers::start(&location)?)),
        };
        let writer = Arc::new(Writer::start(connection)?);
        Ok(Self { writer, readers, location, record: None })
    }

    async fn write<W: Work>(&self, work: W) -> Result<W::Output, StoreError>
    where
        W::Output: Outcome,
    {
        match self.record.clone() {
            None => self.writer.submit(work).await,
            Some(record) => self.writer.submit(Recorded { work, record }).await,
        }
    }

    async fn read<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        match &self.readers {
            Some(readers) => readers.submit(work).await,
            None => self.writer.submit(work).await,
        }
    }
}

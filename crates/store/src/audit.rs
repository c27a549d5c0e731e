//! Who did what: rows that are added with what they tell of, in the same unit of work, and never
//! changed. Each holds the hash of the one before it. The hash is keyed, and the key is not here.

mod append;
mod ends;
mod read;

use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use append::{Outcome, Recorded};
pub(crate) use ends::Ends;

use crate::{Store, StoreError};

/// What the first row of a chain has in the place of a hash before it.
pub const AUDIT_BEGINNING: [u8; 32] = [0; 32];

/// Hashes rows of the audit, with a key.
pub trait AuditSeal: std::fmt::Debug + Send + Sync {
    /// The hash of a row: over every one of its fields.
    fn hash(&self, link: &AuditLink<'_>) -> [u8; 32];
}

/// Everything a row's hash is over.
#[derive(Debug, Clone, Copy)]
pub struct AuditLink<'a> {
    /// Which chain.
    pub chain: &'a str,
    /// Its place there.
    pub seq: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// Who.
    pub who: &'a str,
    /// Did what.
    pub action: &'a str,
    /// To what.
    pub object: &'a str,
    /// More about it.
    pub detail: Option<&'a str>,
    /// The hash of the row before.
    pub prev_hash: &'a [u8],
}

/// Something that is done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub who: String,
    /// What.
    pub action: &'static str,
    /// To what: an id.
    pub object: String,
    /// More about it. Nothing personal.
    pub detail: Option<String>,
}

/// Entries for a chain, to be stored with what they tell of.
#[derive(Debug, Clone)]
pub struct AuditRecord {
    /// Which chain; on PostgreSQL the first part of its name, the connection adds the rest.
    pub chain: Arc<str>,
    /// Hashes its rows.
    pub seal: Arc<dyn AuditSeal>,
    /// What is done. Of a unit that does several things, one entry each, in their order.
    pub entries: Vec<NewAuditEntry>,
}

/// A row as it is found. Nothing of it is to be believed before its hash was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the chain.
    pub seq: i64,
    /// The rest; or the column that cannot be what we wrote.
    pub entry: Result<AuditEntry, &'static str>,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in milliseconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub object: String,
    /// More about it.
    pub detail: Option<String>,
    /// The hash of the row before.
    pub prev_hash: Vec<u8>,
    /// The hash of this one.
    pub hash: Vec<u8>,
}

/// The last row of a chain, at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Which chain.
    pub chain: String,
    /// Its place there.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl Store {
    /// This store, recording: whatever is written through it is stored together with `record`, if
    /// it changes anything.
    #[must_use]
    pub fn recording(&self, record: AuditRecord) -> Self {
        Self { record: Some(record), ..self.clone() }
    }

    /// Stores entries about what changes nothing here.
    pub async fn record(&self, record: AuditRecord) -> Result<(), StoreError> {
        self.recording(record).write(append::Nothing).await
    }

    /// The rows of a chain from `from` on, at most `most`.
    pub async fn audit_rows(
        &self,
        chain: &str,
        from: i64,
        most: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.read(read::Rows { chain: chain.to_owned(), from, most }).await
    }

    /// The last row of every chain, as noted when it was added.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, StoreError> {
        self.read(read::Heads).await
    }

    /// The names of all chains that have rows.
    pub async fn audit_chains(&self) -> Result<Vec<String>, StoreError> {
        self.read(read::Chains).await
    }
}

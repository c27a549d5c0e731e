//! A copy of the database as of one instant, while it is used, and what is in it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{AuditHead, Store, StoreError};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Number of its last migration.
    pub schema: i64,
    /// How many certifications.
    pub certifications: i64,
    /// The ends of its audit's chains.
    pub audit_heads: Vec<AuditHead>,
}

impl Store {
    /// Writes a copy to `path` and tells what is in it: read from the copy, for the database goes
    /// on meanwhile.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub async fn back_up(&self, path: &Path) -> Result<Copied, StoreError> {
        self.snapshot(path).await?;
        let path = path.to_owned();
        let stopped = |_| StoreError::Unavailable("the copy was interrupted".into());
        tokio::task::spawn_blocking(move || copied(&path)).await.map_err(stopped)?
    }
}

/// Read only: opening it as a store would write to it.
fn copied(path: &Path) -> Result<Copied, StoreError> {
    let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let number = |sql| copy.query_row(sql, [], |row| row.get::<_, i64>(0));
    let mut heads = copy.prepare("SELECT chain, seq, hash FROM audit_heads ORDER BY chain")?;
    let heads = heads.query_map([], |row| {
        Ok(AuditHead { chain: row.get(0)?, seq: row.get(1)?, hash: row.get(2)? })
    })?;
    Ok(Copied {
        schema: number("SELECT MAX(version) FROM schema_migrations")?,
        certifications: number("SELECT COUNT(*) FROM certifications")?,
        audit_heads: heads.collect::<Result<_, _>>()?,
    })
}

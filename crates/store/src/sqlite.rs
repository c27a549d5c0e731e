//! Opening SQLite the way durability needs it.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;

use crate::StoreError;

/// How long to wait for another process that holds the write lock, e.g. a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared on each connection; more than we have.
const STATEMENTS: usize = 64;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this process only, gone with it.
    Memory,
    /// In a file.
    File(PathBuf),
}

impl Location {
    /// Reads a `store.url`.
    ///
    /// # Errors
    /// [`StoreError::Url`] for anything but SQLite.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if url == "sqlite::memory:" || url == "sqlite://:memory:" {
            return Ok(Self::Memory);
        }
        match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Some("") => Err(StoreError::Url("the path is empty")),
            Some(path) => Ok(Self::File(PathBuf::from(path))),
            None => Err(StoreError::Url("other databases are not supported yet")),
        }
    }

    pub(crate) fn open(&self) -> Result<Connection, StoreError> {
        let connection = match self {
            Self::Memory => Connection::open_in_memory()?,
            Self::File(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                if let Some(folder) = folder {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                }
                Connection::open(path)?
            }
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch(
            // What is deleted is overwritten: a destroyed key must not lie in a free page.
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA secure_delete = ON;",
        )?;
        Ok(connection)
    }
}

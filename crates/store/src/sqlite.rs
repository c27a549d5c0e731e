//! Opening SQLite the way durability needs it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::StoreError;

/// How long to wait for another process that holds the write lock, e.g. a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait where SQLite does not.
const PAUSE: Duration = Duration::from_millis(5);
/// Statements kept prepared on each connection; more than we have.
const STATEMENTS: usize = 64;

/// The database file; none: in memory.
pub(crate) fn open(file: Option<&Path>) -> Result<Connection, StoreError> {
    let connection = match file {
        None => Connection::open_in_memory()?,
        Some(path) => {
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
    // Else SQLite plans a statement anew whenever a key it looks for changes, in the hope of
    // statistics, which we do not keep: more work than the search itself.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    into_wal(&connection)?;
    connection.execute_batch(
        // What is deleted is overwritten: a destroyed key must not lie in a free page.
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
    )?;
    Ok(connection)
}

/// Whoever opens a new file together with others may meet them here, where SQLite does not wait by
/// itself.
fn into_wal(connection: &Connection) -> Result<(), StoreError> {
    let mut left = BUSY_TIMEOUT;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL").map_err(StoreError::from) {
            Err(StoreError::Busy(_)) if !left.is_zero() => {
                std::thread::sleep(PAUSE);
                left = left.saturating_sub(PAUSE);
            }
            result => return result,
        }
    }
}

//! What can go wrong with storage.

/// A fault of the store. None of the texts holds stored data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The address is not one we can open.
    #[error("store.url must be sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE; {0}")]
    Url(&'static str),
    /// A later version of the program has migrated this database.
    #[error("the database is at schema {found}, this program knows {known}; run the newer program")]
    Newer {
        /// Schema number in the database.
        found: i64,
        /// Highest schema number of this program.
        known: i64,
    },
    /// Too much is waiting, or another process holds the database, or the disk is full. The same
    /// call may succeed later.
    #[error("the store is busy: {0}")]
    Busy(&'static str),
    /// The engine refused or failed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A stored value cannot be what we wrote.
    #[error("corrupt value in {table}.{column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl StoreError {
    /// Something was to be stored under a key that was destroyed since it was sealed. Who looks which
    /// keys there are and seals it again will succeed.
    pub const KEY_DESTROYED: Self = Self::Busy("the key it is sealed under was just destroyed");
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("another process holds the database")
            }
            Some(ErrorCode::DiskFull) => Self::Busy("the disk is full"),
            // SQLite's texts name tables and constraints, never values.
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

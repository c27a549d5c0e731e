//! Where the database is, as `store.url` says.

use std::fmt;
use std::path::PathBuf;

use crate::StoreError;
use crate::postgres::Address;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this process only, gone with it.
    Memory,
    /// In a file.
    File(PathBuf),
    /// In PostgreSQL, or what speaks like it: other nodes may work on it too.
    Postgres(Address),
}

impl Location {
    /// Reads a `store.url`.
    ///
    /// # Errors
    /// [`StoreError::Url`] for anything else.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if url == "sqlite::memory:" || url == "sqlite://:memory:" {
            return Ok(Self::Memory);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Address::parse(url).map(Self::Postgres);
        }
        match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Some("") => Err(StoreError::Url("the path is empty")),
            Some(path) => Ok(Self::File(PathBuf::from(path))),
            None => Err(StoreError::Url("no other database is supported")),
        }
    }
}

/// As an address, without user and password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::File(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

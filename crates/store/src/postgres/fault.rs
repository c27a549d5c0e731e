//! What PostgreSQL says when something fails. Of its texts only what names tables and rules is
//! passed on, never a value.

use tokio_postgres::error::{DbError, SqlState};

use crate::StoreError;

/// A failed statement.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// What to tell.
    pub(super) error: StoreError,
    /// The unit may be done again, and may then succeed.
    pub(super) again: bool,
    /// The connection is gone.
    pub(super) lost: bool,
}

impl Fault {
    /// A fault that doing it again would not mend.
    pub(super) fn last(error: StoreError) -> Self {
        Self { error, again: false, lost: false }
    }

    /// The same during a commit, which may have succeeded if no answer came.
    pub(super) fn of_commit(self) -> Self {
        Self { again: self.again && !self.lost, ..self }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            // What fails on our side of a living connection is a value that does not fit its
            // column: such an error shows it.
            if error.is_closed() || is_io(&error) {
                let error = StoreError::Busy("the connection to the database was lost");
                return Self { error, again: true, lost: true };
            }
            return Self::last(StoreError::Unavailable("PostgreSQL: a value was refused".into()));
        };
        let code = said.code();
        // Two nodes were in each other's way, and the database chose which of them to end.
        let again = *code == SqlState::T_R_SERIALIZATION_FAILURE
            || *code == SqlState::T_R_DEADLOCK_DETECTED;
        let lost = *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN;
        Self { error: meaning(said), again: again || lost, lost }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn meaning(said: &DbError) -> StoreError {
    let code = said.code();
    match code.code().get(..2).unwrap_or_default() {
        "40" => StoreError::Busy("other nodes write to the same rows"),
        "53" => StoreError::Busy("the database has no room or no connection left"),
        "57" => StoreError::Busy("the database ended a statement: it is slow or going down"),
        "55" => StoreError::Busy("the database holds a lock"),
        "25" if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreError::Busy("the database is read-only, e.g. a standby")
        }
        // These speak of names and rights, and whoever sets up the server needs to read them.
        "28" | "3D" | "3F" | "42" => {
            StoreError::Unavailable(format!("PostgreSQL: {} ({})", said.message(), code.code()))
        }
        _ => StoreError::Unavailable(format!("PostgreSQL: {}", named(said))),
    }
}

/// The code, and the names that come with it.
fn named(said: &DbError) -> String {
    let names = [said.table(), said.column(), said.constraint()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    format!("error {} {}", said.code().code(), names.join(" ")).trim_end().to_owned()
}

/// What kept a connection from being made.
pub(super) fn of_connecting(error: &tokio_postgres::Error) -> StoreError {
    if let Some(said) = error.as_db_error() {
        return meaning(said);
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    StoreError::Unavailable(text)
}

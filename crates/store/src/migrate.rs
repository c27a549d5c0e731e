//! Bringing the tables up to date.

use rusqlite::Connection;

use crate::StoreError;

/// Every migration, in order. A published one never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/sqlite/0001_certifications_and_sessions.sql"),
    include_str!("../migrations/sqlite/0002_nonces.sql"),
    include_str!("../migrations/sqlite/0003_person.sql"),
    include_str!("../migrations/sqlite/0004_notices.sql"),
    include_str!("../migrations/sqlite/0005_app_authorizations.sql"),
    include_str!("../migrations/sqlite/0006_upstream_orders.sql"),
    include_str!("../migrations/sqlite/0007_audit.sql"),
    include_str!("../migrations/sqlite/0008_data_keys.sql"),
    include_str!("../migrations/sqlite/0009_root_keys.sql"),
    include_str!("../migrations/sqlite/0010_data_keys_by_generation.sql"),
    include_str!("../migrations/sqlite/0011_notices_by_generation.sql"),
];

/// What opening a database has made of it: the schema it had and the one it has. 0: it was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Before.
    pub from: i64,
    /// Now.
    pub to: i64,
}

/// Refuses a database that is not at this program's schema.
pub(crate) fn same(connection: &Connection) -> Result<(), StoreError> {
    let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
    let found: i64 = connection.query_row(newest, [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found == known { Ok(()) } else { Err(StoreError::Newer { found, known }) }
}

/// Applies what is missing, each migration in its own transaction.
pub(crate) fn run(connection: &mut Connection) -> Result<Migrated, StoreError> {
    let mut before = None;
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER NOT NULL)")?;
    // Two processes may open a new database at once: the version is read under the write lock.
    loop {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row(
            "SELECT COALESCE(MAX(version), 0) FROM schema_migrations",
            [],
            |row| row.get(0),
        )?;
        let from = *before.get_or_insert(found);
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let Some(next) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found)) else {
            return Ok(Migrated { from, to: found });
        };
        transaction.execute_batch(next)?;
        transaction.execute("INSERT INTO schema_migrations (version) VALUES (?1)", [found + 1])?;
        transaction.commit()?;
    }
}

//! Bringing the tables up to date, by whichever node comes first.

use super::fault::Fault;
use super::{Pool, Session};
use crate::{Migrated, StoreError};

/// Every migration, in order: one for each of SQLite's. A published one never changes, and none
/// takes away what an earlier program uses (see `migrations/postgres/README.md`).
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_certifications_and_sessions.sql"),
    include_str!("../../migrations/postgres/0002_nonces.sql"),
    include_str!("../../migrations/postgres/0003_person.sql"),
    include_str!("../../migrations/postgres/0004_notices.sql"),
    include_str!("../../migrations/postgres/0005_app_authorizations.sql"),
    include_str!("../../migrations/postgres/0006_upstream_orders.sql"),
    include_str!("../../migrations/postgres/0007_audit.sql"),
    include_str!("../../migrations/postgres/0008_data_keys.sql"),
    include_str!("../../migrations/postgres/0009_root_keys.sql"),
    include_str!("../../migrations/postgres/0010_data_keys_by_generation.sql"),
    include_str!("../../migrations/postgres/0011_notices_by_generation.sql"),
];

/// One node at a time: the lock ends with the transaction. The number means nothing but itself.
const LOCK: &str = "BEGIN READ WRITE; SET LOCAL lock_timeout = 0; \
     SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(3636202611240001)";

/// Applies what is missing, each migration in its own transaction.
pub(super) async fn run(pool: &Pool) -> Result<Migrated, StoreError> {
    let session = pool.take().await?;
    let mut before = None;
    loop {
        session.command(LOCK).await.map_err(|fault| fault.error)?;
        match step(&session).await {
            Ok((found, more)) => {
                session.command("COMMIT").await.map_err(|fault| fault.error)?;
                let from = *before.get_or_insert(found);
                if !more {
                    pool.give_back(session);
                    return Ok(Migrated { from, to: found });
                }
            }
            // The connection is dropped with its transaction.
            Err(fault) => return Err(session.fault().unwrap_or(fault).error),
        }
    }
}

/// Applies the next migration; tells the schema before it, and whether there was one.
async fn step(session: &Session) -> Result<(i64, bool), Fault> {
    let table = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL)";
    session.command(table).await?;
    let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
    let rows = session.query(newest, &[]).await.map_err(Fault::last)?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Fault::last(StoreError::Newer { found, known }));
    }
    let Some(next) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found)) else {
        return Ok((found, false));
    };
    session.command(next).await?;
    let note = "INSERT INTO schema_migrations (version) VALUES ($1)";
    session.execute(note, &[(found + 1).into()]).await.map_err(Fault::last)?;
    Ok((found, true))
}

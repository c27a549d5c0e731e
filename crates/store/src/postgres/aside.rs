//! The world of test mode put aside and taken back, through a file as SQLite writes it.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::settings::recall;
use crate::snapshot::{FINGERPRINT, same_fingerprint};
use crate::tables::{ROOT_KEYS, SETTINGS, TABLES, copy_all};
use crate::work::Work;
use crate::{Conn, StoreError, migrate, sqlite};

/// Writes everything, as of one instant, into a new file.
pub(crate) struct PutAside(pub(crate) PathBuf);

#[async_trait]
impl Work for PutAside {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.hold("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", &[]).await?;
        let _ = std::fs::remove_file(&self.0);
        let mut file = sqlite::open(Some(&self.0))?;
        migrate::run(&mut file)?;
        file.execute_batch("BEGIN")?;
        copy_all(conn, &mut Conn::sqlite(&mut file)).await?;
        file.execute_batch("COMMIT")?;
        Ok(())
    }
}

/// Replaces everything by what is in the file.
pub(crate) struct TakeBack(pub(crate) PathBuf);

#[async_trait]
impl Work for TakeBack {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let mut file = sqlite::open(Some(&self.0))?;
        migrate::same(&file)?;
        same_roots(conn, &mut Conn::sqlite(&mut file)).await?;
        empty(conn).await?;
        copy_all(&mut Conn::sqlite(&mut file), conn).await
    }
}

/// Deletes everything that has happened.
pub(crate) struct Empty;

#[async_trait]
impl Work for Empty {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let stays = |name| [SETTINGS, ROOT_KEYS].contains(&name);
        for table in TABLES.iter().rev().filter(|table| !stays(table.name)) {
            table.delete(conn).await?;
        }
        conn.execute(
            "DELETE FROM settings WHERE name NOT IN ('vault_fingerprint', 'mode', 'checked')",
            &[],
        )
        .await
        .map(|_| ())
    }
}

/// Under the secrets of another database nothing of the copy could be read.
async fn same_roots(ours: &mut Conn<'_>, copy: &mut Conn<'_>) -> Result<(), StoreError> {
    let (ours, copied) = (recall(ours, FINGERPRINT).await?, recall(copy, FINGERPRINT).await?);
    same_fingerprint(ours, copied)
}

async fn empty(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    for table in TABLES.iter().rev().filter(|table| table.name != ROOT_KEYS) {
        table.delete(conn).await?;
    }
    Ok(())
}

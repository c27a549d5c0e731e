//! The whole database put aside and taken back: for the world of test mode.
//!
//! On SQLite each runs on a connection of its own, since neither fits into a shared transaction; on
//! PostgreSQL each is a unit that reads or writes such a file as SQLite puts aside. Taking back
//! replaces the rows of every table in one transaction; connections that are open see the change
//! as they see any other.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::postgres::{Empty, PutAside, TakeBack};
use crate::tables::{JOIN_ROOT_KEYS, ROOT_KEYS};
use crate::{Location, Store, StoreError, sqlite};

/// Rows that belong to the database and not to what happened in it.
const KEPT_SETTINGS: &str = "('vault_fingerprint', 'mode', 'checked')";
/// Tells the secrets of one database from those of another.
pub(crate) const FINGERPRINT: &str = "vault_fingerprint";

impl Store {
    /// Writes a copy of the database, as of one instant, to `path`, in place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a database in memory, and what the file system says.
    pub async fn snapshot(&self, path: &Path) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // Written beside it first: a copy that fails must not cost the earlier one.
        let written = path.with_extension("new");
        let _ = std::fs::remove_file(&written);
        if self.is_shared() {
            self.write(PutAside(written.clone())).await?;
        } else {
            let written = text_of(&written)?;
            self.aside(move |connection| {
                connection.execute("VACUUM INTO ?1", [written])?;
                Ok(())
            })
            .await?;
        }
        std::fs::rename(&written, path).map_err(failed)
    }

    /// Replaces everything by what [`Self::snapshot`] has put aside in `path`; tells whether
    /// anything was.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a copy with other tables, and what the file system says.
    pub async fn restore(&self, path: &Path) -> Result<bool, StoreError> {
        if !path.exists() {
            return Ok(false);
        }
        if self.is_shared() {
            return self.write(TakeBack(path.to_owned())).await.map(|()| true);
        }
        let path = text_of(path)?;
        self.aside(move |connection| {
            connection.execute("ATTACH DATABASE ?1 AS aside", [path])?;
            same_tables(connection)?;
            same_roots(connection)?;
            replace(connection, |table| {
                let insert =
                    format!("INSERT INTO main.{table} SELECT * FROM aside.{table} WHERE true");
                if table == ROOT_KEYS {
                    return format!("{insert} {JOIN_ROOT_KEYS};");
                }
                format!("DELETE FROM main.{table}; {insert};")
            })
        })
        .await
        .map(|()| true)
    }

    /// Deletes everything that has happened.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for a database in memory.
    pub async fn reset(&self) -> Result<(), StoreError> {
        if self.is_shared() {
            return self.write(Empty).await;
        }
        self.aside(|connection| {
            replace(connection, |table| match table {
                "settings" => format!("DELETE FROM settings WHERE name NOT IN {KEPT_SETTINGS};"),
                ROOT_KEYS => String::new(),
                table => format!("DELETE FROM {table};"),
            })
        })
        .await
    }

    /// Has the journal written into the database and emptied, so that what was deleted is not
    /// kept there. Without effect while somebody reads, and in memory, where there is none.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn empty_journal(&self) -> Result<(), StoreError> {
        if self.location == Location::Memory {
            return Ok(());
        }
        self.aside(|connection| {
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
        .await
    }

    async fn aside(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let Location::File(file) = self.location.clone() else {
            return Err(StoreError::Unavailable("a database in memory cannot be copied".into()));
        };
        let stopped = |_| StoreError::Unavailable("the copy was interrupted".into());
        tokio::task::spawn_blocking(move || work(&sqlite::open(Some(&file))?))
            .await
            .map_err(stopped)?
    }
}

fn text_of(path: &Path) -> Result<String, StoreError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| StoreError::Unavailable("the path of a copy must be text".into()))
}

/// Tables of the database, those that are referred to last: rows go before what they refer to.
fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> 'schema_migrations' ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn same_tables(connection: &Connection) -> Result<(), StoreError> {
    let version = |schema: &str| {
        let sql = format!("SELECT COALESCE(MAX(version), 0) FROM {schema}.schema_migrations");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    let (found, known) = (version("aside")?, version("main")?);
    if found == known { Ok(()) } else { Err(StoreError::Newer { found, known }) }
}

fn same_roots(connection: &Connection) -> Result<(), StoreError> {
    let kept = |schema: &str| {
        let sql = format!("SELECT text FROM {schema}.settings WHERE name = ?1");
        connection.query_row(&sql, [FINGERPRINT], |row| row.get::<_, String>(0)).optional()
    };
    same_fingerprint(kept("main")?, kept("aside")?)
}

/// Under the secrets of another database nothing of a copy could be read.
pub(crate) fn same_fingerprint(
    ours: Option<String>,
    copied: Option<String>,
) -> Result<(), StoreError> {
    match (ours, copied) {
        (Some(ours), Some(copied)) if ours != copied => {
            let text = "the copy was made of another database; its keys are not those of this one";
            Err(StoreError::Unavailable(text.into()))
        }
        _ => Ok(()),
    }
}

fn replace(connection: &Connection, statement: impl Fn(&str) -> String) -> Result<(), StoreError> {
    // Tables are emptied one after the other: references are judged at the end.
    connection.execute_batch("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON;")?;
    for table in tables(connection)? {
        connection.execute_batch(&statement(&table))?;
    }
    connection.execute_batch("COMMIT;")?;
    Ok(())
}

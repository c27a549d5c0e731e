//! Everything carried from one database to another, of whichever engine.
//!
//! Rows go in the order of their keys, a batch in one commit, so that what is in the target tells
//! where to go on after an interruption. A mark in the target's settings stands there until all of
//! it has arrived and been compared.

use async_trait::async_trait;

use crate::tables::{SETTINGS, TABLES, Table, Values};
use crate::{Conn, Store, StoreError, Work};

/// Name of the setting that says from where a move is under way.
const MARK: &str = "moving_from";
/// Settings that belong to the database they are in.
const OWN: [&str; 2] = [MARK, "checked"];

/// Why a database was not moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// One of the two failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is something else in the target.
    #[error("the target is in use: its table {0} has rows; give an empty database")]
    Occupied(&'static str),
    /// Another database is on its way into the target.
    #[error("a move from {0} into the target has begun; finish that one or give an empty database")]
    Begun(String),
    /// The target is not what the source is.
    #[error(
        "table {0} differs between source and target; was a server running on one of them? Stop it, \
         empty the target, and begin again"
    )]
    Differs(&'static str),
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moving {
    /// The table.
    pub table: &'static str,
    /// Rows that have arrived.
    pub done: i64,
    /// Rows of the source.
    pub of: i64,
    /// All have arrived, and are being compared.
    pub comparing: bool,
}

impl Store {
    /// Where a move that has not ended is bringing data from.
    pub async fn moving_from(&self) -> Result<Option<String>, StoreError> {
        self.recall(MARK).await
    }

    /// Copies everything into `target`, or goes on where an earlier call was interrupted, and
    /// compares the two row by row. No server may run on either. Tells how many rows there are.
    ///
    /// # Errors
    /// [`MoveError`]; then the mark stays, and no server starts on the target.
    pub async fn move_into(
        &self,
        target: &Store,
        tell: &(dyn Fn(Moving) + Send + Sync),
    ) -> Result<i64, MoveError> {
        let from = self.location.to_string();
        match target.moving_from().await? {
            Some(begun) if begun != from => return Err(MoveError::Begun(begun)),
            Some(_) => {}
            None => begin(target, &from).await?,
        }
        let mut all = 0;
        for table in TABLES.iter() {
            let of = self.read(Count(table)).await?;
            self.carry(target, table, of, tell).await?;
            tell(Moving { table: table.name, done: of, of, comparing: true });
            all += self.compare(target, table).await?;
        }
        target.write(Unmark).await?;
        Ok(all)
    }

    async fn carry(
        &self,
        target: &Store,
        table: &'static Table,
        of: i64,
        tell: &(dyn Fn(Moving) + Send + Sync),
    ) -> Result<(), MoveError> {
        if table.name == SETTINGS {
            let rows = self.read(Batch { table, after: None }).await?;
            return Ok(target.write(Settle(rows)).await?);
        }
        let mut done = target.read(Count(table)).await?;
        let mut after = target.read(Last(table)).await?;
        loop {
            tell(Moving { table: table.name, done, of, comparing: false });
            let rows = self.read(Batch { table, after: after.take() }).await?;
            let Some(key) = table.key_of(&rows) else { return Ok(()) };
            after = Some(key.to_vec());
            done += i64::try_from(rows.len()).unwrap_or(i64::MAX);
            target.write(Put { table, rows }).await?;
        }
    }

    /// Tells how many rows there are, if they are the same.
    async fn compare(&self, target: &Store, table: &'static Table) -> Result<i64, MoveError> {
        let (mut after, mut count) = (None, 0);
        loop {
            let mut ours = self.read(Batch { table, after: after.clone() }).await?;
            let mut theirs = target.read(Batch { table, after }).await?;
            after = table.key_of(&ours).map(<[_]>::to_vec);
            if table.name == SETTINGS {
                ours.retain(is_carried);
                theirs.retain(is_carried);
            }
            if ours != theirs {
                return Err(MoveError::Differs(table.name));
            }
            count += i64::try_from(ours.len()).unwrap_or(i64::MAX);
            if after.is_none() || table.name == SETTINGS {
                return Ok(count);
            }
        }
    }
}

fn is_carried(setting: &Values) -> bool {
    !setting.first().is_some_and(|name| OWN.iter().any(|own| name.is_text(own)))
}

/// Marks an empty target.
async fn begin(target: &Store, from: &str) -> Result<(), MoveError> {
    for table in TABLES.iter() {
        let mut rows = target.read(Batch { table, after: None }).await?;
        if table.name == SETTINGS {
            rows.retain(is_carried);
        }
        if !rows.is_empty() {
            return Err(MoveError::Occupied(table.name));
        }
    }
    let marked = target.remember_first(MARK, from).await?;
    if marked == from { Ok(()) } else { Err(MoveError::Begun(marked)) }
}

struct Count(&'static Table);

#[async_trait]
impl Work for Count {
    type Output = i64;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<i64, StoreError> {
        self.0.count(conn).await
    }
}

struct Last(&'static Table);

#[async_trait]
impl Work for Last {
    type Output = Option<Values>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        self.0.last(conn).await
    }
}

struct Batch {
    table: &'static Table,
    after: Option<Values>,
}

#[async_trait]
impl Work for Batch {
    type Output = Vec<Values>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        self.table.read(conn, self.after.as_deref()).await
    }
}

struct Put {
    table: &'static Table,
    rows: Vec<Values>,
}

#[async_trait]
impl Work for Put {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        self.table.insert(conn, &self.rows).await
    }
}

/// Settings are few, and some are there already: they replace what is there.
struct Settle(Vec<Values>);

#[async_trait]
impl Work for Settle {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        for row in self.0.iter().filter(|row| is_carried(row)) {
            let params: Vec<_> = row.iter().map(crate::tables::Value::param).collect();
            conn.execute(
                "INSERT INTO settings (name, text) VALUES ($1, $2) \
                 ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                &params,
            )
            .await?;
        }
        Ok(())
    }
}

struct Unmark;

#[async_trait]
impl Work for Unmark {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute("DELETE FROM settings WHERE name = $1", &[MARK.into()]).await.map(|_| ())
    }
}

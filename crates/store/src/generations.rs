//! What is sealed under keys that follow one another: found by the number of the key, and sealed
//! again under another.

use async_trait::async_trait;
use domain::{CertifyId, Sealed};

use crate::certifications::id_from;
use crate::conn::Row;
use crate::root_keys::{asked, key_is_there};
use crate::{Conn, Store, StoreError, Work};

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedIn {
    /// Keys of certifications.
    DataKeys,
    /// Addresses of notices.
    Notices,
}

impl SealedIn {
    /// Every place.
    pub const ALL: [Self; 2] = [Self::DataKeys, Self::Notices];

    fn table(self) -> &'static str {
        match self {
            Self::DataKeys => "data_keys",
            Self::Notices => "notices",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::DataKeys => {
                "SELECT certify_id, certify_id, wrapped FROM data_keys \
                 WHERE generation = $1 AND certify_id > $2 ORDER BY certify_id LIMIT $3"
            }
            Self::Notices => {
                "SELECT notify_id, certify_id, address FROM notices \
                 WHERE generation = $1 AND notify_id > $2 ORDER BY notify_id LIMIT $3"
            }
        }
    }

    fn change(self) -> &'static str {
        match self {
            Self::DataKeys => {
                concat!(
                    "UPDATE data_keys SET wrapped = $3, generation = $4 ",
                    "WHERE certify_id = $1 AND wrapped = $2 AND ",
                    key_is_there!("$5")
                )
            }
            Self::Notices => {
                concat!(
                    "UPDATE notices SET address = $3, generation = $4 ",
                    "WHERE notify_id = $1 AND address = $2 AND ",
                    key_is_there!("$5")
                )
            }
        }
    }

    /// The number a row gets that is sealed again under this key.
    fn number(self, again: &Sealed, generation: u32) -> u32 {
        match self {
            // Where there is no key, what is personal is under the first one, and stays so.
            Self::DataKeys if again.as_bytes().is_empty() => 0,
            _ => generation,
        }
    }

    fn count(self) -> &'static str {
        match self {
            Self::DataKeys => {
                "SELECT COUNT(*) FROM \
                 (SELECT 1 FROM data_keys WHERE generation = $1 LIMIT $2) counted"
            }
            Self::Notices => {
                "SELECT COUNT(*) FROM \
                 (SELECT 1 FROM notices WHERE generation = $1 LIMIT $2) counted"
            }
        }
    }
}

/// Something sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Its key in its table.
    pub id: [u8; 16],
    /// The certification it belongs to.
    pub certify_id: CertifyId,
    /// Ciphertext; empty if it was erased.
    pub sealed: Sealed,
}

impl Store {
    /// What is sealed under the key of this number, in the order of the ids, behind `after`.
    pub async fn sealed_under(
        &self,
        place: SealedIn,
        generation: u32,
        after: Option<[u8; 16]>,
        most: u32,
    ) -> Result<Vec<SealedRow>, StoreError> {
        self.read(Under { place, generation, after, most }).await
    }

    /// Puts for each what is sealed under the key of this number in the place of what was; tells of
    /// which it was still there.
    pub async fn seal_again(
        &self,
        place: SealedIn,
        generation: u32,
        changes: Vec<(SealedRow, Sealed)>,
    ) -> Result<Vec<bool>, StoreError> {
        self.write(Again { place, generation, changes }).await
    }

    /// How many are sealed under the key of this number, counted up to `most`.
    pub async fn count_sealed_under(
        &self,
        place: SealedIn,
        generation: u32,
        most: i64,
    ) -> Result<i64, StoreError> {
        self.read(Count { place, generation, most }).await
    }
}

struct Under {
    place: SealedIn,
    generation: u32,
    after: Option<[u8; 16]>,
    most: u32,
}

#[async_trait]
impl Work for Under {
    type Output = Vec<SealedRow>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        // Nothing is before every id.
        let after = self.after.as_ref().map(<[u8; 16]>::as_slice).unwrap_or_default();
        let table = self.place.table();
        conn.query_all(
            self.place.list(),
            &[i64::from(self.generation).into(), after.into(), i64::from(self.most).into()],
            |row| row_from(row, table),
        )
        .await
    }
}

fn row_from(row: &Row<'_>, table: &'static str) -> Result<SealedRow, StoreError> {
    let id: Vec<u8> = row.get(0, table, "id")?;
    Ok(SealedRow {
        id: id.try_into().map_err(|_| StoreError::Corrupt { table, column: "id" })?,
        certify_id: id_from(row, 1, table)?,
        sealed: row.get(2, table, "sealed").map(Sealed::new)?,
    })
}

struct Again {
    place: SealedIn,
    generation: u32,
    changes: Vec<(SealedRow, Sealed)>,
}

#[async_trait]
impl Work for Again {
    type Output = Vec<bool>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let mut changed = Vec::with_capacity(self.changes.len());
        for (row, again) in &self.changes {
            let generation = self.place.number(again, self.generation);
            let rows = conn
                .execute(
                    self.place.change(),
                    &[
                        row.id.as_slice().into(),
                        row.sealed.as_bytes().into(),
                        again.as_bytes().into(),
                        i64::from(generation).into(),
                        asked(generation).into(),
                    ],
                )
                .await?;
            changed.push(rows > 0);
        }
        if changed.contains(&true) || is_there(conn, self.generation).await? {
            Ok(changed)
        } else {
            Err(StoreError::KEY_DESTROYED)
        }
    }
}

async fn is_there(conn: &mut Conn<'_>, generation: u32) -> Result<bool, StoreError> {
    let sql = concat!("SELECT 1 WHERE ", key_is_there!("$1"));
    let found = conn.query_opt(sql, &[asked(generation).into()], |_| Ok(())).await?;
    Ok(found.is_some())
}

struct Count {
    place: SealedIn,
    generation: u32,
    most: i64,
}

#[async_trait]
impl Work for Count {
    type Output = i64;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<i64, StoreError> {
        let (table, params) =
            (self.place.table(), [i64::from(self.generation).into(), self.most.into()]);
        let count =
            conn.query_opt(self.place.count(), &params, |row| row.get(0, table, "generation"));
        Ok(count.await?.unwrap_or(0))
    }
}

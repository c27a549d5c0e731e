//! The secrets all other keys are derived from, as they are kept: wrapped.

use async_trait::async_trait;
use domain::Sealed;
use jiff::Timestamp;

use crate::audit::Outcome;
use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

mod changes;

use changes::{Add, Retire, WrapAgain};

pub(crate) const TABLE: &str = "root_keys";

/// Whether what is sealed under the key of this number can still be read; 0: there is no key in the
/// row, and it is the first one. A database without a vault, which tests have, knows no keys.
macro_rules! key_is_there {
    ($generation:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM root_keys WHERE purpose = 'seal' AND retired_at IS NULL ",
            "AND generation = ",
            $generation,
            ") OR NOT EXISTS (SELECT 1 FROM root_keys))"
        )
    };
}
pub(crate) use key_is_there;

/// The number that [`key_is_there`] is to be asked of.
pub(crate) fn asked(generation: u32) -> i64 {
    i64::from(generation.max(1))
}

/// What keys are derived for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootPurpose {
    /// Digests. They are stored and compared, so there is one, for ever.
    Mac,
    /// Sealing.
    Seal,
}

impl RootPurpose {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mac => "mac",
            Self::Seal => "seal",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Mac, Self::Seal].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKey {
    /// What it is for.
    pub purpose: RootPurpose,
    /// Its number, from 1.
    pub generation: u32,
    /// Ciphertext; empty once it is destroyed.
    pub wrapped: Sealed,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was destroyed.
    pub retired_at: Option<Timestamp>,
}

impl Outcome for Vec<RootKey> {
    fn happened(&self, _: usize) -> bool {
        true
    }
}

impl Store {
    /// All of them, by purpose and generation.
    pub async fn root_keys(&self) -> Result<Vec<RootKey>, StoreError> {
        self.read(All).await
    }

    /// Keeps the first ones of a database, and `text` under the setting `name`, unless another node
    /// was faster. Gives those that are kept.
    pub async fn found_root_keys(
        &self,
        first: Vec<RootKey>,
        name: &'static str,
        text: &str,
    ) -> Result<Vec<RootKey>, StoreError> {
        self.write(Found { first, name, text: text.to_owned() }).await
    }

    /// Adds one that follows the newest of its purpose, if the one for digests is still wrapped as
    /// `mac`, which is under the same master key; tells whether it did. With the second that seals,
    /// programs that know one only are refused from then on.
    pub async fn add_root_key(&self, next: RootKey, mac: Sealed) -> Result<bool, StoreError> {
        self.write(Add { next, mac }).await
    }

    /// Replaces how each is wrapped, all of them or, if those that are there are no longer as they
    /// were `seen`, none; tells whether it did.
    pub async fn wrap_root_keys_again(
        &self,
        seen: Vec<RootKey>,
        changes: Vec<(RootKey, Sealed)>,
    ) -> Result<bool, StoreError> {
        self.write(WrapAgain { seen, changes }).await
    }

    /// Destroys a sealing secret, if nothing is left that is sealed under it; tells whether it did.
    pub async fn retire_root_key(
        &self,
        generation: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(Retire { generation, now }).await
    }
}

async fn all(conn: &mut Conn<'_>) -> Result<Vec<RootKey>, StoreError> {
    conn.query_all(
        "SELECT purpose, generation, wrapped, made_at, retired_at FROM root_keys \
         ORDER BY purpose, generation LIMIT 100000",
        &[],
        root_key_from,
    )
    .await
}

fn root_key_from(row: &Row<'_>) -> Result<RootKey, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let at = |millis, column| {
        Timestamp::from_millisecond(millis)
            .map_err(|_| StoreError::Corrupt { table: TABLE, column })
    };
    let purpose: String = row.get(0, TABLE, "purpose")?;
    let generation: i64 = row.get(1, TABLE, "generation")?;
    let retired_at: Option<i64> = row.get(4, TABLE, "retired_at")?;
    Ok(RootKey {
        purpose: RootPurpose::parse(&purpose).ok_or(corrupt("purpose"))?,
        generation: u32::try_from(generation).map_err(|_| corrupt("generation"))?,
        wrapped: row.get(2, TABLE, "wrapped").map(Sealed::new)?,
        made_at: at(row.get(3, TABLE, "made_at")?, "made_at")?,
        retired_at: retired_at.map(|millis| at(millis, "retired_at")).transpose()?,
    })
}

struct All;

#[async_trait]
impl Work for All {
    type Output = Vec<RootKey>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        all(conn).await
    }
}

struct Found {
    first: Vec<RootKey>,
    name: &'static str,
    text: String,
}

#[async_trait]
impl Work for Found {
    type Output = Vec<RootKey>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        // In one order on every node: who inserts the first row inserts all.
        for root in &self.first {
            conn.execute(
                "INSERT INTO root_keys (purpose, generation, wrapped, made_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (purpose, generation) DO NOTHING",
                &[
                    root.purpose.as_str().into(),
                    i64::from(root.generation).into(),
                    root.wrapped.as_bytes().into(),
                    root.made_at.as_millisecond().into(),
                ],
            )
            .await?;
        }
        conn.execute(
            "INSERT INTO settings (name, text) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[self.name.into(), self.text.as_str().into()],
        )
        .await?;
        all(conn).await
    }
}

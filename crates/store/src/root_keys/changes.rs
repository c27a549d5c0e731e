//! What changes them once they are there.

use async_trait::async_trait;
use domain::Sealed;
use jiff::Timestamp;

use super::{RootKey, RootPurpose, TABLE, all};
use crate::{Conn, StoreError, Work};

pub(super) struct Add {
    pub(super) next: RootKey,
    /// How the one for digests was wrapped when `next` was.
    pub(super) mac: Sealed,
}

#[async_trait]
impl Work for Add {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let (purpose, generation) = (self.next.purpose, i64::from(self.next.generation));
        // Another node may be wrapping all of them under another master key, and would miss this one.
        conn.hold("SELECT 1 FROM root_keys WHERE purpose = 'mac' FOR UPDATE", &[]).await?;
        let found = all(conn).await?;
        let mac = found.iter().find(|root| root.purpose == RootPurpose::Mac);
        let of_it = found.iter().filter(|root| root.purpose == purpose);
        let newest = of_it.map(|root| i64::from(root.generation)).max().unwrap_or(0);
        if newest != generation - 1 || mac.is_none_or(|mac| mac.wrapped != self.mac) {
            return Ok(false);
        }
        let added = conn
            .execute(
                "INSERT INTO root_keys (purpose, generation, wrapped, made_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (purpose, generation) DO NOTHING",
                &[
                    purpose.as_str().into(),
                    generation.into(),
                    self.next.wrapped.as_bytes().into(),
                    self.next.made_at.as_millisecond().into(),
                ],
            )
            .await?;
        if added > 0 && purpose == RootPurpose::Seal && newest == 1 {
            refuse_earlier_programs(conn).await?;
        }
        Ok(added > 0)
    }
}

/// Programs from before there were several keys do not say which one they have used, and know the
/// first only. Until the second is there, that is the default. On SQLite there are no others.
async fn refuse_earlier_programs(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    hold_all(conn, "LOCK TABLE notices, data_keys IN ACCESS EXCLUSIVE MODE").await?;
    for sql in [
        "ALTER TABLE notices ALTER COLUMN generation DROP DEFAULT",
        "ALTER TABLE data_keys ALTER COLUMN generation DROP DEFAULT",
    ] {
        conn.hold(sql, &[]).await?;
    }
    Ok(())
}

/// Takes a lock on tables that other nodes write. Some units come to these in one order and some in the
/// other, but all that come to both begin with a row of certifications. Whoever would have to wait for
/// long while others wait behind it, e.g. for a dump, gives up and may be asked again.
async fn hold_all(conn: &mut Conn<'_>, lock: &'static str) -> Result<(), StoreError> {
    for sql in [
        "SET LOCAL lock_timeout = '2s'",
        "LOCK TABLE certifications IN EXCLUSIVE MODE",
        lock,
        "SET LOCAL lock_timeout = '8s'",
    ] {
        conn.hold(sql, &[]).await?;
    }
    Ok(())
}

pub(super) struct WrapAgain {
    pub(super) seen: Vec<RootKey>,
    pub(super) changes: Vec<(RootKey, Sealed)>,
}

#[async_trait]
impl Work for WrapAgain {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        conn.hold("SELECT generation FROM root_keys ORDER BY purpose, generation FOR UPDATE", &[])
            .await?;
        let found = all(conn).await?;
        // One that was added meanwhile may be wrapped under the key that is about to be given up.
        let are_there = |root: &&RootKey| root.retired_at.is_none();
        if !found.iter().filter(are_there).eq(self.seen.iter().filter(are_there)) {
            return Ok(false);
        }
        for (before, wrapped) in &self.changes {
            conn.execute(
                "UPDATE root_keys SET wrapped = $3 WHERE purpose = $1 AND generation = $2",
                &[
                    before.purpose.as_str().into(),
                    i64::from(before.generation).into(),
                    wrapped.as_bytes().into(),
                ],
            )
            .await?;
        }
        Ok(true)
    }
}

pub(super) struct Retire {
    pub(super) generation: u32,
    pub(super) now: Timestamp,
}

/// What a statement does to the secret $1, if nothing is sealed under it; nor under $2, which says
/// that there is no key in the row.
macro_rules! where_unneeded {
    ($statement:literal) => {
        concat!(
            $statement,
            " WHERE purpose = 'seal' AND generation = $1 AND retired_at IS NULL ",
            "AND generation < (SELECT MAX(n.generation) FROM root_keys n WHERE n.purpose = 'seal') ",
            "AND NOT EXISTS (SELECT 1 FROM data_keys WHERE generation = $1) ",
            "AND NOT EXISTS (SELECT 1 FROM data_keys WHERE generation = $2) ",
            "AND NOT EXISTS (SELECT 1 FROM notices WHERE generation = $1)"
        )
    };
}

#[async_trait]
impl Work for Retire {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let (nothing, now): (&[u8], _) = (&[], self.now.as_millisecond());
        // What has no key of its own is sealed under the first one.
        let beside = if self.generation == 1 { 0 } else { self.generation };
        let params = [
            i64::from(self.generation).into(),
            i64::from(beside).into(),
            nothing.into(),
            now.into(),
        ];
        let unneeded = where_unneeded!("SELECT generation FROM root_keys");
        let unneeded =
            conn.query_opt(unneeded, &params[..2], |row| row.get::<i64>(0, TABLE, "generation"));
        if unneeded.await?.is_none() {
            return Ok(false);
        }
        // What other nodes are about to store under it is seen once they have done so; what they store
        // later looks whether it is there.
        hold_all(conn, "LOCK TABLE notices, data_keys IN SHARE MODE").await?;
        let retire = where_unneeded!("UPDATE root_keys SET wrapped = $3, retired_at = $4");
        Ok(conn.execute(retire, &params).await? > 0)
    }
}

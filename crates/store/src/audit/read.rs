//! Reading rows: for those who check them, so a row that cannot be right is given as such.

use async_trait::async_trait;

use super::{AuditEntry, AuditHead, AuditRow};
use crate::conn::Row;
use crate::{Conn, StoreError, Work};

const TABLE: &str = "audit";
const HEADS: &str = "audit_heads";

pub(super) struct Rows {
    pub(super) chain: String,
    pub(super) from: i64,
    pub(super) most: u32,
}

#[async_trait]
impl Work for Rows {
    type Output = Vec<AuditRow>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT seq, at, who, action, object, detail, prev_hash, hash FROM audit \
             WHERE chain = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
            &[self.chain.as_str().into(), self.from.into(), i64::from(self.most).into()],
            |row| Ok(AuditRow { seq: row.get(0, TABLE, "seq")?, entry: entry_from(row) }),
        )
        .await
    }
}

fn entry_from(row: &Row<'_>) -> Result<AuditEntry, &'static str> {
    let text = |index, column| row.get::<String>(index, TABLE, column).map_err(|_| column);
    let bytes = |index, column| row.get::<Vec<u8>>(index, TABLE, column).map_err(|_| column);
    Ok(AuditEntry {
        at: row.get(1, TABLE, "at").map_err(|_| "at")?,
        who: text(2, "who")?,
        action: text(3, "action")?,
        object: text(4, "object")?,
        detail: row.get(5, TABLE, "detail").map_err(|_| "detail")?,
        prev_hash: bytes(6, "prev_hash")?,
        hash: bytes(7, "hash")?,
    })
}

pub(super) struct Heads;

#[async_trait]
impl Work for Heads {
    type Output = Vec<AuditHead>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT chain, seq, hash FROM audit_heads ORDER BY chain LIMIT 10000",
            &[],
            |row| {
                Ok(AuditHead {
                    chain: row.get(0, HEADS, "chain")?,
                    seq: row.get(1, HEADS, "seq")?,
                    hash: row.get(2, HEADS, "hash")?,
                })
            },
        )
        .await
    }
}

pub(super) struct Chains;

#[async_trait]
impl Work for Chains {
    type Output = Vec<String>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all("SELECT DISTINCT chain FROM audit ORDER BY chain LIMIT 10000", &[], |row| {
            row.get(0, TABLE, "chain")
        })
        .await
    }
}

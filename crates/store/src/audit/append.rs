//! Adding rows, at the end of the unit of work they tell of.

use async_trait::async_trait;

use super::{AUDIT_BEGINNING, AuditLink, AuditRecord, NewAuditEntry};
use crate::{Conn, Inserted, Notice, StoreError, UpstreamClaimed, Work};

const TABLE: &str = "audit";

/// What a unit that is recorded answers: whether what an entry tells of has come about.
pub(crate) trait Outcome {
    /// Of the entry at `index`.
    fn happened(&self, index: usize) -> bool;
}

impl Outcome for () {
    fn happened(&self, _: usize) -> bool {
        true
    }
}

impl Outcome for bool {
    fn happened(&self, _: usize) -> bool {
        *self
    }
}

/// How many rows were changed.
impl Outcome for usize {
    fn happened(&self, _: usize) -> bool {
        *self > 0
    }
}

/// Whether each of several changes was made.
impl Outcome for Vec<bool> {
    fn happened(&self, index: usize) -> bool {
        self.get(index).copied().unwrap_or(false)
    }
}

impl Outcome for Inserted {
    fn happened(&self, _: usize) -> bool {
        matches!(self, Self::New)
    }
}

impl Outcome for UpstreamClaimed {
    fn happened(&self, _: usize) -> bool {
        matches!(self, Self::Yours { .. })
    }
}

/// The notices claimed.
impl Outcome for Vec<Notice> {
    fn happened(&self, index: usize) -> bool {
        index < self.len()
    }
}

/// A text that is kept now, or was before.
impl Outcome for String {
    fn happened(&self, _: usize) -> bool {
        true
    }
}

/// A unit of work with the entries about it. They come last: on an engine with several writers the
/// end of the chain is then held for the shortest time, and always taken after everything else.
pub(crate) struct Recorded<W> {
    pub(crate) work: W,
    pub(crate) record: AuditRecord,
}

#[async_trait]
impl<W: Work> Work for Recorded<W>
where
    W::Output: Outcome,
{
    type Output = W::Output;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<W::Output, StoreError> {
        let output = self.work.run(conn).await?;
        let entries = self.record.entries.iter().enumerate();
        // Decided first: the output need not cross threads while rows are written.
        let happened: Vec<&NewAuditEntry> =
            entries.filter_map(|(index, entry)| output.happened(index).then_some(entry)).collect();
        for entry in happened {
            append(conn, &self.record, entry).await?;
        }
        Ok(output)
    }
}

/// Changes nothing: the entries are all there is.
pub(super) struct Nothing;

#[async_trait]
impl Work for Nothing {
    type Output = ();

    async fn run(&mut self, _: &mut Conn<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

async fn append(
    conn: &mut Conn<'_>,
    record: &AuditRecord,
    entry: &NewAuditEntry,
) -> Result<(), StoreError> {
    let chain = &*record.chain;
    let (seq, prev_hash) = next(conn, chain).await?;
    let at = entry.at.as_millisecond();
    let detail = entry.detail.as_deref();
    let hash = record.seal.hash(&AuditLink {
        chain,
        seq,
        at,
        who: &entry.who,
        action: entry.action,
        object: &entry.object,
        detail,
        prev_hash: &prev_hash,
    });
    conn.execute(
        "INSERT INTO audit (chain, seq, at, who, action, object, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            chain.into(),
            seq.into(),
            at.into(),
            entry.who.as_str().into(),
            entry.action.into(),
            entry.object.as_str().into(),
            detail.into(),
            prev_hash.as_slice().into(),
            hash.as_slice().into(),
        ],
    )
    .await?;
    conn.execute(
        "UPDATE audit_heads SET hash = $2 WHERE chain = $1",
        &[chain.into(), hash.as_slice().into()],
    )
    .await?;
    Ok(())
}

/// Takes the next place of the chain; gives it and the hash before it. Whoever else wants one
/// waits until this unit is committed.
async fn next(conn: &mut Conn<'_>, chain: &str) -> Result<(i64, Vec<u8>), StoreError> {
    if let Some(taken) = take(conn, chain).await? {
        return Ok(taken);
    }
    conn.execute(
        "INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, 0, $2) \
         ON CONFLICT (chain) DO NOTHING",
        &[chain.into(), AUDIT_BEGINNING.as_slice().into()],
    )
    .await?;
    take(conn, chain).await?.ok_or(StoreError::Corrupt { table: "audit_heads", column: "chain" })
}

async fn take(conn: &mut Conn<'_>, chain: &str) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    conn.query_opt(
        "UPDATE audit_heads SET seq = seq + 1 WHERE chain = $1 RETURNING seq, hash",
        &[chain.into()],
        |row| Ok((row.get(0, TABLE, "seq")?, row.get(1, TABLE, "hash")?)),
    )
    .await
}

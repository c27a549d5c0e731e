//! Adding rows, at the end of the unit of work they tell of.

use std::sync::Arc;

use async_trait::async_trait;

use super::{AUDIT_BEGINNING, AuditLink, AuditRecord, NewAuditEntry};
use crate::conn::{Param, Row};
use crate::{Conn, Inserted, Notice, StoreError, UpstreamClaimed, Work};

const HEADS: &str = "audit_heads";

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

/// The last row of a chain.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) seq: i64,
    pub(super) hash: Vec<u8>,
}

impl End {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self { seq: row.get(0, HEADS, "seq")?, hash: row.get(1, HEADS, "hash")? })
    }
}

async fn append(
    conn: &mut Conn<'_>,
    record: &AuditRecord,
    entry: &NewAuditEntry,
) -> Result<(), StoreError> {
    let chain = strand_of(&record.chain, conn.strand());
    let before = before(conn, &chain).await?;
    let seq = before.seq + 1;
    let at = entry.at.as_millisecond();
    let detail = entry.detail.as_deref();
    let hash = record.seal.hash(&AuditLink {
        chain: &chain,
        seq,
        at,
        who: &entry.who,
        action: entry.action,
        object: &entry.object,
        detail,
        prev_hash: &before.hash,
    });
    let row: [Param<'_>; 9] = [
        (&*chain).into(),
        seq.into(),
        at.into(),
        entry.who.as_str().into(),
        entry.action.into(),
        entry.object.as_str().into(),
        detail.into(),
        before.hash.as_slice().into(),
        hash.as_slice().into(),
    ];
    if conn.ends().is_none() {
        return conn
            .execute_both((ROW, &row), (MOVE, &[(&*chain).into(), (&hash[..]).into()]))
            .await;
    }
    conn.execute(ROW, &row).await?;
    if let Some(ends) = conn.ends() {
        ends.moved(&chain, End { seq, hash: hash.to_vec() });
    }
    Ok(())
}

const ROW: &str = "INSERT INTO audit \
     (chain, seq, at, who, action, object, detail, prev_hash, hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const MOVE: &str = "UPDATE audit_heads SET hash = $2 WHERE chain = $1";

/// The name of the chain that a connection writes.
fn strand_of(chain: &Arc<str>, strand: Option<u32>) -> Arc<str> {
    strand.map_or_else(|| Arc::clone(chain), |strand| format!("{chain}-{strand}").into())
}

/// The row that the next one comes behind.
async fn before(conn: &mut Conn<'_>, chain: &str) -> Result<End, StoreError> {
    if conn.ends().is_some() {
        if let Some(end) = conn.ends().and_then(|ends| ends.of(chain)) {
            return Ok(end);
        }
        let sql = "SELECT seq, hash FROM audit_heads WHERE chain = $1";
        let found = conn.query_opt(sql, &[chain.into()], End::read).await?;
        let beginning = || End { seq: 0, hash: AUDIT_BEGINNING.to_vec() };
        return Ok(found.unwrap_or_else(beginning));
    }
    if let Some(taken) = take(conn, chain).await? {
        return Ok(taken);
    }
    conn.execute(
        "INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, 0, $2) \
         ON CONFLICT (chain) DO NOTHING",
        &[chain.into(), AUDIT_BEGINNING.as_slice().into()],
    )
    .await?;
    take(conn, chain).await?.ok_or(StoreError::Corrupt { table: HEADS, column: "chain" })
}

/// Takes the next place of the chain; gives what is before it. Whoever else wants one waits until
/// this unit is committed.
async fn take(conn: &mut Conn<'_>, chain: &str) -> Result<Option<End>, StoreError> {
    conn.query_opt(
        "UPDATE audit_heads SET seq = seq + 1 WHERE chain = $1 RETURNING seq - 1, hash",
        &[chain.into()],
        End::read,
    )
    .await
}

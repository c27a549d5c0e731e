//! Whether the audit is as it was written: every row, every link, and the ends.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use store::{AUDIT_BEGINNING, AuditEntry, AuditLink, AuditRow, AuditSeal as _, Store};
use subtle::ConstantTimeEq as _;

use super::{AuditLine, Seal, line};
use crate::{EngineError, Vault};

/// Rows read at once.
const BATCH: u32 = 1000;
/// Faults told of one chain; more do not make it clearer.
const MOST: usize = 1000;

/// The audit of a database, looked at from outside a running server.
#[derive(Debug)]
pub struct AuditTrail<'a> {
    store: &'a Store,
    seal: Seal,
}

/// The end of a chain at some time, to be kept where whoever can write to the database cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Which chain.
    pub chain: String,
    /// Its last place then.
    pub seq: i64,
    /// The hash there.
    pub hash: Vec<u8>,
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.chain, self.seq, hex::encode(&self.hash))
    }
}

impl FromStr for AuditHead {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "a head is CHAIN:SEQ:HASH, as audit verify prints it";
        let (rest, hash) = text.trim().rsplit_once(':').ok_or(form)?;
        let (chain, seq) = rest.rsplit_once(':').ok_or(form)?;
        let hash = hex::decode(hash).map_err(|_| form)?;
        let seq = seq.parse().map_err(|_| form)?;
        if hash.len() != AUDIT_BEGINNING.len() {
            return Err(form);
        }
        Ok(Self { chain: chain.to_owned(), seq, hash })
    }
}

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// A row is not as it was written.
    Changed(i64),
    /// A row is as it was written, but not behind the row that stands before it.
    OutOfPlace(i64),
    /// Rows are not there, from the first to the last.
    Missing(i64, i64),
    /// The row a head names is another one than at the time of the head.
    NotTheHead(i64),
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(seq) => write!(f, "row {seq} was changed, or was not written by us"),
            Self::OutOfPlace(seq) => write!(f, "row {seq} does not follow the row before it"),
            Self::Missing(from, to) if from == to => write!(f, "row {from} is missing"),
            Self::Missing(from, to) => write!(f, "rows {from} to {to} are missing"),
            Self::NotTheHead(seq) => write!(f, "row {seq} is not the one the head names"),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Rows looked at.
    pub rows: u64,
    /// Each fault, with its chain.
    pub faults: Vec<(String, AuditFault)>,
    /// The end of each chain.
    pub heads: Vec<AuditHead>,
}

impl<'a> AuditTrail<'a> {
    /// The audit in `store`, written under the key of `vault`.
    pub fn new(store: &'a Store, vault: &Vault) -> Self {
        Self { store, seal: Seal::of(vault) }
    }

    /// Looks at every row. `known` are ends of chains kept elsewhere: what was cut off behind them
    /// or before is found by them alone.
    ///
    /// # Errors
    /// A fault of the store. What is wrong with rows is in the report.
    pub async fn verify(&self, known: &[AuditHead]) -> Result<AuditReport, EngineError> {
        // Before the rows: a server may be adding some.
        let stored = self.store.audit_heads().await?;
        let mut heads: BTreeMap<String, Vec<(i64, Vec<u8>)>> = BTreeMap::new();
        for chain in self.store.audit_chains().await? {
            heads.entry(chain).or_default();
        }
        let stored = stored.into_iter().map(|head| (head.chain, head.seq, head.hash));
        let known = known.iter().cloned().map(|head| (head.chain, head.seq, head.hash));
        for (chain, seq, hash) in stored.chain(known) {
            heads.entry(chain).or_default().push((seq, hash));
        }
        let mut report = AuditReport::default();
        for (chain, heads) in heads {
            self.walk(&chain, &heads, &mut report).await?;
        }
        Ok(report)
    }

    async fn walk(
        &self,
        chain: &str,
        heads: &[(i64, Vec<u8>)],
        report: &mut AuditReport,
    ) -> Result<(), EngineError> {
        let mut walk = Walk {
            chain,
            seal: &self.seal,
            heads,
            expected: 1,
            prev: Some(AUDIT_BEGINNING.to_vec()),
            faults: Vec::new(),
            end: None,
        };
        // Places are counted from 1; whatever stands before that was not written by us.
        let mut from = i64::MIN;
        loop {
            let rows = self.store.audit_rows(chain, from, BATCH).await?;
            let Some(last) = rows.last().map(|row| row.seq) else { break };
            for row in &rows {
                report.rows += 1;
                walk.see(row);
            }
            let Some(next) = last.checked_add(1) else { break };
            from = next;
        }
        walk.finish();
        let end = walk.end.take();
        let faults = std::mem::take(&mut walk.faults);
        report.faults.extend(faults.into_iter().take(MOST).map(|fault| (chain.to_owned(), fault)));
        report.heads.extend(end.map(|(seq, hash)| AuditHead {
            chain: chain.to_owned(),
            seq,
            hash,
        }));
        Ok(())
    }

    /// Gives each row to `write`, chain by chain, in order.
    ///
    /// # Errors
    /// What `write` says, a fault of the store, or [`EngineError::Internal`] for a damaged row.
    pub async fn export(
        &self,
        mut write: impl FnMut(&str, &AuditLine) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        for chain in self.store.audit_chains().await? {
            let mut from = i64::MIN;
            loop {
                let rows = self.store.audit_rows(&chain, from, BATCH).await?;
                let Some(last) = rows.last().map(|row| row.seq) else { break };
                for row in rows {
                    write(&chain, &line(row)?)?;
                }
                let Some(next) = last.checked_add(1) else { break };
                from = next;
            }
        }
        Ok(())
    }
}

/// One chain, row by row.
struct Walk<'a> {
    chain: &'a str,
    seal: &'a Seal,
    heads: &'a [(i64, Vec<u8>)],
    /// The next place.
    expected: i64,
    /// The hash there must name; none behind a row that is wrong itself.
    prev: Option<Vec<u8>>,
    faults: Vec<AuditFault>,
    end: Option<(i64, Vec<u8>)>,
}

impl Walk<'_> {
    fn see(&mut self, row: &AuditRow) {
        if row.seq > self.expected {
            self.faults.push(AuditFault::Missing(self.expected, row.seq - 1));
            self.prev = None;
        }
        self.expected = row.seq.saturating_add(1).max(1);
        let right = row.entry.as_ref().ok().filter(|entry| self.is_ours(row.seq, entry));
        let Some(entry) = right else {
            self.faults.push(AuditFault::Changed(row.seq));
            self.prev = None;
            return;
        };
        if self.prev.as_ref().is_some_and(|prev| *prev != entry.prev_hash) {
            self.faults.push(AuditFault::OutOfPlace(row.seq));
        }
        let named = self.heads.iter().filter(|(seq, _)| *seq == row.seq);
        for (seq, hash) in named {
            if *hash != entry.hash {
                self.faults.push(AuditFault::NotTheHead(*seq));
            }
        }
        self.prev = Some(entry.hash.clone());
        self.end = Some((row.seq, entry.hash.clone()));
    }

    fn is_ours(&self, seq: i64, entry: &AuditEntry) -> bool {
        let hash = self.seal.hash(&AuditLink {
            chain: self.chain,
            seq,
            at: entry.at,
            who: &entry.who,
            action: &entry.action,
            object: &entry.object,
            detail: entry.detail.as_deref(),
            prev_hash: &entry.prev_hash,
        });
        hash.as_slice().ct_eq(&entry.hash).into()
    }

    /// Behind the last row: what heads name that is not there.
    fn finish(&mut self) {
        let last = self.heads.iter().map(|(seq, _)| *seq).max().unwrap_or(0);
        if last >= self.expected {
            self.faults.push(AuditFault::Missing(self.expected, last));
        }
        // A head of a place before the first is none of ours.
        if let Some((seq, _)) = self.heads.iter().find(|(seq, _)| *seq < 1) {
            self.faults.push(AuditFault::NotTheHead(*seq));
        }
    }
}

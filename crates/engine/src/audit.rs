//! Who did what, kept so that nobody can change it unseen: what is recorded, and by whom.
//!
//! A row is stored in the unit of work it tells of. Its hash is over all its fields and the hash of
//! the row before, under a key that only the master key opens: whoever has the database but not the
//! key can delete, but not rewrite.

mod verify;

use std::sync::Arc;

use aws_lc_rs::hmac;
use domain::{AppId, CertifyId};
use serde::Serialize;
use store::{AuditLink, AuditRecord, AuditSeal, NewAuditEntry, Store};

use crate::vault::mac_of;
use crate::{Acting, Engine, EngineError, Vault};

pub use verify::{AuditFault, AuditHead, AuditReport, AuditTrail};

/// The chain of a process that has its database for itself; elsewhere the first part of the names.
pub const AUDIT_CHAIN: &str = "main";

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// An application that calls.
    App(AppId),
    /// Whoever runs the server, by the name they give.
    Operator(String),
    /// Whoever has the link.
    Person,
    /// The merchant behind an application, on the page where they agree.
    Merchant(AppId),
    /// The server by itself.
    System,
    /// A script or a person who chooses outcomes in test mode.
    Test,
}

impl Who {
    pub(crate) fn caller(acting: &Acting) -> Self {
        Self::App(acting.isv.as_ref().unwrap_or(&acting.owner.id).clone())
    }

    pub(crate) fn operator(name: &str) -> Self {
        Self::Operator(name.to_owned())
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::App(id) => write!(f, "app:{id}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Person => f.write_str("person"),
            Self::Merchant(id) => write!(f, "merchant:{id}"),
            Self::System => f.write_str("system"),
            Self::Test => f.write_str("test"),
        }
    }
}

/// Hashes rows under the vault's key.
#[derive(Clone)]
pub(crate) struct Seal(hmac::Key);

impl Seal {
    pub(crate) fn of(vault: &Vault) -> Self {
        Self(vault.audit_key())
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl AuditSeal for Seal {
    fn hash(&self, link: &AuditLink<'_>) -> [u8; 32] {
        mac_of(
            &self.0,
            &[
                link.chain.as_bytes(),
                &link.seq.to_be_bytes(),
                &link.at.to_be_bytes(),
                link.who.as_bytes(),
                link.action.as_bytes(),
                link.object.as_bytes(),
                // An empty text is not the same as none.
                &[u8::from(link.detail.is_some())],
                link.detail.unwrap_or_default().as_bytes(),
                link.prev_hash,
            ],
        )
    }
}

/// What every record of this engine has in common.
#[derive(Debug)]
pub(crate) struct Ledger {
    chain: Arc<str>,
    seal: Arc<dyn AuditSeal>,
}

impl Ledger {
    pub(crate) fn of(vault: &Vault) -> Self {
        Self { chain: AUDIT_CHAIN.into(), seal: Arc::new(Seal::of(vault)) }
    }

    pub(crate) fn record(&self, entries: Vec<NewAuditEntry>) -> AuditRecord {
        AuditRecord { chain: Arc::clone(&self.chain), seal: Arc::clone(&self.seal), entries }
    }
}

/// A row for those who read: no hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: jiff::Timestamp,
    /// Who.
    pub who: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub object: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Engine {
    /// The store, recording that `who` does this to what has the id `object`.
    pub(crate) fn recorded(
        &self,
        who: &Who,
        action: &'static str,
        object: String,
        detail: Option<String>,
    ) -> Store {
        let entry = self.entry(who, action, object, detail);
        self.store.recording(self.ledger.record(vec![entry]))
    }

    pub(crate) fn entry(
        &self,
        who: &Who,
        action: &'static str,
        object: String,
        detail: Option<String>,
    ) -> NewAuditEntry {
        NewAuditEntry { at: self.now(), who: who.to_string(), action, object, detail }
    }

    /// Records what changes nothing in the store.
    pub(crate) async fn note_down(
        &self,
        who: &Who,
        action: &'static str,
        object: String,
        detail: Option<String>,
    ) -> Result<(), EngineError> {
        let entry = self.entry(who, action, object, detail);
        Ok(self.store.record(self.ledger.record(vec![entry])).await?)
    }

    /// Records that the configuration was read again and holds.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn record_reload(&self) -> Result<(), EngineError> {
        let object = "configuration".to_owned();
        self.note_down(&Who::System, "configuration_reloaded", object, None).await
    }

    /// The rows of a chain from `from` on, at most `most`.
    ///
    /// # Errors
    /// A fault of the store; [`EngineError::Internal`] for a row that cannot be what was written.
    pub async fn audit(
        &self,
        chain: &str,
        from: i64,
        most: u32,
    ) -> Result<Vec<AuditLine>, EngineError> {
        let rows = self.store.audit_rows(chain, from, most).await?;
        rows.into_iter().map(line).collect()
    }

    /// The chains there are, each with the place of its last row. One process that has the database
    /// for itself writes [`AUDIT_CHAIN`]; connections that share one write several.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn audit_chains(&self) -> Result<Vec<(String, i64)>, EngineError> {
        let heads = self.store.audit_heads().await?;
        Ok(heads.into_iter().map(|head| (head.chain, head.seq)).collect())
    }
}

pub(crate) fn line(row: store::AuditRow) -> Result<AuditLine, EngineError> {
    let broken = |column: &str| {
        let seq = row.seq;
        EngineError::Internal(format!("audit row {seq} is damaged in {column}; run audit verify"))
    };
    let entry = row.entry.map_err(broken)?;
    let at = jiff::Timestamp::from_millisecond(entry.at).map_err(|_| broken("at"))?;
    let store::AuditEntry { who, action, object, detail, .. } = entry;
    Ok(AuditLine { seq: row.seq, at, who, action, object, detail })
}

/// The pair of applications an authorisation is about.
pub(crate) fn pair(isv: &AppId, app: &AppId) -> String {
    format!("{isv} for {app}")
}

/// How a certification is named.
pub(crate) fn of(id: CertifyId) -> String {
    id.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_changes_the_hash() {
        let seal = Seal::of(&Vault::new(&[7; 32]).unwrap());
        let link = AuditLink {
            chain: "main",
            seq: 1,
            at: 2,
            who: "a",
            action: "b",
            object: "c",
            detail: None,
            prev_hash: &[0; 32],
        };
        let others = [
            AuditLink { chain: "maim", ..link },
            AuditLink { seq: 2, ..link },
            AuditLink { at: 3, ..link },
            AuditLink { who: "ab", action: "", ..link },
            AuditLink { who: "b", ..link },
            AuditLink { action: "c", ..link },
            AuditLink { object: "d", ..link },
            AuditLink { detail: Some(""), ..link },
            AuditLink { prev_hash: &[1; 32], ..link },
        ];
        let mut hashes: Vec<[u8; 32]> = others.iter().map(|other| seal.hash(other)).collect();
        hashes.push(seal.hash(&link));
        hashes.push(Seal::of(&Vault::new(&[8; 32]).unwrap()).hash(&link));
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        assert_eq!(seal.hash(&link), seal.hash(&AuditLink { ..link }));
    }
}

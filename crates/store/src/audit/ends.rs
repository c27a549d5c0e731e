//! The ends of the chains within one transaction of several units: read once, moved once.

use std::sync::Arc;

use async_trait::async_trait;

use super::append::End;
use crate::{Conn, StoreError, Work};

/// Where each chain ends that this transaction has added to. It must be the only one that can.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends(Vec<(Arc<str>, End)>);

impl Ends {
    pub(crate) fn are_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(&self, chain: &str) -> Option<End> {
        self.0.iter().find(|(name, _)| **name == *chain).map(|(_, end)| end.clone())
    }

    pub(super) fn moved(&mut self, chain: &Arc<str>, end: End) {
        match self.0.iter_mut().find(|(name, _)| name == chain) {
            Some((_, known)) => *known = end,
            None => self.0.push((Arc::clone(chain), end)),
        }
    }
}

#[async_trait]
impl Work for Ends {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        for (chain, end) in &self.0 {
            conn.execute(
                "INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, $2, $3) \
                 ON CONFLICT (chain) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash",
                &[(&**chain).into(), end.seq.into(), end.hash.as_slice().into()],
            )
            .await?;
        }
        Ok(())
    }
}

//! Nonces seen: shared by all nodes on one database, and kept over a restart.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Conn, Store, StoreError, Work};

impl Store {
    /// Notes a nonce until `expires_at`; tells whether it was new.
    pub async fn use_nonce(
        &self,
        nonce_hash: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(Use { nonce_hash, expires_at }).await
    }

    /// Forgets nonces that expired before `before`; tells how many.
    pub async fn forget_nonces(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(Forget(before)).await
    }
}

struct Use {
    nonce_hash: [u8; 32],
    expires_at: Timestamp,
}

#[async_trait]
impl Work for Use {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let inserted = conn
            .execute(
                "INSERT INTO nonces (nonce_hash, expires_at) VALUES ($1, $2) \
                 ON CONFLICT (nonce_hash) DO NOTHING",
                &[self.nonce_hash.as_slice().into(), self.expires_at.as_millisecond().into()],
            )
            .await?;
        Ok(inserted == 1)
    }
}

struct Forget(Timestamp);

#[async_trait]
impl Work for Forget {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        let before = self.0.as_millisecond().into();
        conn.execute("DELETE FROM nonces WHERE expires_at < $1", &[before]).await
    }
}

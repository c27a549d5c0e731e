//! Devices on which a person passed before. Both sides are digests.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Conn, Store, StoreError, Work};

impl Store {
    /// When this person last passed on this device.
    pub async fn passed_on_device(
        &self,
        device: [u8; 32],
        subject: [u8; 32],
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(Passed { device, subject }).await
    }

    /// Remembers that this person passed on this device, and forgets passes before `oldest`.
    pub async fn remember_device(
        &self,
        device: [u8; 32],
        subject: [u8; 32],
        at: Timestamp,
        oldest: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(Remember { device, subject, at, oldest }).await
    }
}

struct Passed {
    device: [u8; 32],
    subject: [u8; 32],
}

#[async_trait]
impl Work for Passed {
    type Output = Option<Timestamp>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let at: Option<i64> = conn
            .query_opt(
                "SELECT passed_at FROM devices WHERE device_hash = $1 AND subject_digest = $2",
                &[self.device.as_slice().into(), self.subject.as_slice().into()],
                |row| row.get(0, "devices", "passed_at"),
            )
            .await?;
        at.map(Timestamp::from_millisecond)
            .transpose()
            .map_err(|_| StoreError::Corrupt { table: "devices", column: "passed_at" })
    }
}

struct Remember {
    device: [u8; 32],
    subject: [u8; 32],
    at: Timestamp,
    oldest: Timestamp,
}

#[async_trait]
impl Work for Remember {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute(
            "DELETE FROM devices WHERE passed_at < $1",
            &[self.oldest.as_millisecond().into()],
        )
        .await?;
        conn.execute(
            "INSERT INTO devices (device_hash, subject_digest, passed_at) VALUES ($1, $2, $3) \
             ON CONFLICT (device_hash, subject_digest) DO UPDATE SET passed_at = excluded.passed_at",
            &[
                self.device.as_slice().into(),
                self.subject.as_slice().into(),
                self.at.as_millisecond().into(),
            ],
        )
        .await?;
        Ok(())
    }
}

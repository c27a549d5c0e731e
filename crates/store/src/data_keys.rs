//! Keys of single certifications, wrapped; and what goes with them when they go.

use async_trait::async_trait;
use domain::{CertifyId, Sealed};
use jiff::Timestamp;

use crate::certifications::{hold, id_from};
use crate::root_keys::{asked, key_is_there};
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "data_keys";

impl Store {
    /// The wrapped key of a certification; none once it is destroyed.
    pub async fn data_key(&self, id: CertifyId) -> Result<Option<Sealed>, StoreError> {
        self.read(Find(id)).await
    }

    /// Certifications that ended at or before `ended` and still have a key, at most `most`.
    pub async fn overdue_data_keys(
        &self,
        ended: Timestamp,
        most: u32,
    ) -> Result<Vec<CertifyId>, StoreError> {
        self.read(Overdue { ended, most }).await
    }

    /// Destroys the keys of `ids`, and what was sealed under them; tells of which there was one.
    pub async fn destroy_data_keys(&self, ids: Vec<CertifyId>) -> Result<Vec<bool>, StoreError> {
        self.write(Destroy(ids)).await
    }
}

struct Find(CertifyId);

#[async_trait]
impl Work for Find {
    type Output = Option<Sealed>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT wrapped FROM data_keys WHERE certify_id = $1",
            &[self.0.to_bytes().as_slice().into()],
            |row| row.get(0, TABLE, "wrapped").map(Sealed::new),
        )
        .await
    }
}

struct Overdue {
    ended: Timestamp,
    most: u32,
}

#[async_trait]
impl Work for Overdue {
    type Output = Vec<CertifyId>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT certify_id FROM data_keys WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2",
            &[self.ended.as_millisecond().into(), i64::from(self.most).into()],
            |row| id_from(row, 0, TABLE),
        )
        .await
    }
}

struct Destroy(Vec<CertifyId>);

#[async_trait]
impl Work for Destroy {
    type Output = Vec<bool>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let mut destroyed = Vec::with_capacity(self.0.len());
        for id in &self.0 {
            destroyed.push(destroy(conn, *id).await?);
        }
        Ok(destroyed)
    }
}

/// Keeps the key of a new certification.
pub(crate) async fn keep(
    conn: &mut Conn<'_>,
    id: CertifyId,
    wrapped: Option<&Sealed>,
) -> Result<(), StoreError> {
    let generation = wrapped.map_or(0, Sealed::generation);
    let wrapped = wrapped.map(Sealed::as_bytes).unwrap_or_default();
    let kept = conn
        .execute(
            concat!(
                "INSERT INTO data_keys (certify_id, wrapped, generation) SELECT $1, $2, $3 WHERE ",
                key_is_there!("$4")
            ),
            &[
                id.to_bytes().as_slice().into(),
                wrapped.into(),
                i64::from(generation).into(),
                asked(generation).into(),
            ],
        )
        .await?;
    if kept == 0 { Err(StoreError::KEY_DESTROYED) } else { Ok(()) }
}

/// From now on the key is kept for a time only.
pub(crate) async fn end(
    conn: &mut Conn<'_>,
    id: CertifyId,
    at: Option<i64>,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE data_keys SET ended_at = $2 WHERE certify_id = $1",
        &[id.to_bytes().as_slice().into(), at.into()],
    )
    .await?;
    Ok(())
}

/// Destroys a key, with everything that was sealed under it or beside it: what is deleted twice is
/// gone once. Tells whether there was a key.
pub(crate) async fn destroy(conn: &mut Conn<'_>, id: CertifyId) -> Result<bool, StoreError> {
    hold(conn, id).await?;
    let id = id.to_bytes();
    let nothing: &[u8] = &[];
    let of_it = [id.as_slice().into(), nothing.into()];
    let keys = conn.execute("DELETE FROM data_keys WHERE certify_id = $1", &of_it[..1]).await?;
    conn.execute("UPDATE certifications SET subject = $2 WHERE certify_id = $1", &of_it).await?;
    conn.execute("DELETE FROM evidence WHERE certify_id = $1", &of_it[..1]).await?;
    conn.execute("UPDATE visits SET device_hash = NULL WHERE certify_id = $1", &of_it[..1]).await?;
    conn.execute(
        "UPDATE notices SET state = 'dead', settled_at = due_at, fault = 'erased' \
         WHERE certify_id = $1 AND state = 'pending'",
        &of_it[..1],
    )
    .await?;
    conn.execute("UPDATE notices SET address = $2 WHERE certify_id = $1", &of_it).await?;
    Ok(keys > 0)
}

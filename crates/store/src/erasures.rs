//! What was erased on request, and the erasing.

use async_trait::async_trait;
use domain::{AppId, CertifyId, OrderNo};
use jiff::Timestamp;

use crate::certifications::id_from;
use crate::data_keys::destroy;
use crate::{Conn, Store, StoreError, Work};

/// Somebody's wish to have the personal data of a certification erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The certification.
    pub id: CertifyId,
    /// When.
    pub at: Timestamp,
    /// Who erases.
    pub by: String,
    /// Why. Nothing personal.
    pub why: String,
}

impl Store {
    /// Erases; `person` is the digest devices know the person by. Tells whether there was anything
    /// that had not been erased before.
    pub async fn erase(
        &self,
        erasure: Erasure,
        person: Option<[u8; 32]>,
    ) -> Result<bool, StoreError> {
        self.write(Erase { erasure, person }).await
    }

    /// Whether a certification's personal data was erased on request.
    pub async fn is_erased(&self, id: CertifyId) -> Result<bool, StoreError> {
        self.read(IsErased(id)).await
    }

    /// The certification of an application's order.
    pub async fn certification_of_order(
        &self,
        app: AppId,
        order_no: OrderNo,
    ) -> Result<Option<CertifyId>, StoreError> {
        self.read(OfOrder { app, order_no }).await
    }
}

struct Erase {
    erasure: Erasure,
    person: Option<[u8; 32]>,
}

#[async_trait]
impl Work for Erase {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let Erasure { id, at, by, why } = &self.erasure;
        let noted = conn
            .execute(
                "INSERT INTO erasures (certify_id, at, erased_by, why) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (certify_id) DO NOTHING",
                &[
                    id.to_bytes().as_slice().into(),
                    at.as_millisecond().into(),
                    by.as_str().into(),
                    why.as_str().into(),
                ],
            )
            .await?;
        let destroyed = destroy(conn, *id).await?;
        if let Some(person) = &self.person {
            conn.execute(
                "DELETE FROM devices WHERE subject_digest = $1",
                &[person.as_slice().into()],
            )
            .await?;
        }
        Ok(noted > 0 || destroyed)
    }
}

struct IsErased(CertifyId);

#[async_trait]
impl Work for IsErased {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let found: Option<i64> = conn
            .query_opt(
                "SELECT at FROM erasures WHERE certify_id = $1",
                &[self.0.to_bytes().as_slice().into()],
                |row| row.get(0, "erasures", "at"),
            )
            .await?;
        Ok(found.is_some())
    }
}

struct OfOrder {
    app: AppId,
    order_no: OrderNo,
}

#[async_trait]
impl Work for OfOrder {
    type Output = Option<CertifyId>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT certify_id FROM certifications WHERE app_id = $1 AND outer_order_no = $2",
            &[self.app.as_str().into(), self.order_no.as_str().into()],
            |row| id_from(row, 0, "certifications"),
        )
        .await
    }
}

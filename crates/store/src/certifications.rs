//! Certifications: created once, then changed only by compare-and-set on their version.

use async_trait::async_trait;
use domain::{
    AppId, Assurance, BizCode, Certification, CertifyId, FailReason, OrderNo, Sealed, State,
};
use jiff::Timestamp;

use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "certifications";

/// A certification with what is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRecord {
    /// The certification itself.
    pub certification: Certification,
    /// Keyed digest of the content it was opened with.
    pub content_digest: [u8; 32],
    /// Who is to be verified and what the merchant chose: ciphertext.
    pub subject: Sealed,
    /// What the strict profile would have refused: JSON.
    pub warnings: String,
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    New,
    /// The application has used this order number before, for this certification.
    Existing(Box<CertificationRecord>),
}

impl Store {
    /// Stores a new certification, unless its owner has used the order number before.
    pub async fn insert_certification(
        &self,
        record: CertificationRecord,
    ) -> Result<Inserted, StoreError> {
        self.write(Insert(record)).await
    }

    /// Finds a certification by its id.
    pub async fn certification(
        &self,
        id: CertifyId,
    ) -> Result<Option<CertificationRecord>, StoreError> {
        self.read(Find(id)).await
    }

    /// Stores the state of `next` if the stored version is still `expected`; tells whether it was.
    pub async fn update_certification(
        &self,
        next: Certification,
        expected: i64,
    ) -> Result<bool, StoreError> {
        self.write(Update { next, expected }).await
    }
}

struct Insert(CertificationRecord);

#[async_trait]
impl Work for Insert {
    type Output = Inserted;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Inserted, StoreError> {
        let Self(record) = self;
        let certification = &record.certification;
        let (state, state_at, detail) = state_columns(&certification.state);
        let inserted = conn
            .execute(
                "INSERT INTO certifications (certify_id, app_id, outer_order_no, isv_app_id, \
                 biz_code, state, state_at, state_detail, created_at, content_digest, subject, \
                 warnings, version) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                 ON CONFLICT (app_id, outer_order_no) DO NOTHING",
                &[
                    certification.id.to_bytes().as_slice().into(),
                    certification.owner.as_str().into(),
                    certification.order_no.as_str().into(),
                    certification.isv.as_ref().map(AppId::as_str).into(),
                    certification.biz_code.as_str().into(),
                    state.into(),
                    state_at.into(),
                    detail.into(),
                    certification.created_at.as_millisecond().into(),
                    record.content_digest.as_slice().into(),
                    record.subject.as_bytes().into(),
                    record.warnings.as_str().into(),
                    certification.version.into(),
                ],
            )
            .await?;
        if inserted == 1 {
            return Ok(Inserted::New);
        }
        conn.query_opt(
            "SELECT certify_id, app_id, outer_order_no, isv_app_id, biz_code, state, state_at, \
             state_detail, created_at, content_digest, subject, warnings, version \
             FROM certifications WHERE app_id = $1 AND outer_order_no = $2",
            &[certification.owner.as_str().into(), certification.order_no.as_str().into()],
            record_from,
        )
        .await?
        .map(|existing| Inserted::Existing(Box::new(existing)))
        .ok_or(StoreError::Corrupt { table: TABLE, column: "outer_order_no" })
    }
}

struct Find(CertifyId);

#[async_trait]
impl Work for Find {
    type Output = Option<CertificationRecord>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT certify_id, app_id, outer_order_no, isv_app_id, biz_code, state, state_at, \
             state_detail, created_at, content_digest, subject, warnings, version \
             FROM certifications WHERE certify_id = $1",
            &[self.0.to_bytes().as_slice().into()],
            record_from,
        )
        .await
    }
}

struct Update {
    next: Certification,
    expected: i64,
}

#[async_trait]
impl Work for Update {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let (state, state_at, detail) = state_columns(&self.next.state);
        let changed = conn
            .execute(
                "UPDATE certifications SET state = $1, state_at = $2, state_detail = $3, \
                 version = $4 WHERE certify_id = $5 AND version = $6",
                &[
                    state.into(),
                    state_at.into(),
                    detail.into(),
                    self.next.version.into(),
                    self.next.id.to_bytes().as_slice().into(),
                    self.expected.into(),
                ],
            )
            .await?;
        Ok(changed == 1)
    }
}

fn state_columns(state: &State) -> (&'static str, Option<i64>, Option<&str>) {
    let (at, detail) = match state {
        State::Created => (None, None),
        State::InProgress { since } => (Some(since), None),
        State::Passed { at, assurance } => (Some(at), Some(assurance.as_str())),
        State::Failed { at, reason } => (Some(at), Some(reason.as_str())),
        State::Expired { at } => (Some(at), None),
    };
    (state.name(), at.map(|at| at.as_millisecond()), detail)
}

fn state_from(row: &Row<'_>) -> Result<State, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let name: String = row.get(5, TABLE, "state")?;
    if name == "created" {
        return Ok(State::Created);
    }
    let at = millis(row.get(6, TABLE, "state_at")?, "state_at")?;
    let detail: Option<String> = row.get(7, TABLE, "state_detail")?;
    let detail = detail.as_deref().ok_or(corrupt("state_detail"));
    match name.as_str() {
        "in_progress" => Ok(State::InProgress { since: at }),
        "expired" => Ok(State::Expired { at }),
        "passed" => {
            let assurance = Assurance::parse(detail?).ok_or(corrupt("state_detail"))?;
            Ok(State::Passed { at, assurance })
        }
        "failed" => {
            let reason = FailReason::parse(detail?).map_err(|_| corrupt("state_detail"))?;
            Ok(State::Failed { at, reason })
        }
        _ => Err(corrupt("state")),
    }
}

fn millis(value: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(value).map_err(|_| StoreError::Corrupt { table: TABLE, column })
}

fn record_from(row: &Row<'_>) -> Result<CertificationRecord, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let id: Vec<u8> = row.get(0, TABLE, "certify_id")?;
    let id = id.try_into().map(CertifyId::from_bytes).map_err(|_| corrupt("certify_id"))?;
    let owner: String = row.get(1, TABLE, "app_id")?;
    let isv: Option<String> = row.get(3, TABLE, "isv_app_id")?;
    let isv = isv.map(|isv| AppId::parse(&isv).map_err(|_| corrupt("isv_app_id"))).transpose()?;
    let biz_code: String = row.get(4, TABLE, "biz_code")?;
    let digest: Vec<u8> = row.get(9, TABLE, "content_digest")?;
    Ok(CertificationRecord {
        certification: Certification {
            id,
            owner: AppId::parse(&owner).map_err(|_| corrupt("app_id"))?,
            isv,
            order_no: OrderNo::restore(row.get(2, TABLE, "outer_order_no")?),
            biz_code: BizCode::parse(&biz_code).map_err(|_| corrupt("biz_code"))?,
            state: state_from(row)?,
            created_at: millis(row.get(8, TABLE, "created_at")?, "created_at")?,
            version: row.get(12, TABLE, "version")?,
        },
        content_digest: digest.try_into().map_err(|_| corrupt("content_digest"))?,
        subject: Sealed::new(row.get(10, TABLE, "subject")?),
        warnings: row.get(11, TABLE, "warnings")?,
    })
}

//! Certifications: created once, then changed only by compare-and-set on their version.

use std::borrow::Cow;

use async_trait::async_trait;
use domain::{
    AppId, Assurance, BizCode, Certification, CertifyId, FailReason, OrderNo, Sealed, State,
};
use jiff::Timestamp;

use crate::conn::Row;
use crate::data_keys;
use crate::events::append;
use crate::evidence::{give, release};
use crate::notices::{self, NewNotice};
use crate::reviews::{close, decide};
use crate::{Conn, Decision, NewEvent, NewPicture, Store, StoreError, Work};

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
    /// The key of it, wrapped; none once it is destroyed.
    pub data_key: Option<Sealed>,
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
        self.write(Insert { record, reference: None }).await
    }

    /// The same, with the merchant's picture of the person.
    pub async fn insert_certification_with_picture(
        &self,
        record: CertificationRecord,
        reference: NewPicture,
    ) -> Result<Inserted, StoreError> {
        self.write(Insert { record, reference: Some(reference) }).await
    }

    /// Finds a certification by its id.
    pub async fn certification(
        &self,
        id: CertifyId,
    ) -> Result<Option<CertificationRecord>, StoreError> {
        self.read(Find(id)).await
    }

    /// Stores a change of state, with all that belongs to it, if the stored version is still the
    /// expected one; tells whether it was.
    pub async fn transit(&self, transition: Transition) -> Result<bool, StoreError> {
        self.write(transition).await
    }

    /// As [`Self::transit`], several in one commit; tells which were stored.
    pub async fn transit_all(&self, transitions: Vec<Transition>) -> Result<Vec<bool>, StoreError> {
        self.write(TransitAll(transitions)).await
    }

    /// Looks at up to `most` certifications from `from` on and before `before`, in order of their
    /// ids.
    pub async fn scan_certifications(
        &self,
        from: CertifyId,
        before: CertifyId,
        most: u32,
    ) -> Result<Scanned, StoreError> {
        self.read(Scan { from, before, most }).await
    }
}

/// A stretch of certifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The ids of those that have not ended.
    pub unfinished: Vec<CertifyId>,
    /// The last one looked at; none if there was none.
    pub last: Option<CertifyId>,
}

struct Insert {
    record: CertificationRecord,
    /// The merchant's picture of the person.
    reference: Option<NewPicture>,
}

#[async_trait]
impl Work for Insert {
    type Output = Inserted;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Inserted, StoreError> {
        let Self { record, reference } = self;
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
                    detail.as_deref().into(),
                    certification.created_at.as_millisecond().into(),
                    record.content_digest.as_slice().into(),
                    record.subject.as_bytes().into(),
                    record.warnings.as_str().into(),
                    certification.version.into(),
                ],
            )
            .await?;
        if inserted == 1 {
            data_keys::keep(conn, certification.id, record.data_key.as_ref()).await?;
            if let Some(picture) = reference {
                give(conn, certification.id, picture).await?;
            }
            return Ok(Inserted::New);
        }
        conn.query_opt(
            "SELECT certify_id, app_id, outer_order_no, isv_app_id, biz_code, state, state_at, \
             state_detail, created_at, content_digest, subject, warnings, version, \
             (SELECT k.wrapped FROM data_keys k WHERE k.certify_id = certifications.certify_id) \
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
             state_detail, created_at, content_digest, subject, warnings, version, \
             (SELECT k.wrapped FROM data_keys k WHERE k.certify_id = certifications.certify_id) \
             FROM certifications WHERE certify_id = $1",
            &[self.0.to_bytes().as_slice().into()],
            record_from,
        )
        .await
    }
}

/// A change of state and what belongs to it: all of it or nothing.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The certification as it becomes.
    pub next: Certification,
    /// The version it was decided on.
    pub expected: i64,
    /// Tells of it.
    pub event: NewEvent,
    /// When it ends with this.
    pub ended: Option<Ended>,
    /// What the merchant is told.
    pub notice: Option<NewNotice>,
}

/// What belongs to the end of a certification.
#[derive(Debug, Clone)]
pub struct Ended {
    /// When its pictures are to be deleted; none: now.
    pub keep_pictures_until: Option<Timestamp>,
    /// The operator's decision that ended it, of this attempt.
    pub decision: Option<(i64, Decision)>,
}

#[async_trait]
impl Work for Transition {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        transit(conn, self).await
    }
}

struct TransitAll(Vec<Transition>);

#[async_trait]
impl Work for TransitAll {
    type Output = Vec<bool>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Vec<bool>, StoreError> {
        let mut stored = Vec::with_capacity(self.0.len());
        for transition in &self.0 {
            stored.push(transit(conn, transition).await?);
        }
        Ok(stored)
    }
}

async fn transit(conn: &mut Conn<'_>, transition: &Transition) -> Result<bool, StoreError> {
    let id = transition.next.id;
    let (state, state_at, detail) = state_columns(&transition.next.state);
    let changed = conn
        .execute(
            "UPDATE certifications SET state = $1, state_at = $2, state_detail = $3, \
             version = $4 WHERE certify_id = $5 AND version = $6",
            &[
                state.into(),
                state_at.into(),
                detail.as_deref().into(),
                transition.next.version.into(),
                id.to_bytes().as_slice().into(),
                transition.expected.into(),
            ],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    append(conn, id, &transition.event).await?;
    if let Some(notice) = &transition.notice {
        notices::insert(conn, &transition.next, notice).await?;
    }
    if let Some(ended) = &transition.ended {
        match &ended.decision {
            Some((attempt, decision)) if !decide(conn, id, *attempt, decision).await? => {
                // Decided already, though the state was still open: the two belong together.
                return Err(StoreError::Corrupt { table: "reviews", column: "decision" });
            }
            Some(_) => {}
            // What ended without an operator waits for none.
            None => close(conn, id, transition.event.at).await?,
        }
        data_keys::end(conn, id, state_at).await?;
        release(conn, id, ended.keep_pictures_until).await?;
    }
    Ok(true)
}

struct Scan {
    from: CertifyId,
    before: CertifyId,
    most: u32,
}

#[async_trait]
impl Work for Scan {
    type Output = Scanned;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Scanned, StoreError> {
        let mut scanned = Scanned { unfinished: Vec::new(), last: None };
        let seen = conn
            .query_all(
                "SELECT certify_id, state FROM certifications \
                 WHERE certify_id >= $1 AND certify_id < $2 ORDER BY certify_id LIMIT $3",
                &[
                    self.from.to_bytes().as_slice().into(),
                    self.before.to_bytes().as_slice().into(),
                    i64::from(self.most).into(),
                ],
                |row| {
                    let state: String = row.get(1, TABLE, "state")?;
                    Ok((id_from(row, 0, TABLE)?, state))
                },
            )
            .await?;
        for (id, state) in seen {
            scanned.last = Some(id);
            if matches!(state.as_str(), "created" | "in_progress") {
                scanned.unfinished.push(id);
            }
        }
        Ok(scanned)
    }
}

/// Whatever belongs to one certification is changed by one unit at a time: each that does not
/// begin by changing the certification itself begins with this.
pub(crate) async fn hold(conn: &mut Conn<'_>, id: CertifyId) -> Result<(), StoreError> {
    conn.hold(
        "SELECT 1 FROM certifications WHERE certify_id = $1 FOR UPDATE",
        &[id.to_bytes().as_slice().into()],
    )
    .await
}

pub(crate) fn id_from(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
) -> Result<CertifyId, StoreError> {
    let id: Vec<u8> = row.get(index, table, "certify_id")?;
    let corrupt = |_| StoreError::Corrupt { table, column: "certify_id" };
    id.try_into().map(CertifyId::from_bytes).map_err(corrupt)
}

pub(crate) fn state_columns(state: &State) -> (&'static str, Option<i64>, Option<Cow<'_, str>>) {
    let (at, detail) = match state {
        State::Created => (None, None),
        State::InProgress { since } => (Some(since), None),
        State::Passed { at, assurance } => (Some(at), Some(assurance.text().into())),
        State::Failed { at, reason } => (Some(at), Some(reason.as_str().into())),
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
    let id = id_from(row, 0, TABLE)?;
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
        data_key: row.get::<Option<Vec<u8>>>(13, "data_keys", "wrapped")?.map(Sealed::new),
        warnings: row.get(11, TABLE, "warnings")?,
    })
}

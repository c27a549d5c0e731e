//! What operators are to decide, and what they have decided.

use async_trait::async_trait;
use domain::CertifyId;
use jiff::Timestamp;

use crate::certifications::hold;
use crate::conn::Row;
use crate::events::append;
use crate::visits::update;
use crate::{Conn, NewEvent, Store, StoreError, Visit, Work};

const TABLE: &str = "reviews";

/// An attempt that waits for an operator, or has been decided by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The certification.
    pub id: CertifyId,
    /// Which attempt.
    pub attempt: i64,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// `approved`, `rejected`, `asked_again`, or `ended` by itself.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// What an operator has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `approved`, `rejected` or `asked_again`.
    pub word: &'static str,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

impl Store {
    /// Attempts that wait, the longest waiting first, behind `after`.
    pub async fn waiting_reviews(
        &self,
        after: Option<(Timestamp, CertifyId)>,
        limit: i64,
    ) -> Result<Vec<Review>, StoreError> {
        self.read(Waiting { after, limit }).await
    }

    /// Every review of a certification, in order.
    pub async fn reviews_of(&self, id: CertifyId) -> Result<Vec<Review>, StoreError> {
        self.read(Of(id)).await
    }

    /// The operator asks again: the review is decided and the visit begins its next attempt.
    /// Tells whether both were still to be changed.
    pub async fn ask_again(
        &self,
        next: Visit,
        decision: Decision,
        event: NewEvent,
    ) -> Result<bool, StoreError> {
        self.write(AskAgain { next, decision, event }).await
    }
}

struct Waiting {
    after: Option<(Timestamp, CertifyId)>,
    limit: i64,
}

#[async_trait]
impl Work for Waiting {
    type Output = Vec<Review>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let (at, id) = match self.after {
            Some((at, id)) => (at.as_millisecond(), id.to_bytes()),
            None => (i64::MIN, [0; 16]),
        };
        conn.query_all(
            "SELECT certify_id, attempt, queued_at, decision, decided_by, decided_at, reason \
             FROM reviews WHERE decision IS NULL AND (queued_at, certify_id) > ($1, $2) \
             ORDER BY queued_at, certify_id LIMIT $3",
            &[at.into(), id.as_slice().into(), self.limit.into()],
            review_from,
        )
        .await
    }
}

struct Of(CertifyId);

#[async_trait]
impl Work for Of {
    type Output = Vec<Review>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT certify_id, attempt, queued_at, decision, decided_by, decided_at, reason \
             FROM reviews WHERE certify_id = $1 ORDER BY attempt LIMIT 100",
            &[self.0.to_bytes().as_slice().into()],
            review_from,
        )
        .await
    }
}

struct AskAgain {
    next: Visit,
    decision: Decision,
    event: NewEvent,
}

#[async_trait]
impl Work for AskAgain {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        hold(conn, self.next.id).await?;
        if !update(conn, &self.next).await? {
            return Ok(false);
        }
        let id = self.next.id;
        if !decide(conn, id, self.next.attempt - 1, &self.decision).await? {
            return Err(StoreError::Corrupt { table: TABLE, column: "decision" });
        }
        append(conn, id, &self.event).await?;
        Ok(true)
    }
}

/// Decides a review that is open; tells whether it was.
pub(crate) async fn decide(
    conn: &mut Conn<'_>,
    id: CertifyId,
    attempt: i64,
    decision: &Decision,
) -> Result<bool, StoreError> {
    let changed = conn
        .execute(
            "UPDATE reviews SET decision = $1, decided_by = $2, decided_at = $3, reason = $4 \
             WHERE certify_id = $5 AND attempt = $6 AND decision IS NULL",
            &[
                decision.word.into(),
                decision.by.as_str().into(),
                decision.at.as_millisecond().into(),
                decision.reason.as_deref().into(),
                id.to_bytes().as_slice().into(),
                attempt.into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Closes whatever is open of a certification that has ended by itself.
pub(crate) async fn close(
    conn: &mut Conn<'_>,
    id: CertifyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE reviews SET decision = 'ended', decided_at = $1 \
         WHERE certify_id = $2 AND decision IS NULL",
        &[at.as_millisecond().into(), id.to_bytes().as_slice().into()],
    )
    .await?;
    Ok(())
}

fn review_from(row: &Row<'_>) -> Result<Review, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let instant = |millis, column| Timestamp::from_millisecond(millis).map_err(|_| corrupt(column));
    let id: Vec<u8> = row.get(0, TABLE, "certify_id")?;
    let decided_at: Option<i64> = row.get(5, TABLE, "decided_at")?;
    Ok(Review {
        id: id.try_into().map(CertifyId::from_bytes).map_err(|_| corrupt("certify_id"))?,
        attempt: row.get(1, TABLE, "attempt")?,
        queued_at: instant(row.get(2, TABLE, "queued_at")?, "queued_at")?,
        decision: row.get(3, TABLE, "decision")?,
        decided_by: row.get(4, TABLE, "decided_by")?,
        decided_at: decided_at.map(|at| instant(at, "decided_at")).transpose()?,
        reason: row.get(6, TABLE, "reason")?,
    })
}

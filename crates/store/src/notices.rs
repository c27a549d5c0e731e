//! Notices: one row each, from the change they tell of until long after they are taken.
//!
//! A notice is claimed by moving its `due_at` to when the try is given up, so that a crash in
//! between delivers it again and never loses it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{AppId, BizCode, Certification, CertifyId, NotifyId, OrderNo, Sealed};
use jiff::Timestamp;

use crate::certifications::{id_from, state_columns};
use crate::conn::Row;
use crate::root_keys::{asked, key_is_there};
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "notices";

/// Every column of notices `n`, in the order in which [`notice_from`] reads them.
macro_rules! select_notices {
    ($rest:literal) => {
        concat!(
            "SELECT n.notify_id, n.certify_id, n.seq, n.app_id, n.isv_app_id, n.outer_order_no, ",
            "n.biz_code, n.outcome, n.outcome_at, n.outcome_detail, n.opened_at, n.made_at, ",
            "n.address, n.receiver, n.state, n.tries, n.due_at, n.settled_at, n.fault ",
            "FROM notices n ",
            $rest
        )
    };
}

/// A notice to be stored with the change of state it tells of.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// Its name.
    pub id: NotifyId,
    /// When it was made: now.
    pub made_at: Timestamp,
    /// Where it goes: ciphertext.
    pub address: Sealed,
    /// Host and port it goes to.
    pub receiver: String,
}

/// Where a notice is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// To be tried, or being tried.
    Pending,
    /// Taken by its receiver.
    Delivered,
    /// Given up.
    Dead,
}

impl NoticeState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead].into_iter().find(|s| s.as_str() == text)
    }
}

/// A stored notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its name.
    pub id: NotifyId,
    /// The certification it tells of.
    pub certify_id: CertifyId,
    /// Its place among that certification's notices.
    pub seq: i64,
    /// The certification's owner.
    pub owner: AppId,
    /// Who asked on the owner's behalf.
    pub isv: Option<AppId>,
    /// The owner's name for the certification.
    pub order_no: OrderNo,
    /// The scene.
    pub biz_code: BizCode,
    /// The certification's state, as [`domain::State::name`] has it.
    pub outcome: String,
    /// When it got there.
    pub outcome_at: Timestamp,
    /// Assurance of a pass, reason of a failure.
    pub outcome_detail: Option<String>,
    /// When the certification was opened.
    pub opened_at: Timestamp,
    /// When the notice was made.
    pub made_at: Timestamp,
    /// Where it goes: ciphertext.
    pub address: Sealed,
    /// Host and port it goes to.
    pub receiver: String,
    /// Where it is in its life.
    pub state: NoticeState,
    /// How often it was tried in vain.
    pub tries: i64,
    /// When it is tried next, while pending.
    pub due_at: Timestamp,
    /// When it was taken or given up.
    pub settled_at: Option<Timestamp>,
    /// Why the last try failed.
    pub fault: Option<String>,
}

/// What may be claimed.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What is due by now.
    pub now: Timestamp,
    /// When a claimed one is due again if nothing is heard of it.
    pub until: Timestamp,
    /// How many at most.
    pub most: usize,
    /// How many of one receiver, those being tried included.
    pub per_receiver: usize,
    /// Receivers that let us wait.
    pub slow: BTreeSet<String>,
    /// How many of each of those.
    pub per_slow_receiver: usize,
    /// How many of all of those together, those being tried included.
    pub most_slow: usize,
    /// What is being tried, by receiver.
    pub busy: BTreeMap<String, BTreeSet<NotifyId>>,
    /// Begin behind this receiver, so that all get their turn.
    pub after: String,
}

/// What came of a try.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The notice.
    pub id: NotifyId,
    /// How often it had been tried before: if that has changed, this is not stored.
    pub tries: i64,
    /// Where it is now.
    pub state: NoticeState,
    /// When it is tried next, if pending; else when it was settled.
    pub at: Timestamp,
    /// Why the try failed.
    pub fault: Option<String>,
}

impl Store {
    /// Claims notices that are due, each only when no earlier one of its certification is pending.
    /// Writes nothing if there are none.
    pub async fn claim_notices(&self, claim: Claim) -> Result<Vec<Notice>, StoreError> {
        self.write(Claiming(claim)).await
    }

    /// Stores what came of a try; tells whether the notice was still waiting for it.
    pub async fn settle_notice(&self, settled: Settled) -> Result<bool, StoreError> {
        self.write(Settle(settled)).await
    }

    /// When the next notice is due.
    pub async fn next_notice_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(NextDue).await
    }

    /// Notices in `state`, at most `most`: pending ones as they come due, others the newest first.
    pub async fn notices(&self, state: NoticeState, most: u32) -> Result<Vec<Notice>, StoreError> {
        self.read(List { state, most }).await
    }

    /// A notice by its name.
    pub async fn notice(&self, id: NotifyId) -> Result<Option<Notice>, StoreError> {
        self.read(Find(id)).await
    }

    /// Where the last notice of a certification is in its life.
    pub async fn notice_of(&self, id: CertifyId) -> Result<Option<NoticeState>, StoreError> {
        self.read(Last(id)).await
    }

    /// Makes a settled notice pending again, as if it had never been tried; tells whether there
    /// was one.
    pub async fn redeliver_notice(&self, id: NotifyId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(Redeliver { id, now }).await
    }

    /// Makes notices due now that would be due by `until`: at a start, when whoever claimed them
    /// is gone. Where other nodes may be at work, nobody knows that.
    pub async fn release_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(Release { now, until }).await
    }

    /// Forgets settled notices made before `before`; tells how many.
    pub async fn forget_notices(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(Forget(before)).await
    }
}

/// Stores the notice of the certification's present state.
pub(crate) async fn insert(
    conn: &mut Conn<'_>,
    certification: &Certification,
    notice: &NewNotice,
) -> Result<(), StoreError> {
    let (outcome, outcome_at, detail) = state_columns(&certification.state);
    let generation = notice.address.generation();
    let kept = conn.execute(
        concat!(
            "INSERT INTO notices (notify_id, certify_id, seq, app_id, isv_app_id, outer_order_no, ",
            "biz_code, outcome, outcome_at, outcome_detail, opened_at, made_at, address, receiver, ",
            "state, tries, due_at, generation) ",
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', 0, $12, ",
            "$15 WHERE ",
            key_is_there!("$16")
        ),
        &[
            notice.id.to_bytes().as_slice().into(),
            certification.id.to_bytes().as_slice().into(),
            certification.version.into(),
            certification.owner.as_str().into(),
            certification.isv.as_ref().map(AppId::as_str).into(),
            certification.order_no.as_str().into(),
            certification.biz_code.as_str().into(),
            outcome.into(),
            outcome_at.unwrap_or(certification.created_at.as_millisecond()).into(),
            detail.as_deref().into(),
            certification.created_at.as_millisecond().into(),
            notice.made_at.as_millisecond().into(),
            notice.address.as_bytes().into(),
            notice.receiver.as_str().into(),
            i64::from(generation).into(),
            asked(generation).into(),
        ],
    )
    .await?;
    if kept == 0 { Err(StoreError::KEY_DESTROYED) } else { Ok(()) }
}

struct Claiming(Claim);

#[async_trait]
impl Work for Claiming {
    type Output = Vec<Notice>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Vec<Notice>, StoreError> {
        let mut claimed = Vec::new();
        let mut receivers = receivers_after(conn, &self.0.after).await?;
        receivers.extend(receivers_until(conn, &self.0.after).await?);
        let mut slow_room = self.0.most_slow.saturating_sub(self.0.slow_at_work());
        for receiver in receivers {
            let room = self.0.most.saturating_sub(claimed.len());
            let slow = self.0.slow.contains(&receiver);
            let room = if slow { room.min(slow_room) } else { room };
            if room > 0 {
                let taken = claim_of(conn, &self.0, &receiver, room).await?;
                slow_room -= if slow { taken.len() } else { 0 };
                claimed.extend(taken);
            }
            if claimed.len() >= self.0.most {
                break;
            }
        }
        Ok(claimed)
    }
}

impl Claim {
    /// How many are being tried of receivers that let us wait.
    fn slow_at_work(&self) -> usize {
        let slow = self.busy.iter().filter(|(receiver, _)| self.slow.contains(*receiver));
        slow.map(|(_, ids)| ids.len()).sum()
    }
}

/// The receivers with pending notices, one step of the index each.
async fn receivers_after(conn: &mut Conn<'_>, after: &str) -> Result<Vec<String>, StoreError> {
    conn.query_all(
        "WITH RECURSIVE step (receiver) AS ( \
         SELECT MIN(receiver) FROM notices WHERE state = 'pending' AND receiver > $1 \
         UNION ALL \
         SELECT (SELECT MIN(n.receiver) FROM notices n \
                 WHERE n.state = 'pending' AND n.receiver > step.receiver) \
         FROM step WHERE step.receiver IS NOT NULL) \
         SELECT receiver FROM step WHERE receiver IS NOT NULL",
        &[after.into()],
        |row| row.get(0, TABLE, "receiver"),
    )
    .await
}

async fn receivers_until(conn: &mut Conn<'_>, last: &str) -> Result<Vec<String>, StoreError> {
    let mut all = receivers_after(conn, "").await?;
    all.retain(|receiver| receiver.as_str() <= last);
    Ok(all)
}

async fn claim_of(
    conn: &mut Conn<'_>,
    claim: &Claim,
    receiver: &str,
    room: usize,
) -> Result<Vec<Notice>, StoreError> {
    let busy = claim.busy.get(receiver);
    let running = busy.map_or(0, BTreeSet::len);
    let slow = claim.slow.contains(receiver);
    let most = if slow { claim.per_slow_receiver } else { claim.per_receiver };
    let room = most.saturating_sub(running).min(room);
    if room == 0 {
        return Ok(Vec::new());
    }
    // What is running may have come due again, by a clock that was moved.
    let most = i64::try_from(room + running).unwrap_or(i64::MAX);
    let mut due = conn
        .query_all(
            select_notices!(
                "WHERE n.state = 'pending' AND n.receiver = $1 AND n.due_at <= $2 \
                 AND NOT EXISTS (SELECT 1 FROM notices e WHERE e.certify_id = n.certify_id \
                                 AND e.seq < n.seq AND e.state = 'pending') \
                 ORDER BY n.due_at, n.notify_id LIMIT $3"
            ),
            &[receiver.into(), claim.now.as_millisecond().into(), most.into()],
            notice_from,
        )
        .await?;
    due.retain(|notice| busy.is_none_or(|busy| !busy.contains(&notice.id)));
    due.truncate(room);
    let mut taken = Vec::with_capacity(due.len());
    for notice in due {
        if take(conn, &notice, claim.until).await? {
            taken.push(notice);
        }
    }
    Ok(taken)
}

/// Takes a notice for this node, unless another has just been faster.
async fn take(conn: &mut Conn<'_>, notice: &Notice, until: Timestamp) -> Result<bool, StoreError> {
    let changed = conn
        .execute(
            "UPDATE notices SET due_at = $1 \
             WHERE notify_id = $2 AND state = 'pending' AND due_at = $3 AND tries = $4",
            &[
                until.as_millisecond().into(),
                notice.id.to_bytes().as_slice().into(),
                notice.due_at.as_millisecond().into(),
                notice.tries.into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

struct Settle(Settled);

#[async_trait]
impl Work for Settle {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let Self(settled) = self;
        let at = settled.at.as_millisecond();
        let settled_at = (settled.state != NoticeState::Pending).then_some(at);
        let failed = i64::from(settled.state != NoticeState::Delivered);
        let changed = conn
            .execute(
                "UPDATE notices SET state = $1, due_at = $2, settled_at = $3, fault = $4, \
                 tries = tries + $5 WHERE notify_id = $6 AND state = 'pending' AND tries = $7",
                &[
                    settled.state.as_str().into(),
                    at.into(),
                    settled_at.into(),
                    settled.fault.as_deref().into(),
                    failed.into(),
                    settled.id.to_bytes().as_slice().into(),
                    settled.tries.into(),
                ],
            )
            .await?;
        Ok(changed == 1)
    }
}

struct NextDue;

#[async_trait]
impl Work for NextDue {
    type Output = Option<Timestamp>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT due_at FROM notices WHERE state = 'pending' ORDER BY due_at LIMIT 1",
            &[],
            |row| millis(row, 0, "due_at"),
        )
        .await
    }
}

struct List {
    state: NoticeState,
    most: u32,
}

#[async_trait]
impl Work for List {
    type Output = Vec<Notice>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Vec<Notice>, StoreError> {
        // The words stand in the statements: an index over one state is found by them.
        let sql = match self.state {
            NoticeState::Pending => {
                select_notices!("WHERE n.state = 'pending' ORDER BY n.due_at LIMIT $1")
            }
            NoticeState::Delivered => {
                select_notices!("WHERE n.state = 'delivered' ORDER BY n.notify_id DESC LIMIT $1")
            }
            NoticeState::Dead => {
                select_notices!("WHERE n.state = 'dead' ORDER BY n.notify_id DESC LIMIT $1")
            }
        };
        conn.query_all(sql, &[i64::from(self.most).into()], notice_from).await
    }
}

struct Find(NotifyId);

#[async_trait]
impl Work for Find {
    type Output = Option<Notice>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Option<Notice>, StoreError> {
        conn.query_opt(
            select_notices!("WHERE n.notify_id = $1"),
            &[self.0.to_bytes().as_slice().into()],
            notice_from,
        )
        .await
    }
}

struct Last(CertifyId);

#[async_trait]
impl Work for Last {
    type Output = Option<NoticeState>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT state FROM notices WHERE certify_id = $1 ORDER BY seq DESC LIMIT 1",
            &[self.0.to_bytes().as_slice().into()],
            |row| state_from(row, 0),
        )
        .await
    }
}

struct Redeliver {
    id: NotifyId,
    now: Timestamp,
}

#[async_trait]
impl Work for Redeliver {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let changed = conn
            .execute(
                "UPDATE notices SET state = 'pending', tries = 0, due_at = $1, settled_at = NULL, \
                 fault = NULL WHERE notify_id = $2 AND state <> 'pending'",
                &[self.now.as_millisecond().into(), self.id.to_bytes().as_slice().into()],
            )
            .await?;
        Ok(changed == 1)
    }
}

struct Release {
    now: Timestamp,
    until: Timestamp,
}

#[async_trait]
impl Work for Release {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        conn.execute(
            "UPDATE notices SET due_at = $1 \
             WHERE state = 'pending' AND due_at > $1 AND due_at <= $2",
            &[self.now.as_millisecond().into(), self.until.as_millisecond().into()],
        )
        .await
    }
}

struct Forget(Timestamp);

#[async_trait]
impl Work for Forget {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        // Names begin with their time.
        let millis = u64::try_from(self.0.as_millisecond()).unwrap_or_default();
        let before = NotifyId::new(millis, [0; 10]).to_bytes();
        conn.execute(
            "DELETE FROM notices WHERE notify_id < $1 AND state <> 'pending'",
            &[before.as_slice().into()],
        )
        .await
    }
}

fn millis(row: &Row<'_>, index: usize, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(row.get(index, TABLE, column)?)
        .map_err(|_| StoreError::Corrupt { table: TABLE, column })
}

fn state_from(row: &Row<'_>, index: usize) -> Result<NoticeState, StoreError> {
    let state: String = row.get(index, TABLE, "state")?;
    NoticeState::parse(&state).ok_or(StoreError::Corrupt { table: TABLE, column: "state" })
}

fn notice_from(row: &Row<'_>) -> Result<Notice, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let id: Vec<u8> = row.get(0, TABLE, "notify_id")?;
    let owner: String = row.get(3, TABLE, "app_id")?;
    let isv: Option<String> = row.get(4, TABLE, "isv_app_id")?;
    let biz_code: String = row.get(6, TABLE, "biz_code")?;
    let settled_at: Option<i64> = row.get(17, TABLE, "settled_at")?;
    Ok(Notice {
        id: id.try_into().map(NotifyId::from_bytes).map_err(|_| corrupt("notify_id"))?,
        certify_id: id_from(row, 1, TABLE)?,
        seq: row.get(2, TABLE, "seq")?,
        owner: AppId::parse(&owner).map_err(|_| corrupt("app_id"))?,
        isv: isv.map(|isv| AppId::parse(&isv).map_err(|_| corrupt("isv_app_id"))).transpose()?,
        order_no: OrderNo::restore(row.get(5, TABLE, "outer_order_no")?),
        biz_code: BizCode::parse(&biz_code).map_err(|_| corrupt("biz_code"))?,
        outcome: row.get(7, TABLE, "outcome")?,
        outcome_at: millis(row, 8, "outcome_at")?,
        outcome_detail: row.get(9, TABLE, "outcome_detail")?,
        opened_at: millis(row, 10, "opened_at")?,
        made_at: millis(row, 11, "made_at")?,
        address: Sealed::new(row.get(12, TABLE, "address")?),
        receiver: row.get(13, TABLE, "receiver")?,
        state: state_from(row, 14)?,
        tries: row.get(15, TABLE, "tries")?,
        due_at: millis(row, 16, "due_at")?,
        settled_at: settled_at
            .map(|at| Timestamp::from_millisecond(at).map_err(|_| corrupt("settled_at")))
            .transpose()?,
        fault: row.get(18, TABLE, "fault")?,
    })
}

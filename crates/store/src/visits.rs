//! The person's part of a certification: who may go on with it, and how far they are.
//!
//! Every change carries the version it was decided on. What belongs together (a step, the event
//! that tells of it, a place in the review queue) is one unit of work.

use async_trait::async_trait;
use domain::{CertifyId, Challenge, Way};
use jiff::Timestamp;

use crate::certifications::hold;
use crate::conn::{Param, Row};
use crate::events::append;
use crate::{Conn, NewEvent, Store, StoreError, Work};

const TABLE: &str = "visits";

/// What the person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Which text.
    pub version: String,
    /// In which language they read it.
    pub language: String,
    /// Whether a guardian agreed for them.
    pub guardian: bool,
    /// When.
    pub at: Timestamp,
}

/// A challenge that waits for its frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChallenge {
    /// The movements.
    pub challenge: Challenge,
    /// Hash of the id the page was given.
    pub hash: [u8; 32],
    /// Until when frames are taken.
    pub ends: Timestamp,
}

/// Another device may take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Hash of the token.
    pub hash: [u8; 32],
    /// Until when.
    pub ends: Timestamp,
}

/// How far the person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The certification.
    pub id: CertifyId,
    /// Hash of the token of the one browser that may go on.
    pub session_hash: [u8; 32],
    /// Hash of the token of the browser that handed over, which may look on.
    pub observer_hash: Option<[u8; 32]>,
    /// Hash of the token of the device, which outlives the certification.
    pub device_hash: Option<[u8; 32]>,
    /// What was agreed to.
    pub consent: Consent,
    /// How they prove who they are.
    pub way: Way,
    /// From 1.
    pub attempt: i64,
    /// The challenge being answered.
    pub challenge: Option<OpenChallenge>,
    /// Challenges asked for in this attempt.
    pub challenges: i64,
    /// An open offer to another device.
    pub handover: Option<Handover>,
    /// When this attempt was handed in.
    pub submitted_at: Option<Timestamp>,
    /// Grows by one with every change.
    pub version: i64,
}

/// What happens beside a change of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Frames of an earlier challenge are dropped.
    DropFrames,
    /// The attempt waits for an operator.
    Queue,
}

impl Store {
    /// The visit of a certification, once somebody has agreed to it.
    pub async fn visit(&self, id: CertifyId) -> Result<Option<Visit>, StoreError> {
        self.read(Find(id)).await
    }

    /// Stores the first visit of a certification; tells whether it was the first.
    pub async fn begin_visit(&self, visit: Visit, event: NewEvent) -> Result<bool, StoreError> {
        self.write(Begin { visit, event }).await
    }

    /// Stores `next` if the stored version is still one less; tells whether it was.
    pub async fn change_visit(
        &self,
        next: Visit,
        beside: Beside,
        event: NewEvent,
    ) -> Result<bool, StoreError> {
        self.write(Change { next, beside, event }).await
    }
}

struct Find(CertifyId);

#[async_trait]
impl Work for Find {
    type Output = Option<Visit>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT certify_id, session_hash, consent_version, consent_language, \
             consent_guardian, consented_at, way, attempt, challenge, challenge_hash, \
             challenge_ends, challenges, handover_hash, handover_ends, submitted_at, version, \
             observer_hash, device_hash FROM visits WHERE certify_id = $1",
            &[self.0.to_bytes().as_slice().into()],
            visit_from,
        )
        .await
    }
}

struct Begin {
    visit: Visit,
    event: NewEvent,
}

#[async_trait]
impl Work for Begin {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let visit = &self.visit;
        let consent = &visit.consent;
        hold(conn, visit.id).await?;
        let inserted = conn
            .execute(
                "INSERT INTO visits (certify_id, session_hash, consent_version, \
                 consent_language, consent_guardian, consented_at, way, attempt, challenges, \
                 version, device_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                 ON CONFLICT (certify_id) DO NOTHING",
                &[
                    visit.id.to_bytes().as_slice().into(),
                    visit.session_hash.as_slice().into(),
                    consent.version.as_str().into(),
                    consent.language.as_str().into(),
                    i64::from(consent.guardian).into(),
                    consent.at.as_millisecond().into(),
                    visit.way.as_str().into(),
                    visit.attempt.into(),
                    visit.challenges.into(),
                    visit.version.into(),
                    visit.device_hash.as_ref().map(<[u8; 32]>::as_slice).into(),
                ],
            )
            .await?;
        if inserted == 1 {
            append(conn, visit.id, &self.event).await?;
        }
        Ok(inserted == 1)
    }
}

struct Change {
    next: Visit,
    beside: Beside,
    event: NewEvent,
}

#[async_trait]
impl Work for Change {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        hold(conn, self.next.id).await?;
        if !update(conn, &self.next).await? {
            return Ok(false);
        }
        let id = self.next.id.to_bytes();
        let of_attempt: [Param<'_>; 2] = [id.as_slice().into(), self.next.attempt.into()];
        match self.beside {
            Beside::Nothing => {}
            Beside::DropFrames => {
                conn.execute(
                    "DELETE FROM evidence WHERE certify_id = $1 AND attempt = $2 \
                     AND (part LIKE 'frame%' OR part = 'selfie')",
                    &of_attempt,
                )
                .await?;
            }
            Beside::Queue => {
                let [id, attempt] = of_attempt;
                conn.execute(
                    "INSERT INTO reviews (certify_id, attempt, queued_at) VALUES ($1, $2, $3)",
                    &[id, attempt, self.event.at.as_millisecond().into()],
                )
                .await?;
            }
        }
        append(conn, self.next.id, &self.event).await?;
        Ok(true)
    }
}

/// Stores `next` over its predecessor; tells whether that was still there.
pub(crate) async fn update(conn: &mut Conn<'_>, next: &Visit) -> Result<bool, StoreError> {
    let challenge = next.challenge.as_ref();
    let handover = next.handover.as_ref();
    let movements = challenge.map(|open| open.challenge.text());
    let changed = conn
        .execute(
            "UPDATE visits SET session_hash = $1, way = $2, attempt = $3, challenge = $4, \
             challenge_hash = $5, challenge_ends = $6, challenges = $7, handover_hash = $8, \
             handover_ends = $9, submitted_at = $10, version = $11, \
             observer_hash = $14, device_hash = $15 WHERE certify_id = $12 AND version = $13",
            &[
                next.session_hash.as_slice().into(),
                next.way.as_str().into(),
                next.attempt.into(),
                movements.as_deref().into(),
                challenge.map(|open| open.hash.as_slice()).into(),
                challenge.map(|open| open.ends.as_millisecond()).into(),
                next.challenges.into(),
                handover.map(|offer| offer.hash.as_slice()).into(),
                handover.map(|offer| offer.ends.as_millisecond()).into(),
                next.submitted_at.map(Timestamp::as_millisecond).into(),
                next.version.into(),
                next.id.to_bytes().as_slice().into(),
                next.version.saturating_sub(1).into(),
                next.observer_hash.as_ref().map(<[u8; 32]>::as_slice).into(),
                next.device_hash.as_ref().map(<[u8; 32]>::as_slice).into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

fn visit_from(row: &Row<'_>) -> Result<Visit, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let text = |index, column| row.get::<String>(index, TABLE, column);
    let id: Vec<u8> = row.get(0, TABLE, "certify_id")?;
    Ok(Visit {
        id: id.try_into().map(CertifyId::from_bytes).map_err(|_| corrupt("certify_id"))?,
        session_hash: hash(row.get(1, TABLE, "session_hash")?, "session_hash")?,
        consent: Consent {
            version: text(2, "consent_version")?,
            language: text(3, "consent_language")?,
            guardian: row.get::<i64>(4, TABLE, "consent_guardian")? != 0,
            at: instant(row.get(5, TABLE, "consented_at")?, "consented_at")?,
        },
        way: Way::parse(&text(6, "way")?).ok_or(corrupt("way"))?,
        attempt: row.get(7, TABLE, "attempt")?,
        challenge: challenge_from(row)?,
        challenges: row.get(11, TABLE, "challenges")?,
        handover: handover_from(row)?,
        submitted_at: row
            .get::<Option<i64>>(14, TABLE, "submitted_at")?
            .map(|at| instant(at, "submitted_at"))
            .transpose()?,
        version: row.get(15, TABLE, "version")?,
        observer_hash: optional_hash(row, 16, "observer_hash")?,
        device_hash: optional_hash(row, 17, "device_hash")?,
    })
}

fn challenge_from(row: &Row<'_>) -> Result<Option<OpenChallenge>, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let Some(text) = row.get::<Option<String>>(8, TABLE, "challenge")? else { return Ok(None) };
    Ok(Some(OpenChallenge {
        challenge: Challenge::parse(&text).ok_or(corrupt("challenge"))?,
        hash: hash(row.get(9, TABLE, "challenge_hash")?, "challenge_hash")?,
        ends: instant(row.get(10, TABLE, "challenge_ends")?, "challenge_ends")?,
    }))
}

fn handover_from(row: &Row<'_>) -> Result<Option<Handover>, StoreError> {
    let Some(bytes) = row.get::<Option<Vec<u8>>>(12, TABLE, "handover_hash")? else {
        return Ok(None);
    };
    Ok(Some(Handover {
        hash: hash(bytes, "handover_hash")?,
        ends: instant(row.get(13, TABLE, "handover_ends")?, "handover_ends")?,
    }))
}

fn optional_hash(
    row: &Row<'_>,
    index: usize,
    column: &'static str,
) -> Result<Option<[u8; 32]>, StoreError> {
    row.get::<Option<Vec<u8>>>(index, TABLE, column)?.map(|bytes| hash(bytes, column)).transpose()
}

fn hash(bytes: Vec<u8>, column: &'static str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt { table: TABLE, column })
}

fn instant(millis: i64, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt { table: TABLE, column })
}

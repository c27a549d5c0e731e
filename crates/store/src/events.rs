//! What happened to a certification, in order. Nothing personal.

use async_trait::async_trait;
use domain::CertifyId;
use jiff::Timestamp;

use crate::certifications::{hold, id_from};
use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "events";
/// Events of one certification that are read back. Attempts and challenges are bounded, so a
/// real one has fewer.
const MOST: i64 = 500;

/// Something that happens now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: &'static str,
    /// More about it.
    pub detail: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// More about it.
    pub detail: Option<String>,
}

impl Store {
    /// What happened to a certification, in order.
    pub async fn events(&self, id: CertifyId) -> Result<Vec<Event>, StoreError> {
        self.read(List(id)).await
    }

    /// What happened lately to any certification, in order of time. Looks at all events: for test
    /// mode.
    pub async fn latest_events(&self) -> Result<Vec<(CertifyId, Event)>, StoreError> {
        self.read(Latest).await
    }

    /// Notes that something happened which changes nothing else.
    pub async fn note(&self, id: CertifyId, event: NewEvent) -> Result<(), StoreError> {
        self.write(Note { id, event }).await
    }
}

struct List(CertifyId);

#[async_trait]
impl Work for List {
    type Output = Vec<Event>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        // The latest, should there be more: what was handed in and decided is among them.
        let mut latest = conn
            .query_all(
                "SELECT seq, at, kind, detail FROM events WHERE certify_id = $1 \
                 ORDER BY seq DESC LIMIT $2",
                &[self.0.to_bytes().as_slice().into(), MOST.into()],
                event_from,
            )
            .await?;
        latest.reverse();
        Ok(latest)
    }
}

struct Latest;

#[async_trait]
impl Work for Latest {
    type Output = Vec<(CertifyId, Event)>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let mut latest = conn
            .query_all(
                "SELECT seq, at, kind, detail, certify_id FROM events \
                 ORDER BY at DESC, certify_id DESC, seq DESC LIMIT $1",
                &[MOST.into()],
                |row| Ok((id_from(row, 4, TABLE)?, event_from(row)?)),
            )
            .await?;
        latest.reverse();
        Ok(latest)
    }
}

fn event_from(row: &Row<'_>) -> Result<Event, StoreError> {
    let at: i64 = row.get(1, TABLE, "at")?;
    Ok(Event {
        seq: row.get(0, TABLE, "seq")?,
        at: Timestamp::from_millisecond(at)
            .map_err(|_| StoreError::Corrupt { table: TABLE, column: "at" })?,
        kind: row.get(2, TABLE, "kind")?,
        detail: row.get(3, TABLE, "detail")?,
    })
}

struct Note {
    id: CertifyId,
    event: NewEvent,
}

#[async_trait]
impl Work for Note {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        hold(conn, self.id).await?;
        append(conn, self.id, &self.event).await
    }
}

/// Adds an event behind those that are there. The caller holds the certification.
pub(crate) async fn append(
    conn: &mut Conn<'_>,
    id: CertifyId,
    event: &NewEvent,
) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO events (certify_id, seq, at, kind, detail) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM events WHERE certify_id = $1",
        &[
            id.to_bytes().as_slice().into(),
            event.at.as_millisecond().into(),
            event.kind.into(),
            event.detail.as_deref().into(),
        ],
    )
    .await?;
    Ok(())
}

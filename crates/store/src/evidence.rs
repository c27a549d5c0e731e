//! Pictures: sealed, and deleted as soon as nothing keeps them.

use async_trait::async_trait;
use domain::{CertifyId, Part, Sealed, Source};
use jiff::Timestamp;

use crate::certifications::hold;
use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "evidence";
/// Attempt of what the merchant gave.
pub(crate) const GIVEN: i64 = 0;

/// A picture without the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// Which one.
    pub part: Part,
    /// How it came to us.
    pub source: Source,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// When.
    pub received_at: Timestamp,
}

/// A picture to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPicture {
    /// Which one, and what is known of it.
    pub exhibit: Exhibit,
    /// The picture: ciphertext.
    pub sealed: Sealed,
}

impl Store {
    /// Keeps a picture of a visit, over an earlier one of the same part, if the visit is still at
    /// `version`; tells whether it was.
    pub async fn keep_picture(
        &self,
        id: CertifyId,
        version: i64,
        picture: NewPicture,
    ) -> Result<bool, StoreError> {
        self.write(Keep { id, version, picture }).await
    }

    /// What is there of an attempt, and what the merchant gave.
    pub async fn exhibits(&self, id: CertifyId, attempt: i64) -> Result<Vec<Exhibit>, StoreError> {
        self.read(List { id, attempt }).await
    }

    /// One picture of an attempt.
    pub async fn picture(
        &self,
        id: CertifyId,
        attempt: i64,
        part: Part,
    ) -> Result<Option<Sealed>, StoreError> {
        self.read(Picture { id, attempt, part }).await
    }

    /// Deletes every picture of a certification; tells how many there were.
    pub async fn delete_pictures(&self, id: CertifyId) -> Result<usize, StoreError> {
        self.write(Delete(id)).await
    }

    /// Deletes pictures whose time is up, at most `limit`; tells how many.
    pub async fn delete_overdue_pictures(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<usize, StoreError> {
        self.write(DeleteOverdue { now, limit }).await
    }
}

struct Keep {
    id: CertifyId,
    version: i64,
    picture: NewPicture,
}

#[async_trait]
impl Work for Keep {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let exhibit = &self.picture.exhibit;
        hold(conn, self.id).await?;
        let kept = conn
            .execute(
                "INSERT INTO evidence (certify_id, attempt, part, picture, source, width, \
                 height, received_at) \
                 SELECT certify_id, attempt, $2, $3, $4, $5, $6, $7 FROM visits \
                 WHERE certify_id = $1 AND version = $8 AND EXISTS (SELECT 1 \
                 FROM certifications c WHERE c.certify_id = $1 \
                 AND c.state IN ('created', 'in_progress')) \
                 ON CONFLICT (certify_id, attempt, part) DO UPDATE SET \
                 picture = excluded.picture, source = excluded.source, width = excluded.width, \
                 height = excluded.height, received_at = excluded.received_at",
                &[
                    self.id.to_bytes().as_slice().into(),
                    exhibit.part.as_str().into(),
                    self.picture.sealed.as_bytes().into(),
                    exhibit.source.as_str().into(),
                    exhibit.width.into(),
                    exhibit.height.into(),
                    exhibit.received_at.as_millisecond().into(),
                    self.version.into(),
                ],
            )
            .await?;
        Ok(kept == 1)
    }
}

/// Keeps what the merchant gave to `init`.
pub(crate) async fn give(
    conn: &mut Conn<'_>,
    id: CertifyId,
    picture: &NewPicture,
) -> Result<(), StoreError> {
    let exhibit = &picture.exhibit;
    conn.execute(
        "INSERT INTO evidence (certify_id, attempt, part, picture, source, width, height, \
         received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.to_bytes().as_slice().into(),
            GIVEN.into(),
            exhibit.part.as_str().into(),
            picture.sealed.as_bytes().into(),
            exhibit.source.as_str().into(),
            exhibit.width.into(),
            exhibit.height.into(),
            exhibit.received_at.as_millisecond().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Lets pictures of an ended certification go: at `delete_at`, or at once.
pub(crate) async fn release(
    conn: &mut Conn<'_>,
    id: CertifyId,
    delete_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let key = id.to_bytes();
    match delete_at {
        None => {
            conn.execute("DELETE FROM evidence WHERE certify_id = $1", &[key.as_slice().into()])
                .await?;
        }
        Some(at) => {
            conn.execute(
                "UPDATE evidence SET delete_at = $1 WHERE certify_id = $2",
                &[at.as_millisecond().into(), key.as_slice().into()],
            )
            .await?;
        }
    }
    Ok(())
}

struct List {
    id: CertifyId,
    attempt: i64,
}

#[async_trait]
impl Work for List {
    type Output = Vec<Exhibit>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT part, source, width, height, received_at FROM evidence \
             WHERE certify_id = $1 AND attempt IN ($2, $3) ORDER BY part LIMIT 32",
            &[self.id.to_bytes().as_slice().into(), GIVEN.into(), self.attempt.into()],
            exhibit_from,
        )
        .await
    }
}

fn exhibit_from(row: &Row<'_>) -> Result<Exhibit, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
    let part: String = row.get(0, TABLE, "part")?;
    let source: String = row.get(1, TABLE, "source")?;
    Ok(Exhibit {
        part: Part::parse(&part).ok_or(corrupt("part"))?,
        source: Source::parse(&source).ok_or(corrupt("source"))?,
        width: row.get(2, TABLE, "width")?,
        height: row.get(3, TABLE, "height")?,
        received_at: Timestamp::from_millisecond(row.get(4, TABLE, "received_at")?)
            .map_err(|_| corrupt("received_at"))?,
    })
}

struct Picture {
    id: CertifyId,
    attempt: i64,
    part: Part,
}

#[async_trait]
impl Work for Picture {
    type Output = Option<Sealed>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let attempt = if self.part == Part::Reference { GIVEN } else { self.attempt };
        conn.query_opt(
            "SELECT picture FROM evidence WHERE certify_id = $1 AND attempt = $2 AND part = $3",
            &[self.id.to_bytes().as_slice().into(), attempt.into(), self.part.as_str().into()],
            |row| row.get(0, TABLE, "picture").map(Sealed::new),
        )
        .await
    }
}

struct Delete(CertifyId);

#[async_trait]
impl Work for Delete {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        let id = self.0.to_bytes();
        conn.execute("DELETE FROM evidence WHERE certify_id = $1", &[id.as_slice().into()]).await
    }
}

struct DeleteOverdue {
    now: Timestamp,
    limit: i64,
}

#[async_trait]
impl Work for DeleteOverdue {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        conn.execute(
            "DELETE FROM evidence WHERE (certify_id, attempt, part) IN \
             (SELECT certify_id, attempt, part FROM evidence WHERE delete_at <= $1 LIMIT $2)",
            &[self.now.as_millisecond().into(), self.limit.into()],
        )
        .await
    }
}

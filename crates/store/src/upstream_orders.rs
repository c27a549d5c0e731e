//! Orders sent to a gateway that certifies in our place. What is remembered here is what keeps one
//! from being opened twice there.

use async_trait::async_trait;
use domain::OrderNo;
use jiff::Timestamp;

use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

const TABLE: &str = "upstream_orders";

/// Which order: whose, and its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpstreamOrderKey {
    /// The application, and whom it acts for.
    pub owner: String,
    /// The merchant's number.
    pub order_no: OrderNo,
}

/// A wish to send an order.
#[derive(Debug, Clone)]
pub struct UpstreamClaim {
    /// Which.
    pub key: UpstreamOrderKey,
    /// Keyed digest of what is to be sent.
    pub content_digest: [u8; 32],
    /// Now.
    pub at: Timestamp,
    /// From when on nobody can be sending it any more.
    pub until: Timestamp,
}

/// What came of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamClaimed {
    /// It is the claimant's to send.
    Yours {
        /// Names the attempt when it is settled.
        attempt: i64,
        /// An earlier attempt may have arrived.
        doubted: bool,
    },
    /// Somebody is sending it now.
    Sending,
    /// It has been opened under this id.
    Opened(String),
    /// The number was used with other content.
    OtherContent,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamSettled {
    /// It is open there, under this id.
    Opened(String),
    /// It may be open there.
    Unknown,
    /// Nothing was opened by this attempt.
    Nothing,
}

impl Store {
    /// Takes an order for sending, unless it is known or somebody else sends it.
    pub async fn claim_upstream_order(
        &self,
        claim: UpstreamClaim,
    ) -> Result<UpstreamClaimed, StoreError> {
        self.write(claim).await
    }

    /// Writes down how an attempt ended; tells whether it was still the latest.
    pub async fn settle_upstream_order(
        &self,
        key: UpstreamOrderKey,
        attempt: i64,
        settled: UpstreamSettled,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(Settle { key, attempt, settled, at }).await
    }

    /// Forgets orders last heard of before `before`; tells how many.
    pub async fn forget_upstream_orders(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(Forget(before)).await
    }
}

/// How often an order may be forgotten by somebody else between two looks at it.
const LOOKS: usize = 3;

#[async_trait]
impl Work for UpstreamClaim {
    type Output = UpstreamClaimed;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<UpstreamClaimed, StoreError> {
        for _ in 0..LOOKS {
            if self.first(conn).await? {
                return Ok(UpstreamClaimed::Yours { attempt: 1, doubted: false });
            }
            if let Some(known) = self.known(conn).await? {
                return self.of_known(conn, known).await;
            }
        }
        Err(StoreError::Busy("others send the same order"))
    }
}

impl UpstreamClaim {
    async fn first(&self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let inserted = conn
            .execute(
                "INSERT INTO upstream_orders (owner, outer_order_no, content_digest, state, \
                 attempt, doubted, sending_until, changed_at) \
                 VALUES ($1, $2, $3, 'sending', 1, 0, $4, $5) \
                 ON CONFLICT (owner, outer_order_no) DO NOTHING",
                &[
                    self.key.owner.as_str().into(),
                    self.key.order_no.as_str().into(),
                    self.content_digest.as_slice().into(),
                    self.until.as_millisecond().into(),
                    self.at.as_millisecond().into(),
                ],
            )
            .await?;
        Ok(inserted == 1)
    }

    /// The order, which stays as it is until this unit ends.
    async fn known(&self, conn: &mut Conn<'_>) -> Result<Option<Known>, StoreError> {
        let key = [self.key.owner.as_str().into(), self.key.order_no.as_str().into()];
        conn.hold(
            "SELECT 1 FROM upstream_orders WHERE owner = $1 AND outer_order_no = $2 FOR UPDATE",
            &key,
        )
        .await?;
        conn.query_opt(
            "SELECT content_digest, state, attempt, sending_until, certify_id \
             FROM upstream_orders WHERE owner = $1 AND outer_order_no = $2",
            &key,
            Known::from,
        )
        .await
    }

    async fn of_known(
        &self,
        conn: &mut Conn<'_>,
        known: Known,
    ) -> Result<UpstreamClaimed, StoreError> {
        if known.content_digest != self.content_digest {
            return Ok(UpstreamClaimed::OtherContent);
        }
        match known.state {
            Progress::Opened(certify_id) => Ok(UpstreamClaimed::Opened(certify_id)),
            Progress::Sending { until } if self.at.as_millisecond() < until => {
                Ok(UpstreamClaimed::Sending)
            }
            Progress::Sending { .. } | Progress::Unknown => self.again(conn, known.attempt).await,
        }
    }

    async fn again(
        &self,
        conn: &mut Conn<'_>,
        earlier: i64,
    ) -> Result<UpstreamClaimed, StoreError> {
        let taken = conn
            .execute(
                "UPDATE upstream_orders SET state = 'sending', attempt = attempt + 1, \
                 doubted = 1, sending_until = $1, changed_at = $2 \
                 WHERE owner = $3 AND outer_order_no = $4 AND attempt = $5",
                &[
                    self.until.as_millisecond().into(),
                    self.at.as_millisecond().into(),
                    self.key.owner.as_str().into(),
                    self.key.order_no.as_str().into(),
                    earlier.into(),
                ],
            )
            .await?;
        Ok(match taken {
            0 => UpstreamClaimed::Sending,
            _ => UpstreamClaimed::Yours { attempt: earlier.saturating_add(1), doubted: true },
        })
    }
}

struct Known {
    content_digest: Vec<u8>,
    state: Progress,
    attempt: i64,
}

enum Progress {
    Sending { until: i64 },
    Unknown,
    Opened(String),
}

impl Known {
    fn from(row: &Row<'_>) -> Result<Self, StoreError> {
        let state: String = row.get(1, TABLE, "state")?;
        let until: i64 = row.get(3, TABLE, "sending_until")?;
        let certify_id: Option<String> = row.get(4, TABLE, "certify_id")?;
        let state = match (state.as_str(), certify_id) {
            ("sending", _) => Progress::Sending { until },
            ("unknown", _) => Progress::Unknown,
            ("opened", Some(certify_id)) => Progress::Opened(certify_id),
            _ => return Err(StoreError::Corrupt { table: TABLE, column: "state" }),
        };
        let content_digest = row.get(0, TABLE, "content_digest")?;
        Ok(Self { content_digest, state, attempt: row.get(2, TABLE, "attempt")? })
    }
}

struct Settle {
    key: UpstreamOrderKey,
    attempt: i64,
    settled: UpstreamSettled,
    at: Timestamp,
}

#[async_trait]
impl Work for Settle {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let (state, certify_id) = match &self.settled {
            UpstreamSettled::Opened(certify_id) => ("opened", Some(certify_id.as_str())),
            UpstreamSettled::Unknown => ("unknown", None),
            UpstreamSettled::Nothing => return self.nothing(conn).await,
        };
        // Whoever learns the id has learned it, be the attempt the latest or not; the first counts.
        let late = matches!(self.settled, UpstreamSettled::Opened(_));
        let sql = if late {
            "UPDATE upstream_orders SET state = $1, certify_id = $2, changed_at = $3 \
             WHERE owner = $4 AND outer_order_no = $5 AND attempt >= $6 AND state <> 'opened'"
        } else {
            "UPDATE upstream_orders SET state = $1, certify_id = $2, changed_at = $3 \
             WHERE owner = $4 AND outer_order_no = $5 AND attempt = $6 AND state = 'sending'"
        };
        let changed = conn
            .execute(
                sql,
                &[
                    state.into(),
                    certify_id.into(),
                    self.at.as_millisecond().into(),
                    self.key.owner.as_str().into(),
                    self.key.order_no.as_str().into(),
                    self.attempt.into(),
                ],
            )
            .await?;
        Ok(changed == 1)
    }
}

impl Settle {
    /// As if it had not been tried; but an earlier attempt that may have arrived stays in doubt.
    async fn nothing(&self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        let deleted = conn
            .execute(
                "DELETE FROM upstream_orders WHERE owner = $1 AND outer_order_no = $2 \
                 AND attempt = $3 AND state = 'sending' AND doubted = 0",
                &[
                    self.key.owner.as_str().into(),
                    self.key.order_no.as_str().into(),
                    self.attempt.into(),
                ],
            )
            .await?;
        if deleted == 1 {
            return Ok(true);
        }
        let changed = conn
            .execute(
                "UPDATE upstream_orders SET state = 'unknown', changed_at = $1 \
                 WHERE owner = $2 AND outer_order_no = $3 AND attempt = $4 AND state = 'sending'",
                &[
                    self.at.as_millisecond().into(),
                    self.key.owner.as_str().into(),
                    self.key.order_no.as_str().into(),
                    self.attempt.into(),
                ],
            )
            .await?;
        Ok(changed == 1)
    }
}

struct Forget(Timestamp);

#[async_trait]
impl Work for Forget {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        let before = self.0.as_millisecond().into();
        conn.execute("DELETE FROM upstream_orders WHERE changed_at < $1", &[before]).await
    }
}

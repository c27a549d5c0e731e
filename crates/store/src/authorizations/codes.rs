//! Codes: what a merchant's agreement gives, to be exchanged once.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{AppAuthCode, NewAppAuthTokens, app_id, hold, instant, instant_opt, tokens};
use crate::{Conn, StoreError, Work};

const TABLE: &str = "app_auth_codes";

pub(super) struct Keep {
    pub(super) hash: [u8; 32],
    pub(super) code: AppAuthCode,
    pub(super) oldest: Timestamp,
}

#[async_trait]
impl Work for Keep {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute(
            "DELETE FROM app_auth_codes WHERE ends < $1",
            &[self.oldest.as_millisecond().into()],
        )
        .await?;
        conn.execute(
            "INSERT INTO app_auth_codes (code_hash, isv_app_id, app_id, granted_at, ends, spent_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                self.hash.as_slice().into(),
                self.code.isv.as_str().into(),
                self.code.app.as_str().into(),
                self.code.granted_at.as_millisecond().into(),
                self.code.ends.as_millisecond().into(),
                self.code.spent_at.map(Timestamp::as_millisecond).into(),
            ],
        )
        .await?;
        Ok(())
    }
}

pub(super) struct Find(pub(super) [u8; 32]);

#[async_trait]
impl Work for Find {
    type Output = Option<AppAuthCode>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT isv_app_id, app_id, granted_at, ends, spent_at FROM app_auth_codes \
             WHERE code_hash = $1",
            &[self.0.as_slice().into()],
            |row| {
                Ok(AppAuthCode {
                    isv: app_id(row, 0, TABLE, "isv_app_id")?,
                    app: app_id(row, 1, TABLE, "app_id")?,
                    granted_at: instant(row, 2, TABLE, "granted_at")?,
                    ends: instant(row, 3, TABLE, "ends")?,
                    spent_at: instant_opt(row, 4, TABLE, "spent_at")?,
                })
            },
        )
        .await
    }
}

pub(super) struct Exchange {
    pub(super) hash: [u8; 32],
    pub(super) code: AppAuthCode,
    pub(super) tokens: NewAppAuthTokens,
    pub(super) oldest: Timestamp,
}

#[async_trait]
impl Work for Exchange {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        hold(conn, &self.code.isv, &self.code.app).await?;
        let at = self.tokens.at.as_millisecond().into();
        let spent = conn
            .execute(
                "UPDATE app_auth_codes SET spent_at = $2 WHERE code_hash = $1 AND spent_at IS NULL",
                &[self.hash.as_slice().into(), at],
            )
            .await?;
        if spent == 0 {
            return Ok(false);
        }
        let (isv, app) = (self.code.isv.as_str().into(), self.code.app.as_str().into());
        // An older agreement must not end the tokens of a newer one.
        conn.execute(
            "UPDATE app_auth_codes SET spent_at = $4 \
             WHERE isv_app_id = $1 AND app_id = $2 AND granted_at < $3 AND spent_at IS NULL",
            &[isv, app, self.code.granted_at.as_millisecond().into(), at],
        )
        .await?;
        conn.execute(
            "UPDATE app_auth_tokens SET revoked_at = $3 \
             WHERE isv_app_id = $1 AND app_id = $2 AND revoked_at IS NULL",
            &[isv, app, at],
        )
        .await?;
        conn.execute(
            "DELETE FROM app_auth_tokens WHERE isv_app_id = $1 AND app_id = $2 \
             AND (replaced_at < $3 OR revoked_at < $3)",
            &[isv, app, self.oldest.as_millisecond().into()],
        )
        .await?;
        let code = &self.code;
        tokens::insert(conn, &code.isv, &code.app, code.granted_at, &self.tokens).await?;
        Ok(true)
    }
}

//! Tokens: what an application acts for another with.

use async_trait::async_trait;
use domain::AppId;
use jiff::Timestamp;

use super::{AppAuthGrant, NewAppAuthTokens, app_id, hold, instant, instant_opt};
use crate::conn::Row;
use crate::{Conn, StoreError, Work};

const TABLE: &str = "app_auth_tokens";

/// By which of its two secrets a token is looked for.
pub(super) enum By {
    Token,
    RefreshToken,
}

pub(super) struct Find {
    pub(super) hash: [u8; 32],
    pub(super) by: By,
}

#[async_trait]
impl Work for Find {
    type Output = Option<AppAuthGrant>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        let statement = match self.by {
            By::Token => {
                "SELECT isv_app_id, app_id, auth_time, ends, refresh_ends, replaced_at, revoked_at \
                 FROM app_auth_tokens WHERE token_hash = $1"
            }
            By::RefreshToken => {
                "SELECT isv_app_id, app_id, auth_time, ends, refresh_ends, replaced_at, revoked_at \
                 FROM app_auth_tokens WHERE refresh_hash = $1"
            }
        };
        conn.query_opt(statement, &[self.hash.as_slice().into()], grant_from).await
    }
}

fn grant_from(row: &Row<'_>) -> Result<AppAuthGrant, StoreError> {
    Ok(AppAuthGrant {
        isv: app_id(row, 0, TABLE, "isv_app_id")?,
        app: app_id(row, 1, TABLE, "app_id")?,
        auth_time: instant(row, 2, TABLE, "auth_time")?,
        ends: instant_opt(row, 3, TABLE, "ends")?,
        refresh_ends: instant_opt(row, 4, TABLE, "refresh_ends")?,
        replaced_at: instant_opt(row, 5, TABLE, "replaced_at")?,
        revoked_at: instant_opt(row, 6, TABLE, "revoked_at")?,
    })
}

pub(super) async fn insert(
    conn: &mut Conn<'_>,
    isv: &AppId,
    app: &AppId,
    auth_time: Timestamp,
    new: &NewAppAuthTokens,
) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO app_auth_tokens \
         (token_hash, refresh_hash, isv_app_id, app_id, auth_time, ends, refresh_ends) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            new.token.as_slice().into(),
            new.refresh_token.as_slice().into(),
            isv.as_str().into(),
            app.as_str().into(),
            auth_time.as_millisecond().into(),
            new.ends.map(Timestamp::as_millisecond).into(),
            new.refresh_ends.map(Timestamp::as_millisecond).into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) struct Replace {
    pub(super) refresh_token: [u8; 32],
    pub(super) grant: AppAuthGrant,
    pub(super) tokens: NewAppAuthTokens,
}

#[async_trait]
impl Work for Replace {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        hold(conn, &self.grant.isv, &self.grant.app).await?;
        let replaced = conn
            .execute(
                "UPDATE app_auth_tokens SET replaced_at = $2 \
                 WHERE refresh_hash = $1 AND replaced_at IS NULL AND revoked_at IS NULL",
                &[self.refresh_token.as_slice().into(), self.tokens.at.as_millisecond().into()],
            )
            .await?;
        if replaced == 0 {
            return Ok(false);
        }
        let grant = &self.grant;
        insert(conn, &grant.isv, &grant.app, grant.auth_time, &self.tokens).await?;
        Ok(true)
    }
}

pub(super) struct Revoke {
    pub(super) isv: AppId,
    pub(super) app: AppId,
    pub(super) at: Timestamp,
}

#[async_trait]
impl Work for Revoke {
    type Output = bool;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
        hold(conn, &self.isv, &self.app).await?;
        let of_the_two =
            [self.isv.as_str().into(), self.app.as_str().into(), self.at.as_millisecond().into()];
        let tokens = conn
            .execute(
                "UPDATE app_auth_tokens SET revoked_at = $3 \
                 WHERE isv_app_id = $1 AND app_id = $2 AND revoked_at IS NULL",
                &of_the_two,
            )
            .await?;
        let codes = conn
            .execute(
                "UPDATE app_auth_codes SET spent_at = $3 \
                 WHERE isv_app_id = $1 AND app_id = $2 AND spent_at IS NULL",
                &of_the_two,
            )
            .await?;
        Ok(tokens + codes > 0)
    }
}

pub(super) struct List {
    pub(super) isv: Option<AppId>,
    pub(super) most: u32,
}

#[async_trait]
impl Work for List {
    type Output = Vec<AppAuthGrant>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_all(
            "SELECT isv_app_id, app_id, auth_time, ends, refresh_ends, replaced_at, revoked_at \
             FROM app_auth_tokens WHERE replaced_at IS NULL AND revoked_at IS NULL \
             AND (isv_app_id = $1 OR $1 IS NULL) \
             ORDER BY auth_time DESC, isv_app_id, app_id LIMIT $2",
            &[self.isv.as_ref().map(AppId::as_str).into(), i64::from(self.most).into()],
            grant_from,
        )
        .await
    }
}

//! Which application acts for which, by codes and tokens given out here. Of these only hashes are
//! kept. What must be decided among several callers is decided by one update: who changes the row
//! has won.

mod codes;
mod tokens;

use domain::AppId;
use jiff::Timestamp;

use crate::conn::Row;
use crate::{Conn, Store, StoreError};

/// A code that a merchant's agreement gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppAuthCode {
    /// Who will act.
    pub isv: AppId,
    /// For whom.
    pub app: AppId,
    /// When the merchant agreed.
    pub granted_at: Timestamp,
    /// When it can no longer be exchanged.
    pub ends: Timestamp,
    /// It was exchanged, overtaken by a newer one, or withdrawn.
    pub spent_at: Option<Timestamp>,
}

/// A token and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppAuthGrant {
    /// Who acts.
    pub isv: AppId,
    /// For whom.
    pub app: AppId,
    /// When the merchant agreed.
    pub auth_time: Timestamp,
    /// When it ends by itself, if it does.
    pub ends: Option<Timestamp>,
    /// The same of its refresh token.
    pub refresh_ends: Option<Timestamp>,
    /// Its refresh token was used.
    pub replaced_at: Option<Timestamp>,
    /// The merchant withdrew, or agreed anew.
    pub revoked_at: Option<Timestamp>,
}

/// The hashes of a new token and its refresh token, and their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAppAuthTokens {
    /// Finds the token.
    pub token: [u8; 32],
    /// Finds it by its refresh token.
    pub refresh_token: [u8; 32],
    /// Now.
    pub at: Timestamp,
    /// When the token ends by itself, if it does.
    pub ends: Option<Timestamp>,
    /// The same of the refresh token.
    pub refresh_ends: Option<Timestamp>,
}

impl Store {
    /// Keeps a code, and forgets codes that ended before `oldest`.
    pub async fn keep_app_auth_code(
        &self,
        hash: [u8; 32],
        code: AppAuthCode,
        oldest: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(codes::Keep { hash, code, oldest }).await
    }

    /// Finds a code, whatever has become of it.
    pub async fn app_auth_code(&self, hash: [u8; 32]) -> Result<Option<AppAuthCode>, StoreError> {
        self.read(codes::Find(hash)).await
    }

    /// Spends a code and all older ones of the same two applications, ends the tokens they had,
    /// and keeps new ones; tells whether the code was there to be spent. Tokens that were over
    /// before `oldest` are forgotten.
    pub async fn exchange_app_auth_code(
        &self,
        hash: [u8; 32],
        code: AppAuthCode,
        tokens: NewAppAuthTokens,
        oldest: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(codes::Exchange { hash, code, tokens, oldest }).await
    }

    /// Finds a token, whatever has become of it.
    pub async fn app_auth_token(&self, hash: [u8; 32]) -> Result<Option<AppAuthGrant>, StoreError> {
        self.read(tokens::Find { hash, by: tokens::By::Token }).await
    }

    /// Finds a token by its refresh token.
    pub async fn app_refresh_token(
        &self,
        hash: [u8; 32],
    ) -> Result<Option<AppAuthGrant>, StoreError> {
        self.read(tokens::Find { hash, by: tokens::By::RefreshToken }).await
    }

    /// Replaces the token of a refresh token by new ones; tells whether it was there to be
    /// replaced.
    pub async fn replace_app_auth_token(
        &self,
        refresh_token: [u8; 32],
        grant: AppAuthGrant,
        tokens: NewAppAuthTokens,
    ) -> Result<bool, StoreError> {
        self.write(tokens::Replace { refresh_token, grant, tokens }).await
    }

    /// Ends all tokens of `isv` for `app` and spends the codes of the two; tells whether there
    /// were any.
    pub async fn revoke_app_auth(
        &self,
        isv: AppId,
        app: AppId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(tokens::Revoke { isv, app, at }).await
    }

    /// Who acts for whom now, the newest agreement first: all, or those of one application.
    pub async fn app_authorizations(
        &self,
        isv: Option<AppId>,
        most: u32,
    ) -> Result<Vec<AppAuthGrant>, StoreError> {
        self.read(tokens::List { isv, most }).await
    }
}

/// One at a time changes what stands between two applications: a withdrawal must not miss a token
/// that is just being given.
async fn hold(conn: &mut Conn<'_>, isv: &AppId, app: &AppId) -> Result<(), StoreError> {
    let of_the_two = [isv.as_str().into(), app.as_str().into()];
    conn.hold(
        "SELECT 1 FROM app_auth_codes WHERE isv_app_id = $1 AND app_id = $2 \
         ORDER BY code_hash FOR UPDATE",
        &of_the_two,
    )
    .await?;
    conn.hold(
        "SELECT 1 FROM app_auth_tokens WHERE isv_app_id = $1 AND app_id = $2 \
         ORDER BY token_hash FOR UPDATE",
        &of_the_two,
    )
    .await
}

fn app_id(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Result<AppId, StoreError> {
    let text: String = row.get(index, table, column)?;
    AppId::parse(&text).map_err(|_| StoreError::Corrupt { table, column })
}

fn instant(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    let millis = row.get(index, table, column)?;
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt { table, column })
}

fn instant_opt(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Result<Option<Timestamp>, StoreError> {
    let millis: Option<i64> = row.get(index, table, column)?;
    millis
        .map(Timestamp::from_millisecond)
        .transpose()
        .map_err(|_| StoreError::Corrupt { table, column })
}

//! Users of spaces and their sessions. A session is found by the hash of its token.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::conn::Row;
use crate::{Conn, Store, StoreError, Work};

/// A user of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The space.
    pub space_id: String,
    /// Our id of the user within the space.
    pub user_id: String,
    /// The platform's id of the user; none for an anonymous one.
    pub provider_user_id: Option<String>,
    /// First sign-in.
    pub created_at: Timestamp,
    /// Latest sign-in.
    pub last_seen_at: Timestamp,
}

/// A user who signs in: known already if the platform's id is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The space.
    pub space_id: String,
    /// The id the user gets if new.
    pub user_id: String,
    /// Platform and the platform's id of the user; none for an anonymous one.
    pub provider: Option<(String, String)>,
    /// Now.
    pub at: Timestamp,
}

/// A session and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub user: User,
    /// When it ends unless used.
    pub expires_at: Timestamp,
}

impl Store {
    /// Finds or creates the user and opens a session. Earlier sessions stay valid: clients that
    /// renew in parallel each open one.
    pub async fn open_session(
        &self,
        user: NewUser,
        token_hash: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(Open { user, token_hash, expires_at }).await
    }

    /// Finds a session, expired ones included.
    pub async fn session(&self, token_hash: [u8; 32]) -> Result<Option<Session>, StoreError> {
        self.read(FindSession(token_hash)).await
    }

    /// Finds a user of a space.
    pub async fn user(&self, space_id: &str, user_id: &str) -> Result<Option<User>, StoreError> {
        self.read(FindUser { space_id: space_id.into(), user_id: user_id.into() }).await
    }

    /// Moves the end of a session, never to an earlier instant.
    pub async fn extend_session(
        &self,
        token_hash: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(Extend { token_hash, expires_at }).await
    }

    /// Forgets sessions that ended before `before`, and anonymous users left without one; tells
    /// how many sessions.
    pub async fn forget_sessions(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(Forget(before)).await
    }
}

struct Open {
    user: NewUser,
    token_hash: [u8; 32],
    expires_at: Timestamp,
}

#[async_trait]
impl Work for Open {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let user_id = upsert_user(conn, &self.user).await?;
        conn.execute(
            "INSERT INTO sessions (token_hash, space_id, user_id, expires_at) \
             VALUES ($1, $2, $3, $4)",
            &[
                self.token_hash.as_slice().into(),
                self.user.space_id.as_str().into(),
                user_id.as_str().into(),
                self.expires_at.as_millisecond().into(),
            ],
        )
        .await?;
        Ok(())
    }
}

async fn upsert_user(conn: &mut Conn<'_>, user: &NewUser) -> Result<String, StoreError> {
    let (provider, provider_user_id) = match &user.provider {
        Some((provider, id)) => (Some(provider.as_str()), Some(id.as_str())),
        None => (None, None),
    };
    conn.query_opt(
        "INSERT INTO users \
         (space_id, user_id, provider, provider_user_id, created_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $5) \
         ON CONFLICT (space_id, provider, provider_user_id) \
         DO UPDATE SET last_seen_at = excluded.last_seen_at RETURNING user_id",
        &[
            user.space_id.as_str().into(),
            user.user_id.as_str().into(),
            provider.into(),
            provider_user_id.into(),
            user.at.as_millisecond().into(),
        ],
        |row| row.get(0, "users", "user_id"),
    )
    .await?
    .ok_or(StoreError::Corrupt { table: "users", column: "user_id" })
}

struct FindSession([u8; 32]);

#[async_trait]
impl Work for FindSession {
    type Output = Option<Session>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT u.space_id, u.user_id, u.provider_user_id, u.created_at, u.last_seen_at, \
             s.expires_at FROM sessions s \
             JOIN users u ON u.space_id = s.space_id AND u.user_id = s.user_id \
             WHERE s.token_hash = $1",
            &[self.0.as_slice().into()],
            |row| {
                let user = user_from(row)?;
                Ok(Session { user, expires_at: millis(row, 5, "sessions", "expires_at")? })
            },
        )
        .await
    }
}

struct FindUser {
    space_id: String,
    user_id: String,
}

#[async_trait]
impl Work for FindUser {
    type Output = Option<User>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        conn.query_opt(
            "SELECT space_id, user_id, provider_user_id, created_at, last_seen_at \
             FROM users WHERE space_id = $1 AND user_id = $2",
            &[self.space_id.as_str().into(), self.user_id.as_str().into()],
            user_from,
        )
        .await
    }
}

fn user_from(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        space_id: row.get(0, "users", "space_id")?,
        user_id: row.get(1, "users", "user_id")?,
        provider_user_id: row.get(2, "users", "provider_user_id")?,
        created_at: millis(row, 3, "users", "created_at")?,
        last_seen_at: millis(row, 4, "users", "last_seen_at")?,
    })
}

fn millis(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(row.get(index, table, column)?)
        .map_err(|_| StoreError::Corrupt { table, column })
}

struct Extend {
    token_hash: [u8; 32],
    expires_at: Timestamp,
}

#[async_trait]
impl Work for Extend {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute(
            "UPDATE sessions SET expires_at = $1 WHERE token_hash = $2 AND expires_at < $1",
            &[self.expires_at.as_millisecond().into(), self.token_hash.as_slice().into()],
        )
        .await?;
        Ok(())
    }
}

struct Forget(Timestamp);

#[async_trait]
impl Work for Forget {
    type Output = usize;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<usize, StoreError> {
        let before = self.0.as_millisecond().into();
        let sessions =
            conn.execute("DELETE FROM sessions WHERE expires_at < $1", &[before]).await?;
        // An anonymous user cannot come back: the session was the only way to be this user.
        conn.execute(
            "DELETE FROM users WHERE provider IS NULL AND last_seen_at < $1 AND NOT EXISTS \
             (SELECT 1 FROM sessions s \
              WHERE s.space_id = users.space_id AND s.user_id = users.user_id)",
            &[before],
        )
        .await?;
        Ok(sessions)
    }
}

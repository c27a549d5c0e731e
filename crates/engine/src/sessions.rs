//! Sign-in to a space, and the sessions that follow.
//!
//! A session lives 10 minutes, and each use moves its end to 30 minutes from then. A use must not
//! cost a commit each time: the exact end is kept in memory, and written down when it has moved by
//! [`WRITE_AFTER`]. A crash can cost a session that little of its life.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use store::{NewUser, User};

use crate::test_users::test_user_id;
use crate::vault::sha256;
use crate::{Engine, EngineError, Mode};

/// Life of a session that is never used.
const FIRST: SignedDuration = SignedDuration::from_mins(10);
/// Life from each use on.
const EXTENDED: SignedDuration = SignedDuration::from_mins(30);
/// How far the written end may lag behind the exact one.
const WRITE_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// Sessions whose exact end is kept in memory. Beyond it the written end decides.
const RECENT: usize = 100_000;

/// A new session.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The token, shown once; only its hash is kept.
    pub access_token: String,
    /// Seconds until it ends unless used.
    pub expires_in_second: i64,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(…)")
    }
}

/// How long to wait before looking for ended sessions again, when memory is full.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Exact and written ends of sessions used lately, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Uses>);

#[derive(Debug, Default)]
struct Uses {
    ends: BTreeMap<[u8; 32], Ends>,
    swept: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Ends {
    exact: Timestamp,
    written: Timestamp,
    user: Arc<User>,
}

impl Recent {
    /// Notes a use of a session that this process has looked up or written down so lately that
    /// neither is to be done again; gives its user.
    fn touch_known(&self, token: [u8; 32], space_id: &str, now: Timestamp) -> Option<Arc<User>> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = uses.ends.get_mut(&token)?;
        let exact = later(now, EXTENDED);
        let fresh = exact.duration_since(known.written) < WRITE_AFTER;
        if !fresh || now >= known.exact || known.user.space_id != space_id {
            return None;
        }
        known.exact = exact;
        Some(Arc::clone(&known.user))
    }

    /// Notes a use; tells whether the end must be written down now. None if it had ended.
    fn touch(
        &self,
        token: [u8; 32],
        whose: &Arc<User>,
        stored: Timestamp,
        now: Timestamp,
    ) -> Option<bool> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = uses.ends.get(&token).map(|ends| (ends.exact, ends.written));
        let (exact, written) = known.unwrap_or((stored, stored));
        if now >= exact.max(stored) {
            uses.ends.remove(&token);
            return None;
        }
        let exact = later(now, EXTENDED);
        let write = exact.duration_since(written.max(stored)) >= WRITE_AFTER;
        uses.make_room(now);
        let written = if write { exact } else { written };
        if uses.ends.len() < RECENT || uses.ends.contains_key(&token) {
            uses.ends.insert(token, Ends { exact, written, user: Arc::clone(whose) });
            Some(write)
        } else {
            // Without a place in memory the written end is all there is.
            Some(true)
        }
    }
}

impl Recent {
    /// Forgets everything: the store is another one now.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Uses::default();
    }
}

impl Uses {
    /// Forgets ended sessions when full, but not at every call: it looks at all of them.
    fn make_room(&mut self, now: Timestamp) {
        let rested = self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP_EVERY);
        if self.ends.len() >= RECENT && rested {
            self.ends.retain(|_, ends| now < ends.exact);
            self.swept = Some(now);
        }
    }
}

impl Engine {
    /// Opens a session for a new anonymous user.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn sign_in_anonymously(&self, space_id: &str) -> Result<SignedIn, EngineError> {
        self.sign_in(space_id, None).await
    }

    /// Opens a session for the user behind an auth code. In test mode every code names one
    /// deterministic user, the same for the same code.
    ///
    /// # Errors
    /// [`EngineError::SignInUnavailable`] in live mode, or a fault of the store.
    pub async fn sign_in_with(
        &self,
        space_id: &str,
        provider: &str,
        auth_code: &str,
    ) -> Result<SignedIn, EngineError> {
        if self.mode == Mode::Live {
            return Err(EngineError::SignInUnavailable("an auth code"));
        }
        let id = test_user_id(provider, auth_code);
        self.sign_in(space_id, Some((provider.to_owned(), id))).await
    }

    /// Opens a session for a user of the platform who is known to be the one.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn sign_in_as(
        &self,
        space_id: &str,
        provider: &str,
        provider_user_id: String,
    ) -> Result<SignedIn, EngineError> {
        self.sign_in(space_id, Some((provider.to_owned(), provider_user_id))).await
    }

    async fn sign_in(
        &self,
        space_id: &str,
        provider: Option<(String, String)>,
    ) -> Result<SignedIn, EngineError> {
        let now = self.now();
        let access_token = hex::encode(self.random::<16>());
        let user = NewUser {
            space_id: space_id.to_owned(),
            user_id: hex::encode(self.random::<12>()),
            provider,
            at: now,
        };
        let hash = sha256(access_token.as_bytes());
        self.store.open_session(user, hash, later(now, FIRST)).await?;
        Ok(SignedIn { access_token, expires_in_second: FIRST.as_secs() })
    }

    /// The user of a session, which this use prolongs.
    ///
    /// # Errors
    /// [`EngineError::InvalidToken`] if it is unknown, expired or another space's.
    pub async fn session(&self, space_id: &str, token: &str) -> Result<Arc<User>, EngineError> {
        let hash = sha256(token.as_bytes());
        if let Some(user) = self.recent.touch_known(hash, space_id, self.now()) {
            return Ok(user);
        }
        let session = self.store.session(hash).await?.ok_or(EngineError::InvalidToken)?;
        if session.user.space_id != space_id {
            return Err(EngineError::InvalidToken);
        }
        let (now, user) = (self.now(), Arc::new(session.user));
        match self.recent.touch(hash, &user, session.expires_at, now) {
            None => return Err(EngineError::InvalidToken),
            Some(false) => {}
            Some(true) => self.store.extend_session(hash, later(now, EXTENDED)).await?,
        }
        Ok(user)
    }

    /// A user of a space by our id, as a back end may name one.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn user(&self, space_id: &str, user_id: &str) -> Result<Option<User>, EngineError> {
        Ok(self.store.user(space_id, user_id).await?)
    }

    /// Forgets sessions that ended more than a day ago, and nonces that no request can repeat.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn forget_old_sessions(&self) -> Result<usize, EngineError> {
        let before = later(self.now(), -SignedDuration::from_hours(24));
        self.store.forget_nonces(self.now()).await?;
        Ok(self.store.forget_sessions(before).await?)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

//! A token: how it is made, and whether it is good at an instant.

use domain::AppId;
use jiff::{SignedDuration, Timestamp};
use store::{AppAuthGrant, NewAppAuthTokens};

use crate::Engine;
use crate::test_users::platform_id;
use crate::vault::sha256;

/// The documented maximum, which is the length of all of ours.
pub(super) const LENGTH: usize = 40;
/// How long a token lives after its refresh token was used.
const AFTER_REFRESH: SignedDuration = SignedDuration::from_mins(10);
/// How much longer than the token the refresh token lives.
const REFRESH_DAYS: i64 = 7;

/// A new token and its refresh token, shown once; only their hashes are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// Gives the next one.
    pub refresh_token: String,
    /// For whom it is good.
    pub app: AppId,
    /// The merchant's id at the platform: ours, made of the application's.
    pub user_id: String,
    /// Seconds until the token ends; none if it does not by itself.
    pub expires_in: Option<i64>,
    /// The same of the refresh token.
    pub refresh_expires_in: Option<i64>,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issued(… for {})", self.app)
    }
}

/// What is told about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// For whom it is, or was, good.
    pub app: AppId,
    /// The merchant's id at the platform.
    pub user_id: String,
    /// When the merchant agreed; none for a token of the configuration.
    pub since: Option<Timestamp>,
    /// When it ends by itself or has ended; none if neither.
    pub ends: Option<Timestamp>,
    /// Whether it is good now.
    pub valid: bool,
}

impl TokenInfo {
    /// Of a token that the configuration grants.
    pub(super) fn configured(app: AppId) -> Self {
        Self { user_id: merchant_id(&app), app, since: None, ends: None, valid: true }
    }

    pub(super) fn of(grant: AppAuthGrant, now: Timestamp) -> Self {
        let over = grant.replaced_at.map(|at| later(at, AFTER_REFRESH));
        let ends = [grant.revoked_at, over, grant.ends].into_iter().flatten().min();
        Self {
            user_id: merchant_id(&grant.app),
            since: Some(grant.auth_time),
            ends,
            valid: Standing::of(&grant, now) == Standing::Good,
            app: grant.app,
        }
    }
}

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is.
    Good,
    /// The merchant withdrew or agreed anew, or ten minutes after its refresh are over.
    Over,
    /// It has lived its days.
    TimedOut,
}

impl Standing {
    pub(super) fn of(grant: &AppAuthGrant, now: Timestamp) -> Self {
        let replaced = grant.replaced_at.is_some_and(|at| now >= later(at, AFTER_REFRESH));
        if grant.revoked_at.is_some() || replaced {
            Self::Over
        } else if grant.ends.is_some_and(|ends| now >= ends) {
            Self::TimedOut
        } else {
            Self::Good
        }
    }
}

impl Engine {
    /// A token and a refresh token for `app`, and what is kept of them.
    pub(super) fn new_tokens(&self, app: &AppId, now: Timestamp) -> (Issued, NewAppAuthTokens) {
        let month = jiff::tz::offset(8).to_datetime(now).strftime("%Y%m").to_string();
        let make = || format!("{month}BB{}", hex::encode(self.random::<16>()));
        let (token, refresh_token) = (make(), make());
        let days = i64::from(self.policy.token_days);
        let life = (days > 0).then(|| days_of(days));
        let refresh_life = (days > 0).then(|| days_of(days.saturating_add(REFRESH_DAYS)));
        let kept = NewAppAuthTokens {
            token: sha256(token.as_bytes()),
            refresh_token: sha256(refresh_token.as_bytes()),
            at: now,
            ends: life.map(|life| later(now, life)),
            refresh_ends: refresh_life.map(|life| later(now, life)),
        };
        let issued = Issued {
            token,
            refresh_token,
            user_id: merchant_id(app),
            app: app.clone(),
            expires_in: life.map(|life| life.as_secs()),
            refresh_expires_in: refresh_life.map(|life| life.as_secs()),
        };
        (issued, kept)
    }
}

fn days_of(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days.saturating_mul(24))
}

fn merchant_id(app: &AppId) -> String {
    platform_id(&format!("merchant\0{app}"))
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(by).unwrap_or(end)
}

//! How one application comes to act for another: a merchant agrees, which gives a code; the
//! application exchanges it for a token and a refresh token, and refreshes them.
//!
//! Only hashes of these are kept. Who of several callers wins is decided by the store, in the unit
//! of work that changes the row; what a row means is decided here.

mod fault;
mod merchant;
mod redirect;
mod token;

use domain::AppId;
use jiff::{SignedDuration, Timestamp};
use store::{AppAuthCode, AppAuthGrant};

pub use fault::AuthorizationFault;
pub use merchant::{AuthorizeSecret, Authorizing};
pub use redirect::RedirectAddress;
pub use token::{Issued, TokenInfo};

use crate::audit::{self, Who};
use crate::authorize::configured_grant;
use crate::vault::sha256;
use crate::{Engine, EngineError};
use token::Standing;

/// How long a code can be exchanged.
const CODE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long what is over can still be told from what never was.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 92);
/// Most authorisations in one list.
const MOST: u32 = 10_000;

/// An application that acts for another now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Who acts.
    pub isv: AppId,
    /// For whom.
    pub app: AppId,
    /// When the merchant agreed.
    pub since: Timestamp,
    /// When the token ends, if it does by itself.
    pub ends: Option<Timestamp>,
}

impl From<AppAuthGrant> for Authorization {
    fn from(grant: AppAuthGrant) -> Self {
        Self { isv: grant.isv, app: grant.app, since: grant.auth_time, ends: grant.ends }
    }
}

impl Engine {
    /// Notes that the merchant `app` agrees to `isv` acting for it; gives the code that `isv`
    /// exchanges, once and within 24 hours.
    ///
    /// # Errors
    /// [`EngineError::NoSuchApp`], [`AuthorizationFault::NotIsv`],
    /// [`AuthorizationFault::NotAMerchant`], or a fault of the store.
    pub async fn grant_code(&self, isv: &AppId, app: &AppId) -> Result<String, EngineError> {
        self.grant(&Who::Merchant(app.clone()), isv, app).await
    }

    /// As [`Self::grant_code`], on behalf of the merchant.
    ///
    /// # Errors
    /// As [`Self::grant_code`].
    pub async fn grant_code_as_operator(
        &self,
        isv: &AppId,
        app: &AppId,
    ) -> Result<String, EngineError> {
        self.grant(&Who::operator("operator"), isv, app).await
    }

    async fn grant(&self, who: &Who, isv: &AppId, app: &AppId) -> Result<String, EngineError> {
        self.pair(isv, app)?;
        let (code, now) = (hex::encode(self.random::<16>()), self.now());
        let granted = AppAuthCode {
            isv: isv.clone(),
            app: app.clone(),
            granted_at: now,
            ends: token::later(now, CODE_LIFE),
            spent_at: None,
        };
        let oldest = token::later(now, -REMEMBERED);
        let store = self.recorded(who, "authorized", audit::pair(isv, app), None);
        store.keep_app_auth_code(sha256(code.as_bytes()), granted, oldest).await?;
        tracing::info!(%isv, %app, "a merchant has authorised an application");
        Ok(code)
    }

    /// Exchanges a code for a token. What earlier codes of the same merchant gave ends at once.
    ///
    /// # Errors
    /// [`AuthorizationFault`] says what is wrong with the code, or a fault of the store.
    pub async fn exchange_code(&self, isv: &AppId, code: &str) -> Result<Issued, EngineError> {
        self.acting_app(isv)?;
        let hash = sha256(code.as_bytes());
        let found = self.store.app_auth_code(hash).await?;
        let found = found.ok_or(AuthorizationFault::NoSuchCode)?;
        let now = self.now();
        if found.isv != *isv {
            return Err(AuthorizationFault::AnotherApps.into());
        }
        if found.spent_at.is_some() || now >= found.ends {
            return Err(AuthorizationFault::CodeOver.into());
        }
        let (issued, kept) = self.new_tokens(&found.app, now);
        let oldest = token::later(now, -REMEMBERED);
        let object = audit::pair(isv, &found.app);
        let store = self.recorded(&Who::App(isv.clone()), "code_exchanged", object, None);
        if !store.exchange_app_auth_code(hash, found, kept, oldest).await? {
            return Err(AuthorizationFault::CodeOver.into());
        }
        Ok(issued)
    }

    /// Gives a new token for a refresh token, once. The token before lives ten more minutes.
    ///
    /// # Errors
    /// [`AuthorizationFault`] says what is wrong with the refresh token, or a fault of the store.
    pub async fn refresh(&self, isv: &AppId, refresh_token: &str) -> Result<Issued, EngineError> {
        self.acting_app(isv)?;
        let hash = sha256(refresh_token.as_bytes());
        let now = self.now();
        let found = self.refreshable(isv, hash, now).await?;
        let (issued, kept) = self.new_tokens(&found.app, now);
        let object = audit::pair(isv, &found.app);
        let store = self.recorded(&Who::App(isv.clone()), "token_refreshed", object, None);
        if store.replace_app_auth_token(hash, found, kept).await? {
            return Ok(issued);
        }
        // Somebody was faster; the row tells what they did.
        self.refreshable(isv, hash, now).await?;
        Err(AuthorizationFault::RefreshTokenUsed.into())
    }

    async fn refreshable(
        &self,
        isv: &AppId,
        refresh_token: [u8; 32],
        now: Timestamp,
    ) -> Result<AppAuthGrant, EngineError> {
        let found = self.store.app_refresh_token(refresh_token).await?;
        let found = found.ok_or(AuthorizationFault::NoSuchRefreshToken)?;
        let fault = if found.isv != *isv {
            AuthorizationFault::AnotherApps
        } else if found.replaced_at.is_some() {
            AuthorizationFault::RefreshTokenUsed
        } else if found.revoked_at.is_some() {
            AuthorizationFault::Withdrawn
        } else if found.refresh_ends.is_some_and(|ends| now >= ends) {
            AuthorizationFault::RefreshTokenOver
        } else {
            return Ok(found);
        };
        Err(fault.into())
    }

    /// What `isv` may know of a token of its own.
    ///
    /// # Errors
    /// [`AuthorizationFault::NotIsv`], [`AuthorizationFault::NoSuchToken`],
    /// [`AuthorizationFault::AnotherAppsToken`], or a fault of the store.
    pub async fn token_info(&self, isv: &AppId, token: &str) -> Result<TokenInfo, EngineError> {
        self.acting_app(isv)?;
        if let Some(app) = configured_grant(&self.directory.get(), isv, token) {
            return Ok(TokenInfo::configured(app.clone()));
        }
        let found = self.store.app_auth_token(sha256(token.as_bytes())).await?;
        let found = found.ok_or(AuthorizationFault::NoSuchToken)?;
        if found.isv != *isv {
            return Err(AuthorizationFault::AnotherAppsToken.into());
        }
        Ok(TokenInfo::of(found, self.now()))
    }

    /// Ends what `isv` may do for `app`, at once, and codes not exchanged yet.
    ///
    /// # Errors
    /// [`AuthorizationFault::NothingAuthorised`], or a fault of the store.
    pub async fn revoke(&self, isv: &AppId, app: &AppId) -> Result<(), EngineError> {
        self.withdraw(&Who::Merchant(app.clone()), isv, app).await
    }

    /// As [`Self::revoke`], on behalf of the merchant.
    ///
    /// # Errors
    /// As [`Self::revoke`].
    pub async fn revoke_as_operator(&self, isv: &AppId, app: &AppId) -> Result<(), EngineError> {
        self.withdraw(&Who::operator("operator"), isv, app).await
    }

    async fn withdraw(&self, who: &Who, isv: &AppId, app: &AppId) -> Result<(), EngineError> {
        let store = self.recorded(who, "revoked", audit::pair(isv, app), None);
        if !store.revoke_app_auth(isv.clone(), app.clone(), self.now()).await? {
            return Err(AuthorizationFault::NothingAuthorised.into());
        }
        tracing::info!(%isv, %app, "an authorisation was withdrawn");
        Ok(())
    }

    /// Who acts for whom, the newest agreement first: all, or those of one application. What the
    /// configuration grants is not among them.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn authorizations(
        &self,
        isv: Option<&AppId>,
    ) -> Result<Vec<Authorization>, EngineError> {
        let grants = self.store.app_authorizations(isv.cloned(), MOST).await?;
        Ok(grants.into_iter().map(Authorization::from).collect())
    }

    /// For how many days a token lives; 0: it does not end by itself.
    pub fn token_days(&self) -> u16 {
        self.policy.token_days
    }

    /// The merchant that the caller's token was given for.
    pub(crate) async fn authorized_app(
        &self,
        isv: &AppId,
        token: &str,
    ) -> Result<AppId, EngineError> {
        if token.len() > token::LENGTH {
            return Err(EngineError::InvalidAppAuthToken);
        }
        let found = self.store.app_auth_token(sha256(token.as_bytes())).await?;
        let found = found.filter(|found| found.isv == *isv);
        let found = found.ok_or(EngineError::InvalidAppAuthToken)?;
        match Standing::of(&found, self.now()) {
            Standing::Good => Ok(found.app),
            Standing::Over => Err(EngineError::InvalidAppAuthToken),
            Standing::TimedOut => Err(EngineError::AppAuthTokenTimeOut),
        }
    }

    /// Whether nobody but this server can have given the token, good or not; or nobody at all.
    pub(crate) async fn is_own_token(&self, token: &str) -> Result<bool, EngineError> {
        if token.len() > token::LENGTH {
            return Ok(true);
        }
        Ok(self.store.app_auth_token(sha256(token.as_bytes())).await?.is_some())
    }

    /// One that acts for merchants and one that is a merchant.
    fn pair(&self, isv: &AppId, app: &AppId) -> Result<(), EngineError> {
        self.acting_app(isv)?;
        match self.owner(app) {
            None => Err(EngineError::NoSuchApp),
            Some(app) if app.isv => Err(AuthorizationFault::NotAMerchant.into()),
            Some(_) => Ok(()),
        }
    }

    fn acting_app(&self, isv: &AppId) -> Result<(), EngineError> {
        match self.owner(isv) {
            None => Err(EngineError::NoSuchApp),
            Some(app) if app.isv => Ok(()),
            Some(_) => Err(AuthorizationFault::NotIsv.into()),
        }
    }
}

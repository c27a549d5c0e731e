//! Who may do what for whom.

use std::sync::Arc;

use domain::AppId;
use subtle::ConstantTimeEq as _;

use crate::{App, Engine, EngineError};

/// Who calls, as a door has established it.
#[derive(Debug)]
pub struct Caller<'a> {
    /// The application whose signature or session the call bears.
    pub app: &'a AppId,
    /// The token by which it acts for another.
    pub app_auth_token: Option<&'a str>,
    /// The call comes from a page, where a token must not be.
    pub from_page: bool,
}

/// Proof that a caller may act, and for whom.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Whose certifications are meant; its contract and rules apply.
    pub owner: Arc<App>,
    /// The application that calls, if it is another.
    pub isv: Option<AppId>,
}

impl Engine {
    /// Resolves a caller to the application it acts for.
    ///
    /// # Errors
    /// [`EngineError::NoSuchApp`], [`EngineError::TokenFromPage`] or
    /// [`EngineError::InvalidAppAuthToken`].
    pub fn authorize(&self, caller: &Caller<'_>) -> Result<Acting, EngineError> {
        let own = self.apps.get(caller.app).ok_or(EngineError::NoSuchApp)?;
        let Some(token) = caller.app_auth_token else {
            return Ok(Acting { owner: Arc::clone(own), isv: None });
        };
        if caller.from_page {
            return Err(EngineError::TokenFromPage);
        }
        // Every grant is compared, so that the time taken tells nothing about a near miss.
        let granted = self.grants.iter().fold(None, |found, grant| {
            let same = bool::from(grant.token.as_bytes().ct_eq(token.as_bytes()));
            if same && grant.isv_app == *caller.app { Some(&grant.app) } else { found }
        });
        let owner =
            granted.and_then(|app| self.apps.get(app)).ok_or(EngineError::InvalidAppAuthToken)?;
        Ok(Acting { owner: Arc::clone(owner), isv: Some(caller.app.clone()) })
    }
}

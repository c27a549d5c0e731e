//! Who may do what for whom.

use std::sync::Arc;

use domain::AppId;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{App, Certifier, Engine, EngineError};

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
#[derive(Clone)]
pub struct Acting {
    /// Whose certifications are meant; its contract and rules apply.
    pub owner: Arc<App>,
    /// The application that calls, if it is another.
    pub isv: Option<AppId>,
    /// A token that the owner's certifier gave, and alone can judge.
    pub upstream_token: Option<Arc<Zeroizing<String>>>,
}

impl std::fmt::Debug for Acting {
    // The token does not show itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Acting({} by {:?})", self.owner.id, self.isv)
    }
}

impl Acting {
    /// An application for itself.
    pub fn for_itself(owner: Arc<App>) -> Self {
        Self { owner, isv: None, upstream_token: None }
    }
}

impl Engine {
    /// Resolves a caller to the application it acts for.
    ///
    /// # Errors
    /// [`EngineError::NoSuchApp`], [`EngineError::TokenFromPage`] or
    /// [`EngineError::InvalidAppAuthToken`].
    #[expect(clippy::unused_async, reason = "tokens will be looked up in the store")]
    pub async fn authorize(&self, caller: &Caller<'_>) -> Result<Acting, EngineError> {
        let directory = self.directory.get();
        let own = directory.apps.get(caller.app).ok_or(EngineError::NoSuchApp)?;
        let Some(token) = caller.app_auth_token else {
            return Ok(Acting::for_itself(Arc::clone(own)));
        };
        if caller.from_page {
            return Err(EngineError::TokenFromPage);
        }
        // Every grant is compared, so that the time taken tells nothing about a near miss.
        let granted = directory.grants.iter().fold(None, |found, grant| {
            let same = bool::from(grant.token.as_bytes().ct_eq(token.as_bytes()));
            if same && grant.isv_app == *caller.app { Some(&grant.app) } else { found }
        });
        if granted.is_none() && matches!(own.certifier, Certifier::Alipay(_)) {
            // Not one of ours: the gateway that gave it is the one to judge it.
            let token = Some(Arc::new(Zeroizing::new(token.to_owned())));
            return Ok(Acting { upstream_token: token, ..Acting::for_itself(Arc::clone(own)) });
        }
        let owner = granted
            .and_then(|app| directory.apps.get(app))
            .ok_or(EngineError::InvalidAppAuthToken)?;
        let (owner, isv) = (Arc::clone(owner), Some(caller.app.clone()));
        Ok(Acting { owner, isv, upstream_token: None })
    }
}

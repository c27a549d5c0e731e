//! Who may do what for whom.

use std::sync::Arc;

use domain::AppId;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{App, Certifier, Directory, Engine, EngineError};

/// Who calls, as a door has established it.
pub struct Caller<'a> {
    /// The application whose signature or session the call bears.
    pub app: &'a AppId,
    /// The token by which it acts for another.
    pub app_auth_token: Option<&'a str>,
    /// The call comes from a page, where a token must not be.
    pub from_page: bool,
}

impl std::fmt::Debug for Caller<'_> {
    // The token does not show itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({}, by token: {})", self.app, self.app_auth_token.is_some())
    }
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
    /// [`EngineError::NoSuchApp`], [`EngineError::SelfInvokeForbidden`],
    /// [`EngineError::TokenFromPage`], [`EngineError::InvalidAppAuthToken`],
    /// [`EngineError::AppAuthTokenTimeOut`], or a fault of the store.
    pub async fn authorize(&self, caller: &Caller<'_>) -> Result<Acting, EngineError> {
        let directory = self.directory.get();
        let own = directory.apps.get(caller.app).ok_or(EngineError::NoSuchApp)?;
        let Some(token) = caller.app_auth_token else {
            if own.isv {
                return Err(EngineError::SelfInvokeForbidden);
            }
            return Ok(Acting::for_itself(Arc::clone(own)));
        };
        if caller.from_page {
            return Err(EngineError::TokenFromPage);
        }
        let granted = configured_grant(&directory, &own.id, token);
        let app = match granted {
            Some(app) => Ok(app.clone()),
            None if own.isv => self.authorized_app(&own.id, token).await,
            None => Err(EngineError::InvalidAppAuthToken),
        };
        let app = match (app, &own.certifier) {
            (Err(EngineError::InvalidAppAuthToken), Certifier::Alipay(_))
                if !self.is_own_token(token).await? =>
            {
                // Not one of ours: the gateway that gave it is the one to judge it.
                let token = Some(Arc::new(Zeroizing::new(token.to_owned())));
                return Ok(Acting { upstream_token: token, ..Acting::for_itself(Arc::clone(own)) });
            }
            (app, _) => app?,
        };
        let owner = directory.apps.get(&app).ok_or(EngineError::InvalidAppAuthToken)?;
        let (owner, isv) = (Arc::clone(owner), Some(own.id.clone()));
        Ok(Acting { owner, isv, upstream_token: None })
    }
}

/// For whom the configuration lets `isv` act by this token. Every grant is compared, so that the
/// time taken tells nothing about a near miss.
pub(crate) fn configured_grant<'d>(
    directory: &'d Directory,
    isv: &AppId,
    token: &str,
) -> Option<&'d AppId> {
    directory.grants.iter().fold(None, |found, grant| {
        let same = bool::from(grant.token.as_bytes().ct_eq(token.as_bytes()));
        if same && grant.isv_app == *isv { Some(&grant.app) } else { found }
    })
}

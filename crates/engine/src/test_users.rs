//! The users of test mode: every auth code names one, always the same.

use crate::vault::sha256;
use crate::{Engine, EngineError};

/// What stands before the tokens made here.
const ACCESS: &str = "authtest";
const REFRESH: &str = "authrefr";
/// Seconds, as the hosted gateway tells them.
const EXPIRES_IN: i64 = 1_296_000;
const RE_EXPIRES_IN: i64 = 2_592_000;

/// What an auth code is exchanged for.
#[derive(Clone, PartialEq, Eq)]
pub struct UserTokens {
    /// The user.
    pub user_id: String,
    /// Acts for the user.
    pub access_token: String,
    /// In seconds.
    pub expires_in: i64,
    /// Exchanged for the next.
    pub refresh_token: String,
    /// In seconds.
    pub re_expires_in: i64,
}

impl std::fmt::Debug for UserTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserTokens(…)")
    }
}

impl Engine {
    /// The tokens of the user behind an auth code of the platform.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`].
    pub fn test_user_tokens(&self, code: &str) -> Result<UserTokens, EngineError> {
        self.require_test_mode()?;
        Ok(self.tokens_of(test_user_id("alipay_openapi", code)))
    }

    /// The next tokens of the user whose refresh token this is; `None` if it is nobody's.
    ///
    /// # Errors
    /// [`EngineError::TestModeOnly`].
    pub fn refresh_test_user_tokens(
        &self,
        refresh_token: &str,
    ) -> Result<Option<UserTokens>, EngineError> {
        self.require_test_mode()?;
        let user_id = refresh_token.strip_prefix(REFRESH).and_then(|rest| rest.get(..16));
        let tokens = user_id.map(|user_id| self.tokens_of(user_id.to_owned()));
        Ok(tokens.filter(|tokens| tokens.refresh_token == refresh_token))
    }

    fn tokens_of(&self, user_id: String) -> UserTokens {
        let tag =
            |kind: &str| hex::encode(self.vault.link_tag(&[kind.as_bytes(), user_id.as_bytes()]));
        UserTokens {
            access_token: format!("{ACCESS}{}", tag(ACCESS)),
            expires_in: EXPIRES_IN,
            refresh_token: format!("{REFRESH}{user_id}{}", tag(REFRESH)),
            re_expires_in: RE_EXPIRES_IN,
            user_id,
        }
    }
}

pub(crate) fn test_user_id(provider: &str, auth_code: &str) -> String {
    platform_id(&format!("{provider}\0{auth_code}"))
}

/// `2088` and 12 digits, like the platform's ids, derived from `text`.
pub(crate) fn platform_id(text: &str) -> String {
    let digest = sha256(text.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("2088{:012}", number % 1_000_000_000_000)
}

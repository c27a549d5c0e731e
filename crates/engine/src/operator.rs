//! What an operator may see and do. A door lets in whoever has the token.

use domain::NotifyId;
use store::{Notice, NoticeState};
use subtle::ConstantTimeEq as _;

use crate::audit::Who;
use crate::vault::sha256;
use crate::{Engine, EngineError};

/// How long settled notices can be looked at, and sent again.
const KEPT_DAYS: i64 = 92;

/// The token of the operator's door; only its hash is kept in memory.
#[derive(Clone)]
pub struct OperatorToken([u8; 32]);

impl std::fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperatorToken(…)")
    }
}

impl OperatorToken {
    /// Shorter ones can be guessed.
    pub const SHORTEST: usize = 20;

    /// A token of at least [`Self::SHORTEST`] characters.
    pub fn new(text: &str) -> Option<Self> {
        (text.chars().count() >= Self::SHORTEST).then(|| Self(sha256(text.as_bytes())))
    }

    /// Whether `text` is the token; the time taken tells nothing about a near miss.
    pub fn is(&self, text: &str) -> bool {
        self.0.ct_eq(&sha256(text.as_bytes())).into()
    }
}

impl Engine {
    /// Notices in one state: pending ones as they come due, others the newest first.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn notices(&self, state: NoticeState, most: u32) -> Result<Vec<Notice>, EngineError> {
        Ok(self.store.notices(state, most).await?)
    }

    /// Forgets notices that were settled and made before results of that time became unreadable.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn forget_old_notices(&self) -> Result<usize, EngineError> {
        let kept = jiff::SignedDuration::from_hours(24 * KEPT_DAYS);
        let before = self.now().checked_sub(kept).unwrap_or(jiff::Timestamp::MIN);
        Ok(self.store.forget_notices(before).await?)
    }

    /// Sends a notice that was taken or given up again, under its name and with the whole
    /// schedule before it.
    ///
    /// # Errors
    /// [`EngineError::NoSuchNotice`], [`EngineError::NoticePending`], or a fault of the store.
    pub async fn redeliver(&self, id: NotifyId) -> Result<(), EngineError> {
        let who = Who::operator("operator");
        let store = self.recorded(&who, "notice_redelivered", id.to_string(), None);
        if store.redeliver_notice(id, self.now()).await? {
            self.wake_delivery();
            return Ok(());
        }
        match self.store.notice(id).await? {
            Some(_) => Err(EngineError::NoticePending),
            None => Err(EngineError::NoSuchNotice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_never_shown() {
        assert!(OperatorToken::new("short").is_none());
        let token = OperatorToken::new("0123456789abcdefghij").unwrap();
        assert!(token.is("0123456789abcdefghij"));
        for other in ["", "0123456789abcdefghi", "0123456789abcdefghijk", "0123456789abcdefghiJ"] {
            assert!(!token.is(other));
        }
        assert_eq!(format!("{token:?}"), "OperatorToken(…)");
    }
}

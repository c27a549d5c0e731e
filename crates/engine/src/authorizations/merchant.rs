//! What applications have to do with the page where merchants agree.

use std::sync::Arc;

use domain::AppId;
use subtle::ConstantTimeEq as _;

use super::RedirectAddress;
use crate::vault::sha256;
use crate::{App, Engine, Mode};

/// What an application has configured for that page.
#[derive(Debug, Clone, Default)]
pub struct Authorizing {
    /// Of one that acts for merchants: where their answers may be sent.
    pub redirects: Vec<RedirectAddress>,
    /// Of a merchant: what proves on the page that it is the merchant.
    pub secret: Option<AuthorizeSecret>,
}

/// A merchant's secret; only its hash is kept in memory.
#[derive(Clone)]
pub struct AuthorizeSecret([u8; 32]);

impl std::fmt::Debug for AuthorizeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthorizeSecret(…)")
    }
}

impl AuthorizeSecret {
    /// Shorter ones can be guessed.
    pub const SHORTEST: usize = 20;

    /// At least [`Self::SHORTEST`] ASCII characters and no blanks: it is typed on any keyboard.
    pub fn new(text: &str) -> Option<Self> {
        let good = text.len() >= Self::SHORTEST && text.bytes().all(|b| b.is_ascii_graphic());
        good.then(|| Self(sha256(text.as_bytes())))
    }
}

impl Engine {
    /// The merchant of this name, if `secret` is its own. The time taken does not tell a wrong
    /// name from a wrong secret.
    pub fn proven_merchant(&self, app: &str, secret: &str) -> Option<AppId> {
        let app = self.app(app).filter(|app| !app.isv);
        let known = app.as_ref().and_then(|app| app.authorizing.secret.as_ref());
        // Compared in any case; a hash of nothing anybody may send.
        let same =
            bool::from(known.map_or([0; 32], |known| known.0).ct_eq(&sha256(secret.as_bytes())));
        let proven = same && known.is_some();
        app.filter(|_| proven).map(|app| app.id.clone())
    }

    /// The applications that are merchants.
    pub fn merchants(&self) -> Vec<Arc<App>> {
        self.directory.get().apps.values().filter(|app| !app.isv).cloned().collect()
    }

    /// Where the merchant's answer goes, if `isv` may have it sent there: to an address it has
    /// registered. An application that has none is in test mode on its developer's machine.
    pub fn authorize_redirect(&self, isv: &App, address: &str) -> Option<RedirectAddress> {
        let address = RedirectAddress::parse(address)?;
        let registered = &isv.authorizing.redirects;
        let allowed = if registered.is_empty() {
            self.mode == Mode::Test && address.is_loopback()
        } else {
            registered.iter().any(|known| known.same_place(&address))
        };
        allowed.then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_plain_and_never_shown() {
        for bad in
            ["", "short", "0123456789 0123456789", "秘密秘密秘密秘密秘密秘密秘密秘密秘密秘密"]
        {
            assert!(AuthorizeSecret::new(bad).is_none(), "{bad}");
        }
        let secret = AuthorizeSecret::new("0123456789abcdefghij").unwrap();
        assert_eq!(format!("{secret:?}"), "AuthorizeSecret(…)");
    }
}

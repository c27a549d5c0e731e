//! A token by which one application acts for another. It never shows itself.

use std::fmt;

use zeroize::Zeroizing;

/// The value of `app_auth_token`: opaque text of at most 40 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct AppAuthToken(Zeroizing<String>);

impl AppAuthToken {
    /// Takes the text as received; an empty text is no token.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(Zeroizing::new(text)))
    }

    /// The token itself, for a lookup. Never for a log or an error text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppAuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppAuthToken(…)")
    }
}

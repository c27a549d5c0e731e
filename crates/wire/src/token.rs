//! Tokens by which one acts for another. They never show themselves.

use std::fmt;

use zeroize::Zeroizing;

macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
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

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

token! {
    /// The value of `app_auth_token`, by which an application acts for a merchant: opaque text of
    /// at most 40 characters.
    AppAuthToken
}

token! {
    /// The value of `auth_token`, by which an application acts for a user.
    AuthToken
}

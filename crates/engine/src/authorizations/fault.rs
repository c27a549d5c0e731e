//! What can be wrong with codes, tokens and those who bring them.

/// Why a code or token was not given, exchanged or told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationFault {
    /// The caller does not act for merchants.
    #[error("the application does not act for merchants; set isv of its [[apps]] entry")]
    NotIsv,
    /// An application that acts for merchants authorises nobody.
    #[error("an application that acts for merchants cannot authorise another")]
    NotAMerchant,
    /// There is nothing to withdraw.
    #[error("the merchant has not authorised this application")]
    NothingAuthorised,
    /// The code is unknown.
    #[error("no such code")]
    NoSuchCode,
    /// The code was exchanged, overtaken or withdrawn, or 24 hours are over.
    #[error("the code can no longer be exchanged")]
    CodeOver,
    /// The code or refresh token was given to another application.
    #[error("another application's code or refresh token")]
    AnotherApps,
    /// The refresh token is unknown.
    #[error("no such refresh token")]
    NoSuchRefreshToken,
    /// The refresh token was used before.
    #[error("the refresh token was used before")]
    RefreshTokenUsed,
    /// The refresh token's time is over.
    #[error("the refresh token's time is over")]
    RefreshTokenOver,
    /// The merchant withdrew, or agreed anew.
    #[error("the authorisation of this refresh token was withdrawn or replaced by a newer one")]
    Withdrawn,
    /// The token is unknown.
    #[error("no such token")]
    NoSuchToken,
    /// The token was given to another application.
    #[error("another application's token")]
    AnotherAppsToken,
}

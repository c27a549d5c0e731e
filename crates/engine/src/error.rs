//! Why a use case did not do what was asked.

use domain::{BizCode, Rejected, WrongState};
use store::StoreError;

use crate::UpstreamFault;

/// Everything the world below can answer, in terms a door can map.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The calling application is not configured.
    #[error("no such application")]
    NoSuchApp,
    /// The token is unknown, or another application's.
    #[error("the app_auth_token is not one this application was given")]
    InvalidAppAuthToken,
    /// The token has lived its days.
    #[error("the app_auth_token has lived its days")]
    AppAuthTokenTimeOut,
    /// The application acts for merchants only, and sent no token.
    #[error("the application acts for merchants only and sent no app_auth_token")]
    SelfInvokeForbidden,
    /// A code or token was not given, exchanged or told about.
    #[error("{0}")]
    Authorization(#[from] crate::AuthorizationFault),
    /// A page sent a token.
    #[error("an app_auth_token may come from a cloud function only")]
    TokenFromPage,
    /// The owner has no contract for the scene.
    #[error("the application has not contracted {}", .0.as_str())]
    NotContracted(BizCode),
    /// A field breaks its rule.
    #[error("{0}")]
    Rejected(#[from] Rejected),
    /// The order number was used before, with other content.
    #[error("outer_order_no was used before with other content")]
    OrderReused,
    /// Unknown, or another application's: the two must not be told apart.
    #[error("no such certification")]
    NoSuchCertification,
    /// Past its clock.
    #[error("the certification is past its time")]
    Expired,
    /// Its personal data is no longer there: it was erased, or kept as long as it may be.
    #[error("the personal data of this certification is erased")]
    Erased,
    /// The state does not allow this.
    #[error("{0}")]
    WrongState(#[from] WrongState),
    /// There is no such notice.
    #[error("no such notice")]
    NoSuchNotice,
    /// The notice is being delivered anyway.
    #[error("the notice is pending already; it is tried again by itself")]
    NoticePending,
    /// The link is not one we made.
    #[error("no such link")]
    NoSuchLink,
    /// Another browser has begun; this one may not go on.
    #[error("the verification goes on in another browser")]
    Elsewhere,
    /// Not what is to be done now.
    #[error("this is not the step to be done now")]
    NotThisStep,
    /// The challenge is another one's, or its time is up.
    #[error("the challenge is over; ask for a new one")]
    ChallengeOver,
    /// The person has tried as often as is allowed.
    #[error("too many tries")]
    TooManyTries,
    /// The person is under 14 and nobody has agreed for them.
    #[error("a guardian must agree for somebody under 14")]
    GuardianNeeded,
    /// A picture was not taken.
    #[error("{0}")]
    Picture(#[from] crate::PictureError),
    /// The pictures cannot tell who somebody is.
    #[error("{0}")]
    Undecidable(domain::Undecidable),
    /// Nothing was put aside by this name.
    #[error("nothing is put aside by this name")]
    NoSuchSnapshot,
    /// Only in test mode.
    #[error("outcomes can be chosen in test mode only")]
    TestModeOnly,
    /// The session's token is absent, unknown or expired.
    #[error("the session token is unknown or expired")]
    InvalidToken,
    /// Sign-in with the platform is not possible here.
    #[error("sign-in with {0} is not available here")]
    SignInUnavailable(&'static str),
    /// The gateway that certifies in our place gave no answer to believe.
    #[error("the gateway elsewhere: {0}")]
    Upstream(#[from] UpstreamFault),
    /// Whether the gateway that certifies in our place has opened the certification is not known.
    /// The same call will find out.
    #[error("whether the order was opened elsewhere is not known yet")]
    OutcomeUnknown(Option<UpstreamFault>),
    /// Too much is waiting; the same call may succeed later.
    #[error("busy: {0}")]
    Busy(String),
    /// A fault of ours.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::Busy(error.to_string()),
            StoreError::Unavailable(_)
            | StoreError::Corrupt { .. }
            | StoreError::Newer { .. }
            | StoreError::Url(_) => Self::Internal(error.to_string()),
        }
    }
}

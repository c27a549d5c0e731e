//! The methods served, and their business content: lenient in, strict out.

mod content;
mod initialize;

pub use content::{Content, ContentError, Problem};
pub use initialize::{IdentityParam, Initialize, MerchantConfig};

/// An OpenAPI method this product answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Opens a certification; the Serverless name is `init`.
    Initialize,
    /// Gives the link where the person verifies. A page call on the gateway.
    Certify,
    /// Tells how the certification ended.
    Query,
    /// Tells everything about a certification, once there is something new. Our own.
    Status,
    /// Exchanges a code or a refresh token for a token to act for a merchant.
    AppToken,
    /// Tells about such a token.
    AppTokenQuery,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Initialize,
        Self::Certify,
        Self::Query,
        Self::Status,
        Self::AppToken,
        Self::AppTokenQuery,
    ];
    /// Those a token to act for a merchant is good for.
    pub const FOR_MERCHANTS: [Self; 4] =
        [Self::Initialize, Self::Certify, Self::Query, Self::Status];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialize => "alipay.user.certify.open.initialize",
            Self::Certify => "alipay.user.certify.open.certify",
            Self::Query => "alipay.user.certify.open.query",
            Self::Status => "certifyd.certification.status",
            Self::AppToken => "alipay.open.auth.token.app",
            Self::AppTokenQuery => "alipay.open.auth.token.app.query",
        }
    }

    /// Finds the method by its exact name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

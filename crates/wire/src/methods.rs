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
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Initialize, Self::Certify, Self::Query, Self::Status];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialize => "alipay.user.certify.open.initialize",
            Self::Certify => "alipay.user.certify.open.certify",
            Self::Query => "alipay.user.certify.open.query",
            Self::Status => "certifyd.certification.status",
        }
    }

    /// Finds the method by its exact name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

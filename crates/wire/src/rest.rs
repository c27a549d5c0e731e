//! The OpenAPI, version 3 of the protocol: resources under `/v3/`.
//!
//! A request carries its public parameters and its signature in one header ([`Authorization`]); the
//! signed text is made of lines ([`signed_request`]). An answer is the bare business object, signed
//! through headers ([`signed_response`]), or an error object under an HTTP status ([`answer`]).

mod authorization;
mod envelope;
mod signature;

pub use authorization::{Authorization, MAX_NONCE_LENGTH, Scheme};
pub use envelope::{RestCode, RestError, answer, error_body, refusal, status, success_body};
pub use signature::{signed_request, signed_response, verify};

use crate::Method;
use crate::charset::Charset;
use crate::gateway::Parameters;

/// A resource this product serves. The certify page has none in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Opens a certification; the content is the JSON body.
    Initialize,
    /// Tells how a certification ended; the content is in the query.
    Query,
    /// Tells everything about a certification; the content is in the query. Our own.
    Status,
    /// Exchanges a code or a refresh token for a token to act for a merchant; the content is the
    /// JSON body.
    AppToken,
    /// Tells about such a token; the content is the JSON body.
    AppTokenQuery,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Initialize, Self::Query, Self::Status, Self::AppToken, Self::AppTokenQuery];

    /// Finds the operation; `None` is answered as `invalid-method`, as the hosted gateway does.
    pub fn route(method: &str, path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.http_method() == method && operation.path() == path)
    }

    /// The verb it is asked with.
    pub fn http_method(self) -> &'static str {
        match self {
            Self::Initialize | Self::AppToken | Self::AppTokenQuery => "POST",
            Self::Query | Self::Status => "GET",
        }
    }

    /// The path, without a query.
    pub fn path(self) -> &'static str {
        match self {
            Self::Initialize => "/v3/alipay/user/certify/open/initialize",
            Self::Query => "/v3/alipay/user/certify/open/query",
            Self::Status => "/v3/certifyd/certification/status",
            Self::AppToken => "/v3/alipay/open/auth/token/app",
            Self::AppTokenQuery => "/v3/alipay/open/auth/token/app/query",
        }
    }

    /// The method of version 1.0 that does the same.
    pub fn method(self) -> Method {
        match self {
            Self::Initialize => Method::Initialize,
            Self::Query => Method::Query,
            Self::Status => Method::Status,
            Self::AppToken => Method::AppToken,
            Self::AppTokenQuery => Method::AppTokenQuery,
        }
    }
}

/// The value of `name` in a raw query. `+` and `%20` both are a space: clients differ.
///
/// `None` also if it is empty, or if any name occurs twice or the query is not UTF-8: what cannot
/// be read with certainty is not there.
pub fn query_parameter(query: &str, name: &str) -> Option<String> {
    Parameters::parse(query, b"", Charset::UTF_8).ok()?.get(name).map(str::to_owned)
}

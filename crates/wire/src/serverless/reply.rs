//! Replies: `data` on success, `error` on failure, never both, HTTP 200 always.

use crate::json;

/// The documented codes of the Serverless gateway that this product answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The body is no JSON object.
    InvalidBodyFormat,
    /// The signature is absent or wrong.
    SignatureNotMatch,
    /// No such space.
    SpaceNotFound,
    /// `method` is absent.
    MissingMethod,
    /// The method exists elsewhere and is not served here, or does not exist.
    MethodNotSupported,
    /// `params` is absent.
    MissingParams,
    /// `params` is not the JSON the method needs.
    InvalidParamsFormat,
    /// A member of `params` is wrong.
    ParamInvalid,
    /// The token is absent, unknown or expired. The client SDK renews on this code and on no
    /// other, so nothing else may use it.
    InvalidToken,
    /// The function failed by its own doing.
    FunctionBizError,
    /// The runtime stopped the function or lost it.
    FunctionServerError,
    /// Too many calls.
    Throttling,
    /// Too many calls wait for this function.
    ThrottlingConcurrency,
    /// The request is larger than allowed.
    RequestTooLarge,
    /// The result is larger than allowed.
    ResponseTooLarge,
    /// The fault is ours.
    InternalError,
}

impl ErrorCode {
    /// The spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidBodyFormat => "InvalidBody.Format",
            Self::SignatureNotMatch => "SignatureNotMatch",
            Self::SpaceNotFound => "InvalidSpaceId.NotFound",
            Self::MissingMethod => "MissingMethod",
            Self::MethodNotSupported => "MethodNotSupported",
            Self::MissingParams => "MissingParams",
            Self::InvalidParamsFormat => "InvalidParams.Format",
            Self::ParamInvalid => "ParamInvalid",
            Self::InvalidToken => "GATEWAY_INVALID_TOKEN",
            Self::FunctionBizError => "FunctionBizError",
            Self::FunctionServerError => "FunctionServerError",
            Self::Throttling => "Throttling.Api",
            Self::ThrottlingConcurrency => "Throttling.Api.Concurrency",
            Self::RequestTooLarge => "RequestContentLength.Exceeded",
            Self::ResponseTooLarge => "ResponseContentLength.Exceeded",
            Self::InternalError => "InternalError",
        }
    }
}

/// A refusal on these doors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct ServerlessError {
    /// The documented code.
    pub code: ErrorCode,
    /// What is wrong and what to do. Never a received value.
    pub message: String,
}

impl ServerlessError {
    /// A code and its message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The reply to a call that worked; `data` is JSON text and is embedded as it is.
pub fn success(data: &str) -> String {
    let mut out = String::with_capacity(data.len() + 24);
    out.push_str(r#"{"success":true,"data":"#);
    out.push_str(data);
    out.push('}');
    out
}

/// The reply to a call that failed.
pub fn failure(error: &ServerlessError) -> String {
    let detail = json::object([("code", error.code.as_str()), ("message", &error.message)]);
    format!(r#"{{"success":false,"error":{detail}}}"#)
}

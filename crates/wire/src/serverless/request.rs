//! The methods of the Serverless gateway and what their `params` hold.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Body, ErrorCode, ServerlessError};

/// What a body asks for.
#[derive(Debug)]
pub enum Request {
    /// A session for the user behind an auth code.
    Authorize(Authorize),
    /// A session for a new anonymous user.
    AnonymousAuthorize,
    /// Who the session belongs to.
    GetProfileInfo,
    /// A function, or the reserved target of cloud calls.
    Invoke(Invoke),
}

/// `serverless.auth.user.authorize`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorize {
    /// `alipay_openapi`, `wechat_openapi` or `dingtalk_openapi`.
    pub auth_provider: String,
    /// The one-time code of the platform.
    pub auth_code: String,
}

impl std::fmt::Debug for Authorize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorize({})", self.auth_provider)
    }
}

/// `serverless.function.runtime.invoke`.
pub struct Invoke {
    /// The function's name, or [`super::CLOUD_TARGET`].
    pub target: String,
    /// The arguments as they came, JSON text.
    pub args: String,
}

impl std::fmt::Debug for Invoke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invoke({})", self.target)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawInvoke<'a> {
    function_target: String,
    #[serde(borrow)]
    function_args: Option<&'a RawValue>,
}

impl Request {
    /// Reads method and `params` of a body whose signature has been verified.
    ///
    /// # Errors
    /// A method that is absent or not served, or `params` that do not fit it.
    pub fn read(body: &Body<'_>) -> Result<Self, ServerlessError> {
        let method = body
            .get("method")
            .ok_or_else(|| ServerlessError::new(ErrorCode::MissingMethod, "method is absent"))?;
        match method {
            "serverless.auth.user.authorize" => params(body).map(Self::Authorize),
            "serverless.auth.user.anonymousAuthorize" => Ok(Self::AnonymousAuthorize),
            "serverless.auth.user.getProfileInfo" => Ok(Self::GetProfileInfo),
            "serverless.function.runtime.invoke" => {
                let raw: RawInvoke<'_> = params(body)?;
                let args = raw.function_args.map_or("{}", RawValue::get).to_owned();
                Ok(Self::Invoke(Invoke { target: raw.function_target, args }))
            }
            other => Err(not_supported(other)),
        }
    }
}

fn params<'b, T: Deserialize<'b>>(body: &'b Body<'_>) -> Result<T, ServerlessError> {
    let text = body
        .get("params")
        .ok_or_else(|| ServerlessError::new(ErrorCode::MissingParams, "params is absent"))?;
    serde_json::from_str(text).map_err(|error| {
        // serde quotes unexpected values in its text; category and place are enough.
        let what = match error.classify() {
            serde_json::error::Category::Data => "lacks a member or has one of the wrong type",
            _ => "is not JSON",
        };
        let message = format!("params {what} (line {}, column {})", error.line(), error.column());
        ServerlessError::new(ErrorCode::InvalidParamsFormat, message)
    })
}

/// Refuses a cloud method; it is named if it looks like one, for it is the caller's text.
pub fn cloud_method_not_supported(method: &str) -> ServerlessError {
    let name = plain_name(method);
    ServerlessError::new(
        ErrorCode::MethodNotSupported,
        format!(
            "{name} is not served here; certifyd serves alipay.user.certify.open.initialize, \
             .certify and .query, and what else allow of [apps.upstream] lists for an application \
             with certifier = \"alipay\" (allow_pages for pages)"
        ),
    )
}

fn plain_name(method: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'_' || b == b'-';
    if method.len() <= 64 && method.bytes().all(plain) { method } else { "this method" }
}

fn not_supported(method: &str) -> ServerlessError {
    let name = plain_name(method);
    let remedy = match method.split('.').nth(1) {
        Some("db") => {
            "keep business data in a database of your own and reach it through ctx.httpclient"
        }
        Some("file") => "keep files in a store of your own",
        _ => "certifyd serves sign-in, functions and the identity calls",
    };
    ServerlessError::new(
        ErrorCode::MethodNotSupported,
        format!("{name} is not served here; {remedy}"),
    )
}

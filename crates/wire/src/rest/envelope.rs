//! Statuses and bodies of answers.

use crate::{Failure, Outcome, SubCode, json};

/// The `code` of an error answer.
///
/// Spellings come from the published `CommonErrorType` list only: generated SDKs read the code
/// into an enumeration. That list has no code of its own for the nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestCode {
    /// One that version 1.0 has as well.
    Shared(SubCode),
    /// The timestamp is well formed and too far from now, or past the caller's `expired_seconds`.
    /// Spelled like version 1.0's, whose text speaks of UTC+8.
    IllegalTimestamp,
    /// This application has used this nonce before.
    ReplayedNonce,
}

impl RestCode {
    /// The spelling on the wire: a gateway sub code loses its `isv.`, `aop.` or `isp.`, a business
    /// sub code stays as it is.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared(sub_code) => bare(sub_code.as_str()),
            Self::IllegalTimestamp => "illegal-timestamp",
            Self::ReplayedNonce => "invalid-parameter",
        }
    }

    /// The text for the caller where nothing more precise is known.
    pub fn message(self) -> String {
        let (zh, en) = match self {
            Self::Shared(sub_code) => return Failure::plain(sub_code).sub_msg,
            Self::IllegalTimestamp => (
                "非法的时间戳参数：超出允许的时间范围，请校准时钟",
                "timestamp is outside the time allowed; it is in milliseconds; check your clock",
            ),
            Self::ReplayedNonce => {
                ("nonce已被使用", "this nonce was used before; make a new one for each request")
            }
        };
        format!("{zh} / {en}")
    }
}

impl From<SubCode> for RestCode {
    fn from(sub_code: SubCode) -> Self {
        Self::Shared(sub_code)
    }
}

impl From<&Failure> for RestCode {
    fn from(failure: &Failure) -> Self {
        Self::Shared(failure.sub_code)
    }
}

/// A refusal as this version writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestError {
    /// Which rule or condition.
    pub code: RestCode,
    /// The text for the caller. Never holds a received value.
    pub message: String,
}

impl RestError {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        status(self.code)
    }

    /// The body of the answer; see [`error_body`].
    pub fn body(&self, link: Option<&str>) -> String {
        error_body(self.code, &self.message, link)
    }
}

impl From<RestCode> for RestError {
    fn from(code: RestCode) -> Self {
        Self { code, message: code.message() }
    }
}

impl From<&Failure> for RestError {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.into(), message: failure.sub_msg.clone() }
    }
}

impl From<Failure> for RestError {
    fn from(failure: Failure) -> Self {
        Self { code: (&failure).into(), message: failure.sub_msg }
    }
}

fn bare(sub_code: &str) -> &str {
    ["isv.", "aop.", "isp."]
        .into_iter()
        .find_map(|prefix| sub_code.strip_prefix(prefix))
        .unwrap_or(sub_code)
}

/// The HTTP status that goes with a code. By spelling, so that a code added to the catalogue has
/// its status already.
pub fn status(code: RestCode) -> u16 {
    status_of(code.as_str())
}

fn status_of(code: &str) -> u16 {
    match code {
        "invalid-auth-token"
        | "auth-token-time-out"
        | "invalid-app-auth-token"
        | "invalid-app-auth-token-no-api"
        | "app-auth-token-time-out"
        | "insufficient-isv-permissions"
        | "self-invoke-forbidden" => 401,
        "app-call-limited" | "method-call-limited" => 429,
        "unknow-error" => 500,
        // Signatures and unknown paths too: the error page says so against the signing page.
        _ => 400,
    }
}

/// The body of an error. `link` leads to an explanation. Never to be encrypted; a signature is
/// allowed and not needed.
pub fn error_body(code: RestCode, message: &str, link: Option<&str>) -> String {
    body_of(code.as_str(), message, link)
}

fn body_of(code: &str, message: &str, link: Option<&str>) -> String {
    let mut out = json::object([("code", code), ("message", message)]);
    // An array of objects, as the hosted service and the Node SDK have it, although the generated
    // models say text.
    out.pop();
    out.push_str(",\"links\":[");
    if let Some(link) = link {
        out.push_str(&json::object([("link", link), ("desc", "解决方案")]));
    }
    out.push_str("]}");
    out
}

/// The body of a success: the business members alone. A refusal has none: the empty object, which
/// no client can take for a passed certification.
pub fn success_body(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success(members) => {
            json::object(members.iter().map(|(name, value)| (*name, value.as_str())))
        }
        Outcome::Node(node) if node.is_success() => node.write_without_code(),
        Outcome::Failure(_) | Outcome::Node(_) => json::object([]),
    }
}

/// Status and body of a refusal; `None` for a success.
pub fn refusal(outcome: &Outcome, link: Option<&str>) -> Option<(u16, String)> {
    match outcome {
        Outcome::Success(_) => None,
        Outcome::Failure(failure) => {
            let error = RestError::from(failure);
            Some((error.status(), error.body(link)))
        }
        Outcome::Node(node) if node.is_success() => None,
        // Passed on from the hosted gateway: its sub code has a spelling here too.
        Outcome::Node(node) => {
            let sub_code = node.text("sub_code").or(node.text("code")).unwrap_or_default();
            let message = node.text("sub_msg").or(node.text("msg")).unwrap_or_default();
            let code = bare(&sub_code);
            Some((status_of(code), body_of(code, &message, link)))
        }
    }
}

/// Status and body for an outcome, success or not.
pub fn answer(outcome: &Outcome, link: Option<&str>) -> (u16, String) {
    refusal(outcome, link).unwrap_or_else(|| (200, success_body(outcome)))
}

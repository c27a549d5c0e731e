//! A cloud call: an OpenAPI method carried as a call of a reserved function.
//!
//! Published SDKs disagree about spelling and about where options travel. Everything they are
//! known to send is absorbed here, so that what remains is business content alone.

use serde_json::{Map, Value};

use super::{ErrorCode, ServerlessError};
use crate::{AppAuthToken, AuthToken, Content};

/// The reserved function name of cloud calls. No user function may bear it.
pub const CLOUD_TARGET: &str = "alipay-openapi";

/// Members of `params` that are options, not business content.
const OPTIONS: [&str; 18] = [
    "$config",
    "pageExec",
    "page_exec",
    "appAuthToken",
    "app_auth_token",
    "authToken",
    "auth_token",
    "bindAppId",
    "bind_app_id",
    "appId",
    "app_id",
    "isvAppId",
    "isv_app_id",
    "notifyUrl",
    "notify_url",
    "env",
    "returnUrl",
    "return_url",
];

/// A cloud call with its options taken apart from its content.
#[derive(Debug)]
pub struct CloudCall {
    /// The OpenAPI method.
    pub method: String,
    /// What remains when all options are gone.
    pub content: Content,
    /// The right to act for another application.
    pub app_auth_token: Option<AppAuthToken>,
    /// The right to act for a user of the hosted gateway.
    pub auth_token: Option<AuthToken>,
    /// Where a notice goes when what this call begins has ended.
    pub notify_url: Option<String>,
    /// Where a page sends the browser afterwards.
    pub return_url: Option<String>,
    /// The answer is to be the address of a page.
    pub page: bool,
}

impl CloudCall {
    /// Reads `functionArgs`.
    ///
    /// # Errors
    /// `ParamInvalid` if there is no method or `params` is no object.
    pub fn parse(args: &str) -> Result<Self, ServerlessError> {
        let invalid = |message: &str| ServerlessError::new(ErrorCode::ParamInvalid, message);
        let mut args: Map<String, Value> = serde_json::from_str(args)
            .map_err(|_| invalid("functionArgs of a cloud call must be a readable JSON object"))?;
        let Some(Value::String(method)) = args.remove("method") else {
            return Err(invalid("functionArgs.method must name an OpenAPI method"));
        };
        let mut params = match args.remove("params") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(invalid("functionArgs.params must be an object")),
        };
        let config = match params.remove("$config") {
            Some(Value::Object(config)) => config,
            _ => Map::new(),
        };
        let app_auth_token = in_either(&config, &params, APP_AUTH_TOKEN)?;
        let auth_token = in_either(&config, &params, AUTH_TOKEN)?;
        let notify_url = address(&config, NOTIFY_URL).or_else(|| address(&params, NOTIFY_URL));
        let return_url = address(&config, RETURN_URL).or_else(|| address(&params, RETURN_URL));
        let page = ["pageExec", "page_exec"].iter().any(|name| params.contains_key(*name));
        for option in OPTIONS {
            params.remove(option);
        }
        Ok(Self {
            method,
            content: Content::from_map(params),
            app_auth_token: app_auth_token.and_then(AppAuthToken::new),
            auth_token: auth_token.and_then(AuthToken::new),
            notify_url,
            return_url,
            page,
        })
    }
}

/// Options, in their two spellings.
const APP_AUTH_TOKEN: [&str; 2] = ["appAuthToken", "app_auth_token"];
const AUTH_TOKEN: [&str; 2] = ["authToken", "auth_token"];
const NOTIFY_URL: [&str; 2] = ["notifyUrl", "notify_url"];
const RETURN_URL: [&str; 2] = ["returnUrl", "return_url"];

fn in_either(
    config: &Map<String, Value>,
    params: &Map<String, Value>,
    names: [&'static str; 2],
) -> Result<Option<String>, ServerlessError> {
    Ok(token(config, names)?.or(token(params, names)?))
}

/// The token in one of its two spellings. Something else in its place must not be taken for its
/// absence: the call would be made for another merchant than the caller meant.
fn token(
    place: &Map<String, Value>,
    names: [&'static str; 2],
) -> Result<Option<String>, ServerlessError> {
    for name in names {
        match place.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => return Ok(Some(text.clone())),
            Some(_) => {
                let message = format!("{} must be a string", names[0]);
                return Err(ServerlessError::new(ErrorCode::ParamInvalid, message));
            }
        }
    }
    Ok(None)
}

/// An address in one of its two spellings.
fn address(place: &Map<String, Value>, names: [&str; 2]) -> Option<String> {
    let given = names.into_iter().filter_map(|name| place.get(name));
    given.filter_map(Value::as_str).find(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_leave_the_content_and_the_token_is_found_wherever_it_travels() {
        for args in [
            r#"{"method":"m","params":{"$config":{"appAuthToken":"t"},"appAuthToken":"u","a_b":"c"}}"#,
            r#"{"method":"m","params":{"appAuthToken":"t","app_auth_token":"u","aB":"c"}}"#,
            r#"{"method":"m","params":{"app_auth_token":"t","env":"x","notifyUrl":"n","a_b":"c"}}"#,
        ] {
            let call = CloudCall::parse(args).unwrap();
            assert_eq!(call.app_auth_token.unwrap().expose(), "t");
            assert_eq!(call.notify_url.is_some(), args.contains("notifyUrl"));
            assert_eq!(call.content.text("a_b", "f").unwrap().as_deref(), Some("c"));
            for option in ["app_auth_token", "env", "notify_url"] {
                assert_eq!(call.content.text(option, "f").unwrap(), None);
            }
        }
    }

    #[test]
    fn a_call_without_method_or_with_other_params_is_refused() {
        for args in [
            "[]",
            "{}",
            r#"{"method":1}"#,
            r#"{"method":"m","params":[]}"#,
            r#"{"method":"m","params":{"$config":{"appAuthToken":1}}}"#,
            r#"{"method":"m","params":{"app_auth_token":{}}}"#,
        ] {
            assert_eq!(CloudCall::parse(args).unwrap_err().code, ErrorCode::ParamInvalid);
        }
    }
}

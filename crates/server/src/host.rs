//! What a cloud function may ask for, answered by the method table and the engine.
//!
//! A function speaks through a private channel: no signature, and the caller's identity comes
//! with the channel, not with what the function sends.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use functions::{FunctionError, FunctionName, Host, HostFailure, Invocation, LogLevel};
use wire::serverless::{
    CLOUD_TARGET, CloudCall, ErrorCode, ServerlessError, cloud_method_not_supported,
};
use wire::{AppAuthToken, AuthToken, Failure, Method, Outcome};

use crate::doors::serverless::profile_of;
use crate::keyring::Space;
use crate::layers::RequestId;
use crate::methods::foreign::{self, Foreign};
use crate::methods::{self, Answer, Common};
use crate::refusal;
use crate::state::AppState;

mod http;

/// Puts `ctx.cloud` and its aliases onto a function's `ctx`.
pub const CLOUD_SCRIPT: &str = include_str!("host/cloud.js");

/// How deep functions may call functions. Each level holds a worker process.
const MAX_DEPTH: u8 = 8;

/// Where a call comes from: `MP_SOURCE` in a function's environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A page.
    Client,
    /// A back end.
    Server,
    /// Another function.
    Function,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Function => "function",
        }
    }
}

/// A caller of functions and cloud services: a client, a back end, or a running function.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    state: Arc<AppState>,
    space: Arc<Space>,
    user: Option<Arc<engine::User>>,
    source: Source,
    request_id: RequestId,
    agent: String,
    peer: Option<IpAddr>,
    function: Option<String>,
    depth: u8,
}

impl Guest {
    pub(crate) fn new(
        state: &Arc<AppState>,
        space: Arc<Space>,
        user: Option<Arc<engine::User>>,
        source: Source,
        request_id: &RequestId,
    ) -> Self {
        Self {
            state: Arc::clone(state),
            space,
            user,
            source,
            request_id: request_id.clone(),
            agent: String::new(),
            peer: None,
            function: None,
            depth: 0,
        }
    }

    pub(crate) fn with_agent(self, agent: String) -> Self {
        Self { agent, ..self }
    }

    pub(crate) fn with_peer(self, peer: IpAddr) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// The guest as which the function `name` itself will call.
    fn inside(&self, name: &str) -> Self {
        Self {
            source: Source::Function,
            function: Some(name.to_owned()),
            depth: self.depth + 1,
            ..self.clone()
        }
    }

    /// Calls a function, or a cloud service under its reserved name. Arguments and result are
    /// JSON text and travel as they are.
    pub(crate) async fn invoke(
        &self,
        target: &str,
        args: String,
    ) -> Result<String, ServerlessError> {
        if target == CLOUD_TARGET {
            return self.cloud(&args).await;
        }
        if target == "alicloud-dysms" {
            return Err(ServerlessError::new(
                ErrorCode::MethodNotSupported,
                "short messages are not served here; send them through ctx.httpclient",
            ));
        }
        let Ok(name) = FunctionName::parse(target) else {
            return Err(ServerlessError::new(
                ErrorCode::ParamInvalid,
                "functionTarget must have 1 to 30 letters, digits, _ or -, and begin with a letter or _",
            ));
        };
        if self.depth >= MAX_DEPTH {
            return Err(ServerlessError::new(
                ErrorCode::FunctionServerError,
                format!("functions call functions more than {MAX_DEPTH} levels deep"),
            ));
        }
        let invocation = Invocation {
            name,
            root: self.functions_root()?,
            request_id: self.request_id.0.to_string(),
            args,
            env: self.environment(),
        };
        let host: Arc<dyn Host> = Arc::new(self.inside(target));
        self.state.functions.invoke(invocation, host).await.map_err(|error| function_failed(&error))
    }

    fn functions_root(&self) -> Result<PathBuf, ServerlessError> {
        self.space.functions.clone().ok_or_else(|| {
            ServerlessError::new(
                ErrorCode::FunctionBizError,
                "this space has no functions; set functions of its [[spaces]] entry",
            )
        })
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("MP_SPACE_ID".to_owned(), self.space.id.clone()),
            ("MP_SOURCE".to_owned(), self.source.as_str().to_owned()),
            ("MP_USER_AGENT".to_owned(), self.agent.clone()),
        ];
        let client = self.source == Source::Client;
        if let Some(peer) = self.peer.filter(|_| client) {
            env.push(("MP_CLIENT_IP".to_owned(), peer.to_string()));
        }
        let signed_in = self.user.as_ref().is_some_and(|user| user.provider_user_id.is_some());
        if client && signed_in {
            env.push(("MP_APP_ID".to_owned(), self.space.app.to_string()));
        }
        env
    }

    async fn cloud(&self, args: &str) -> Result<String, ServerlessError> {
        let call = CloudCall::parse(args)?;
        let caller = engine::Caller {
            app: &self.space.app,
            app_auth_token: call.app_auth_token.as_ref().map(AppAuthToken::expose),
            from_page: self.source == Source::Client,
        };
        // A page is in the person's hands, and must not lead the merchant's notice elsewhere.
        let notify_url = call.notify_url.as_deref().filter(|_| !caller.from_page);
        let answer = match Method::parse(&call.method) {
            Some(method) => {
                let common = Common { notify_url, ..Common::default() };
                methods::run(&self.state, &caller, method, &call.content, common).await
            }
            None => self.foreign(&caller, &call, notify_url).await?,
        };
        match answer {
            Answer::Outcome(Outcome::Failure(failure)) => {
                Ok(Outcome::Failure(refusal::explained(&self.state, &failure)).data())
            }
            Answer::Outcome(outcome) => Ok(outcome.data()),
            Answer::Link(link) => {
                let mut text = String::with_capacity(link.len() + 2);
                wire::json::push_string(&mut text, &link);
                Ok(text)
            }
        }
    }

    /// A method outside the table, for those who may call it.
    async fn foreign(
        &self,
        caller: &engine::Caller<'_>,
        call: &CloudCall,
        notify_url: Option<&str>,
    ) -> Result<Answer, ServerlessError> {
        let unreadable =
            |failure: Failure| ServerlessError::new(ErrorCode::ParamInvalid, failure.sub_msg);
        let own = foreign::parameters(&call.method, &call.content).map_err(unreadable)?;
        let biz_content = call.content.outgoing(&[], &[]);
        let biz_content = biz_content.map_err(|e| unreadable(refusal::unreadable(&e)))?;
        let return_url = call.return_url.as_deref().filter(|_| call.page);
        let common = [("notify_url", notify_url), ("return_url", return_url)];
        let common = common.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let own_texts = own.iter().map(|(name, value)| (*name, value.as_str()));
        let parameters: Vec<_> = common.chain(own_texts).collect();
        let sent = Foreign {
            method: &call.method,
            biz_content: own.is_empty().then_some(biz_content.as_str()),
            parameters: &parameters,
            auth_token: call.auth_token.as_ref().map(AuthToken::expose),
            page: call.page,
        };
        let answer = foreign::run(&self.state, caller, sent).await;
        answer.ok_or_else(|| cloud_method_not_supported(&call.method))
    }
}

#[async_trait::async_trait]
impl Host for Guest {
    async fn call(&self, op: &str, payload: String) -> Result<String, HostFailure> {
        match op {
            "invoke" => {
                let payload: InvokePayload = read(&payload)?;
                let result =
                    self.invoke(&payload.target, payload.args).await.map_err(host_failure)?;
                Ok(format!(r#"{{"result":{result}}}"#))
            }
            "user" => profile_of(self.user.as_deref()).ok_or_else(|| HostFailure {
                code: "GATEWAY_INVALID_TOKEN".to_owned(),
                message: "the function was called without a user's token".to_owned(),
            }),
            "http" => http::fetch(&self.state.keyring.get().outbound, &payload).await,
            _ => Err(HostFailure {
                code: "MethodNotSupported".to_owned(),
                message: "no such service".to_owned(),
            }),
        }
    }

    fn log(&self, level: LogLevel, text: &str) {
        let function = self.function.as_deref().unwrap_or_default();
        let request_id = &self.request_id.0;
        let text = &one_entry(text);
        match level {
            LogLevel::Debug => tracing::debug!(target: "function", function, %request_id, "{text}"),
            LogLevel::Info => tracing::info!(target: "function", function, %request_id, "{text}"),
            LogLevel::Warn => tracing::warn!(target: "function", function, %request_id, "{text}"),
            LogLevel::Error => tracing::error!(target: "function", function, %request_id, "{text}"),
        }
    }
}

/// Keeps what a function logs one entry: no line of it can be taken for one of ours.
fn one_entry(text: &str) -> String {
    let mut entry = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => entry.push_str("\n    | "),
            '\t' => entry.push(c),
            c if c.is_control() => entry.extend(c.escape_unicode()),
            c => entry.push(c),
        }
    }
    entry
}

#[derive(serde::Deserialize)]
struct InvokePayload {
    target: String,
    args: String,
}

fn read<T: serde::de::DeserializeOwned>(payload: &str) -> Result<T, HostFailure> {
    serde_json::from_str(payload).map_err(|_| HostFailure {
        code: "ParamInvalid".to_owned(),
        message: "the call's parameters are not of its form".to_owned(),
    })
}

fn host_failure(error: ServerlessError) -> HostFailure {
    HostFailure { code: error.code.as_str().to_owned(), message: error.message }
}

/// A function's own failure keeps one code, whatever the function says, so that it cannot imitate
/// an expired token; what the runtime had to stop has another.
fn function_failed(error: &FunctionError) -> ServerlessError {
    let code = match error {
        FunctionError::NotFound { .. }
        | FunctionError::BadEntry { .. }
        | FunctionError::Threw { .. } => ErrorCode::FunctionBizError,
        FunctionError::TimedOut { .. }
        | FunctionError::OutOfMemory { .. }
        | FunctionError::Crashed => ErrorCode::FunctionServerError,
        FunctionError::ResultTooLarge { .. } => ErrorCode::ResponseTooLarge,
        FunctionError::Busy => ErrorCode::ThrottlingConcurrency,
    };
    ServerlessError::new(code, error.message())
}

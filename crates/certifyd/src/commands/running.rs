//! The doors of a running server that commands knock at: the operator's, and the test world's.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use engine::{Outbound, OutboundRequest, Reach};
use zeroize::Zeroizing;

use super::{CommandError, invoke};
use crate::cli::Running;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A running server.
pub(super) struct Server {
    outbound: Outbound,
    endpoint: String,
    /// The operator's token, where it is needed.
    authorization: Option<Zeroizing<String>>,
}

impl Server {
    /// With the token of the operator's door, which the configuration has.
    pub(super) fn operator(running: &Running) -> Result<Self, CommandError> {
        let (config, endpoint) = invoke::load(&running.dir, running.config.as_deref())?;
        let operator = config.operator.first().ok_or_else(|| {
            let text =
                "the operator's door is closed: set token in [operator] of the configuration";
            CommandError::Usage(text.to_owned())
        })?;
        let authorization = Zeroizing::new(format!("Bearer {}", operator.expose()));
        Self::at(running, endpoint, Some(authorization))
    }

    /// Without a token: the test world is open to whoever reaches it.
    pub(super) fn test_world(running: &Running) -> Result<Self, CommandError> {
        let (_, endpoint) = invoke::load(&running.dir, running.config.as_deref())?;
        Self::at(running, endpoint, None)
    }

    fn at(
        running: &Running,
        endpoint: String,
        authorization: Option<Zeroizing<String>>,
    ) -> Result<Self, CommandError> {
        let endpoint = running.server.clone().unwrap_or(endpoint);
        Ok(Self {
            outbound: Outbound::new(Reach::Any).map_err(anyhow::Error::from)?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            authorization,
        })
    }

    /// The text at `path`.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<String> {
        text(self.ask("GET", path, None).await?)
    }

    /// The file at `path`.
    pub(super) async fn file(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.ask("GET", path, None).await
    }

    /// What comes of sending `body` to `path`.
    pub(super) async fn post(
        &self,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> anyhow::Result<String> {
        text(self.ask("POST", path, body).await?)
    }

    /// What comes of deleting `path`.
    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<String> {
        text(self.ask("DELETE", path, None).await?)
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> anyhow::Result<Vec<u8>> {
        let authorization = self.authorization.iter();
        let request = OutboundRequest {
            url: format!("{}{path}", self.endpoint),
            method: method.to_owned(),
            headers: authorization
                .map(|value| ("authorization".to_owned(), value.to_string()))
                .collect(),
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            timeout: TIMEOUT,
        };
        let fetched = self.outbound.fetch(request).await;
        let fetched = fetched.with_context(|| {
            format!(
                "no answer from {}; is the server running? --server names another",
                self.endpoint
            )
        })?;
        match fetched.status {
            200 => Ok(fetched.body),
            status => Err(explain(status, &fetched.body)),
        }
    }
}

fn text(body: Vec<u8>) -> anyhow::Result<String> {
    String::from_utf8(body).context("an answer that is no text")
}

/// The server's own words, if it is one of ours.
fn explain(status: u16, body: &[u8]) -> anyhow::Error {
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let message = body.as_ref().and_then(|body| body.pointer("/error/message")?.as_str());
    match message {
        Some(message) => anyhow!("{message} (HTTP {status})"),
        None if status == 404 => {
            anyhow!("not found (HTTP 404): the server is in live mode, or older")
        }
        None => anyhow!("HTTP {status}: what answers is no certifyd, or an older one"),
    }
}

/// Text in characters that may stand in a path or a query.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

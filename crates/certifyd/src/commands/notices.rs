//! `certifyd notices`: asks the running server what became of its notices, and sends them again.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use engine::{Outbound, OutboundRequest, Reach};
use serde::Deserialize;

use super::{CommandError, invoke, print};
use crate::cli::{NoticesAction, NoticesList, NoticesRedeliver, Running};

const TIMEOUT: Duration = Duration::from_secs(10);
/// As many as the server gives in one answer.
const AT_ONCE: u32 = 1000;

pub(crate) fn run(action: &NoticesAction) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        match action {
            NoticesAction::List(args) => list(args).await,
            NoticesAction::Redeliver(args) => redeliver(args).await,
        }
    })
}

#[derive(Debug, Deserialize)]
struct Answer {
    notices: Vec<Notice>,
}

#[derive(Debug, Deserialize)]
struct Notice {
    notify_id: String,
    state: String,
    receiver: String,
    tries: i64,
    fault: Option<String>,
    certify_id: String,
    outer_order_no: String,
    outcome: String,
    made_at: String,
}

impl Notice {
    fn line(&self) -> String {
        let fault = self.fault.as_deref().map(|fault| format!("  ({fault})")).unwrap_or_default();
        format!(
            "{}  {}  {} of {}  order {}  made {}  to {}  tried in vain {} times{fault}",
            self.notify_id,
            self.state,
            self.outcome,
            self.certify_id,
            self.outer_order_no,
            self.made_at,
            self.receiver,
            self.tries,
        )
    }
}

async fn list(args: &NoticesList) -> Result<(), CommandError> {
    let server = Server::of(&args.running)?;
    let text = server.ask("GET", &server.listing(&args.state, args.limit)).await?;
    if args.json {
        return Ok(print(&text)?);
    }
    let answer: Answer = serde_json::from_str(&text).context("an answer of another form")?;
    if answer.notices.is_empty() {
        return Ok(print(&format!("no notices are {}", args.state))?);
    }
    for notice in &answer.notices {
        print(&notice.line())?;
    }
    Ok(())
}

async fn redeliver(args: &NoticesRedeliver) -> Result<(), CommandError> {
    let server = Server::of(&args.running)?;
    if let Some(id) = &args.notify_id {
        server.redeliver(id).await?;
        return Ok(print(&format!("{id} is sent again"))?);
    }
    let mut sent = 0;
    loop {
        let text = server.ask("GET", &server.listing("dead", AT_ONCE)).await?;
        let answer: Answer = serde_json::from_str(&text).context("an answer of another form")?;
        if answer.notices.is_empty() {
            return Ok(print(&format!("{sent} notices are sent again"))?);
        }
        for notice in &answer.notices {
            server.redeliver(&notice.notify_id).await?;
            sent += 1;
        }
    }
}

/// The operator's door of a running server.
struct Server {
    outbound: Outbound,
    endpoint: String,
    authorization: String,
}

impl Server {
    fn of(running: &Running) -> Result<Self, CommandError> {
        let (config, endpoint) = invoke::load(&running.dir, running.config.as_deref())?;
        let operator = config.operator.as_ref().ok_or_else(|| {
            let text =
                "the operator's door is closed: set token in [operator] of the configuration";
            CommandError::Usage(text.to_owned())
        })?;
        let endpoint = running.server.clone().unwrap_or(endpoint);
        Ok(Self {
            outbound: Outbound::new(Reach::Any).map_err(anyhow::Error::from)?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {}", operator.expose()),
        })
    }

    fn listing(&self, state: &str, limit: u32) -> String {
        format!("{}/operator/notices?state={state}&limit={limit}", self.endpoint)
    }

    async fn redeliver(&self, id: &str) -> anyhow::Result<()> {
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!("a notify_id is 32 hexadecimal digits");
        }
        self.ask("POST", &format!("{}/operator/notices/{id}/redeliver", self.endpoint)).await?;
        Ok(())
    }

    async fn ask(&self, method: &str, url: &str) -> anyhow::Result<String> {
        let request = OutboundRequest {
            url: url.to_owned(),
            method: method.to_owned(),
            headers: vec![("authorization".to_owned(), self.authorization.clone())],
            body: Vec::new(),
            timeout: TIMEOUT,
        };
        let fetched = self.outbound.fetch(request).await;
        let fetched = fetched.with_context(|| {
            format!(
                "no answer from {}; is the server running? --server names another",
                self.endpoint
            )
        })?;
        let text = String::from_utf8(fetched.body).context("an answer that is no text")?;
        match fetched.status {
            200 => Ok(text),
            status => Err(explain(status, &text)),
        }
    }
}

/// The server's own words, if it is one of ours.
fn explain(status: u16, text: &str) -> anyhow::Error {
    let body: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let message = body.as_ref().and_then(|body| body.pointer("/error/message")?.as_str());
    match message {
        Some(message) => anyhow!("{message} (HTTP {status})"),
        None => anyhow!("HTTP {status}: what answers is no certifyd, or an older one"),
    }
}

//! `certifyd notices`: asks the running server what became of its notices, and sends them again.

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::running::Server;
use super::{CommandError, print};
use crate::cli::{NoticesAction, NoticesList, NoticesRedeliver};

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
    let server = Server::operator(&args.running)?;
    let text = server.get(&listing(&args.state, args.limit)).await?;
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
    let server = Server::operator(&args.running)?;
    if let Some(id) = &args.notify_id {
        resend(&server, id).await?;
        return Ok(print(&format!("{id} is sent again"))?);
    }
    let mut sent = 0;
    loop {
        let text = server.get(&listing("dead", AT_ONCE)).await?;
        let answer: Answer = serde_json::from_str(&text).context("an answer of another form")?;
        if answer.notices.is_empty() {
            return Ok(print(&format!("{sent} notices are sent again"))?);
        }
        for notice in &answer.notices {
            resend(&server, &notice.notify_id).await?;
            sent += 1;
        }
    }
}

fn listing(state: &str, limit: u32) -> String {
    format!("/operator/notices?state={state}&limit={limit}")
}

async fn resend(server: &Server, id: &str) -> anyhow::Result<()> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("a notify_id is 32 hexadecimal digits");
    }
    server.post(&format!("/operator/notices/{id}/redeliver"), None).await?;
    Ok(())
}

//! `certifyd review`: what waits for operators, and their decisions, through the operator's door.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::running::{Server, encoded};
use super::{CommandError, print};
use crate::cli::{ReviewAction, ReviewDecide, ReviewShow, Running};

pub(crate) fn run(action: &ReviewAction) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        match action {
            ReviewAction::List { running, json } => list(running, *json).await,
            ReviewAction::Show(args) => show(args).await,
            ReviewAction::Approve(args) => decide(args, "approve", None).await,
            ReviewAction::Reject { decide: args, reason } => {
                decide(args, "reject", Some(reason)).await
            }
            ReviewAction::AskAgain { decide: args, text } => {
                decide(args, "ask_again", Some(text)).await
            }
            ReviewAction::DeletePictures(args) => delete(args).await,
        }
    })
}

async fn list(running: &Running, json: bool) -> Result<(), CommandError> {
    let text = Server::operator(running)?.get("/operator/reviews").await?;
    if json {
        return Ok(print(&text)?);
    }
    let answer = parsed(&text)?;
    let waiting = answer.get("reviews").and_then(Value::as_array).cloned().unwrap_or_default();
    if waiting.is_empty() {
        return Ok(print("nothing waits for a decision")?);
    }
    for one in &waiting {
        let of = |name: &str| shown(one.get(name));
        print(&format!(
            "{}  {}  app {}  order {}  attempt {}  waits since {}",
            of("certify_id"),
            of("biz_code"),
            of("app_id"),
            of("outer_order_no"),
            of("attempt"),
            of("queued_at"),
        ))?;
    }
    Ok(())
}

async fn show(args: &ReviewShow) -> Result<(), CommandError> {
    let server = Server::operator(&args.decide.running)?;
    let (id, by) = (encoded(&args.decide.certify_id), encoded(&args.decide.by()));
    let text = server.get(&format!("/operator/reviews/{id}?by={by}")).await?;
    let docket = parsed(&text)?;
    print(&serde_json::to_string_pretty(&docket).map_err(anyhow::Error::from)?)?;
    let Some(folder) = &args.pictures else { return Ok(()) };
    super::super::keys::make_private_folder(folder)?;
    let pictures = docket.get("pictures").and_then(Value::as_array).cloned().unwrap_or_default();
    for picture in &pictures {
        let part = shown(picture.get("part"));
        let path = format!("/operator/reviews/{id}/pictures/{}?by={by}", encoded(&part));
        let file = folder.join(format!("{part}.jpg"));
        write(&file, &server.file(&path).await?)?;
        print(&format!("written: {}", file.display()))?;
    }
    print("these files show a person: delete them when you have decided")?;
    Ok(())
}

async fn decide(
    args: &ReviewDecide,
    decision: &str,
    reason: Option<&str>,
) -> Result<(), CommandError> {
    let server = Server::operator(&args.running)?;
    let path = format!("/operator/reviews/{}", encoded(&args.certify_id));
    let body = serde_json::json!({ "decision": decision, "reason": reason, "by": args.by(),
                                  "attempt": args.attempt });
    let status = parsed(&server.post(&path, Some(body)).await?)?;
    let word = shown(status.get("state"));
    Ok(print(&format!("{} is {word} now", args.certify_id))?)
}

async fn delete(args: &ReviewDecide) -> Result<(), CommandError> {
    let server = Server::operator(&args.running)?;
    let (id, by) = (encoded(&args.certify_id), encoded(&args.by()));
    let answer = server.delete(&format!("/operator/reviews/{id}/pictures?by={by}")).await?;
    Ok(print(&format!("{} pictures are deleted", shown(parsed(&answer)?.get("deleted"))))?)
}

fn parsed(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).context("an answer of another form")
}

fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Readable by nobody else.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut out = options.open(file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(out.write_all(bytes)?)
}

//! `certifyd authorize`: who acts for whom, through the operator's door of a running server.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::running::Server;
use super::{CommandError, print};
use crate::cli::{Authorize, AuthorizeAction, Pair, Running};

pub(crate) fn run(args: &Authorize) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        match (&args.action, &args.pair) {
            (Some(AuthorizeAction::List { json, running }), _) => list(running, *json).await,
            (Some(AuthorizeAction::Revoke { pair, running }), _) => revoke(running, pair).await,
            (None, Some(pair)) => grant(args, pair).await,
            (None, None) => Err(CommandError::Usage("--isv and --app are needed".to_owned())),
        }
    })
}

async fn grant(args: &Authorize, pair: &Pair) -> Result<(), CommandError> {
    let server = Server::operator(&args.running)?;
    let body = json!({ "isv_app_id": pair.isv, "app_id": pair.app, "code": args.code });
    let text = server.post("/operator/authorizations", Some(body)).await?;
    if args.json {
        return Ok(print(&text)?);
    }
    let answer = parsed(&text)?;
    for name in ["app_auth_code", "app_auth_token", "app_refresh_token"] {
        if let Some(value) = answer.get(name).and_then(Value::as_str) {
            print(&format!("{name} {value}"))?;
        }
    }
    Ok(())
}

async fn list(running: &Running, json: bool) -> Result<(), CommandError> {
    let text = Server::operator(running)?.get("/operator/authorizations").await?;
    if json {
        return Ok(print(&text)?);
    }
    let answer = parsed(&text)?;
    let all = answer.get("authorizations").and_then(Value::as_array).cloned().unwrap_or_default();
    if all.is_empty() {
        return Ok(print("no merchant has authorised an application")?);
    }
    for one in &all {
        let of = |name: &str| one.get(name).and_then(Value::as_str);
        let ends = of("ends").map(|ends| format!("  until {ends}")).unwrap_or_default();
        print(&format!(
            "{}  for {}  since {}{ends}",
            of("isv_app_id").unwrap_or_default(),
            of("app_id").unwrap_or_default(),
            of("since").unwrap_or_default(),
        ))?;
    }
    Ok(())
}

async fn revoke(running: &Running, pair: &Pair) -> Result<(), CommandError> {
    let body = json!({ "isv_app_id": pair.isv, "app_id": pair.app });
    Server::operator(running)?.post("/operator/authorizations/revoke", Some(body)).await?;
    Ok(print(&format!("{} no longer acts for {}", pair.isv, pair.app))?)
}

fn parsed(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).context("an answer of another form")
}

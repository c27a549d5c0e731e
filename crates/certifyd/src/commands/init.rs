//! `certifyd init`: a configuration to grow from.

use anyhow::Context as _;

use super::{CommandError, print};
use crate::cli::Init;
use crate::project::{self, Paths};

pub(crate) fn run(args: &Init) -> Result<(), CommandError> {
    let dir = &args.dir;
    let occupied = project::TOP.into_iter().find(|name| dir.join(name).exists());
    if let Some(name) = occupied {
        let text = format!("{} exists already; choose another folder", dir.join(name).display());
        return Err(CommandError::Failed(anyhow::anyhow!(text)));
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    project::write_new_settings(dir)?;
    project::write_example(dir)?;
    let config = Paths::in_dir(dir).config;
    Ok(print(&format!(
        "Wrote {dir}:\n\
         \x20 certifyd.toml   every option, with its reason\n\
         \x20 keys/           application, gateway and server keys; private ones are readable by you only\n\
         \x20 functions/      the example's cloud functions\n\n\
         Next:\n\
         \x20 certifyd check --config {config}\n\
         \x20 certifyd serve --config {config}",
        dir = dir.display(),
        config = config.display(),
    ))?)
}

//! Making a project: configuration, keys, example. Either all of it is there afterwards or none.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Chance as _, SystemChance};

use crate::keys;

/// The commented configuration, with stand-ins for what each project gets of its own.
const TEMPLATE: &str = include_str!("../../../certifyd.example.toml");

/// The shipped example: file and text.
const EXAMPLE: &[(&str, &str)] = &[
    (
        "functions/init/index.js",
        include_str!("../../../examples/identification/functions/init/index.js"),
    ),
    (
        "functions/init-with-token/index.js",
        include_str!("../../../examples/identification/functions/init-with-token/index.js"),
    ),
    (
        "functions/certify/index.js",
        include_str!("../../../examples/identification/functions/certify/index.js"),
    ),
    (
        "functions/query/index.js",
        include_str!("../../../examples/identification/functions/query/index.js"),
    ),
    ("certifyd.dev.toml", include_str!("../../../examples/identification/certifyd.dev.toml")),
];

/// What a project keeps for the people who set SDKs up, beside what the server reads.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) config: PathBuf,
    pub(crate) app_private_key: PathBuf,
    pub(crate) app_private_key_pkcs8: PathBuf,
    pub(crate) gateway_public_key: PathBuf,
    pub(crate) server_private_key: PathBuf,
}

impl Paths {
    /// The files of the project whose configuration is in `dir`.
    pub(crate) fn in_dir(dir: &Path) -> Self {
        let key = |name: &str| dir.join("keys").join(name);
        Self {
            config: dir.join("certifyd.toml"),
            app_private_key: key("app_private_pkcs1.pem"),
            app_private_key_pkcs8: key("app_private_pkcs8.pem"),
            gateway_public_key: key("gateway_public.pem"),
            server_private_key: key("server_private_pkcs8.pem"),
        }
    }
}

/// Makes the settings of `certifyd dev` in `dir`: configuration and keys.
///
/// They are written beside it first and renamed into place, so that a crash leaves nothing half
/// made; and if another process has been faster, its settings are as good.
pub(crate) fn make_settings(dir: &Path) -> anyhow::Result<()> {
    let parent = dir.parent().context("the folder has no parent")?;
    let name = dir.file_name().context("the folder has no name")?.to_string_lossy().into_owned();
    let draft = parent.join(format!("{name}.{}", hex::encode(random::<6>())));
    let made = write_settings(&draft, &dev_template()).and_then(|()| {
        // All of it is made anew or secret: nothing of it belongs into a repository.
        std::fs::write(draft.join(".gitignore"), "*\n")?;
        std::fs::rename(&draft, dir).with_context(|| format!("cannot create {}", dir.display()))
    });
    if made.is_err() {
        // The error at hand is the one to report.
        let _ = std::fs::remove_dir_all(&draft);
        if Paths::in_dir(dir).config.exists() {
            return Ok(());
        }
    }
    made
}

/// In development the functions are the project's own, wherever the settings are.
fn dev_template() -> String {
    TEMPLATE.replace("functions = \"functions\"\n", "# functions: `certifyd dev` sets the folder\n")
}

/// Writes a configuration and keys of its own into `dir`, for a project to grow from.
pub(crate) fn write_new_settings(dir: &Path) -> anyhow::Result<()> {
    write_settings(dir, TEMPLATE)?;
    std::fs::write(dir.join(".gitignore"), "keys/\ndata/\n")?;
    Ok(())
}

/// What a new project consists of, at the top.
pub(crate) const TOP: [&str; 5] =
    ["certifyd.toml", "certifyd.dev.toml", "keys", "functions", ".gitignore"];

fn write_settings(dir: &Path, template: &str) -> anyhow::Result<()> {
    let (app, gateway, server) = three_pairs()?;
    let file = |name: &str, text: &str| keys::write_new(&dir.join("keys").join(name), text);
    file("app_private_pkcs1.pem", &app.pkcs1)?;
    file("app_private_pkcs8.pem", &app.pkcs8)?;
    file("app_public.pem", &app.public)?;
    file("gateway_private_pkcs8.pem", &gateway.pkcs8)?;
    file("gateway_public.pem", &gateway.public)?;
    file("server_private_pkcs8.pem", &server.pkcs8)?;
    file("server_public.pem", &server.public)?;
    keys::write_new(&dir.join("certifyd.toml"), &personal(template))
}

/// Where the settings of `certifyd dev` are.
pub(crate) fn dev_settings_path(project: &Path) -> PathBuf {
    project.join(".certifyd")
}

/// Writes the shipped example into `dir`. Existing files are not touched.
pub(crate) fn write_example(dir: &Path) -> anyhow::Result<()> {
    for (name, text) in EXAMPLE {
        let path = dir.join(name);
        if path.exists() {
            bail!("{} exists already", path.display());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Replaces the template's stand-ins by values of the project's own.
fn personal(template: &str) -> String {
    let app = format!("2021{:012}", u64::from_be_bytes(random()) % 1_000_000_000_000);
    let merchant = format!("2021{:012}", u64::from_be_bytes(random()) % 1_000_000_000_000);
    let token = format!("202611BB{}", hex::encode(random::<16>()));
    template
        .replace("2021000000000001", &app)
        .replace("2021000000000002", &merchant)
        .replace("202611BBexampleexampleexampleexamplex01", &token)
        .replace("00000000-0000-4000-8000-000000000001", &space_id())
        .replace("ZXhhbXBsZS1zZWNyZXQtMQ==", &STANDARD.encode(random::<16>()))
}

fn space_id() -> String {
    let hex = hex::encode(random::<16>());
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemChance::new().fill(&mut bytes);
    bytes
}

/// Application, gateway and server pair, made side by side.
fn three_pairs() -> anyhow::Result<(keys::Pair, keys::Pair, keys::Pair)> {
    std::thread::scope(|scope| {
        let app = scope.spawn(keys::make_pair);
        let gateway = scope.spawn(keys::make_pair);
        let server = keys::make_pair();
        let join = |thread: std::thread::ScopedJoinHandle<'_, anyhow::Result<keys::Pair>>| {
            thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("no key could be made")))
        };
        Ok((join(app)?, join(gateway)?, server?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_project_is_a_valid_configuration() {
        let dir = tempfile::tempdir().unwrap();
        write_new_settings(dir.path()).unwrap();
        write_example(dir.path()).unwrap();
        let paths = Paths::in_dir(dir.path());
        let config = crate::config::Config::load(&paths.config).unwrap();
        assert_eq!(config.apps.len(), 2);
        assert_eq!(config.grants.len(), 1);
        assert!(config.gateway.key.is_some());
        for path in [&paths.app_private_key, &paths.app_private_key_pkcs8] {
            wire::PrivateKey::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        }
        let text = std::fs::read_to_string(&paths.config).unwrap();
        assert!(!text.contains("2021000000000001") && !text.contains("example-"));
    }

    #[test]
    fn settings_are_whole_and_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join(".certifyd");
        make_settings(&target).unwrap();
        let first = std::fs::read(Paths::in_dir(&target).config).unwrap();
        make_settings(&target).unwrap();
        assert_eq!(std::fs::read(Paths::in_dir(&target).config).unwrap(), first);
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing half made stays behind");
    }
}

//! Where a secret or a key comes from: a file, or the environment.

use std::path::Path;

use zeroize::Zeroizing;

/// Values that name an environment variable.
const ENVIRONMENT: &str = "env:";

/// The text of a key: `env:NAME`, or a path relative to the configuration.
pub(super) fn key_text(folder: &Path, value: &str) -> Result<Zeroizing<String>, String> {
    if let Some(name) = value.strip_prefix(ENVIRONMENT) {
        return from_environment(name);
    }
    if looks_like_a_key(value) {
        return Err("this is the text of a key; write it to a file and name the file here".into());
    }
    let path = folder.join(value);
    std::fs::read_to_string(&path)
        .map(Zeroizing::new)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// A key pasted in place of its path must not be shown in a message about a missing file.
fn looks_like_a_key(value: &str) -> bool {
    value.contains("-----BEGIN") || value.len() > 200
}

/// A secret written in place, or `env:NAME`.
pub(super) fn secret(value: &str) -> Result<Zeroizing<String>, String> {
    match value.strip_prefix(ENVIRONMENT) {
        Some(name) => from_environment(name),
        None => Ok(Zeroizing::new(value.to_owned())),
    }
}

#[expect(clippy::disallowed_methods, reason = "this room reads the environment")]
fn from_environment(name: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Zeroizing::new(value)),
        Ok(_) => Err(format!("the environment variable {name} is empty")),
        Err(_) => Err(format!("the environment variable {name} is not set")),
    }
}

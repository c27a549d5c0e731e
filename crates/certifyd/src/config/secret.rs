//! Where a secret or a key comes from: a file, or the environment.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Values that name an environment variable.
const ENVIRONMENT: &str = "env:";
/// Values that name a file, where a value may also be the secret itself.
const FILE: &str = "file:";
/// Where containers mount secrets, readable by whoever is inside.
const MOUNTED: [&str; 2] = ["/run/secrets", "/var/run/secrets"];

/// The text of a key: `env:NAME`, or a path relative to the configuration, with `file:` or without.
pub(super) fn key_text(folder: &Path, value: &str) -> Result<Zeroizing<String>, String> {
    if let Some(name) = value.strip_prefix(ENVIRONMENT) {
        return from_environment(name);
    }
    if looks_like_a_key(value) {
        return Err("this is the text of a key; write it to a file and name the file here".into());
    }
    from_file(&folder.join(value.strip_prefix(FILE).unwrap_or(value)))
}

/// A key pasted in place of its path must not be shown in a message about a missing file.
fn looks_like_a_key(value: &str) -> bool {
    value.contains("-----BEGIN") || value.len() > 200
}

/// A master key in place of its file, whole or mistyped, in hexadecimal or Base64: it must not be shown
/// in a message about a missing file, nor be the name of a new one. Names as long as this have words in
/// them, and something between these.
pub(super) fn looks_like_a_master_key(value: &str) -> bool {
    const SHORTEST: usize = 40;
    let value = value.trim();
    let value = value.strip_prefix(FILE).unwrap_or(value);
    let digits = value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")).unwrap_or(value);
    let body = digits.trim_end_matches('=');
    // Half of all keys in Base64 have a slash, and a path does not end like them.
    let also = if body.len() < digits.len() { "+/-_" } else { "+" };
    digits.len() >= SHORTEST && body.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// A secret written in place, or `env:NAME`, or `file:PATH`. A line's end after it is not part of it.
pub(crate) fn secret(folder: &Path, value: &str) -> Result<Zeroizing<String>, String> {
    if let Some(name) = value.strip_prefix(ENVIRONMENT) {
        return from_environment(name);
    }
    let Some(path) = value.strip_prefix(FILE) else {
        return Ok(Zeroizing::new(value.to_owned()));
    };
    let mut text = from_file(&folder.join(path))?;
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(text)
}

/// The file behind a value of [`secret`], if it is one.
pub(super) fn secret_file(folder: &Path, value: &str) -> Option<PathBuf> {
    value.strip_prefix(FILE).map(|path| folder.join(path))
}

/// The file behind a value of [`key_text`], if it is one.
pub(super) fn key_file(folder: &Path, value: &str) -> Option<PathBuf> {
    let is_file = !value.starts_with(ENVIRONMENT) && !looks_like_a_key(value);
    is_file.then(|| folder.join(value.strip_prefix(FILE).unwrap_or(value)))
}

/// Whether others on this machine may read or write what should be its owner's.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mounted = MOUNTED.iter().any(|folder| path.starts_with(folder));
    !mounted && path.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, String> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// A variable that others have named, if it says anything.
#[expect(clippy::disallowed_methods, reason = "this room reads the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "this room reads the environment")]
fn from_environment(name: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Zeroizing::new(value)),
        Ok(_) => Err(format!("the environment variable {name} is empty")),
        Err(_) => Err(format!("the environment variable {name} is not set")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stands_in_its_place_or_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mounted"), "of the file\r\n").unwrap();
        let read = |value| secret(folder.path(), value).map(|text| text.to_string());
        assert_eq!(read("in place").unwrap(), "in place");
        assert_eq!(read("file:mounted").unwrap(), "of the file");
        let absolute = format!("file:{}", folder.path().join("mounted").display());
        assert_eq!(read(&absolute).unwrap(), "of the file");
        assert!(read("file:absent").unwrap_err().contains("absent"));
        assert_eq!(key_text(folder.path(), &absolute).unwrap().trim(), "of the file");
    }

    #[test]
    fn a_master_key_is_told_from_the_name_of_a_file() {
        let hex = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
        let base64 = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abc+ef0=";
        for key in [
            hex.to_owned(),
            hex.replacen('0', "", 1),
            format!("{hex}a"),
            format!("0x{hex}"),
            format!(" {hex}\n"),
            format!("file:{hex}"),
            hex.replacen('0', "O", 1),
            base64.to_owned(),
            base64.replace('+', "/"),
            base64.replace('+', "-"),
            base64.replace('=', ""),
        ] {
            assert!(looks_like_a_master_key(&key), "{key}");
        }
        let long = "of-the-certification-service-in-production";
        for name in [
            "master.key".to_owned(),
            "data/master.key".to_owned(),
            format!("keys/{hex}"),
            format!("{hex}.key"),
            format!("master-key-{long}"),
            format!("/run/secrets/{}", long.replace('-', "_")),
            hex[..39].to_owned(),
            "env:CERTIFYD_MASTER_KEY".to_owned(),
            "file:/run/secrets/master_key".to_owned(),
        ] {
            assert!(!looks_like_a_master_key(&name), "{name}");
        }
    }

    #[test]
    fn files_others_may_read_are_known_and_mounted_ones_are_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "text").unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(is_open_to_others(&path), open, "{mode:o}");
        }
        assert!(!is_open_to_others(Path::new("/run/secrets/key")));
        assert!(!is_open_to_others(Path::new("/no/such/file")));
        assert_eq!(key_file(folder.path(), "key"), Some(path));
        assert_eq!(key_file(folder.path(), "env:KEY"), None);
    }
}

//! `certifyd keys`: keys and certificates in every form SDKs ask for.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use engine::{Clock as _, SystemClock};

use super::{CommandError, print};
use crate::certificates::{self, CertificateSet};
use crate::cli::Keys;
use crate::keys::{self, Pair};

/// Which file goes where. EasySDK for C# reads PKCS#1 only; PHP wraps the line in a PKCS#1 label.
const TABLE: &str = "\
What goes into an SDK:
                                   private key                      gateway's public key
  Java (v2 and v3), EasySDK Java   app_private_oneline.txt          gateway_public_oneline.txt
  EasySDK C#, PHP                  app_private_pkcs1_oneline.txt    gateway_public_oneline.txt
  Node.js                          app_private_pkcs1.pem            gateway_public.pem
    with keyType: 'PKCS8'          app_private_pkcs8.pem            gateway_public.pem
  Python, alipay-sdk-python        app_private_pkcs1.pem            gateway_public.pem
  Python, python-alipay-sdk        app_private_pkcs1.pem or _pkcs8  gateway_public.pem
  Go, smartwalle/alipay            app_private_pkcs1.pem or _pkcs8  gateway_public.pem

  In certificate mode, in place of the public key:
    application certificate        app_cert.crt
    Alipay certificate             gateway_cert.crt
    Alipay root certificate        alipay_root_bundle.crt

The SDK takes the gateway's public key, never app_public: that one is for the server.";

pub(crate) fn run(args: &Keys) -> Result<(), CommandError> {
    let dir = &args.dir;
    if let Some(name) = &args.name {
        certificates::check_name(name).map_err(|reason| {
            CommandError::Usage(format!("--name {name:?} cannot be used: {reason}"))
        })?;
    }
    refuse_occupied(dir)?;
    write_set(dir, &make_files(args.name.as_deref())?)?;
    Ok(print(&format!(
        "Wrote {dir}: keys and certificates, readable by you only.\n\n\
         {TABLE}\n\n\
         What goes into certifyd.toml (paths count from its folder):\n{lines}",
        dir = dir.display(),
        lines = configuration(dir, args.name.as_deref())?,
    ))?)
}

/// Nothing is written beside files that are there already.
fn refuse_occupied(dir: &Path) -> anyhow::Result<()> {
    if dir.symlink_metadata().is_err() {
        return Ok(());
    }
    let empty = dir.is_dir()
        && std::fs::read_dir(dir)
            .with_context(|| format!("cannot look into {}", dir.display()))?
            .next()
            .is_none();
    if empty {
        return Ok(());
    }
    Err(anyhow!("{} exists already; choose a new folder", dir.display()))
}

type Text = zeroize::Zeroizing<String>;

fn make_files(name: Option<&str>) -> anyhow::Result<Vec<(String, Text)>> {
    let (app, gateway) = two_pairs()?;
    let now = SystemClock.now();
    let set = match name {
        Some(name) => certificates::make_certificates_for(name, &app, &gateway, now)?,
        None => certificates::make_certificates(&app, &gateway, now)?,
    };
    let mut files = key_files("app", app);
    files.extend(key_files("gateway", gateway));
    files.extend(certificate_files(set));
    Ok(files)
}

fn key_files(owner: &str, pair: Pair) -> Vec<(String, Text)> {
    let pkcs1_line = certificates::one_line(&pair.pkcs1);
    let pkcs8_line = certificates::one_line(&pair.pkcs8);
    let public_line = certificates::one_line(&pair.public);
    vec![
        (format!("{owner}_private_pkcs1.pem"), pair.pkcs1),
        (format!("{owner}_private_pkcs1_oneline.txt"), pkcs1_line),
        (format!("{owner}_private_pkcs8.pem"), pair.pkcs8),
        (format!("{owner}_private_oneline.txt"), pkcs8_line),
        (format!("{owner}_public.pem"), pair.public.into()),
        (format!("{owner}_public_oneline.txt"), public_line),
    ]
}

fn certificate_files(set: CertificateSet) -> [(String, Text); 4] {
    [
        ("alipay_root_bundle.crt".to_owned(), set.root_bundle.into()),
        ("gateway_cert.crt".to_owned(), set.gateway_cert.into()),
        ("gateway_chain.crt".to_owned(), set.gateway_chain.into()),
        ("app_cert.crt".to_owned(), set.app_cert.into()),
    ]
}

/// Writes all files, or takes back those it has written.
fn write_set(dir: &Path, files: &[(String, Text)]) -> anyhow::Result<()> {
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = dir.join(name);
        if let Err(error) = keys::write_new(&path, text) {
            for path in written {
                // The error at hand is the one to report.
                let _ = std::fs::remove_file(path);
            }
            return Err(error);
        }
        written.push(path);
    }
    Ok(())
}

/// The lines to paste. JSON's strings are TOML's too.
fn configuration(dir: &Path, name: Option<&str>) -> anyhow::Result<String> {
    let path = |file: &str| serde_json::to_string(&dir.join(file).to_string_lossy());
    let name = match name {
        Some(name) => format!("  name = {}\n", serde_json::to_string(name)?),
        None => String::new(),
    };
    Ok(format!(
        "  [gateway]\n\
         \x20 private_key = {key}\n\
         \x20 # For apps in certificate mode:\n\
         \x20 certificate = {chain}\n\
         \x20 root_certificates = {root}\n\n\
         \x20 [[apps]]\n\
         {name}\
         \x20 public_key = {public}\n\
         \x20 # Certificate mode only; leave it out in key mode:\n\
         \x20 certificate = {cert}",
        key = path("gateway_private_pkcs8.pem")?,
        chain = path("gateway_chain.crt")?,
        root = path("alipay_root_bundle.crt")?,
        public = path("app_public.pem")?,
        cert = path("app_cert.crt")?,
    ))
}

/// Application and gateway pair, made side by side.
fn two_pairs() -> anyhow::Result<(Pair, Pair)> {
    std::thread::scope(|scope| {
        let app = scope.spawn(keys::make_pair);
        let gateway = keys::make_pair()?;
        Ok((app.join().unwrap_or_else(|_| Err(anyhow!("no key could be made")))?, gateway))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_in(dir: &Path, name: Option<&str>) -> Result<(), CommandError> {
        run(&Keys { dir: dir.to_owned(), name: name.map(str::to_owned) })
    }

    fn text(dir: &Path, name: &str) -> String {
        std::fs::read_to_string(dir.join(name)).unwrap()
    }

    #[test]
    fn every_form_is_of_the_same_pair_and_the_pairs_differ() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("new").join("keys");
        keys_in(&dir, Some("Shop 1")).unwrap();

        for owner in ["app", "gateway"] {
            let public =
                wire::PublicKey::parse(&text(&dir, &format!("{owner}_public.pem"))).unwrap();
            for form in ["pkcs1.pem", "pkcs1_oneline.txt", "pkcs8.pem", "oneline.txt"] {
                let private = text(&dir, &format!("{owner}_private_{form}"));
                assert_eq!(form.contains("oneline"), !private.contains(['\n', '-']), "{form}");
                let private = wire::PrivateKey::parse(&private).unwrap();
                assert!(private.public_key().unwrap() == public, "{form}");
            }
            let line = text(&dir, &format!("{owner}_public_oneline.txt"));
            assert!(!line.contains('\n') && wire::PublicKey::parse(&line).unwrap() == public);
        }
        assert_ne!(text(&dir, "app_public.pem"), text(&dir, "gateway_public.pem"));

        let mut count = 0;
        for entry in std::fs::read_dir(&dir).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
            count += 1;
        }
        assert_eq!(count, 16, "nothing else is left behind");
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("app_public.pem");
        std::fs::write(&file, "mine").unwrap();
        assert!(keys_in(dir.path(), None).is_err());
        assert!(keys_in(&file, None).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }

    #[test]
    fn what_was_written_before_a_failure_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("b"), "mine").unwrap();
        let file = |name: &str| (name.to_owned(), Text::new("ours".to_owned()));
        assert!(write_set(dir.path(), &[file("a"), file("b"), file("c")]).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(text(dir.path(), "b"), "mine");
    }

    #[test]
    fn an_unfit_name_is_wrong_usage_and_writes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("keys");
        assert!(matches!(keys_in(&dir, Some("a,b")), Err(CommandError::Usage(_))));
        assert!(!dir.exists());
    }

    #[test]
    fn the_table_names_files_that_exist() {
        let files = make_files(None).unwrap();
        let known = |word: &str| files.iter().any(|(name, _)| name == word);
        let words = TABLE.split_whitespace().filter(|word| {
            ["pem", "txt", "crt"].iter().any(|ending| word.ends_with(&format!(".{ending}")))
        });
        assert!(words.clone().count() > 10);
        for word in words {
            assert!(known(word), "{word}");
        }
    }

    #[test]
    fn the_lines_to_paste_are_toml() {
        let lines = configuration(Path::new("a \"b\"\\c"), Some("Shop")).unwrap();
        let table: toml::Table = toml::from_str(&lines).unwrap();
        assert_eq!(
            table["gateway"]["private_key"].as_str(),
            Some("a \"b\"\\c/gateway_private_pkcs8.pem")
        );
        assert_eq!(table["apps"][0]["name"].as_str(), Some("Shop"));
    }
}

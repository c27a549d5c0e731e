//! `certifyd keys`: keys and certificates in every form SDKs ask for.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use engine::{Clock as _, SystemClock};
use wire::certificate::Certificate;

use super::{CommandError, print};
use crate::certificates::{self, Authority, CertificateSet, Predecessors};
use crate::cli::{KeySet, Keys};
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

/// The folder of what issues certificates, in a set.
const CA: &str = "ca_keep_offline";
const CA_KEY: &str = "ca_private_pkcs8.pem";
const CA_CERT: &str = "ca_cert.crt";
const ROOTS: &str = "alipay_root_bundle.crt";
const GATEWAY_CERT: &str = "gateway_cert.crt";
const GATEWAY_CHAIN: &str = "gateway_chain.crt";
const APP_CERT: &str = "app_cert.crt";

pub(crate) fn run(args: &Keys) -> Result<(), CommandError> {
    match (&args.action, &args.set) {
        (Some(action), _) => super::rotation::run(action),
        (None, Some(set)) => make(set),
        (None, None) => Err(CommandError::Usage("name the folder to write".to_owned())),
    }
}

fn make(args: &KeySet) -> Result<(), CommandError> {
    if let Some(name) = &args.name {
        certificates::check_name(name).map_err(|reason| {
            CommandError::Usage(format!("--name {name:?} cannot be used: {reason}"))
        })?;
    }
    refuse_occupied(&args.dir)?;
    match &args.next_of {
        Some(old) => next_set(args, old),
        None => first_set(&args.dir, args.name.as_deref()),
    }
}

fn first_set(dir: &Path, name: Option<&str>) -> Result<(), CommandError> {
    write_set(dir, &make_files(name)?)?;
    Ok(print(&format!(
        "Wrote {dir}: keys and certificates, readable by you only.\n\n\
         {TABLE}\n\n\
         What goes into certifyd.toml (paths count from its folder):\n{lines}\n\n\
         Keep {ca} offline:\n\
         it issues the next certificates under the same root. Serving does not need it, and whoever\n\
         has it can issue in the gateway's name. Lost, the next gateway certificate needs a new root\n\
         in every SDK. Before the certificates end, in {years} years:\n\
         \x20 certifyd keys NEWDIR --next-of {dir} --ca CADIR",
        dir = dir.display(),
        ca = dir.join(CA).display(),
        years = certificates::LEAF_YEARS,
        lines = configuration(dir, name)?,
    ))?)
}

/// The certificates that follow those of `old`.
fn next_set(args: &KeySet, old: &Path) -> Result<(), CommandError> {
    let ca = args.ca.clone().unwrap_or_else(|| old.join(CA));
    let root_bundle = read(old, ROOTS)?;
    let (old_gateway, old_app) = (read(old, GATEWAY_CERT)?, read(old, APP_CERT)?);
    let authority = authority(&ca)?;
    let pair = if args.new_gateway_key { Some(keys::make_pair()?) } else { None };
    let before =
        Predecessors { root_bundle: &root_bundle, gateway_cert: &old_gateway, app_cert: &old_app };
    let now = SystemClock.now();
    let next = certificates::make_successors(&authority, &before, pair.as_ref(), now)
        .with_context(|| format!("{} and {}", old.display(), ca.display()))?;
    let changes = [
        change("gateway", &old_gateway, &next.gateway_cert)?,
        change("application", &old_app, &next.app_cert)?,
    ];
    let mut files = pair.map(|pair| key_files("gateway", pair)).unwrap_or_default();
    files.extend([
        (ROOTS.to_owned(), root_bundle),
        (GATEWAY_CERT.to_owned(), next.gateway_cert.into()),
        (GATEWAY_CHAIN.to_owned(), next.gateway_chain.into()),
        (APP_CERT.to_owned(), next.app_cert.into()),
    ]);
    write_set(&args.dir, &files)?;
    Ok(print(&format!(
        "Wrote {dir}: what follows the certificates of {old}, under the same root:\n\
         alipay_root_cert_sn and {ROOTS} are as before.\n\n{changes}\n\n{steps}",
        dir = args.dir.display(),
        old = old.display(),
        changes = changes.join("\n"),
        steps = steps(&args.dir, args.new_gateway_key)?,
    ))?)
}

/// What issues, from where it is kept.
fn authority(ca: &Path) -> anyhow::Result<Authority> {
    if !ca.join(CA_KEY).exists() {
        bail!(
            "{} is not there; name the folder {CA} of the set with --ca. If it is lost, only a \
             new set with a new root can follow: `certifyd keys NEWDIR`, and the new \
             {ROOTS} for every SDK",
            ca.join(CA_KEY).display()
        );
    }
    Ok(Authority { cert: String::clone(&*read(ca, CA_CERT)?), key: read(ca, CA_KEY)? })
}

fn read(dir: &Path, name: &str) -> anyhow::Result<Text> {
    let path = dir.join(name);
    std::fs::read_to_string(&path)
        .map(Text::new)
        .with_context(|| format!("cannot read {}", path.display()))
}

fn change(whose: &str, old: &str, new: &str) -> anyhow::Result<String> {
    let (old, new) = (Certificate::parse(old)?, Certificate::parse(new)?);
    let day = jiff::tz::TimeZone::UTC.to_datetime(new.not_after()).date();
    Ok(format!("  {whose:12} SN {}, valid until {day}; before: {}", new.sn(), old.sn()))
}

/// How a running gateway goes over to them.
fn steps(dir: &Path, new_key: bool) -> anyhow::Result<String> {
    let path = |file: &str| serde_json::to_string(&dir.join(file).to_string_lossy());
    let (chain, cert) = (path(GATEWAY_CHAIN)?, path(APP_CERT)?);
    let (key, others) = if new_key {
        let key = format!("\n       private_key = {}", path("gateway_private_pkcs8.pem")?);
        (key, "their gateway_cert.crt, and those in key mode gateway_public, in the same moment")
    } else {
        (String::new(), "their gateway_cert.crt; its key is the same, key mode notices nothing")
    };
    Ok(format!(
        "What to do, with a restart after each step (paths count from certifyd.toml's folder):\n\
         \x20 1. Announce it. In [gateway] leave all as it is and add\n\
         \x20      next_certificate = {chain}\n\
         \x20 2. Go over. In [gateway] take next_certificate out again and set\n\
         \x20      certificate = {chain}{key}\n\
         \x20    Java and smartwalle/alipay fetch it by themselves; other SDKs replace\n\
         \x20    {others}.\n\
         \x20 3. The application. Its SDK replaces app_cert.crt, and in its [[apps]] entry\n\
         \x20      certificate = {cert}\n\
         \x20    Both in the same moment: the gateway accepts one application certificate.\n\n\
         Keep {CA} offline where it is; the set after this one needs it too."
    ))
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

fn certificate_files(set: CertificateSet) -> [(String, Text); 6] {
    [
        (ROOTS.to_owned(), set.root_bundle.into()),
        (GATEWAY_CERT.to_owned(), set.gateway_cert.into()),
        (GATEWAY_CHAIN.to_owned(), set.gateway_chain.into()),
        (APP_CERT.to_owned(), set.app_cert.into()),
        (format!("{CA}/{CA_CERT}"), set.authority.cert.into()),
        (format!("{CA}/{CA_KEY}"), set.authority.key),
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
            // Goes only if it is empty.
            let _ = std::fs::remove_dir(dir.join(CA));
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
        chain = path(GATEWAY_CHAIN)?,
        root = path(ROOTS)?,
        public = path("app_public.pem")?,
        cert = path(APP_CERT)?,
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
        make(&KeySet { name: name.map(str::to_owned), ..keys(dir) })
    }

    fn keys(dir: &Path) -> KeySet {
        let dir = dir.to_owned();
        KeySet { dir, name: None, next_of: None, ca: None, new_gateway_key: false }
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

        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let ca = dir.join(CA);
        assert_eq!(mode(&ca), 0o700);
        let mut count = 0;
        for folder in [&dir, &ca] {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                assert!(path == ca || mode(&path) == 0o600, "{}", path.display());
                count += 1;
            }
        }
        assert_eq!(count, 16 + 1 + 2, "nothing else is left behind");
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
    fn the_next_set_keeps_root_and_keys_and_finds_its_authority() {
        let parent = tempfile::tempdir().unwrap();
        let dir = |name: &str| parent.path().join(name);
        let (first, second, third) = (dir("first"), dir("second"), dir("third"));
        keys_in(&first, Some("Shop")).unwrap();
        let next = |new: &Path, old: &Path| KeySet { next_of: Some(old.to_owned()), ..keys(new) };
        make(&next(&second, &first)).unwrap();
        let read = |dir: &Path, name| Certificate::parse(&text(dir, name)).unwrap();
        for name in [GATEWAY_CERT, GATEWAY_CHAIN, APP_CERT] {
            let (old, new) = (read(&first, name), read(&second, name));
            assert!(old.sn() != new.sn() && old.key() == new.key(), "{name}");
        }
        assert_eq!(text(&first, ROOTS), text(&second, ROOTS));
        assert_eq!(std::fs::read_dir(&second).unwrap().count(), 4, "no keys, no authority");

        // The third has to be told where the authority is, and may have a key of its own.
        let lost = make(&next(&third, &second)).unwrap_err();
        assert!(matches!(&lost, CommandError::Failed(error) if error.to_string().contains("--ca")));
        assert!(!third.exists());
        let ca = Some(first.join(CA));
        make(&KeySet { ca, new_gateway_key: true, ..next(&third, &second) }).unwrap();
        let private = text(&third, "gateway_private_pkcs8.pem");
        let public = wire::PrivateKey::parse(&private).unwrap().public_key().unwrap();
        assert!(*read(&third, GATEWAY_CERT).key() == public);
        assert!(*read(&second, GATEWAY_CERT).key() != public);
        assert_eq!(text(&first, ROOTS), text(&third, ROOTS));
    }

    #[test]
    fn the_steps_to_go_over_are_toml() {
        for new_key in [false, true] {
            let steps = steps(Path::new("a"), new_key).unwrap();
            let lines: Vec<_> = steps.lines().filter(|line| line.contains(" = ")).collect();
            assert_eq!(lines.len(), if new_key { 4 } else { 3 });
            assert!(lines.iter().all(|line| toml::from_str::<toml::Table>(line).is_ok()));
        }
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

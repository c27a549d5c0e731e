//! `certifyd backup` and `certifyd restore`: a copy of the database with a manifest beside it that
//! tells whether it is whole. The master key and `erasures.log` are not in it: keep them apart.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use engine::{AuditHead, Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use store::{Location, Store};

use super::{CommandError, invoke, print};
use crate::cli::{Backup, Restore};

/// What stands beside a copy.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    made_at: jiff::Timestamp,
    program: String,
    schema: i64,
    certifications: i64,
    /// The ends of the audit's chains, as `audit verify --head` takes them.
    audit_heads: Vec<String>,
    sha256: String,
}

pub(crate) fn back_up(args: &Backup) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        let (config, _) = invoke::load(&args.dir, args.config.as_deref())?;
        let database = existing(&config.store_url)?;
        for path in [&args.file, &manifest_of(&args.file)] {
            if path.exists() {
                let text = format!("{} exists already; name a new file", path.display());
                return Err(CommandError::Usage(text));
            }
        }
        let manifest = copy(&config.store_url, &args.file).await?;
        print(&format!(
            "{} holds {} certifications of {}",
            args.file.display(),
            manifest.certifications,
            database.display()
        ))?;
        for head in &manifest.audit_heads {
            print(&format!("head {head}"))?;
        }
        print("Without the master key of today nobody can read it: keep that elsewhere. Keep the newest")?;
        Ok(print("erasures.log beside it: what was erased since then is erased again by it.")?)
    })
}

pub(crate) fn restore(args: &Restore) -> Result<(), CommandError> {
    let (config, _) = invoke::load(&args.dir, args.config.as_deref())?;
    let Location::File(database) = location(&config.store_url)? else {
        return Err(CommandError::Usage("a store in memory cannot be restored".to_owned()));
    };
    // What is there may be newer than the copy, and its journal would be taken for the copy's.
    for end in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{end}", database.display()));
        if path.exists() {
            let text = format!(
                "{} exists; stop the server and move it away, then restore",
                path.display()
            );
            return Err(CommandError::Usage(text));
        }
    }
    let manifest = check(&args.file)?;
    put(&args.file, &database)?;
    print(&format!("{} holds {} certifications", database.display(), manifest.certifications))?;
    Ok(print("Put the newest erasures.log into data_dir before the server starts.")?)
}

/// The copy of a running server's database, and the manifest of it.
async fn copy(url: &str, file: &Path) -> anyhow::Result<Manifest> {
    let store = Store::open(url).with_context(|| format!("cannot open {url}"))?;
    let copied = store.back_up(file).await?;
    only_for_owner(file)?;
    let head = |head: store::AuditHead| {
        AuditHead { chain: head.chain, seq: head.seq, hash: head.hash }.to_string()
    };
    let manifest = Manifest {
        made_at: SystemClock.now(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: copied.schema,
        certifications: copied.certifications,
        audit_heads: copied.audit_heads.into_iter().map(head).collect(),
        sha256: sha256(file)?,
    };
    let text = serde_json::to_string_pretty(&manifest)?;
    crate::keys::write_new(&manifest_of(file), &format!("{text}\n"))?;
    Ok(manifest)
}

/// The manifest of a copy that is as it was made.
fn check(file: &Path) -> anyhow::Result<Manifest> {
    let path = manifest_of(file);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the manifest {}", path.display()))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a manifest of ours", path.display()))?;
    let found = sha256(file)?;
    ensure!(
        found == manifest.sha256,
        "{} is not the file its manifest tells of (SHA-256 {found}); take another copy",
        file.display()
    );
    Ok(manifest)
}

/// Puts the copy in its place, whole or not at all.
fn put(file: &Path, database: &Path) -> anyhow::Result<()> {
    let folder = database.parent().context("a database needs a folder")?;
    crate::keys::make_private_folder(folder)?;
    let draft = PathBuf::from(format!("{}.restoring", database.display()));
    std::fs::copy(file, &draft).with_context(|| format!("cannot write {}", draft.display()))?;
    only_for_owner(&draft)?;
    std::fs::File::open(&draft)?.sync_all()?;
    std::fs::rename(&draft, database)?;
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

fn location(url: &str) -> anyhow::Result<Location> {
    Ok(Location::parse(url)?)
}

fn existing(url: &str) -> anyhow::Result<PathBuf> {
    match location(url)? {
        Location::File(path) if path.exists() => Ok(path),
        Location::File(path) => bail!("there is no database at {}", path.display()),
        Location::Memory => bail!("a store in memory cannot be copied"),
        Location::Postgres(_) => bail!(
            "copies of PostgreSQL are made with its own tools (pg_dump, pg_basebackup); keep \
             erasures.log of data_dir with them, and erasures are made again at the next start"
        ),
    }
}

fn manifest_of(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.manifest.json", file.display()))
}

fn only_for_owner(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}

fn sha256(path: &Path) -> anyhow::Result<String> {
    let mut file =
        std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hex::encode(context.finish().as_ref()));
        }
        context.update(piece.get(..read).unwrap_or_default());
    }
}

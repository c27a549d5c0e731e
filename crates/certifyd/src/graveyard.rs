//! `erasures.log` beside the database: what was erased, so that a copy of the database from before
//! can be made to follow. Lines are added and never changed.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use engine::{EngineError, Graveyard, Tombstone};

/// Name of the file in `data_dir`.
const NAME: &str = "erasures.log";

/// The file.
#[derive(Debug)]
pub(crate) struct ErasuresLog {
    path: PathBuf,
    writing: Mutex<()>,
}

impl ErasuresLog {
    /// The one in `data_dir`. Made with its first line.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join(NAME), writing: Mutex::new(()) }
    }

    /// Everything that was erased. A last line that was cut off by a crash is left out: nothing was
    /// erased before it was whole.
    ///
    /// # Errors
    /// If it cannot be read, or a line in it is damaged: what it told would come back to life.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<Tombstone>> {
        let place = self.path.display();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {place}")),
        };
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().enumerate().filter(|(_, line)| !line.is_empty());
        lines
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|_| {
                    anyhow::anyhow!(
                        "{place}:{}: a damaged line; restore the file, or what was erased may come \
                         back with a backup",
                        index + 1
                    )
                })
            })
            .collect()
    }

    fn append(&self, tombstone: &Tombstone) -> std::io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        // A line that a crash cut off told of nothing.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        file.write_all(format!("{}\n", serde_json::json!(tombstone)).as_bytes())?;
        file.sync_all()?;
        if let Some(folder) = self.path.parent() {
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Graveyard for ErasuresLog {
    fn keep(&self, tombstone: &Tombstone) -> Result<(), EngineError> {
        self.append(tombstone)
            .map_err(|error| EngineError::Internal(format!("{NAME} cannot be written: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tombstone(why: &str) -> Tombstone {
        let at = "2026-11-24T08:00:00Z".parse().unwrap();
        let certify_id = "0".repeat(32);
        Tombstone { certify_id, at, by: "Ann".to_owned(), why: why.to_owned() }
    }

    #[test]
    fn what_is_kept_is_read_again_and_a_line_cut_off_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let log = ErasuresLog::of(folder.path());
        assert_eq!(log.read().unwrap(), []);
        log.keep(&tombstone("first")).unwrap();
        let path = folder.path().join(NAME);
        let cut = std::fs::read_to_string(&path).unwrap() + "{\"certify_id\":\"00";
        std::fs::write(&path, &cut).unwrap();
        assert_eq!(log.read().unwrap(), [tombstone("first")]);
        log.keep(&tombstone("a\nb")).unwrap();
        assert_eq!(log.read().unwrap(), [tombstone("first"), tombstone("a\nb")]);
        let damaged = std::fs::read_to_string(&path).unwrap().replacen("certify_id", "certify", 1);
        std::fs::write(&path, damaged).unwrap();
        let refused = log.read().unwrap_err().to_string();
        assert!(refused.contains("erasures.log:1: a damaged line"), "{refused}");
    }
}

//! `certifyd migrate` and `certifyd move`: databases brought up to date, and to another place.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context as _;
use store::{Location, Migrated, Moving, Store};

use super::{CommandError, print};
use crate::cli::{Migrate, Move};
use crate::config::{Config, secret};

pub(crate) fn run(args: &Migrate) -> Result<(), CommandError> {
    let config = Config::load(&args.config)?;
    let (store, place) = open(&config.store_url)?;
    let Migrated { from, to } = store.migrated();
    let text = match from {
        from if from == to => format!("{place} is at schema {to} already"),
        0 => format!("{place} is new, and at schema {to} now"),
        from => format!("{place} was at schema {from}, and is at schema {to} now"),
    };
    Ok(print(&text)?)
}

pub(crate) fn carry(args: &Move) -> Result<(), CommandError> {
    let (from, to) = (address("--from", &args.from)?, address("--to", &args.to)?);
    if let Ok(Location::File(path)) = Location::parse(&from)
        && !path.is_file()
    {
        return Err(CommandError::Usage(format!("--from: there is no file {}", path.display())));
    }
    let ((source, from), (target, to)) = (open(&from)?, open(&to)?);
    if from == to {
        return Err(CommandError::Usage("--from and --to are the same database".into()));
    }
    let progress = Progress::default();
    let tell = |moving: Moving| progress.tell(moving);
    let moved = super::runtime()?.block_on(source.move_into(&target, &tell));
    Progress::end();
    let rows = moved.with_context(|| format!("cannot move {from} to {to}"))?;
    let text = format!(
        "{rows} rows are in {to} as they are in {from}, compared one by one.\n\
         Set store.url to it, keep the master key, and keep the old database until the first \
         certifications have passed."
    );
    Ok(print(&text)?)
}

/// An address in its place, or `env:NAME`, or `file:PATH`: command lines are seen by others.
fn address(option: &str, value: &str) -> Result<String, CommandError> {
    let read = secret::secret(Path::new(""), value);
    let read = read.map_err(|reason| CommandError::Usage(format!("{option}: {reason}")))?;
    Location::parse(&read)
        .map_err(|error| CommandError::Usage(format!("{option}: {error}")))
        .map(|_| read.to_string())
}

/// The store, and where it is without user and password.
fn open(url: &str) -> Result<(Store, String), CommandError> {
    let place = Location::parse(url).map_err(anyhow::Error::from)?.to_string();
    let store = Store::open(url).with_context(|| format!("cannot open {place}"))?;
    Ok((store, place))
}

/// One line that changes, for people; for a file, a line per table.
#[derive(Default)]
struct Progress(Mutex<Option<&'static str>>);

impl Progress {
    fn tell(&self, moving: Moving) {
        let Moving { table, done, of, comparing } = moving;
        let mut err = std::io::stderr().lock();
        let percent = if of > 0 { done.saturating_mul(100) / of } else { 100 };
        let doing = if comparing { "comparing" } else { "moving" };
        // Nowhere left to report a failure to report.
        let _ = if err.is_terminal() {
            let bar = "#".repeat(usize::try_from(percent / 5).unwrap_or(0));
            write!(err, "\r\x1b[K{doing:9} {table:16} [{bar:20}] {percent:3} %  {done}/{of}")
        } else if self.is_next(table) {
            writeln!(err, "{doing} {table}: {done}/{of}")
        } else {
            Ok(())
        };
        let _ = err.flush();
    }

    fn is_next(&self, table: &'static str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        last.replace(table) != Some(table)
    }

    fn end() {
        let mut err = std::io::stderr().lock();
        if err.is_terminal() {
            let _ = writeln!(err);
        }
    }
}

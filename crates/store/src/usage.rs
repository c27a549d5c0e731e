//! How the store is used and how it fares, counted for whoever watches over the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::Instrument as _;
use tracing::field::Empty;

use crate::{Store, StoreError, Timed, Timings};

/// What faults are counted by, in the order of [`place`].
const FAULTS: [&str; 5] = ["url", "newer", "busy", "unavailable", "corrupt"];

/// Counts of one kind of unit.
#[derive(Debug, Default)]
pub(crate) struct Kind {
    timings: Timings,
    faults: [AtomicU64; FAULTS.len()],
}

/// Counts of all units.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) reads: Kind,
    pub(crate) writes: Kind,
}

/// Units of one kind, as they were counted at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitsOfWork {
    /// From the call to the answer: for writes, that is after the commit.
    pub timed: Timed,
    /// How many ended with a fault, by its kind.
    pub faults: [(&'static str, u64); FAULTS.len()],
}

/// What has happened since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreUsage {
    /// Units that change nothing.
    pub reads: UnitsOfWork,
    /// Units that may.
    pub writes: UnitsOfWork,
}

impl Kind {
    /// Counts what `work` comes to. One that is given up by its caller is not counted.
    ///
    /// It is a span of whatever trace it is part of, named after the unit: a type of ours.
    pub(crate) async fn counted<W, T>(
        &self,
        kind: (&'static str, &'static str),
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        // Measures durations only; no decision depends on it.
        let begun = Instant::now();
        let (engine, kind) = kind;
        let unit = std::any::type_name::<W>().rsplit("::").next().unwrap_or_default();
        let span = tracing::info_span!(
            target: "traced",
            "store",
            otel.kind = "client",
            otel.name = %format_args!("{kind} {unit}"),
            otel.status_code = Empty,
            db.system.name = engine,
            db.operation.name = unit,
            error.type = Empty,
        );
        let result = work.instrument(span.clone()).await;
        self.timings.add(begun.elapsed());
        if let Err(error) = &result {
            let place = place(error);
            span.record("otel.status_code", "error");
            span.record("error.type", FAULTS.get(place));
            if let Some(count) = self.faults.get(place) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        result
    }

    fn usage(&self) -> UnitsOfWork {
        let mut faults = FAULTS.map(|name| (name, 0));
        for ((_, read), count) in faults.iter_mut().zip(&self.faults) {
            *read = count.load(Ordering::Relaxed);
        }
        UnitsOfWork { timed: self.timings.timed(), faults }
    }
}

fn place(error: &StoreError) -> usize {
    match error {
        StoreError::Url(_) => 0,
        StoreError::Newer { .. } => 1,
        StoreError::Busy(_) => 2,
        StoreError::Unavailable(_) => 3,
        StoreError::Corrupt { .. } => 4,
    }
}

impl Store {
    /// How it has been used since it was opened, by all clones together.
    pub fn usage(&self) -> StoreUsage {
        StoreUsage { reads: self.counts.reads.usage(), writes: self.counts.writes.usage() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_place_of_its_own() {
        let faults = [
            StoreError::Url(""),
            StoreError::Newer { found: 2, known: 1 },
            StoreError::Busy(""),
            StoreError::Unavailable(String::new()),
            StoreError::Corrupt { table: "", column: "" },
        ];
        let places: Vec<_> = faults.iter().map(place).collect();
        assert_eq!(places, (0..FAULTS.len()).collect::<Vec<_>>());
    }
}

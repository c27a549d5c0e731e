//! A store that fails on purpose, for tests: before a unit of work runs, after its commit, or late.
//! Compiled with the feature `faults`, which the program is built without.

use std::sync::Arc;

use crate::{Store, StoreError};

/// What is to happen to one unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It runs, and is answered.
    None,
    /// It does not run.
    Before(StoreError),
    /// It runs and is committed, and the answer is lost.
    After(StoreError),
    /// It waits until others have had their turn so many times.
    Late(u8),
}

/// Decides which units fail.
pub trait Faults: std::fmt::Debug + Send + Sync {
    /// What is to happen to the next one.
    fn next(&self, unit: Unit) -> Fault;
}

/// The kinds of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Changes something.
    Write,
    /// Changes nothing.
    Read,
}

impl Store {
    /// This store, failing as `faults` decides.
    #[must_use]
    pub fn failing(self, faults: Arc<dyn Faults>) -> Self {
        Self { faults: Some(faults), ..self }
    }
}

/// What happens before a unit runs; gives the error that is to take the place of its answer.
pub(crate) async fn before(
    faults: Option<&dyn Faults>,
    unit: Unit,
) -> Result<Option<StoreError>, StoreError> {
    match faults.map_or(Fault::None, |faults| faults.next(unit)) {
        Fault::None => Ok(None),
        Fault::Before(error) => Err(error),
        Fault::After(error) => Ok(Some(error)),
        Fault::Late(turns) => {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            Ok(None)
        }
    }
}

/// The answer of a unit that ran, unless it is lost.
pub(crate) fn after<T>(
    lost: Option<StoreError>,
    result: Result<T, StoreError>,
) -> Result<T, StoreError> {
    let answer = result?;
    lost.map_or(Ok(answer), Err)
}

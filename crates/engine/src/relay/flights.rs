//! Equal work at the same time is done once, and all who asked for it get its result.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use store::UpstreamOrderKey;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::Opening;
use crate::EngineError;

/// The order, and what is to be sent.
type Key = (UpstreamOrderKey, [u8; 32]);
type Outcome = Result<Opening, EngineError>;
type Arrival = watch::Receiver<Option<Outcome>>;

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<BTreeMap<Key, Arrival>>>);

impl Flights {
    /// The result of `work`, or of the equal work that is under way already. The work goes on when
    /// nobody waits any more.
    pub(crate) async fn fly(
        &self,
        key: Key,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let mut arrival = self.board(key, work);
        let outcome = arrival.wait_for(Option::is_some).await;
        match outcome.ok().and_then(|outcome| outcome.clone()) {
            Some(outcome) => outcome,
            // The work ended without a result: it panicked, or the program stops.
            None => Err(EngineError::OutcomeUnknown(None)),
        }
    }

    fn board(&self, key: Key, work: impl Future<Output = Outcome> + Send + 'static) -> Arrival {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arrival) = flights.get(&key) {
            return arrival.clone();
        }
        let (landed, arrival) = watch::channel(None);
        flights.insert(key.clone(), arrival.clone());
        let place = Place { flights: Arc::clone(&self.0), key };
        let flight = async move {
            let outcome = work.await;
            // Whoever comes from here on begins anew, and finds what is stored.
            drop(place);
            landed.send_replace(Some(outcome));
        };
        // It is told of where it was asked for first.
        tokio::spawn(flight.in_current_span());
        arrival
    }
}

/// Is given up in every case, or nobody could ever begin anew.
struct Place {
    flights: Arc<Mutex<BTreeMap<Key, Arrival>>>,
    key: Key,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

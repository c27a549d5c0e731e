//! Tells an open page that something has changed, so that it need not ask.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use domain::Step;
use engine::{Place, View, Watched, Watching};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, MissedTickBehavior};

use super::asker::Asker;
use super::problem::Problem;
use crate::state::AppState;

/// Pages that may listen at once.
const MOST: usize = 2000;
/// Proxies end connections on which nothing is said for longer. At this pace the page is looked
/// at anew as well: time passes without a change, and another process may have made one.
const PACE: Duration = Duration::from_secs(15);

/// Those who listen.
#[derive(Debug)]
pub(crate) struct Listeners {
    places: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

impl Listeners {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), stopping: watch::Sender::new(false) }
    }

    /// Sends everybody away, so that the server can stop.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }
}

/// What is told of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    place: &'static str,
    step: Option<Step>,
    state: &'static str,
    /// Nothing will follow.
    last: bool,
}

impl Told {
    fn of(view: &View) -> Self {
        let (place, step, last) = match view.place {
            Place::Step(step) => ("step", Some(step), false),
            Place::Waiting => ("waiting", None, false),
            Place::Choosing => ("choosing", None, false),
            Place::Watching(Watched::At(step)) => ("watching", Some(step), false),
            Place::Watching(Watched::Submitted) => ("watching", None, false),
            Place::Elsewhere => ("elsewhere", None, false),
            Place::Finished => ("finished", None, true),
            Place::Used => ("used", None, true),
            Place::NoVerifier => ("no_verifier", None, true),
        };
        Self { place, step, state: view.status.state, last }
    }

    /// There is no page any more.
    fn gone() -> Self {
        Self { place: "gone", step: None, state: "expired", last: true }
    }

    fn event(self) -> Event {
        let step = self.step.map(Step::as_str);
        let data = serde_json::json!({ "place": self.place, "step": step, "state": self.state });
        Event::default().event("place").data(data.to_string())
    }
}

/// One who listens.
struct Listener {
    state: Arc<AppState>,
    link: String,
    session: Option<String>,
    told: Option<Told>,
    changes: Watching,
    pace: Interval,
    stopping: watch::Receiver<bool>,
    _admitted: OwnedSemaphorePermit,
}

pub(crate) async fn events(
    State(state): State<Arc<AppState>>,
    Extension(listeners): Extension<Arc<Listeners>>,
    Path(link): Path<String>,
    asker: Asker,
) -> Response {
    let Some(admitted) = listeners.admit() else { return Problem::Busy.json(asker.words()) };
    let view = match state.engine.view(&link, asker.session.as_deref()).await {
        Ok(view) => view,
        Err(error) => return Problem::of(&error).json(asker.words()),
    };
    let Some(changes) = state.engine.watch(view.id) else {
        return Problem::Busy.json(asker.words());
    };
    // Looked at once more, now that no change can fall in between.
    let view = match state.engine.view(&link, asker.session.as_deref()).await {
        Ok(view) => view,
        Err(error) => return Problem::of(&error).json(asker.words()),
    };
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace.reset();
    let listener = Listener {
        session: asker.session,
        stopping: listeners.stopping.subscribe(),
        told: None,
        changes,
        pace,
        link,
        state,
        _admitted: admitted,
    };
    let first = Told::of(&view);
    let stream = stream::unfold((listener, Some(first)), |(mut listener, first)| async move {
        let event = match first {
            Some(first) => listener.tell(first),
            None => listener.next().await?,
        };
        Some((Ok::<_, Infallible>(event), (listener, None)))
    });
    let headers = [("x-accel-buffering", "no")];
    (headers, Sse::new(stream)).into_response()
}

impl Listener {
    /// What is to be said next; none at the end.
    async fn next(&mut self) -> Option<Event> {
        while !self.told.is_some_and(|told| told.last) {
            let ticked = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = self.changes.changed() => false,
                _ = self.pace.tick() => true,
            };
            let now = self.look().await;
            if self.told != Some(now) {
                return Some(self.tell(now));
            }
            if ticked {
                return Some(Event::default().comment("here"));
            }
        }
        None
    }

    fn tell(&mut self, told: Told) -> Event {
        self.told = Some(told);
        told.event()
    }

    async fn look(&self) -> Told {
        match self.state.engine.view(&self.link, self.session.as_deref()).await {
            Ok(view) => Told::of(&view),
            Err(error) => {
                // It may work the next time.
                let passing = matches!(Problem::of(&error), Problem::Busy | Problem::Fault);
                self.told.filter(|_| passing).unwrap_or_else(Told::gone)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_may_listen_and_no_more() {
        let listeners = Listeners::new();
        let mut places: Vec<_> = (0..MOST).map(|_| listeners.admit().unwrap()).collect();
        assert!(listeners.admit().is_none());
        places.pop();
        assert!(listeners.admit().is_some());
    }
}

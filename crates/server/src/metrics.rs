//! What goes on, in numbers, for Prometheus. Nothing in them names a person, a secret or an address;
//! on the way of a request are additions only.

mod calls;
mod exposition;

use std::time::Duration;

use axum::http::Method;
use engine::{Timed, Timings};

pub use calls::AppCalls;
pub(crate) use calls::{Asked, CallDoor, Came};
pub(crate) use exposition::exposition;

/// What a route begins with, and the name of its door. What is at no door is the last.
const DOORS: [(&str, &str); 9] = [
    ("/client", "client"),
    ("/server", "server"),
    ("/gateway.do", "gateway"),
    ("/v3/", "v3"),
    ("/verify/", "verify"),
    ("/oauth2/", "oauth2"),
    ("/operator/", "operator"),
    ("/test/", "test"),
    ("", "other"),
];
/// Verbs that are told apart.
const VERBS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "other"];
/// Families of statuses, from 1xx.
const CODES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Requests by door, verb and family of status.
#[derive(Debug)]
pub struct Metrics {
    requests: Vec<Timings>,
    version: &'static str,
}

impl Metrics {
    /// Of a program of this version: nothing was counted yet.
    pub fn new(version: &'static str) -> Self {
        let kinds = DOORS.len() * VERBS.len() * CODES.len();
        Self { requests: (0..kinds).map(|_| Timings::default()).collect(), version }
    }

    /// A request was answered. `route` is what it was routed by, never what was asked for.
    pub(crate) fn answered(&self, route: Option<&str>, verb: &Method, status: u16, took: Duration) {
        let route = route.unwrap_or_default();
        let door = DOORS.iter().position(|(begin, _)| route.starts_with(begin));
        let verb = VERBS.iter().position(|known| *known == verb.as_str());
        let code = usize::from(status / 100).saturating_sub(1).min(CODES.len() - 1);
        let door = door.unwrap_or(DOORS.len() - 1);
        let verb = verb.unwrap_or(VERBS.len() - 1);
        if let Some(timings) = self.requests.get(place(door, verb, code)) {
            timings.add(took);
        }
    }

    /// Those of which there were any, with the names of their kind.
    fn seen(&self) -> impl Iterator<Item = ([&'static str; 3], Timed)> {
        let kinds = DOORS.iter().flat_map(|(_, door)| {
            VERBS.iter().flat_map(move |verb| CODES.iter().map(move |code| [*door, *verb, *code]))
        });
        let timed = self.requests.iter().map(Timings::timed);
        kinds.zip(timed).filter(|(_, timed)| timed.count() > 0)
    }
}

/// The name of a verb in spans; what is not served is one of all others.
pub(crate) fn verb(verb: &Method) -> &'static str {
    let known = VERBS.iter().find(|known| **known == verb.as_str());
    known.copied().unwrap_or("_OTHER")
}

fn place(door: usize, verb: usize, code: usize) -> usize {
    (door * VERBS.len() + verb) * CODES.len() + code
}

/// What the process uses, as its system says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Process {
    /// Memory that is not swapped out.
    pub resident_bytes: u64,
    /// Files and sockets that are open.
    pub open_fds: u64,
    /// And that may be; none: as many as there are.
    pub max_fds: Option<u64>,
    /// Time of processors, in milliseconds.
    pub cpu_millis: u64,
    /// When it began, in seconds since 1970.
    pub started: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_once_and_under_its_kind() {
        let metrics = Metrics::new("1.2.3");
        for (route, verb, status, expected) in [
            (Some("/client"), Method::POST, 200, ["client", "POST", "2xx"]),
            (Some("/v3/{*resource}"), Method::GET, 429, ["v3", "GET", "4xx"]),
            (Some("/verify/{link}"), Method::PUT, 503, ["verify", "PUT", "5xx"]),
            (None, Method::PATCH, 999, ["other", "other", "5xx"]),
        ] {
            let before: Vec<_> = metrics.seen().map(|(kind, _)| kind).collect();
            metrics.answered(route, &verb, status, Duration::from_millis(3));
            let new: Vec<_> = metrics
                .seen()
                .map(|(kind, _)| kind)
                .filter(|kind| !before.contains(kind))
                .collect();
            assert_eq!(new, [expected]);
        }
    }
}

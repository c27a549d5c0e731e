//! Calls of an application, known by its key: one addition for each, on counts that stand beside its
//! keys.

use std::sync::atomic::{AtomicU64, Ordering};

use wire::serverless::{ErrorCode, ServerlessError};
use wire::{Code, Failure, Method, Outcome, SubCode};

/// The doors of programs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CallDoor {
    Client,
    Server,
    Gateway,
    V3,
}

/// What was asked for. What others have named is one of them all together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked {
    Method(Method),
    SignIn,
    Profile,
    Invoke,
    Other,
}

/// What a call has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It did what it says.
    Succeeded,
    /// It was refused, for what it said or when it came.
    Refused,
    /// The fault is ours, or of what we stand on.
    Failed,
}

const DOORS: [&str; 4] = ["client", "server", "gateway", "v3"];
const OUTCOMES: [Came; 3] = [Came::Succeeded, Came::Refused, Came::Failed];
/// Beside those of the method table.
const OTHERS: [&str; 4] = ["sign_in", "profile", "invoke", "other"];
const METHODS: usize = Method::ALL.len() + OTHERS.len();

/// Counts of the calls of one application.
#[derive(Debug)]
pub struct AppCalls([AtomicU64; DOORS.len() * METHODS * OUTCOMES.len()]);

impl Default for AppCalls {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

/// The names of a count: door, method, outcome.
pub(super) type Kind = [&'static str; 3];

impl AppCalls {
    pub(crate) fn add(&self, door: CallDoor, asked: Asked, came: Came) {
        let door = match door {
            CallDoor::Client => 0,
            CallDoor::Server => 1,
            CallDoor::Gateway => 2,
            CallDoor::V3 => 3,
        };
        let place = (door * METHODS + method(asked)) * OUTCOMES.len() + outcome(came);
        if let Some(count) = self.0.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Those of which there were any.
    pub(super) fn seen(&self) -> impl Iterator<Item = (Kind, u64)> {
        let methods = || Method::ALL.iter().map(|method| method.as_str()).chain(OTHERS);
        let kinds = DOORS.iter().flat_map(move |door| {
            methods().flat_map(move |method| {
                OUTCOMES.iter().map(move |came| [*door, method, came.name()])
            })
        });
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        kinds.zip(counts).filter(|(_, count)| *count > 0)
    }
}

fn method(asked: Asked) -> usize {
    let table = Method::ALL.len();
    match asked {
        Asked::Method(method) => {
            Method::ALL.iter().position(|known| *known == method).unwrap_or(table + 3)
        }
        Asked::SignIn => table,
        Asked::Profile => table + 1,
        Asked::Invoke => table + 2,
        Asked::Other => table + 3,
    }
}

fn outcome(came: Came) -> usize {
    OUTCOMES.iter().position(|known| *known == came).unwrap_or(0)
}

impl Came {
    /// Its name in numbers and spans.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl From<&Outcome> for Came {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Failure(failure) => failure.into(),
            _ if outcome.is_success() => Self::Succeeded,
            _ => Self::Refused,
        }
    }
}

impl From<&Failure> for Came {
    fn from(failure: &Failure) -> Self {
        match failure.sub_code {
            SubCode::SystemError => Self::Failed,
            code if code.code() == Code::ServiceUnavailable => Self::Failed,
            _ => Self::Refused,
        }
    }
}

impl From<&ServerlessError> for Came {
    fn from(error: &ServerlessError) -> Self {
        match error.code {
            ErrorCode::InternalError | ErrorCode::FunctionServerError => Self::Failed,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_call_has_a_count_of_its_own() {
        let asked = Method::ALL.map(Asked::Method).into_iter();
        let asked = asked.chain([Asked::SignIn, Asked::Profile, Asked::Invoke, Asked::Other]);
        let calls = AppCalls::default();
        let mut kinds = 0;
        for method in asked {
            for door in [CallDoor::Client, CallDoor::Server, CallDoor::Gateway, CallDoor::V3] {
                for came in [Came::Succeeded, Came::Refused, Came::Failed] {
                    calls.add(door, method, came);
                    kinds += 1;
                }
            }
        }
        assert_eq!(calls.seen().count(), kinds);
        assert!(calls.seen().all(|(_, count)| count == 1));
        calls.add(CallDoor::V3, Asked::Method(Method::Query), Came::Failed);
        let twice: Vec<_> = calls.seen().filter(|(_, count)| *count == 2).collect();
        assert_eq!(twice, [(["v3", Method::Query.as_str(), "failed"], 2)]);
    }

    #[test]
    fn our_faults_are_told_from_refusals() {
        let came = |code| Came::from(&Failure::plain(code));
        assert_eq!(came(SubCode::ServiceUnavailable), Came::Failed);
        assert_eq!(came(SubCode::SystemError), Came::Failed);
        assert_eq!(came(SubCode::AppCallLimited), Came::Refused);
        let came = |code| Came::from(&ServerlessError::new(code, ""));
        assert_eq!(came(ErrorCode::InternalError), Came::Failed);
        assert_eq!(came(ErrorCode::FunctionBizError), Came::Refused);
    }
}

//! The five states of a certification, and the only functions that change one. Each takes the
//! state away and gives the next one back; there is no way to change a terminal one.

use jiff::Timestamp;

use crate::{Assurance, FailReason, Lifetimes, Verdict};

/// Where a certification is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Asked for; nobody has opened the link.
    Created,
    /// The person is at it.
    InProgress {
        /// When the link was first opened.
        since: Timestamp,
    },
    /// The person is who they are said to be.
    Passed {
        /// When that was found.
        at: Timestamp,
        /// How.
        assurance: Assurance,
    },
    /// They are not, or it could not be found out.
    Failed {
        /// When that was found.
        at: Timestamp,
        /// Why.
        reason: FailReason,
    },
    /// Time ran out before there was a result.
    Expired {
        /// When it ran out, whenever that was noticed.
        at: Timestamp,
    },
}

/// A transition that the present state does not allow. Never a silent no-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a certification that is {from} cannot become {wanted}")]
pub struct WrongState {
    /// The name of the present state.
    pub from: &'static str,
    /// The name of the state that was wanted.
    pub wanted: &'static str,
}

impl State {
    /// The state at `now`: what is unfinished when its time is up has expired at that moment.
    #[must_use]
    pub fn at(self, created_at: Timestamp, now: Timestamp, lifetimes: &Lifetimes) -> State {
        match (self, lifetimes.start_ends(created_at)) {
            (State::Created | State::InProgress { .. }, Some(end)) if now >= end => {
                State::Expired { at: end }
            }
            (state, _) => state,
        }
    }

    /// The person opens the link. Opening it again changes nothing: pages get reloaded.
    pub fn start(self, now: Timestamp) -> Result<State, WrongState> {
        match self {
            State::Created => Ok(State::InProgress { since: now }),
            State::InProgress { since } => Ok(State::InProgress { since }),
            State::Passed { .. } | State::Failed { .. } | State::Expired { .. } => {
                Err(WrongState { from: self.name(), wanted: "in_progress" })
            }
        }
    }

    /// A verifier has decided. Only what was started can be concluded, and only once.
    pub fn conclude(self, verdict: Verdict, now: Timestamp) -> Result<State, WrongState> {
        let concluded = match verdict {
            Verdict::Passed { assurance } => State::Passed { at: now, assurance },
            Verdict::Failed { reason } => State::Failed { at: now, reason },
        };
        match self {
            State::InProgress { .. } => Ok(concluded),
            State::Created
            | State::Passed { .. }
            | State::Failed { .. }
            | State::Expired { .. } => {
                Err(WrongState { from: self.name(), wanted: concluded.name() })
            }
        }
    }

    /// The name of the state.
    pub fn name(&self) -> &'static str {
        match self {
            State::Created => "created",
            State::InProgress { .. } => "in_progress",
            State::Passed { .. } => "passed",
            State::Failed { .. } => "failed",
            State::Expired { .. } => "expired",
        }
    }

    /// Whether this state is the last one.
    pub fn is_terminal(&self) -> bool {
        match self {
            State::Created | State::InProgress { .. } => false,
            State::Passed { .. } | State::Failed { .. } | State::Expired { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_780_000_000;
    const HOURS_23: i64 = 23 * 3600;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(START + second).unwrap()
    }

    fn pass() -> Verdict {
        Verdict::Passed { assurance: Assurance::simulated() }
    }

    fn fail() -> Verdict {
        Verdict::Failed { reason: FailReason::parse("Z1147").unwrap() }
    }

    fn at(state: &State, now: i64) -> State {
        state.clone().at(second(0), second(now), &Lifetimes::default())
    }

    #[test]
    fn a_life_that_passes() {
        let state = State::Created.start(second(1)).unwrap();
        assert_eq!(state, State::InProgress { since: second(1) });
        let state = state.start(second(2)).unwrap();
        assert_eq!(state, State::InProgress { since: second(1) });
        let state = state.conclude(pass(), second(3)).unwrap();
        assert_eq!(state, State::Passed { at: second(3), assurance: Assurance::simulated() });
        assert_eq!((state.name(), state.is_terminal()), ("passed", true));
        let again = state.conclude(fail(), second(4)).unwrap_err();
        assert_eq!(again, WrongState { from: "passed", wanted: "failed" });
        assert_eq!(again.to_string(), "a certification that is passed cannot become failed");
    }

    #[test]
    fn what_was_not_started_cannot_be_concluded() {
        let refused = State::Created.conclude(pass(), second(1)).unwrap_err();
        assert_eq!(refused, WrongState { from: "created", wanted: "passed" });
        let refused = State::Expired { at: second(0) }.start(second(1)).unwrap_err();
        assert_eq!(refused, WrongState { from: "expired", wanted: "in_progress" });
    }

    #[test]
    fn the_clock_is_exact_to_the_second() {
        let expired = State::Expired { at: second(HOURS_23) };
        for open in [State::Created, State::InProgress { since: second(HOURS_23 - 5) }] {
            assert_eq!(at(&open, HOURS_23 - 1), open);
            assert_eq!(at(&open, HOURS_23), expired);
            assert_eq!(at(&open, HOURS_23 + 1), expired);
            assert_eq!(at(&open, 10 * HOURS_23), expired);
            assert_eq!(at(&open, -1), open);
        }
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Wait(i64),
        Start,
        Pass,
        Fail,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_i64..HOURS_23).prop_map(Step::Wait),
            (0_i64..600).prop_map(Step::Wait),
            Just(Step::Start),
            Just(Step::Pass),
            Just(Step::Fail),
        ]
    }

    proptest! {
        #[test]
        fn terminal_states_never_change(steps in prop::collection::vec(step(), 0..40)) {
            let (mut state, mut now, mut passes) = (State::Created, 0, 0);
            for step in steps {
                let before = state.clone();
                let next = match step {
                    Step::Wait(seconds) => {
                        now += seconds;
                        Ok(at(&state, now))
                    }
                    Step::Start => state.clone().start(second(now)),
                    Step::Pass => state.clone().conclude(pass(), second(now)),
                    Step::Fail => state.clone().conclude(fail(), second(now)),
                };
                if before.is_terminal() {
                    prop_assert!(next.is_err() || next.as_ref() == Ok(&before));
                }
                if let Ok(next) = next {
                    state = next;
                }
                if state != before && state.name() == "passed" {
                    passes += 1;
                    prop_assert!(now < HOURS_23);
                    prop_assert_eq!(before.name(), "in_progress");
                }
            }
            prop_assert!(passes <= 1);
        }
    }
}

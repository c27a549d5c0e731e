//! The aggregate: one request to verify one person, without the person. Who they are is kept
//! apart, sealed, and can be erased while this stays.

use jiff::Timestamp;

use crate::{AppId, BizCode, CertifyId, Lifetimes, OrderNo, State, Verdict, WrongState};

/// One certification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification {
    /// Its name.
    pub id: CertifyId,
    /// The merchant's application. Only it, or an ISV acting for it, may read the result.
    pub owner: AppId,
    /// The application that asked on the owner's behalf, if one did.
    pub isv: Option<AppId>,
    /// The owner's name for it.
    pub order_no: OrderNo,
    /// What the person is asked for.
    pub biz_code: BizCode,
    /// Where it is in its life.
    pub state: State,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Grows by one with every transition, so that two writers cannot both succeed.
    pub version: i64,
}

/// What a query may learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// No result yet.
    Pending,
    /// Passed.
    Passed,
    /// Not passed. Looks like [`Answer::Pending`] on the wire, which is the protocol's wish.
    Failed,
    /// Expired without a result, or the result is too old.
    NoLongerReadable,
}

impl Certification {
    /// The certification as it is at `now`. Bumps the version if, and only if, it expires.
    #[must_use]
    pub fn at(self, now: Timestamp, lifetimes: &Lifetimes) -> Certification {
        let was_terminal = self.state.is_terminal();
        let state = self.state.at(self.created_at, now, lifetimes);
        let expires = state.is_terminal() && !was_terminal;
        let version = self.version.saturating_add(i64::from(expires));
        Certification { state, version, ..self }
    }

    /// The person opens the link. Too late when the time is up; otherwise bumps the version,
    /// also when the link was opened before.
    pub fn start(self, now: Timestamp, lifetimes: &Lifetimes) -> Result<Certification, WrongState> {
        let current = self.at(now, lifetimes);
        let state = current.state.start(now)?;
        Ok(Certification { state, version: current.version.saturating_add(1), ..current })
    }

    /// A verifier has decided. Too late when the time is up; otherwise bumps the version.
    pub fn conclude(
        self,
        verdict: Verdict,
        now: Timestamp,
        lifetimes: &Lifetimes,
    ) -> Result<Certification, WrongState> {
        let current = self.at(now, lifetimes);
        let state = current.state.conclude(verdict, now)?;
        Ok(Certification { state, version: current.version.saturating_add(1), ..current })
    }

    /// What a query at `now` may learn.
    pub fn answer(&self, now: Timestamp, lifetimes: &Lifetimes) -> Answer {
        let too_late = |at| lifetimes.reading_ends(at).is_some_and(|end| now >= end);
        match self.state.clone().at(self.created_at, now, lifetimes) {
            State::Created | State::InProgress { .. } => Answer::Pending,
            State::Passed { at, .. } | State::Failed { at, .. } if too_late(at) => {
                Answer::NoLongerReadable
            }
            State::Passed { .. } => Answer::Passed,
            State::Failed { .. } => Answer::Failed,
            State::Expired { .. } => Answer::NoLongerReadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assurance, FailReason};
    use jiff::SignedDuration;

    const LIFETIMES: Lifetimes =
        Lifetimes { to_start: SignedDuration::from_hours(23), readable_months: 3 };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn created() -> Certification {
        Certification {
            id: CertifyId::new(1, [2; 10]),
            owner: AppId::parse("2021000000000001").unwrap(),
            isv: None,
            order_no: OrderNo::restore("piwei1".to_owned()),
            biz_code: BizCode::Face,
            state: State::Created,
            created_at: at("2026-11-30T00:00:00Z"),
            version: 1,
        }
    }

    fn pass() -> Verdict {
        Verdict::Passed { assurance: Assurance::simulated() }
    }

    fn fail() -> Verdict {
        Verdict::Failed { reason: FailReason::parse("Z1147").unwrap() }
    }

    #[test]
    fn every_transition_bumps_the_version() {
        let now = at("2026-11-30T01:00:00Z");
        let started = created().start(now, &LIFETIMES).unwrap();
        assert_eq!((started.version, started.state.name()), (2, "in_progress"));
        assert_eq!(started.clone().start(now, &LIFETIMES).unwrap().version, 3);
        let passed = started.conclude(pass(), now, &LIFETIMES).unwrap();
        assert_eq!((passed.version, passed.state.name()), (3, "passed"));
        let later = at("2036-01-01T00:00:00Z");
        assert_eq!(passed.clone().at(later, &LIFETIMES), passed);
    }

    #[test]
    fn expiry_bumps_the_version_once() {
        let before = created().at(at("2026-11-30T22:59:59Z"), &LIFETIMES);
        assert_eq!(before, created());
        let expired = created().at(at("2026-11-30T23:00:00Z"), &LIFETIMES);
        assert_eq!((expired.version, expired.state.name()), (2, "expired"));
        let later = expired.clone().at(at("2027-01-01T00:00:00Z"), &LIFETIMES);
        assert_eq!(later, expired);
    }

    #[test]
    fn too_late_is_too_late_even_if_nobody_noticed() {
        let end = at("2026-11-30T23:00:00Z");
        let refused = created().start(end, &LIFETIMES).unwrap_err();
        assert_eq!(refused, WrongState { from: "expired", wanted: "in_progress" });
        let started = created().start(at("2026-11-30T22:59:59Z"), &LIFETIMES).unwrap();
        let refused = started.conclude(pass(), end, &LIFETIMES).unwrap_err();
        assert_eq!(refused, WrongState { from: "expired", wanted: "passed" });
    }

    #[test]
    fn an_unfinished_one_is_pending_for_23_hours() {
        for certification in
            [created(), created().start(at("2026-11-30T12:00:00Z"), &LIFETIMES).unwrap()]
        {
            let answer = |now| certification.answer(at(now), &LIFETIMES);
            assert_eq!(answer("2026-11-30T22:59:59Z"), Answer::Pending);
            assert_eq!(answer("2026-11-30T23:00:00Z"), Answer::NoLongerReadable);
            assert_eq!(answer("2026-11-30T23:00:01Z"), Answer::NoLongerReadable);
        }
    }

    #[test]
    fn a_result_is_readable_for_three_months() {
        let now = at("2026-11-30T01:00:00Z");
        for (verdict, readable) in [(pass(), Answer::Passed), (fail(), Answer::Failed)] {
            let started = created().start(now, &LIFETIMES).unwrap();
            let concluded = started.conclude(verdict, now, &LIFETIMES).unwrap();
            let answer = |now| concluded.answer(at(now), &LIFETIMES);
            assert_eq!(answer("2026-11-30T01:00:00Z"), readable);
            assert_eq!(answer("2027-02-28T00:59:59Z"), readable);
            assert_eq!(answer("2027-02-28T01:00:00Z"), Answer::NoLongerReadable);
            assert_eq!(answer("2027-02-28T01:00:01Z"), Answer::NoLongerReadable);
        }
    }
}

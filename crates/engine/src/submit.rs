//! What was taken is handed in, once, and goes to the verifier.

use domain::{FailReason, Step, Verdict};
use store::{Beside, Visit};

use crate::audit::Who;
use crate::test_world::read_outcome;
use crate::visit::{Place, Seen};
use crate::{Case, Engine, EngineError, Judgement};

impl Engine {
    /// The person hands in. Of two at once one does.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::NotThisStep`] while a step is open,
    /// [`EngineError::Elsewhere`] for another browser.
    pub async fn submit(&self, link: &str, session: &str) -> Result<(), EngineError> {
        let (certification, visit) = self.at_work(link, session).await?;
        let exhibits = self.store.exhibits(visit.id, visit.attempt).await?;
        let next = crate::visit::progress(&exhibits).next(certification.biz_code, visit.way);
        if next != Step::Submit {
            return Err(EngineError::NotThisStep);
        }
        let verifier = self.verifier.as_ref().ok_or(EngineError::NotThisStep)?;
        let beside = if verifier.queues() { Beside::Queue } else { Beside::Nothing };
        let attempt = visit.attempt;
        let next = Visit {
            submitted_at: Some(self.now()),
            challenge: None,
            handover: None,
            version: visit.version.saturating_add(1),
            ..visit
        };
        let event = self.event("submitted", Some(attempt.to_string()));
        self.change_visit(next, beside, event).await?;
        let seen = self.seen(link, Some(session)).await?;
        self.settle(&seen).await?;
        Ok(())
    }

    /// Asks the verifier about what was handed in; tells whether that ended it. Asked again when
    /// the page is looked at, so that a crash after the hand-in loses nothing.
    pub(crate) async fn settle(&self, seen: &Seen) -> Result<bool, EngineError> {
        let (Place::Choosing | Place::Waiting, Some(visit), Some(verifier)) =
            (seen.place, &seen.visit, &self.verifier)
        else {
            return Ok(false);
        };
        let certification = &seen.record.certification;
        let case = Case {
            id: certification.id,
            scene: certification.biz_code,
            way: visit.way,
            attempt: visit.attempt,
            identity: &seen.subject.identity,
            exhibits: seen.exhibits.clone(),
            chosen: self.chosen_ahead(certification).await?,
            engine: self,
        };
        match verifier.judge(&case).await? {
            Judgement::Later | Judgement::Choose => Ok(false),
            Judgement::Decided(verdict) => {
                let decision = self.decision_of_machine(verifier.queues(), visit, &verdict);
                let concluded =
                    self.conclude(certification.id, &Who::System, &verdict, decision.as_ref());
                match concluded.await {
                    // Somebody else asked at the same time and was faster.
                    Ok(_) | Err(EngineError::WrongState(_) | EngineError::Expired) => Ok(true),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// A queued attempt that was decided without an operator must not stay in the queue.
    fn decision_of_machine(
        &self,
        queued: bool,
        visit: &Visit,
        verdict: &Verdict,
    ) -> Option<(i64, store::Decision)> {
        let word = match verdict {
            Verdict::Passed { .. } => "approved",
            Verdict::Failed { .. } => "rejected",
        };
        let by = "test".to_owned();
        let decision = store::Decision { word, by, at: self.now(), reason: None };
        queued.then_some((visit.attempt, decision))
    }

    async fn chosen_ahead(
        &self,
        certification: &domain::Certification,
    ) -> Result<Option<Verdict>, EngineError> {
        if self.mode != crate::Mode::Test {
            return Ok(None);
        }
        let (owner, order_no) = (&certification.owner, &certification.order_no);
        let text = self.store.test_outcome(owner, order_no).await?;
        Ok(text.and_then(|text| read_outcome(&text)))
    }
}

/// The reason of a failure chosen by its code.
pub(crate) fn failed(code: &str) -> Option<Verdict> {
    FailReason::parse(code).ok().map(|reason| Verdict::Failed { reason })
}

//! Changes of state: decided on what is stored, stored with all that belongs to them.

use domain::{Certification, CertifyId, How, State, Verdict};
use jiff::{SignedDuration, Timestamp};
use store::{CertificationRecord, Decision, Ended, NewEvent, NewNotice, Store, Transition, Visit};

use crate::audit::{self, Who};
use crate::subject::Subject;
use crate::{Engine, EngineError};

/// How often a change is decided anew when another caller was faster.
pub(crate) const ATTEMPTS: usize = 4;

impl Engine {
    /// Decides on the state of this instant and stores the decision, unless another caller has
    /// changed the record meanwhile; then decides anew.
    pub(crate) async fn change(
        &self,
        id: CertifyId,
        who: &Who,
        decision: Option<&(i64, Decision)>,
        decide: impl Fn(Certification) -> Result<Certification, EngineError>,
    ) -> Result<CertificationRecord, EngineError> {
        for _ in 0..ATTEMPTS {
            let record = self.find(id).await?;
            let stored = &record.certification;
            let next = decide(stored.clone().at(self.now(), &self.lifetimes))?;
            if next.state == stored.state {
                return Ok(record);
            }
            let notice = self.notice_for(&record, &next)?;
            let is_told = notice.is_some();
            let transition = self.transition_with(&record, next.clone(), decision, notice);
            let store = self.told(who, id, &transition.event);
            let stored = store.transit(transition).await;
            if self.lost_its_key(&stored).await? {
                continue;
            }
            if stored? {
                self.changed(id);
                self.tally.ended(&next.state);
                if is_told {
                    self.wake_delivery();
                }
                if let Err(error) = self.after_change(&next).await {
                    tracing::warn!(%error, "a device was not remembered");
                }
                return Ok(CertificationRecord { certification: next, ..record });
            }
        }
        Err(EngineError::Busy("the certification changed too often meanwhile".into()))
    }

    /// A verifier has decided.
    pub(crate) async fn conclude(
        &self,
        id: CertifyId,
        who: &Who,
        verdict: &Verdict,
        decision: Option<&(i64, Decision)>,
    ) -> Result<CertificationRecord, EngineError> {
        self.change(id, who, decision, |certification| {
            if certification.state.name() == "expired" {
                return Err(EngineError::Expired);
            }
            Ok(certification.conclude(verdict.clone(), self.now(), &self.lifetimes)?)
        })
        .await
    }

    /// A change with all that belongs to it.
    pub(crate) fn transition_with(
        &self,
        record: &CertificationRecord,
        next: Certification,
        decision: Option<&(i64, Decision)>,
        notice: Option<NewNotice>,
    ) -> Transition {
        let ended = next.state.is_terminal().then(|| Ended {
            keep_pictures_until: self.keep_pictures_until(record),
            decision: decision.cloned(),
        });
        let event = self.event(next.state.name(), detail_of(&next.state));
        let expected = record.certification.version;
        Transition { next, expected, event, ended, notice }
    }

    /// For how long pictures are kept. Both the operator's setting and the merchant's
    /// `face_reserve_strategy` must want it.
    pub(crate) fn pictures_kept_days(&self, subject: &Subject) -> u16 {
        if subject.may_be_reserved() { self.policy.evidence_days } else { 0 }
    }

    /// Until when the pictures of a certification that ends now are kept; none: not at all.
    fn keep_pictures_until(&self, record: &CertificationRecord) -> Option<Timestamp> {
        if self.policy.evidence_days == 0 {
            return None;
        }
        // Who cannot be read has not agreed to anything.
        let days = self.subject(record).map_or(0, |subject| self.pictures_kept_days(&subject));
        let kept = SignedDuration::from_hours(24 * i64::from(days));
        self.now().checked_add(kept).ok().filter(|_| days > 0)
    }

    /// What follows from a change once it is stored.
    async fn after_change(&self, next: &Certification) -> Result<(), EngineError> {
        if let State::Passed { assurance, .. } = &next.state
            && assurance.how != How::KnownDevice
            && let Some(visit) = self.store.visit(next.id).await?
        {
            self.remember_device(next, &visit).await?;
        }
        Ok(())
    }

    async fn remember_device(
        &self,
        certification: &Certification,
        visit: &Visit,
    ) -> Result<(), EngineError> {
        let saw_a_face = visit.way.asks_for_face(certification.biz_code);
        let (Some(device), true, Some(oldest)) =
            (visit.device_hash, saw_a_face, self.oldest_known_device())
        else {
            return Ok(());
        };
        let record = self.find(certification.id).await?;
        let subject = self.subject(&record)?.digest(&self.vault);
        Ok(self.store.remember_device(device, subject, self.now(), oldest).await?)
    }

    /// From when on a pass on a device counts; none: never.
    pub(crate) fn oldest_known_device(&self) -> Option<Timestamp> {
        let days = i64::from(self.policy.known_device_days);
        let oldest = self.now().checked_sub(SignedDuration::from_hours(24 * days)).ok();
        oldest.filter(|_| days > 0)
    }

    pub(crate) fn event(&self, kind: &'static str, detail: Option<String>) -> NewEvent {
        NewEvent { at: self.now(), kind, detail }
    }

    /// The store, recording an event of a certification as what `who` does.
    pub(crate) fn told(&self, who: &Who, id: CertifyId, event: &NewEvent) -> Store {
        self.recorded(who, event.kind, audit::of(id), event.detail.clone())
    }
}

fn detail_of(state: &State) -> Option<String> {
    match state {
        State::Created | State::InProgress { .. } | State::Expired { .. } => None,
        State::Passed { assurance, .. } => Some(assurance.text()),
        State::Failed { reason, .. } => Some(reason.as_str().to_owned()),
    }
}

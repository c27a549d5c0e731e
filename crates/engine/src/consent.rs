//! The person agrees, or does not; and from there on one browser goes on.

use domain::{Assurance, BizCode, FailReason, KnownReason, Step, Verdict, Way};
use jiff::{SignedDuration, Timestamp};
use store::{Beside, Consent, Handover, Visit};

use crate::audit::Who;
use crate::query::Status;
use crate::vault::sha256;
use crate::visit::{Place, Seen};
use crate::{Engine, EngineError};

/// How long another device may take over after the code was shown.
pub const HANDOVER: SignedDuration = SignedDuration::from_mins(10);

/// What the person says to the consent text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Which text they read.
    pub version: String,
    /// In which language.
    pub language: String,
    /// A guardian agrees for somebody under 14.
    pub guardian: bool,
    /// How they will prove who they are.
    pub way: Way,
}

impl Engine {
    /// The person agrees. Gives the token by which this browser, and no other, goes on.
    /// `device` is the token by which this device is known from before, or will be.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::Elsewhere`] if another browser was faster;
    /// [`EngineError::GuardianNeeded`]; [`EngineError::NotThisStep`] for a way that is not offered.
    pub async fn agree(
        &self,
        link: &str,
        agreement: Agreement,
        device: Option<&str>,
    ) -> Result<String, EngineError> {
        let seen = self.at_consent(link).await?;
        let view = self.view(link, None).await?;
        if view.needs_guardian && !agreement.guardian {
            return Err(EngineError::GuardianNeeded);
        }
        if agreement.way == Way::Document && !view.offers_document {
            return Err(EngineError::NotThisStep);
        }
        let token = self.new_token();
        let visit = self.first_visit(&seen, agreement, &token, device);
        let event = self.event("consented", Some(visit.consent.version.clone()));
        let store = self.told(&Who::Person, visit.id, &event);
        if !store.begin_visit(visit.clone(), event).await? {
            return Err(EngineError::Elsewhere);
        }
        self.changed(visit.id);
        // The consent is stored: whatever comes of the shorter way, this browser must learn its token.
        if let Err(error) = self.pass_known_device(&seen, &visit).await {
            tracing::warn!(%error, "a known device was not passed");
        }
        Ok(token)
    }

    /// The person does not agree: that is an outcome, and the record of it stays.
    ///
    /// # Errors
    /// As [`Self::agree`].
    pub async fn refuse(&self, link: &str, agreement: Agreement) -> Result<String, EngineError> {
        let seen = self.at_consent(link).await?;
        let token = self.new_token();
        let visit = self.first_visit(&seen, agreement, &token, None);
        let event = self.event("consent_refused", Some(visit.consent.version.clone()));
        let store = self.told(&Who::Person, visit.id, &event);
        if !store.begin_visit(visit, event).await? {
            return Err(EngineError::Elsewhere);
        }
        let reason = FailReason::parse(KnownReason::CONSENT_REFUSED)
            .map_err(|rejected| EngineError::Internal(rejected.en()))?;
        let id = seen.record.certification.id;
        self.conclude(id, &Who::Person, &Verdict::Failed { reason }, None).await?;
        Ok(token)
    }

    /// The person leaves; the link can be opened again until its time is up.
    ///
    /// # Errors
    /// As [`Self::view`].
    pub async fn leave(&self, link: &str, session: Option<&str>) -> Result<Status, EngineError> {
        let seen = self.seen(link, session).await?;
        let id = seen.record.certification.id;
        // Whoever has only the link leaves no trace, and leaving twice is leaving once.
        let noted = seen.visit.is_some() && matches!(seen.place, Place::Step(_) | Place::Choosing);
        if noted && self.store.events(id).await?.last().is_none_or(|last| last.kind != "left") {
            let event = self.event("left", None);
            self.told(&Who::Person, id, &event).note(id, event).await?;
            self.changed(id);
        }
        Ok(self.status(&seen.record))
    }

    /// A token by which another device may take over from this browser, once.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::Elsewhere`], [`EngineError::NotThisStep`].
    pub async fn offer_handover(&self, link: &str, session: &str) -> Result<String, EngineError> {
        let (_, visit) = self.at_work(link, session).await?;
        let token = self.new_token();
        let ends = self.now().checked_add(HANDOVER).unwrap_or(Timestamp::MAX);
        let next = Visit {
            handover: Some(Handover { hash: sha256(token.as_bytes()), ends }),
            version: visit.version.saturating_add(1),
            ..visit
        };
        let event = self.event("handover_offered", None);
        self.change_visit(next, Beside::Nothing, event).await?;
        Ok(token)
    }

    /// This browser takes over. The one before may look on.
    ///
    /// # Errors
    /// [`EngineError::NoSuchLink`], [`EngineError::Expired`]; [`EngineError::Elsewhere`] for a
    /// token that is unknown, used or too old.
    pub async fn take_over(&self, link: &str, token: &str) -> Result<String, EngineError> {
        let seen = self.seen(link, None).await?;
        let visit = seen.visit.ok_or(EngineError::Elsewhere)?;
        let hash = sha256(token.as_bytes());
        let offer = visit.handover.as_ref().filter(|offer| offer.hash == hash);
        if offer.is_none_or(|offer| self.now() >= offer.ends) || visit.submitted_at.is_some() {
            return Err(EngineError::Elsewhere);
        }
        let session = self.new_token();
        let next = Visit {
            observer_hash: Some(visit.session_hash),
            session_hash: sha256(session.as_bytes()),
            handover: None,
            challenge: None,
            device_hash: None,
            version: visit.version.saturating_add(1),
            ..visit
        };
        // Frames of one face before two cameras would not be one answer.
        let event = self.event("handed_over", None);
        self.change_visit(next, Beside::DropFrames, event).await?;
        Ok(session)
    }

    /// A token nobody can guess, in characters of the URL alphabet.
    pub fn new_token(&self) -> String {
        hex::encode(self.random::<24>())
    }

    async fn at_consent(&self, link: &str) -> Result<Seen, EngineError> {
        let seen = self.seen(link, None).await?;
        match seen.place {
            Place::Step(Step::Consent) => Ok(seen),
            Place::Elsewhere | Place::Used => Err(EngineError::Elsewhere),
            _ => Err(EngineError::NotThisStep),
        }
    }

    fn first_visit(
        &self,
        seen: &Seen,
        agreement: Agreement,
        token: &str,
        device: Option<&str>,
    ) -> Visit {
        Visit {
            id: seen.record.certification.id,
            session_hash: sha256(token.as_bytes()),
            observer_hash: None,
            device_hash: device.map(|device| sha256(device.as_bytes())),
            consent: Consent {
                version: agreement.version,
                language: agreement.language,
                guardian: agreement.guardian,
                at: self.now(),
            },
            way: agreement.way,
            attempt: 1,
            challenge: None,
            challenges: 0,
            handover: None,
            submitted_at: None,
            version: 1,
        }
    }

    /// `SMART_FACE`: whoever passed on this device shortly before passes at once.
    async fn pass_known_device(&self, seen: &Seen, visit: &Visit) -> Result<(), EngineError> {
        let certification = &seen.record.certification;
        let smart = certification.biz_code == BizCode::SmartFace && visit.way == Way::Scene;
        let (true, Some(device), Some(oldest)) =
            (smart, visit.device_hash, self.oldest_known_device())
        else {
            return Ok(());
        };
        let subject = seen.subject.digest(&self.vault);
        let passed_at = self.store.passed_on_device(device, subject).await?;
        if passed_at.is_some_and(|at| at >= oldest) {
            let verdict = Verdict::Passed { assurance: Assurance::known_device() };
            self.conclude(certification.id, &Who::System, &verdict, None).await?;
        }
        Ok(())
    }
}

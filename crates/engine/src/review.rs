//! Operators: what waits for them, what they see, what they decide.

use domain::{
    Assurance, BizCode, CertifyId, FailReason, How, Part, Source, Undecidable, Verdict, Way,
    evidence,
};
use jiff::Timestamp;
use serde::Serialize;
use store::{Decision, Event, Exhibit, Review, Visit};

use crate::audit::{self, Who};
use crate::query::Status;
use crate::{Engine, EngineError};

/// Attempts in one answer.
const MOST: i64 = 200;
/// Attempts a person may make before an operator must decide.
const ATTEMPTS: i64 = 5;

/// An attempt in the queue. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The certification.
    pub certify_id: String,
    /// Whose it is.
    pub app_id: String,
    /// The merchant's number.
    pub outer_order_no: String,
    /// The scene.
    pub biz_code: &'static str,
    /// From 1.
    pub attempt: i64,
    /// Since when.
    pub queued_at: Timestamp,
}

/// What an operator sees of one. The person's name and number in clear: they must be compared.
#[derive(Debug, Clone, Serialize)]
pub struct Docket {
    /// State, reason, warnings.
    pub status: Status,
    /// Whose it is.
    pub app_id: String,
    /// The merchant's number.
    pub outer_order_no: String,
    /// The scene.
    pub biz_code: &'static str,
    /// How it was answered.
    pub way: &'static str,
    /// From 1.
    pub attempt: i64,
    /// The kind of document.
    pub cert_type: &'static str,
    /// The name to compare.
    pub cert_name: String,
    /// The number to compare.
    pub cert_no: String,
    /// The movements asked for, in their order.
    pub challenge: Option<String>,
    /// What is there.
    pub pictures: Vec<Shown>,
    /// Why this attempt cannot be approved, whatever is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cannot_be_approved: Option<String>,
    /// What happened.
    pub events: Vec<Happened>,
}

/// A picture without the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Which one.
    pub part: &'static str,
    /// How it came.
    pub source: &'static str,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// When.
    pub received_at: Timestamp,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// Its place, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What an operator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It is the person.
    Approve,
    /// It is not, or cannot be found out.
    Reject(FailReason),
    /// The person shall try again, and is told this.
    AskAgain(String),
}

impl Engine {
    /// What waits for operators, the longest waiting first.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn reviews(&self) -> Result<Vec<Waiting>, EngineError> {
        let mut waiting = Vec::new();
        for review in self.store.waiting_reviews(None, MOST).await? {
            let certification = self.find(review.id).await?.certification;
            // Expired while it waited: nothing is to be decided any more.
            if certification.clone().at(self.now(), &self.lifetimes).state.is_terminal() {
                continue;
            }
            waiting.push(Waiting {
                certify_id: certification.id.to_string(),
                app_id: certification.owner.as_str().to_owned(),
                outer_order_no: certification.order_no.as_str().to_owned(),
                biz_code: certification.biz_code.as_str(),
                attempt: review.attempt,
                queued_at: review.queued_at,
            });
        }
        Ok(waiting)
    }

    /// What an operator sees of one. That `by` looked is recorded before it is shown.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`], also before the person has agreed; a store fault.
    pub async fn docket(&self, id: CertifyId, by: &str) -> Result<Docket, EngineError> {
        let record = self.find(id).await?;
        let visit = self.visited(id).await?;
        let store = self.recorded(&Who::operator(by), "shown", audit::of(id), None);
        store.note(id, self.event("shown", Some(by.to_owned()))).await?;
        let exhibits = self.store.exhibits(id, visit.attempt).await?;
        let subject = self.subject(&record)?;
        let certification = &record.certification;
        let events = self.store.events(id).await?;
        Ok(Docket {
            status: self.status(&record),
            app_id: certification.owner.as_str().to_owned(),
            outer_order_no: certification.order_no.as_str().to_owned(),
            biz_code: certification.biz_code.as_str(),
            way: visit.way.as_str(),
            attempt: visit.attempt,
            cert_type: subject.identity.cert_type.as_str(),
            cert_name: subject.identity.cert_name.expose().to_owned(),
            cert_no: subject.identity.cert_no.expose().to_owned(),
            challenge: last_challenge(&events).filter(|_| has_frames(&exhibits)),
            cannot_be_approved: undecidable(certification.biz_code, visit.way, &exhibits)
                .map(|why| why.to_string()),
            pictures: exhibits.iter().map(Shown::from).collect(),
            events: events.into_iter().map(Happened::from).collect(),
        })
    }

    /// A picture as a JPEG file. That `by` looked is recorded before it is shown.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`] if there is none; a store fault.
    pub async fn review_picture(
        &self,
        id: CertifyId,
        part: Part,
        by: &str,
    ) -> Result<Vec<u8>, EngineError> {
        let visit = self.visited(id).await?;
        let seen = format!("{by} {}", part.as_str());
        let what = Some(part.as_str().to_owned());
        let store = self.recorded(&Who::operator(by), "picture_shown", audit::of(id), what);
        store.note(id, self.event("picture_shown", Some(seen))).await?;
        let picture = self.kept_picture(id, visit.attempt, part).await?;
        picture.ok_or(EngineError::NoSuchCertification)
    }

    /// An operator decides, about the attempt they have `seen` if they say which.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`]; [`EngineError::NotThisStep`] if nothing waits;
    /// [`EngineError::Undecidable`] for an approval of what cannot decide;
    /// [`EngineError::TooManyTries`] for asking once too often; [`EngineError::Expired`].
    pub async fn decide_review(
        &self,
        id: CertifyId,
        ruling: Ruling,
        by: &str,
        seen: Option<i64>,
    ) -> Result<Status, EngineError> {
        let visit = self.visited(id).await?;
        let attempt = self.open_review(id).await?.ok_or(EngineError::NotThisStep)?;
        // Meanwhile somebody asked again, or the person handed in what nobody has looked at.
        if attempt != visit.attempt || seen.is_some_and(|seen| seen != attempt) {
            return Err(EngineError::NotThisStep);
        }
        let who = Who::operator(by);
        let decision = |word, reason| Decision { word, by: by.to_owned(), at: self.now(), reason };
        let record = match ruling {
            Ruling::Approve => {
                let verdict = self.approval(id, &visit).await?;
                let decision = decision("approved", None);
                self.conclude(id, &who, &verdict, Some(&(attempt, decision))).await?
            }
            Ruling::Reject(reason) => {
                let decision = decision("rejected", Some(reason.as_str().to_owned()));
                let verdict = Verdict::Failed { reason };
                self.conclude(id, &who, &verdict, Some(&(attempt, decision))).await?
            }
            Ruling::AskAgain(text) => {
                self.ask_again(visit, decision("asked_again", Some(text))).await?;
                self.find(id).await?
            }
        };
        self.changed(id);
        Ok(self.status(&record))
    }

    /// Deletes a certification's pictures now.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`]; a store fault.
    pub async fn delete_pictures(&self, id: CertifyId, by: &str) -> Result<usize, EngineError> {
        self.find(id).await?;
        self.store.note(id, self.event("pictures_deleted", Some(by.to_owned()))).await?;
        let store = self.recorded(&Who::operator(by), "pictures_deleted", audit::of(id), None);
        Ok(store.delete_pictures(id).await?)
    }

    /// The attempt that waits for an operator.
    pub(crate) async fn open_review(&self, id: CertifyId) -> Result<Option<i64>, EngineError> {
        let reviews: Vec<Review> = self.store.reviews_of(id).await?;
        let open = reviews.into_iter().find(|review| review.decision.is_none());
        Ok(open.map(|review| review.attempt))
    }

    async fn visited(&self, id: CertifyId) -> Result<Visit, EngineError> {
        self.store.visit(id).await?.ok_or(EngineError::NoSuchCertification)
    }

    async fn approval(&self, id: CertifyId, visit: &Visit) -> Result<Verdict, EngineError> {
        let scene = self.find(id).await?.certification.biz_code;
        let exhibits = self.store.exhibits(id, visit.attempt).await?;
        if let Some(why) = undecidable(scene, visit.way, &exhibits) {
            return Err(EngineError::Undecidable(why));
        }
        let sources: Vec<Source> = exhibits.iter().map(|exhibit| exhibit.source).collect();
        let unchecked = evidence::unchecked_by_review(scene, visit.way, &sources);
        Ok(Verdict::Passed { assurance: Assurance { how: How::Reviewed, unchecked } })
    }

    async fn ask_again(&self, visit: Visit, decision: Decision) -> Result<(), EngineError> {
        if visit.attempt >= ATTEMPTS {
            return Err(EngineError::TooManyTries);
        }
        let certification = self.find(visit.id).await?.certification;
        let current = certification.at(self.now(), &self.lifetimes);
        if current.state.is_terminal() {
            return Err(EngineError::Expired);
        }
        let next = Visit {
            attempt: visit.attempt.saturating_add(1),
            challenge: None,
            challenges: 0,
            submitted_at: None,
            version: visit.version.saturating_add(1),
            ..visit
        };
        let event = self.event("asked_again", Some(next.attempt.to_string()));
        let store = self.told(&Who::operator(&decision.by), next.id, &event);
        if store.ask_again(next, decision, event).await? {
            Ok(())
        } else {
            Err(EngineError::NotThisStep)
        }
    }
}

fn undecidable(scene: BizCode, way: Way, exhibits: &[Exhibit]) -> Option<Undecidable> {
    let parts: Vec<Part> = exhibits.iter().map(|exhibit| exhibit.part).collect();
    evidence::decidable(scene, way, &parts).err()
}

fn has_frames(exhibits: &[Exhibit]) -> bool {
    exhibits.iter().any(|exhibit| matches!(exhibit.part, Part::Frame(_)))
}

fn last_challenge(events: &[Event]) -> Option<String> {
    events.iter().rev().find(|event| event.kind == "challenged").and_then(|e| e.detail.clone())
}

impl From<&Exhibit> for Shown {
    fn from(exhibit: &Exhibit) -> Self {
        Self {
            part: exhibit.part.as_str(),
            source: exhibit.source.as_str(),
            width: exhibit.width,
            height: exhibit.height,
            received_at: exhibit.received_at,
        }
    }
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        Self { seq: event.seq, at: event.at, kind: event.kind, detail: event.detail }
    }
}

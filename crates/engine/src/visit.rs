//! What the person's page shows, to whom: the one browser that agreed, the one that handed over,
//! and anybody else with the link.

use domain::{
    Answer, BizCode, Certification, CertifyId, Part, Progress, Step, Way, evidence, policy,
};
use jiff::Timestamp;
use store::{CertificationRecord, Exhibit, Visit};
use subtle::ConstantTimeEq as _;

use crate::audit::Who;
use crate::link::Target;
use crate::query::Status;
use crate::subject::Subject;
use crate::vault::sha256;
use crate::{Engine, EngineError};

/// Where this browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the person's turn.
    Step(Step),
    /// Handed in: an operator will look.
    Waiting,
    /// Handed in: in test mode somebody chooses what comes of it.
    Choosing,
    /// Ended, and this browser may see how.
    Finished,
    /// This browser handed over to another device and looks on.
    Watching(Watched),
    /// Another browser has begun.
    Elsewhere,
    /// Ended, in another browser.
    Used,
    /// Nobody can decide: no verifier is configured.
    NoVerifier,
}

/// What the one who handed over may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// The other device is at this step.
    At(Step),
    /// The other device has handed in.
    Submitted,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The certification.
    pub id: CertifyId,
    /// Who asks for it, as people know them.
    pub app_name: String,
    /// The scene.
    pub biz_code: BizCode,
    /// How the person answers it.
    pub way: Way,
    /// Its state.
    pub status: Status,
    /// Where this browser is.
    pub place: Place,
    /// The name, masked.
    pub masked_name: String,
    /// The number, masked.
    pub masked_no: String,
    /// Where to return; only an address that is allowed.
    pub return_to: Option<String>,
    /// When the link ends.
    pub ends: Timestamp,
    /// A guardian must agree: the person is under 14.
    pub needs_guardian: bool,
    /// The document may be shown in place of the face.
    pub offers_document: bool,
    /// What an operator asked for when asking again.
    pub asked: Option<String>,
    /// What is there already, and since when.
    pub parts: Vec<(Part, Timestamp)>,
    /// People will look at what is handed in.
    pub people_look: bool,
    /// For how many days after the end pictures are kept; 0: not.
    pub pictures_kept_days: u16,
}

/// A certification as one browser finds it.
pub(crate) struct Seen {
    pub(crate) record: CertificationRecord,
    pub(crate) subject: Subject,
    pub(crate) visit: Option<Visit>,
    pub(crate) exhibits: Vec<Exhibit>,
    pub(crate) place: Place,
    target: Target,
}

impl Engine {
    /// Opens the link: a new certification begins. `session` is what this browser was given when
    /// the person agreed.
    ///
    /// # Errors
    /// [`EngineError::NoSuchLink`], [`EngineError::Expired`], or a fault of the store.
    pub async fn view(&self, link: &str, session: Option<&str>) -> Result<View, EngineError> {
        let mut seen = self.seen(link, session).await?;
        if matches!(seen.place, Place::Choosing | Place::Waiting) && self.settle(&seen).await? {
            seen = self.seen(link, session).await?;
        }
        self.view_of(seen).await
    }

    async fn view_of(&self, seen: Seen) -> Result<View, EngineError> {
        let certification = &seen.record.certification;
        let app = self.owner(&certification.owner);
        let contract = app.as_ref().map(|app| &app.contract);
        let birth = seen.subject.identity.cert_no.birth_date();
        let asked = match &seen.visit {
            Some(visit) if visit.attempt > 1 => self.asked(certification.id).await?,
            _ => None,
        };
        Ok(View {
            id: certification.id,
            app_name: app.as_ref().map(|app| app.name.clone()).unwrap_or_default(),
            biz_code: certification.biz_code,
            way: seen.visit.as_ref().map_or(Way::Scene, |visit| visit.way),
            status: self.status(&seen.record),
            place: seen.place,
            masked_name: seen.subject.identity.cert_name.masked(),
            masked_no: seen.subject.identity.cert_no.masked(),
            return_to: self.return_to(&seen),
            ends: self.lifetimes.start_ends(certification.created_at).unwrap_or(Timestamp::MAX),
            needs_guardian: birth.is_some_and(|day| policy::needs_guardian(day, self.today())),
            offers_document: contract
                .is_some_and(|contract| Way::offers_document(certification.biz_code, contract)),
            asked,
            parts: seen.exhibits.iter().map(|kept| (kept.part, kept.received_at)).collect(),
            people_look: self.verifier_queues(),
            pictures_kept_days: self.pictures_kept_days(&seen.subject),
        })
    }

    /// The address given with the link wins over the one given to `init`. Schemes of apps must be
    /// registered, or a link could open any program of the phone.
    fn return_to(&self, seen: &Seen) -> Option<String> {
        let app = self.owner(&seen.record.certification.owner)?;
        let from_link = seen.target.return_url.as_ref();
        let chosen = from_link.or(seen.subject.return_url.as_ref())?;
        chosen.target_among(&app.return_schemes)
    }

    async fn asked(&self, id: CertifyId) -> Result<Option<String>, EngineError> {
        let reviews = self.store.reviews_of(id).await?;
        Ok(reviews.into_iter().next_back().and_then(|review| review.reason))
    }

    /// The date where the documents are issued.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        jiff::tz::offset(8).to_datetime(self.now()).date()
    }

    pub(crate) async fn seen(
        &self,
        link: &str,
        session: Option<&str>,
    ) -> Result<Seen, EngineError> {
        let target = self.link_target(link)?;
        let record = self
            .change(target.id, &Who::Person, None, |certification| {
                match certification.state.name() {
                    "created" => Ok(certification.start(self.now(), &self.lifetimes)?),
                    _ => Ok(certification),
                }
            })
            .await?;
        let certification = &record.certification;
        if certification.answer(self.now(), &self.lifetimes) == Answer::NoLongerReadable {
            return Err(EngineError::Expired);
        }
        let visit = self.store.visit(target.id).await?;
        let exhibits = match &visit {
            Some(visit) => self.store.exhibits(target.id, visit.attempt).await?,
            None => Vec::new(),
        };
        let place = self.place(certification, visit.as_ref(), &exhibits, session);
        let subject = self.subject(&record)?;
        Ok(Seen { record, subject, visit, exhibits, place, target })
    }

    fn place(
        &self,
        certification: &Certification,
        visit: Option<&Visit>,
        exhibits: &[Exhibit],
        session: Option<&str>,
    ) -> Place {
        let finished = certification.state.is_terminal();
        let Some(visit) = visit else {
            return match &self.verifier {
                _ if finished => Place::Finished,
                None => Place::NoVerifier,
                Some(_) => Place::Step(Step::Consent),
            };
        };
        let hash = session.map(|token| sha256(token.as_bytes()));
        let is = |of: &[u8; 32]| hash.is_some_and(|hash| bool::from(hash.ct_eq(of)));
        let watches = visit.observer_hash.as_ref().is_some_and(is);
        let step = progress(exhibits).next(certification.biz_code, visit.way);
        match (is(&visit.session_hash), finished, visit.submitted_at) {
            (true, true, _) => Place::Finished,
            (true, false, None) => Place::Step(step),
            (true, false, Some(_)) if self.verifier_queues() => Place::Waiting,
            (true, false, Some(_)) => Place::Choosing,
            (false, true, _) if watches => Place::Finished,
            (false, false, None) if watches => Place::Watching(Watched::At(step)),
            (false, false, Some(_)) if watches => Place::Watching(Watched::Submitted),
            (false, true, _) => Place::Used,
            (false, false, _) => Place::Elsewhere,
        }
    }

    fn verifier_queues(&self) -> bool {
        self.verifier.as_ref().is_some_and(|verifier| verifier.queues())
    }
}

/// How far somebody is who has agreed.
pub(crate) fn progress(exhibits: &[Exhibit]) -> Progress {
    let parts: Vec<Part> = exhibits.iter().map(|exhibit| exhibit.part).collect();
    Progress {
        consented: true,
        cert_front: parts.contains(&Part::CertFront),
        cert_back: parts.contains(&Part::CertBack),
        face: evidence::face_is_complete(&parts),
    }
}

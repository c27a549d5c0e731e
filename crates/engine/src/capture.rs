//! The person shows their card and their face: challenges, frames, photos.

use std::sync::Arc;

use domain::{CertifyId, Challenge, Part, Source};
use jiff::Timestamp;
use store::{Beside, Exhibit, NewPicture, OpenChallenge, Visit};

use crate::audit::{self, Who};
use crate::data_key::DataKey;
use crate::picture::{self, Kept, Picture};
use crate::vault::sha256;
use crate::visit::Place;
use crate::{Engine, EngineError};

/// Decodings at once. Each may take much memory, and the two cores have other work.
pub(crate) const DECODINGS: usize = 2;

/// A challenge, as the page gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenged {
    /// Names it; only the page that asked knows it.
    pub id: String,
    /// The movements in their order.
    pub challenge: Challenge,
    /// Until when frames are taken.
    pub ends: Timestamp,
}

/// A picture from a page.
pub struct Taken {
    /// Which one.
    pub part: Part,
    /// How it was taken, as the page says.
    pub source: Source,
    /// The file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Taken({}, {} bytes)", self.part.as_str(), self.bytes.len())
    }
}

impl Engine {
    /// Draws a challenge. Frames of an earlier one are dropped.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::NotThisStep`] unless the face is to be shown;
    /// [`EngineError::TooManyTries`].
    pub async fn challenge(&self, link: &str, session: &str) -> Result<Challenged, EngineError> {
        let (certification, visit) = self.at_work(link, session).await?;
        if !visit.way.asks_for_face(certification.biz_code) {
            return Err(EngineError::NotThisStep);
        }
        if visit.challenges >= Challenge::MOST {
            return Err(EngineError::TooManyTries);
        }
        let id = hex::encode(self.random::<16>());
        let challenge = Challenge::draw(self.random());
        let ends = self.now().saturating_add(Challenge::LIFETIME).unwrap_or(Timestamp::MAX);
        let next = Visit {
            challenge: Some(OpenChallenge { challenge, hash: sha256(id.as_bytes()), ends }),
            challenges: visit.challenges.saturating_add(1),
            version: visit.version.saturating_add(1),
            ..visit
        };
        let event = self.event("challenged", Some(challenge.text()));
        self.change_visit(next, Beside::DropFrames, event).await?;
        Ok(Challenged { id, challenge, ends })
    }

    /// Takes a frame of the answer to a challenge. Frames come in order; the last one may come
    /// again, as after a lost answer.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::ChallengeOver`] for another challenge than the open one
    /// and past its end; [`EngineError::NotThisStep`] out of order; [`EngineError::Picture`].
    pub async fn frame(
        &self,
        link: &str,
        session: &str,
        challenge: &str,
        index: u8,
        bytes: Vec<u8>,
    ) -> Result<(), EngineError> {
        let visit = self.visit_for_frame(link, session, challenge, index).await?;
        let part = Part::Frame(index);
        self.keep(&visit, Taken { part, source: Source::Camera, bytes }).await
    }

    /// Whether [`Self::frame`] would take this one, so that what is not wanted need not be received.
    ///
    /// # Errors
    /// As [`Self::frame`].
    pub async fn wants_frame(
        &self,
        link: &str,
        session: &str,
        challenge: &str,
        index: u8,
    ) -> Result<CertifyId, EngineError> {
        Ok(self.visit_for_frame(link, session, challenge, index).await?.id)
    }

    async fn visit_for_frame(
        &self,
        link: &str,
        session: &str,
        challenge: &str,
        index: u8,
    ) -> Result<Visit, EngineError> {
        let (_, visit) = self.at_work(link, session).await?;
        let open = visit.challenge.as_ref().ok_or(EngineError::ChallengeOver)?;
        if open.hash != sha256(challenge.as_bytes()) || self.now() >= open.ends {
            return Err(EngineError::ChallengeOver);
        }
        let exhibits = self.store.exhibits(visit.id, visit.attempt).await?;
        let taken = exhibits.iter().filter(|e| matches!(e.part, Part::Frame(_))).count();
        let index_now = usize::from(index);
        let in_order = index_now == taken || index_now + 1 == taken;
        if !in_order || index_now >= Challenge::FRAMES {
            return Err(EngineError::NotThisStep);
        }
        Ok(visit)
    }

    /// Takes a photo of the card, or one of the face in place of frames.
    ///
    /// # Errors
    /// As [`Self::view`]; [`EngineError::NotThisStep`] for a picture that is not asked for;
    /// [`EngineError::Picture`].
    pub async fn photo(&self, link: &str, session: &str, taken: Taken) -> Result<(), EngineError> {
        let visit = self.visit_for_photo(link, session, taken.part).await?;
        self.keep(&visit, taken).await
    }

    /// Whether [`Self::photo`] would take this one, so that what is not wanted need not be received.
    ///
    /// # Errors
    /// As [`Self::photo`].
    pub async fn wants_photo(
        &self,
        link: &str,
        session: &str,
        part: Part,
    ) -> Result<CertifyId, EngineError> {
        Ok(self.visit_for_photo(link, session, part).await?.id)
    }

    async fn visit_for_photo(
        &self,
        link: &str,
        session: &str,
        part: Part,
    ) -> Result<Visit, EngineError> {
        let (certification, visit) = self.at_work(link, session).await?;
        let scene = certification.biz_code;
        let wanted = match part {
            Part::CertFront | Part::CertBack => visit.way.asks_for_document(scene),
            Part::Selfie => visit.way.asks_for_face(scene),
            Part::Frame(_) | Part::Reference => false,
        };
        if !wanted {
            return Err(EngineError::NotThisStep);
        }
        Ok(visit)
    }

    async fn keep(&self, visit: &Visit, taken: Taken) -> Result<(), EngineError> {
        let part = taken.part;
        let key = self.data_key(visit.id).await?;
        let kept = self.decode(move || picture::take(&taken.bytes)).await?;
        let picture = self.seal_picture((visit.id, &key), part, taken.source, &kept)?;
        let what = Some(part.as_str().to_owned());
        let store = self.recorded(&Who::Person, "picture_taken", audit::of(visit.id), what);
        if store.keep_picture(visit.id, visit.version, picture).await? {
            self.changed(visit.id);
            Ok(())
        } else {
            // The person has gone on elsewhere, or asked for another challenge.
            Err(EngineError::NotThisStep)
        }
    }

    pub(crate) fn seal_picture(
        &self,
        (id, key): (domain::CertifyId, &DataKey),
        part: Part,
        source: Source,
        kept: &Kept,
    ) -> Result<NewPicture, EngineError> {
        Ok(NewPicture {
            exhibit: Exhibit {
                part,
                source,
                width: i64::from(kept.width),
                height: i64::from(kept.height),
                received_at: self.now(),
            },
            sealed: self.seal_with(key, &kept.jpeg, &picture_owner(id, part))?,
        })
    }

    /// A kept picture as a JPEG file, for operators.
    pub(crate) async fn kept_picture(
        &self,
        id: domain::CertifyId,
        attempt: i64,
        part: Part,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(sealed) = self.store.picture(id, attempt, part).await? else { return Ok(None) };
        let key = self.store.data_key(id).await?;
        self.meet(key.as_ref()).await?;
        let jpeg = self.vault.open_with(id, key.as_ref(), &sealed, &picture_owner(id, part))?;
        Ok(Some(jpeg.to_vec()))
    }

    /// A kept picture's pixels, for verifiers. That one looked is recorded first.
    pub(crate) async fn decoded_picture(
        &self,
        id: domain::CertifyId,
        attempt: i64,
        part: Part,
    ) -> Result<Option<Picture>, EngineError> {
        let what = Some(part.as_str().to_owned());
        self.note_down(&Who::System, "picture_read", audit::of(id), what).await?;
        let Some(jpeg) = self.kept_picture(id, attempt, part).await? else { return Ok(None) };
        self.decode(move || picture::read(&jpeg)).await.map(Some)
    }

    /// Decodes away from the threads that answer requests, a few at a time.
    pub(crate) async fn decode<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, picture::PictureError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let stopped = |_| EngineError::Internal("a picture could not be decoded".into());
        let stopping = |_| EngineError::Internal("the server is stopping".into());
        let permit = Arc::clone(&self.decodings).acquire_owned().await.map_err(stopping)?;
        // Who asked may be gone before it is done; the permit stays with the work.
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await;
        Ok(done.map_err(stopped)??)
    }

    /// The certification and visit of a page that may go on, before it is handed in.
    pub(crate) async fn at_work(
        &self,
        link: &str,
        session: &str,
    ) -> Result<(domain::Certification, Visit), EngineError> {
        let seen = self.seen(link, Some(session)).await?;
        match (seen.place, seen.visit) {
            (Place::Step(_), Some(visit)) => Ok((seen.record.certification, visit)),
            (Place::Elsewhere | Place::Watching(_) | Place::Used, _) => Err(EngineError::Elsewhere),
            _ => Err(EngineError::NotThisStep),
        }
    }

    pub(crate) async fn change_visit(
        &self,
        next: Visit,
        beside: Beside,
        event: store::NewEvent,
    ) -> Result<(), EngineError> {
        let id = next.id;
        let store = self.told(&Who::Person, id, &event);
        if store.change_visit(next, beside, event).await? {
            self.changed(id);
            Ok(())
        } else {
            Err(EngineError::NotThisStep)
        }
    }
}

fn picture_owner(id: domain::CertifyId, part: Part) -> Vec<u8> {
    [&id.to_bytes(), part.as_str().as_bytes()].concat()
}

//! What a person hands in, and what can be decided by it.

use crate::{BizCode, Challenge, Way};

/// One picture of a certification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The merchant's picture of the person, given to `init`.
    Reference,
    /// The side of the card with the face.
    CertFront,
    /// The side of the card with the emblem.
    CertBack,
    /// A frame of the answer to a challenge, counted from 0.
    Frame(u8),
    /// One picture of the face, chosen from files: nothing shows that it was taken now.
    Selfie,
}

const FRAMES: [&str; Challenge::FRAMES] = [
    "frame_0", "frame_1", "frame_2", "frame_3", "frame_4", "frame_5", "frame_6", "frame_7",
    "frame_8",
];

impl Part {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Reference => "reference",
            Part::CertFront => "cert_front",
            Part::CertBack => "cert_back",
            Part::Frame(index) => FRAMES.get(usize::from(index)).copied().unwrap_or("frame"),
            Part::Selfie => "selfie",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Part> {
        let whole = [Part::Reference, Part::CertFront, Part::CertBack, Part::Selfie];
        let frame = FRAMES.iter().position(|frame| *frame == text);
        let frame = frame.and_then(|index| u8::try_from(index).ok()).map(Part::Frame);
        whole.into_iter().find(|part| part.as_str() == text).or(frame)
    }
}

/// How a picture came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Taken by our page, as it says.
    Camera,
    /// Chosen from files.
    Upload,
    /// Given by the merchant.
    Merchant,
}

impl Source {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Camera => "camera",
            Source::Upload => "upload",
            Source::Merchant => "merchant",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Source> {
        let all = [Source::Camera, Source::Upload, Source::Merchant];
        all.into_iter().find(|source| source.as_str() == text)
    }
}

/// Something a pass does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unchecked {
    /// That the face is the person's.
    Face,
    /// That the document is real and theirs.
    Document,
    /// That somebody live was there: no measured detection of presentation attacks.
    Liveness,
    /// That pictures were taken now.
    Capture,
    /// That the authority knows this name and number.
    Authority,
}

impl Unchecked {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Unchecked::Face => "face",
            Unchecked::Document => "document",
            Unchecked::Liveness => "liveness",
            Unchecked::Capture => "capture",
            Unchecked::Authority => "authority",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Unchecked> {
        use Unchecked::{Authority, Capture, Document, Face, Liveness};
        let all = [Face, Document, Liveness, Capture, Authority];
        all.into_iter().find(|unchecked| unchecked.as_str() == text)
    }
}

/// Pictures that cannot tell who somebody is, whoever looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// There is a face, and nothing to compare it with.
    #[error("there is a face and no reference picture to compare it with")]
    NoReference,
    /// A picture that the scene asks for is not there.
    #[error("a picture the scene asks for is missing")]
    Incomplete,
}

/// Whether somebody who looks at `parts` can find out who the person is.
pub fn decidable(scene: BizCode, way: Way, parts: &[Part]) -> Result<(), Undecidable> {
    let has = |part: Part| parts.contains(&part);
    let document = has(Part::CertFront) && has(Part::CertBack);
    if way.asks_for_document(scene) && !document {
        return Err(Undecidable::Incomplete);
    }
    if !way.asks_for_face(scene) {
        return Ok(());
    }
    if !face_is_complete(parts) {
        return Err(Undecidable::Incomplete);
    }
    if has(Part::Reference) || has(Part::CertFront) {
        Ok(())
    } else {
        Err(Undecidable::NoReference)
    }
}

/// Whether the face is there: every frame of a challenge, or one picture in their place.
pub fn face_is_complete(parts: &[Part]) -> bool {
    let frames = parts.iter().filter(|part| matches!(part, Part::Frame(_))).count();
    frames == Challenge::FRAMES || parts.contains(&Part::Selfie)
}

/// What a person's decision over `parts` leaves open.
pub fn unchecked_by_review(scene: BizCode, way: Way, sources: &[Source]) -> Vec<Unchecked> {
    let face = way.asks_for_face(scene);
    let mut open = Vec::new();
    if !face {
        open.push(Unchecked::Face);
    }
    if !way.asks_for_document(scene) {
        open.push(Unchecked::Document);
    }
    if face {
        open.push(Unchecked::Liveness);
    }
    if sources.contains(&Source::Upload) {
        open.push(Unchecked::Capture);
    }
    open.push(Unchecked::Authority);
    open
}

/// What a pass leaves open for which nobody looked at anything.
pub const UNCHECKED: [Unchecked; 5] = [
    Unchecked::Face,
    Unchecked::Document,
    Unchecked::Liveness,
    Unchecked::Capture,
    Unchecked::Authority,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<Part> {
        (0..9).map(Part::Frame).collect()
    }

    #[test]
    fn words_come_back() {
        let parts = [Part::Reference, Part::CertFront, Part::CertBack, Part::Selfie];
        for part in parts.into_iter().chain(frames()) {
            assert_eq!(Part::parse(part.as_str()), Some(part));
        }
        assert_eq!(Part::parse("frame_9"), None);
        for source in [Source::Camera, Source::Upload, Source::Merchant] {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
        for unchecked in UNCHECKED {
            assert_eq!(Unchecked::parse(unchecked.as_str()), Some(unchecked));
        }
    }

    #[test]
    fn a_face_alone_decides_nothing() {
        let mut parts = frames();
        let face = |parts: &[Part]| decidable(BizCode::Face, Way::Scene, parts);
        assert_eq!(face(&parts), Err(Undecidable::NoReference));
        assert_eq!(face(&[Part::Selfie]), Err(Undecidable::NoReference));
        parts.push(Part::Reference);
        assert_eq!(face(&parts), Ok(()));
        parts.retain(|part| *part != Part::Frame(4));
        assert_eq!(face(&parts), Err(Undecidable::Incomplete));
    }

    #[test]
    fn a_document_decides_when_both_sides_are_there() {
        let both = [Part::CertFront, Part::CertBack];
        assert_eq!(decidable(BizCode::CertPhoto, Way::Scene, &both), Ok(()));
        assert_eq!(decidable(BizCode::Face, Way::Document, &both), Ok(()));
        let front = [Part::CertFront];
        let incomplete = Err(Undecidable::Incomplete);
        assert_eq!(decidable(BizCode::CertPhoto, Way::Scene, &front), incomplete);
        assert_eq!(decidable(BizCode::CertPhotoFace, Way::Scene, &both), incomplete);
        let all: Vec<Part> = frames().into_iter().chain(both).collect();
        assert_eq!(decidable(BizCode::CertPhotoFace, Way::Scene, &all), Ok(()));
    }

    #[test]
    fn a_review_says_what_it_leaves_open() {
        use Unchecked::{Authority, Capture, Document, Face, Liveness};
        let open = unchecked_by_review(BizCode::Face, Way::Scene, &[Source::Camera]);
        assert_eq!(open, [Document, Liveness, Authority]);
        let open = unchecked_by_review(BizCode::CertPhoto, Way::Scene, &[Source::Upload]);
        assert_eq!(open, [Face, Capture, Authority]);
    }
}

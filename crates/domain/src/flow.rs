//! The person's way through a certification: which steps a scene has, and which one is next.

use crate::{BizCode, Contract};

/// How the person proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// As the scene says.
    Scene,
    /// By photos of the document in place of the face: for people who cannot or will not show
    /// their face.
    Document,
}

impl Way {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Scene => "scene",
            Way::Document => "document",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Way> {
        [Way::Scene, Way::Document].into_iter().find(|way| way.as_str() == text)
    }

    /// Whether another way than the face may be offered: the scene asks for a face, and the
    /// merchant has contracted the document alone as well.
    pub fn offers_document(scene: BizCode, contract: &Contract) -> bool {
        scene.asks_for_face() && contract.allows(BizCode::CertPhoto)
    }

    /// Whether the face is part of it.
    pub fn asks_for_face(self, scene: BizCode) -> bool {
        match self {
            Way::Scene => scene.asks_for_face(),
            Way::Document => false,
        }
    }

    /// Whether photos of the document are part of it.
    pub fn asks_for_document(self, scene: BizCode) -> bool {
        match self {
            Way::Scene => scene.asks_for_document(),
            Way::Document => true,
        }
    }
}

/// What the person is asked to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Agree to what will happen with their data.
    Consent,
    /// Show the front of the card: the side with the face.
    CertFront,
    /// Show the back of the card: the side with the emblem.
    CertBack,
    /// Show their face.
    Face,
    /// Hand it in.
    Submit,
}

impl Step {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Consent => "consent",
            Step::CertFront => "cert_front",
            Step::CertBack => "cert_back",
            Step::Face => "face",
            Step::Submit => "submit",
        }
    }

    /// The steps of a scene, in their order.
    pub fn all_of(scene: BizCode, way: Way) -> Vec<Step> {
        let mut steps = vec![Step::Consent];
        if way.asks_for_document(scene) {
            steps.extend([Step::CertFront, Step::CertBack]);
        }
        if way.asks_for_face(scene) {
            steps.push(Step::Face);
        }
        steps.push(Step::Submit);
        steps
    }
}

/// What the person has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a step of its own, in any mixture")]
pub struct Progress {
    /// Agreed.
    pub consented: bool,
    /// The front of the card is there.
    pub cert_front: bool,
    /// The back of the card is there.
    pub cert_back: bool,
    /// Every frame of the face is there.
    pub face: bool,
}

impl Progress {
    /// The first step that is not done.
    pub fn next(&self, scene: BizCode, way: Way) -> Step {
        let document = way.asks_for_document(scene);
        if !self.consented {
            Step::Consent
        } else if document && !self.cert_front {
            Step::CertFront
        } else if document && !self.cert_back {
            Step::CertBack
        } else if way.asks_for_face(scene) && !self.face {
            Step::Face
        } else {
            Step::Submit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does each step as it is asked for and tells the order.
    fn walk(scene: BizCode, way: Way) -> Vec<Step> {
        let mut progress = Progress::default();
        let mut steps = Vec::new();
        loop {
            let step = progress.next(scene, way);
            steps.push(step);
            match step {
                Step::Consent => progress.consented = true,
                Step::CertFront => progress.cert_front = true,
                Step::CertBack => progress.cert_back = true,
                Step::Face => progress.face = true,
                Step::Submit => return steps,
            }
        }
    }

    #[test]
    fn every_scene_begins_with_consent_and_asks_for_what_it_says() {
        use Step::{CertBack, CertFront, Consent, Face, Submit};
        assert_eq!(walk(BizCode::Face, Way::Scene), [Consent, Face, Submit]);
        assert_eq!(walk(BizCode::SmartFace, Way::Scene), [Consent, Face, Submit]);
        assert_eq!(walk(BizCode::CertPhoto, Way::Scene), [Consent, CertFront, CertBack, Submit]);
        let both = [Consent, CertFront, CertBack, Face, Submit];
        assert_eq!(walk(BizCode::CertPhotoFace, Way::Scene), both);
        for scene in BizCode::ALL {
            assert_eq!(walk(*scene, Way::Document), [Consent, CertFront, CertBack, Submit]);
            for way in [Way::Scene, Way::Document] {
                assert_eq!(walk(*scene, way), Step::all_of(*scene, way));
            }
        }
    }

    #[test]
    fn another_way_is_offered_where_it_is_contracted() {
        let all = Contract { scenes: BizCode::ALL.to_vec() };
        let face = Contract { scenes: vec![BizCode::Face] };
        assert!(Way::offers_document(BizCode::Face, &all));
        assert!(!Way::offers_document(BizCode::Face, &face));
        assert!(!Way::offers_document(BizCode::CertPhoto, &all));
        for way in [Way::Scene, Way::Document] {
            assert_eq!(Way::parse(way.as_str()), Some(way));
        }
    }
}

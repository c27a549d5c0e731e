//! The scenes: what a person is asked for. Whether a merchant may use one is a matter of
//! contract, see [`crate::policy`].

use std::fmt;

use crate::{Field, Rejected, Rule};

/// A scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BizCode {
    /// A face.
    Face,
    /// A photo of the document.
    CertPhoto,
    /// A photo of the document and a face.
    CertPhotoFace,
    /// A face, by the shorter way.
    SmartFace,
}

const NAMES: &[&str] = &["FACE", "CERT_PHOTO", "CERT_PHOTO_FACE", "SMART_FACE"];

impl BizCode {
    /// Every scene.
    pub const ALL: &'static [BizCode] =
        &[BizCode::Face, BizCode::CertPhoto, BizCode::CertPhotoFace, BizCode::SmartFace];

    /// Reads a scene as it is written on the wire.
    pub fn parse(text: &str) -> Result<BizCode, Rejected> {
        let rule = Rule::UnknownChoice { allowed: NAMES };
        let found = BizCode::ALL.iter().copied().find(|code| code.as_str() == text);
        found.ok_or(Rejected { field: Field::BizCode, rule })
    }

    /// The scene as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            BizCode::Face => "FACE",
            BizCode::CertPhoto => "CERT_PHOTO",
            BizCode::CertPhotoFace => "CERT_PHOTO_FACE",
            BizCode::SmartFace => "SMART_FACE",
        }
    }

    /// Whether the person must show their face.
    pub fn asks_for_face(self) -> bool {
        match self {
            BizCode::Face | BizCode::CertPhotoFace | BizCode::SmartFace => true,
            BizCode::CertPhoto => false,
        }
    }

    /// Whether the person must photograph their document.
    pub fn asks_for_document(self) -> bool {
        match self {
            BizCode::CertPhoto | BizCode::CertPhotoFace => true,
            BizCode::Face | BizCode::SmartFace => false,
        }
    }
}

impl fmt::Display for BizCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let names: Vec<_> = BizCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names, NAMES);
        for code in BizCode::ALL {
            assert_eq!(BizCode::parse(code.as_str()), Ok(*code));
        }
    }

    #[test]
    fn other_words_are_refused() {
        for bad in ["", "face", "FACE ", "FACE_SDK"] {
            assert!(BizCode::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_scene_asks_for_something() {
        for code in BizCode::ALL {
            assert!(code.asks_for_face() || code.asks_for_document());
        }
    }
}

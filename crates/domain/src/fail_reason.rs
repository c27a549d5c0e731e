//! Why a certification failed: any short text, and the reasons this product itself gives.

use crate::{Field, Rejected, Rule, bounds};

/// Says why a certification failed: a code such as `FACE_NOT_MATCH`, or a few words, 1 to 64
/// characters. It is shown to the merchant, so it must not quote the person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailReason(String);

impl FailReason {
    const MAX_LENGTH: usize = 64;

    /// Reads a reason. Control characters are refused: reasons stand in logs and on pages.
    pub fn parse(text: &str) -> Result<FailReason, Rejected> {
        let field = Field::FailReason;
        bounds::check(text, field, FailReason::MAX_LENGTH)?;
        match bounds::position(text, char::is_control) {
            Some(position) => Err(Rejected { field, rule: Rule::ControlCharacter { position } }),
            None => Ok(FailReason(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reason this product gives, with words for the person who reads it on the last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownReason {
    /// The code, as merchants get it.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

impl KnownReason {
    /// The person did not agree.
    pub const CONSENT_REFUSED: &'static str = "CONSENT_REFUSED";
    /// Reason of a simulated failure that gives none.
    pub const FACE_NOT_MATCH: &'static str = "FACE_NOT_MATCH";

    /// Every one of them. The last is the only one the hosted service has published.
    pub const ALL: &'static [KnownReason] = &[
        KnownReason {
            code: "FACE_NOT_MATCH", zh: "人脸与证件不符", en: "The face does not match"
        },
        KnownReason {
            code: "FACE_NOT_LIVE", zh: "未检测到真人", en: "No live person was found"
        },
        KnownReason {
            code: "FACE_NOT_CLEAR",
            zh: "人脸不清晰",
            en: "The face is not clear enough",
        },
        KnownReason {
            code: "CERT_PHOTO_UNREADABLE",
            zh: "证件照片无法识别",
            en: "The photo of the document cannot be read",
        },
        KnownReason {
            code: "CERT_INFO_MISMATCH",
            zh: "姓名与证件号码不匹配",
            en: "Name and number do not belong together",
        },
        KnownReason {
            code: "CERT_EXPIRED", zh: "证件已过有效期", en: "The document has expired"
        },
        KnownReason {
            code: "CERT_NOT_GENUINE",
            zh: "无法确认证件真实有效",
            en: "The document could not be confirmed as genuine",
        },
        KnownReason {
            code: "NO_REFERENCE_PICTURE",
            zh: "没有可供比对的照片",
            en: "There was no picture to compare with",
        },
        KnownReason { code: "CONSENT_REFUSED", zh: "未同意授权", en: "Consent was refused" },
        KnownReason {
            code: "REVIEW_REJECTED",
            zh: "人工审核未通过",
            en: "The review did not pass",
        },
        KnownReason { code: "Z1147", zh: "认证未通过", en: "The verification did not pass" },
    ];

    /// The known reason with this code.
    pub fn find(code: &str) -> Option<&'static KnownReason> {
        KnownReason::ALL.iter().find(|reason| reason.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reason_is_short_and_printable() {
        for bad in ["", "a\n", "a\u{7f}", &"a".repeat(65)] {
            assert!(FailReason::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["人脸不符", "face differs", "Z1147", &"字".repeat(64)] {
            assert!(FailReason::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn known_reasons_are_reasons() {
        for reason in KnownReason::ALL {
            assert_eq!(FailReason::parse(reason.code).unwrap().as_str(), reason.code);
            assert!(!reason.zh.is_ascii() && reason.en.is_ascii());
        }
        for code in [KnownReason::CONSENT_REFUSED, KnownReason::FACE_NOT_MATCH] {
            assert!(KnownReason::find(code).is_some());
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = (FailReason::parse(&text), KnownReason::find(&text));
        }
    }
}

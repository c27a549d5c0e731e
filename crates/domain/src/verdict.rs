//! What a verifier decided. How it decides is not known here.

use crate::{Field, Rejected, Rule, bounds};

/// How a result was reached. Travels with every pass, so that nobody can take a played-through
/// one for a real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Played through; nobody looked at a face or a document.
    Simulated,
}

impl Assurance {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Assurance::Simulated => "simulated",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Assurance> {
        (text == Assurance::Simulated.as_str()).then_some(Assurance::Simulated)
    }
}

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

/// A verifier's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The person is who they are said to be.
    Passed {
        /// How that was found out.
        assurance: Assurance,
    },
    /// They are not, or it could not be found out.
    Failed {
        /// Why.
        reason: FailReason,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_come_back() {
        assert_eq!(Assurance::parse("simulated"), Some(Assurance::Simulated));
        assert_eq!(Assurance::parse("Simulated"), None);
        assert_eq!(FailReason::parse("Z1147").unwrap().as_str(), "Z1147");
    }

    #[test]
    fn a_reason_is_short_and_printable() {
        for bad in ["", "a\n", "a\u{7f}", &"a".repeat(65)] {
            assert!(FailReason::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["人脸不符", "face differs", "Z1147", &"字".repeat(64)] {
            assert!(FailReason::parse(good).is_ok(), "{good:?}");
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = (FailReason::parse(&text), Assurance::parse(&text));
        }
    }
}

//! What a verifier decided. How it decides is not known here.

use crate::FailReason;

/// How a result was reached. Travels with every pass, so that nobody can take a played-through
/// one for a real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Played through; nobody looked at a face or a document.
    Simulated,
    /// An operator looked at what the person handed in.
    Reviewed,
    /// The same person passed on the same device shortly before; nobody looked again.
    KnownDevice,
}

impl Assurance {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Assurance::Simulated => "simulated",
            Assurance::Reviewed => "reviewed",
            Assurance::KnownDevice => "known_device",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Assurance> {
        let all = [Assurance::Simulated, Assurance::Reviewed, Assurance::KnownDevice];
        all.into_iter().find(|assurance| assurance.as_str() == text)
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
        for assurance in [Assurance::Simulated, Assurance::Reviewed, Assurance::KnownDevice] {
            assert_eq!(Assurance::parse(assurance.as_str()), Some(assurance));
        }
        assert_eq!(Assurance::parse("Simulated"), None);
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = Assurance::parse(&text);
        }
    }
}

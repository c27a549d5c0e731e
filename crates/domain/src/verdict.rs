//! What a verifier decided. How it decides is not known here.

use crate::evidence::UNCHECKED;
use crate::{FailReason, Unchecked};

/// How a result was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// Played through; nobody looked at a face or a document.
    Simulated,
    /// An operator looked at what the person handed in.
    Reviewed,
    /// The same person passed on the same device shortly before; nobody looked again.
    KnownDevice,
}

impl How {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Simulated => "simulated",
            How::Reviewed => "reviewed",
            How::KnownDevice => "known_device",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<How> {
        let all = [How::Simulated, How::Reviewed, How::KnownDevice];
        all.into_iter().find(|how| how.as_str() == text)
    }
}

/// How a pass was reached and what it does not say. Travels with every pass, so that nobody can
/// take a played-through one for a real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assurance {
    /// How.
    pub how: How,
    /// What was not checked.
    pub unchecked: Vec<Unchecked>,
}

impl Assurance {
    /// Of a pass that was played through.
    pub fn simulated() -> Assurance {
        Assurance { how: How::Simulated, unchecked: UNCHECKED.to_vec() }
    }

    /// Of a pass on a device known from before.
    pub fn known_device() -> Assurance {
        Assurance { how: How::KnownDevice, unchecked: UNCHECKED.to_vec() }
    }

    /// The word for how.
    pub fn as_str(&self) -> &'static str {
        self.how.as_str()
    }

    /// As it is kept: how, and after a blank what was not checked.
    pub fn text(&self) -> String {
        let open: Vec<&str> = self.unchecked.iter().map(|unchecked| unchecked.as_str()).collect();
        format!("{} {}", self.how.as_str(), open.join(","))
    }

    /// Reads it back. A word alone is how the first version kept it; that knew only simulated.
    pub fn parse(text: &str) -> Option<Assurance> {
        let Some((how, open)) = text.split_once(' ') else {
            return (How::parse(text)? == How::Simulated).then(Assurance::simulated);
        };
        let words = open.split(',').filter(|word| !word.is_empty());
        let unchecked = words.map(Unchecked::parse).collect::<Option<Vec<_>>>()?;
        Some(Assurance { how: How::parse(how)?, unchecked })
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
        let reviewed = Assurance { how: How::Reviewed, unchecked: vec![Unchecked::Liveness] };
        let nothing_open = Assurance { how: How::Reviewed, unchecked: Vec::new() };
        for assurance in [Assurance::simulated(), Assurance::known_device(), reviewed, nothing_open]
        {
            assert_eq!(Assurance::parse(&assurance.text()), Some(assurance));
        }
        assert_eq!(Assurance::parse("simulated"), Some(Assurance::simulated()));
        for bad in ["reviewed", "reviewed luck", "guessed face", ""] {
            assert_eq!(Assurance::parse(bad), None, "{bad}");
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

//! How much a parser accepts, and what comes with an accepted value. Not the rules themselves:
//! those stand beside the value they judge.

use crate::rejected::{Rejected, Warning};

/// How much to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// What production was seen to accept is accepted; what strict would refuse is a warning.
    Compatible,
    /// What the documents forbid is refused, at once and by name.
    Strict,
}

/// An accepted value and what strict would have refused about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<T> {
    /// The value.
    pub value: T,
    /// Empty when there is nothing to improve.
    pub warnings: Vec<Warning>,
}

impl<T> Checked<T> {
    /// The same warnings around another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Checked<U> {
        Checked { value: change(self.value), warnings: self.warnings }
    }
}

impl Profile {
    /// Joins a value with strict's judgement of it. A refusal stands in strict and becomes a
    /// warning in compatible; this is the only place where the two profiles part.
    pub(crate) fn settle<T>(
        self,
        value: T,
        judgement: Result<Vec<Warning>, Rejected>,
    ) -> Result<Checked<T>, Rejected> {
        match (judgement, self) {
            (Ok(warnings), Profile::Compatible | Profile::Strict) => {
                Ok(Checked { value, warnings })
            }
            (Err(refusal), Profile::Compatible) => Ok(Checked { value, warnings: vec![refusal] }),
            (Err(refusal), Profile::Strict) => Err(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, Rule};

    #[test]
    fn the_profiles_part_only_at_a_refusal() {
        let refusal = Rejected { field: Field::CertNo, rule: Rule::CheckDigit };
        assert_eq!(Profile::Strict.settle((), Err(refusal)), Err(refusal));
        let accepted = Profile::Compatible.settle((), Err(refusal)).unwrap();
        assert_eq!(accepted.warnings, vec![refusal]);
        for profile in [Profile::Compatible, Profile::Strict] {
            let accepted = profile.settle((), Ok(vec![refusal])).unwrap();
            assert_eq!(accepted.warnings, vec![refusal]);
        }
    }

    #[test]
    fn map_keeps_the_warnings() {
        let warning = Rejected { field: Field::CertNo, rule: Rule::UnlikelyRegion };
        let checked = Checked { value: 1, warnings: vec![warning] }.map(|one| one + 1);
        assert_eq!(checked, Checked { value: 2, warnings: vec![warning] });
    }
}

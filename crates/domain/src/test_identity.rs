//! People who do not exist: their numbers decide the outcome in test mode.
//!
//! The numbers pass every front end's check (check digit, date) and were never issued: their
//! region is a province as such, which no number of a person begins with.

use crate::{CertNo, FailReason, Verdict, verdict::Assurance};

/// A number, and the reason of the failure that comes of it; none: it passes.
pub const OUTCOMES: [(&str, Option<&str>); 4] = [
    ("11000019900307001X", None),
    ("110000199003070028", Some("FACE_NOT_MATCH")),
    ("110000199003070036", Some("FACE_NOT_LIVE")),
    ("110000199003070044", Some("CERT_INFO_MISMATCH")),
];

/// What a simulated verification of this number ends with; `None` for any other number.
pub fn outcome_of(number: &CertNo) -> Option<Verdict> {
    let (_, reason) = OUTCOMES.iter().find(|(known, _)| *known == number.expose())?;
    Some(match reason {
        None => Verdict::Passed { assurance: Assurance::simulated() },
        Some(code) => Verdict::Failed { reason: FailReason::parse(code).ok()? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CertType, Profile};

    #[test]
    fn test_identities_pass_the_strict_rules_and_have_an_outcome() {
        let today = jiff::civil::date(2026, 11, 24);
        for (number, reason) in OUTCOMES {
            let parsed = CertNo::parse(number, CertType::IdentityCard, Profile::Strict, today);
            let verdict = outcome_of(&parsed.unwrap().value).unwrap();
            assert_eq!(matches!(verdict, Verdict::Passed { .. }), reason.is_none(), "{number}");
        }
        assert_eq!(outcome_of(&CertNo::restore("11010519491231002X".to_owned())), None);
    }
}

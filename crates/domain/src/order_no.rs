//! The merchant's order number. Unique per merchant; that is for the engine to see to.

use std::fmt;

use crate::{Checked, Field, Profile, Rejected, Rule, Warning, bounds};

/// The documents' limit.
const STRICT_LENGTH: usize = 32;
/// Production took 36 characters (a UUID with dashes); some room beyond that, and an end.
const COMPATIBLE_LENGTH: usize = 64;

/// A merchant's own name for a certification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNo(String);

impl OrderNo {
    /// Reads an order number. Nothing is trimmed: two numbers are the same only when every
    /// character is.
    pub fn parse(text: &str, profile: Profile) -> Result<Checked<OrderNo>, Rejected> {
        bounds::check(text, Field::OuterOrderNo, COMPATIBLE_LENGTH)?;
        profile.settle(OrderNo(text.to_owned()), strict(text))
    }

    /// Takes back a number that was accepted before.
    pub fn restore(text: String) -> OrderNo {
        OrderNo(text)
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn strict(text: &str) -> Result<Vec<Warning>, Rejected> {
    bounds::check(text, Field::OuterOrderNo, STRICT_LENGTH)?;
    match bounds::position(text, |c| !c.is_ascii_alphanumeric()) {
        Some(position) => {
            let rule = Rule::NotAllowedCharacter { position };
            Err(Rejected { field: Field::OuterOrderNo, rule })
        }
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "1ec0e7b2-53a1-4b2c-9d3e-5f60718293a4";

    fn rule(text: &str, profile: Profile) -> Option<Rule> {
        OrderNo::parse(text, profile).err().map(|rejected| rejected.rule)
    }

    #[test]
    fn documented_numbers_pass_without_a_word() {
        for good in ["piwei1690000000000", "ZGYD201610252323000001234", "1", &"9".repeat(32)] {
            for profile in [Profile::Strict, Profile::Compatible] {
                let checked = OrderNo::parse(good, profile).unwrap();
                assert_eq!((checked.value.as_str(), checked.warnings), (good, vec![]));
            }
        }
    }

    #[test]
    fn a_uuid_passes_compatible_with_a_warning() {
        let too_long = Rule::TooLong { length: 36, max: 32 };
        assert_eq!(rule(UUID, Profile::Strict), Some(too_long));
        let checked = OrderNo::parse(UUID, Profile::Compatible).unwrap();
        let rules: Vec<_> = checked.warnings.iter().map(|warning| warning.rule).collect();
        assert_eq!((checked.value.as_str(), rules), (UUID, vec![too_long]));
    }

    #[test]
    fn each_refusal_has_its_rule() {
        let dash = Rule::NotAllowedCharacter { position: 2 };
        assert_eq!(rule("a-b", Profile::Strict), Some(dash));
        assert_eq!(rule("a-b", Profile::Compatible), None);
        for profile in [Profile::Strict, Profile::Compatible] {
            assert_eq!(rule("", profile), Some(Rule::Empty));
            assert_eq!(rule("  ", profile), Some(Rule::Empty));
            assert_eq!(rule("a\n", profile), Some(Rule::ControlCharacter { position: 2 }));
        }
        assert_eq!(rule(&"订".repeat(64), Profile::Compatible), None);
        let too_long = Rule::TooLong { length: 65, max: 64 };
        assert_eq!(rule(&"订".repeat(65), Profile::Compatible), Some(too_long));
    }

    proptest! {
        #[test]
        fn compatible_takes_all_that_strict_takes(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let (strict, compatible) =
                (OrderNo::parse(&text, Profile::Strict), OrderNo::parse(&text, Profile::Compatible));
            prop_assert!(strict.is_err() || strict == compatible);
        }
    }
}

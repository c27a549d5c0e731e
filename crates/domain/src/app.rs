//! Applications, by name. Their keys and contracts are kept elsewhere.

use std::fmt;

use crate::{Field, Rejected, Rule, bounds};

const MAX_LENGTH: usize = 32;

/// The name of an application, as it signs its calls: 1 to 32 of `[0-9A-Za-z_-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(String);

impl AppId {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<AppId, Rejected> {
        let field = Field::AppId;
        bounds::check(text, field, MAX_LENGTH)?;
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        match bounds::position(text, is_odd) {
            Some(position) => Err(Rejected { field, rule: Rule::NotAllowedCharacter { position } }),
            None => Ok(AppId(text.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["2021000000000001", "demo-app_1", "a"] {
            assert_eq!(AppId::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", " ", "a b", "应用", "a/b", &"1".repeat(33)] {
            assert!(AppId::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = AppId::parse(&text);
        }
    }
}

//! Names of functions.

use std::fmt;
use std::str::FromStr;

/// The name of a function: 1–30 letters, digits, `_` or `-`, not starting with a digit or `-`.
///
/// Such a name is safe as the name of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionName(String);

/// The text is not the name of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a function's name is 1 to 30 letters, digits, '_' or '-', and starts with a letter or '_'"
)]
pub struct InvalidName;

const LONGEST: usize = 30;

impl FunctionName {
    /// Reads a name, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let body = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let head = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit() && byte != b'-');
        if body && head && text.len() <= LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FunctionName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_rule() {
        for good in ["a", "_x", "hello-world", "A1_b-2", &"x".repeat(30)] {
            assert_eq!(FunctionName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "1a", "-a", "a.b", "a/b", "..", "a b", "é", "a\0", &"x".repeat(31)] {
            assert_eq!(FunctionName::parse(bad), Err(InvalidName), "{bad:?}");
        }
    }
}

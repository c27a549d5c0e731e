//! The bounds that free text keeps in every profile: it is there, it is not endless and it has
//! no control characters. Nothing about what the text means.

use crate::{Field, Rejected, Rule};

/// The 1-based position of the first character for which `is_odd` holds.
pub(crate) fn position(text: &str, is_odd: impl Fn(char) -> bool) -> Option<usize> {
    text.chars().position(is_odd).map(|index| index + 1)
}

/// Refuses what no profile accepts: only blanks, more than `max` characters, or a control
/// character. The latter would let a value forge log lines and headers.
pub(crate) fn check(text: &str, field: Field, max: usize) -> Result<(), Rejected> {
    let refuse = |rule| Err(Rejected { field, rule });
    if text.trim().is_empty() {
        return refuse(Rule::Empty);
    }
    let length = text.chars().count();
    if length > max {
        return refuse(Rule::TooLong { length, max });
    }
    match position(text, char::is_control) {
        Some(position) => refuse(Rule::ControlCharacter { position }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Option<Rule> {
        check(text, Field::OuterOrderNo, 4).err().map(|rejected| rejected.rule)
    }

    #[test]
    fn bounds_count_characters_not_bytes() {
        assert_eq!(rule("四个汉字"), None);
        assert_eq!(rule("五个汉字了"), Some(Rule::TooLong { length: 5, max: 4 }));
        assert_eq!(rule("中\u{0}"), Some(Rule::ControlCharacter { position: 2 }));
        assert_eq!(rule(""), Some(Rule::Empty));
        assert_eq!(rule("\u{3000} \t"), Some(Rule::Empty));
    }
}

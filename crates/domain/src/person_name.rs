//! The name on a document. Kept as it was given, because what the authority has on record may be
//! an odd form of it; folded only to compare.

use std::fmt;

use crate::{Checked, Field, Profile, Rejected, Rule, Warning, bounds};

/// Names with several middle dots are long; forms and services in use stop at 32.
const STRICT_LENGTH: usize = 32;
const COMPATIBLE_LENGTH: usize = 64;

/// The form of the middle dot in which names are compared.
const MIDDLE_DOT: char = '\u{b7}';
/// What people type instead: bullet, katakana dot, full-width stop, stop, ideographic stop.
const TYPED_DOTS: [char; 5] = ['\u{2022}', '\u{30fb}', '\u{ff0e}', '.', '。'];

/// A person's name. Personal data: shown masked.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name. Outer blanks fall away, everything inside is kept.
    pub fn parse(text: &str, profile: Profile) -> Result<Checked<PersonName>, Rejected> {
        let trimmed = text.trim();
        bounds::check(trimmed, Field::CertName, COMPATIBLE_LENGTH)?;
        profile.settle(PersonName(trimmed.to_owned()), strict(trimmed))
    }

    /// Takes back a name that was accepted before.
    pub fn restore(text: String) -> PersonName {
        PersonName(text)
    }

    /// The clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last two characters at most, and never the first.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let hidden = length.saturating_sub(2).max(1);
        let mask = |(index, c)| if index < hidden { '*' } else { c };
        self.0.chars().enumerate().map(mask).collect()
    }

    /// The name as it is compared: every dot people type is the middle dot. In clear, too.
    pub fn folded(&self) -> String {
        self.0.chars().map(|c| if TYPED_DOTS.contains(&c) { MIDDLE_DOT } else { c }).collect()
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

fn strict(text: &str) -> Result<Vec<Warning>, Rejected> {
    bounds::check(text, Field::CertName, STRICT_LENGTH)?;
    let last = text.chars().count() - 1;
    let is_odd = |(index, c)| !(is_letter(c) || is_joiner(c) && index != 0 && index != last);
    match text.chars().enumerate().position(is_odd) {
        Some(index) => {
            let rule = Rule::NotAllowedCharacter { position: index + 1 };
            Err(Rejected { field: Field::CertName, rule })
        }
        None => Ok(Vec::new()),
    }
}

/// What may stand between the parts of a name. Cards of foreign residents print commas and
/// apostrophes.
fn is_joiner(c: char) -> bool {
    matches!(c, ' ' | '-' | '\'' | '\u{2019}' | ',' | MIDDLE_DOT) || TYPED_DOTS.contains(&c)
}

fn is_letter(c: char) -> bool {
    is_latin(c) || is_ideograph(c) || is_private_use(c)
}

/// Letters, letters with marks, and the forms Vietnamese needs.
fn is_latin(c: char) -> bool {
    let marked = matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    c.is_ascii_alphabetic() || marked && c.is_alphabetic()
}

/// The zero and the iteration mark, the block, its first extension, the compatibility forms, and
/// the two planes of the other extensions.
fn is_ideograph(c: char) -> bool {
    let sign = matches!(c, '\u{3007}' | '\u{3005}');
    let block = matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}');
    sign || block || matches!(c, '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Records hold rare characters here that had no number of their own at the time.
fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str, profile: Profile) -> Option<Rule> {
        PersonName::parse(text, profile).err().map(|rejected| rejected.rule)
    }

    fn name(text: &str) -> PersonName {
        PersonName::restore(text.to_owned())
    }

    #[test]
    fn names_of_many_kinds_pass_strict() {
        let names = [
            "张三",
            "难",
            "欧阳小明",
            "阿卜杜拉·买买提",
            "阿卜杜拉.买买提",
            "買買提・艾山",
            "𠮷野家",
            "\u{e863}",
            "〇",
            "John Smith",
            "Jean-Luc",
            "Nguyễn Văn",
            "O'Neil",
            "SMITH, ANNA",
        ];
        for text in names {
            let checked = PersonName::parse(text, Profile::Strict).unwrap();
            assert_eq!((checked.value.expose(), checked.warnings), (text, vec![]));
        }
    }

    #[test]
    fn outer_blanks_fall_away() {
        let checked = PersonName::parse("\u{3000}张 三 \n", Profile::Strict).unwrap();
        assert_eq!((checked.value.expose(), checked.warnings), ("张 三", vec![]));
    }

    #[test]
    fn odd_characters_are_refused_by_position_or_warned_about() {
        let odd =
            [("张3", 2), ("·张三", 1), ("张三-", 3), ("张\u{200b}三", 2), ("张，三", 2), ("-", 1)];
        for (text, position) in odd {
            let rule = Rule::NotAllowedCharacter { position };
            assert_eq!(refusal(text, Profile::Strict), Some(rule), "{text}");
            let checked = PersonName::parse(text, Profile::Compatible).unwrap();
            assert_eq!(checked.value.expose(), text);
            assert_eq!(checked.warnings, vec![Rejected { field: Field::CertName, rule }]);
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert_eq!(refusal(&"𠮷".repeat(32), Profile::Strict), None);
        let long = Rule::TooLong { length: 33, max: 32 };
        assert_eq!(refusal(&"𠮷".repeat(33), Profile::Strict), Some(long));
        assert_eq!(refusal(&"𠮷".repeat(64), Profile::Compatible), None);
        let long = Rule::TooLong { length: 65, max: 64 };
        assert_eq!(refusal(&"𠮷".repeat(65), Profile::Compatible), Some(long));
        assert_eq!(refusal("", Profile::Compatible), Some(Rule::Empty));
        let control = Rule::ControlCharacter { position: 2 };
        assert_eq!(refusal("张\n三", Profile::Compatible), Some(control));
    }

    #[test]
    fn dots_are_folded_only_to_compare() {
        for text in ["阿·买", "阿•买", "阿・买", "阿．买", "阿.买", "阿。买"] {
            assert_eq!(name(text).folded(), "阿·买");
            assert_eq!(name(text).expose(), text);
        }
    }

    #[test]
    fn shown_masked() {
        for (text, masked) in
            [("", ""), ("难", "*"), ("张三", "*三"), ("李小明", "*小明"), ("欧阳小明", "**小明")]
        {
            assert_eq!(name(text).masked(), masked);
        }
        assert_eq!(format!("{:?}", name("李小明")), "PersonName(*小明)");
    }

    proptest! {
        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let strict = PersonName::parse(&text, Profile::Strict);
            let compatible = PersonName::parse(&text, Profile::Compatible);
            prop_assert!(strict.is_err() || strict == compatible);
        }

        #[test]
        fn a_mask_hides_all_but_two(text in "[A-Z一-鿿𠀀-𪛟]{1,64}") {
            let masked = name(&text).masked();
            prop_assert_eq!(masked.chars().count(), text.chars().count());
            prop_assert!(masked.starts_with('*'));
            prop_assert!(masked.chars().filter(|c| *c != '*').count() <= 2);
        }

        #[test]
        fn rejections_never_contain_the_value(text in "[鑫Q龘]{4,30}[7;]{2,30}7;;7") {
            let rejected = PersonName::parse(&text, Profile::Strict).unwrap_err();
            for sentence in [rejected.zh(), rejected.en(), format!("{rejected:?}")] {
                prop_assert!(!sentence.contains(['鑫', 'Q', '龘']));
                prop_assert!(!sentence.contains(";;"));
            }
        }
    }
}

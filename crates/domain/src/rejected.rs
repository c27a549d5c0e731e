//! The error of this room: which rule said no, for which field, and the value's shape. It never
//! holds the value or a part of it, so it may be answered, logged and stored freely.

mod en;
mod zh;

use crate::Field;

/// A rule, with the shape of what broke it. Positions count characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The field is not there, or is null.
    Missing,
    /// The field is there, with nothing or only blanks in it.
    Empty,
    /// The field must be text and is another type.
    NotText,
    /// More characters than allowed.
    TooLong {
        /// As received.
        length: usize,
        /// Allowed.
        max: usize,
    },
    /// The length is none of the possible ones.
    WrongLength {
        /// As received.
        length: usize,
        /// The possible ones.
        expected: &'static [usize],
    },
    /// A control character.
    ControlCharacter {
        /// Of the first one.
        position: usize,
    },
    /// A character outside the field's alphabet.
    NotAllowedCharacter {
        /// Of the first one.
        position: usize,
    },
    /// Blanks before or after the value.
    OuterSpace,
    /// A full-width form of an ASCII character, as Chinese input methods produce.
    FullWidth {
        /// Of the first one.
        position: usize,
    },
    /// Something else where a digit must stand.
    NotDigit {
        /// Of the first one.
        position: usize,
    },
    /// None of the allowed words.
    UnknownChoice {
        /// The allowed ones.
        allowed: &'static [&'static str],
    },
    /// The check digit does not belong to the digits before it.
    CheckDigit,
    /// The birth date inside the number is not in the calendar.
    NoSuchBirthDate,
    /// The birth date inside the number has not come yet.
    BirthDateInFuture,
    /// The birth date inside the number is too long ago.
    BirthDateTooEarly {
        /// The age that is not believed any more.
        years: i16,
    },
    /// No region is known to begin like this. Never a refusal: lists of regions age.
    UnlikelyRegion,
    /// Not JSON.
    NotJson {
        /// Where reading stopped.
        position: usize,
    },
    /// JSON, but not an object.
    NotAnObject,
    /// Text that holds the text of an object: escaped once too often.
    OverEscaped,
    /// Both spellings of the field are there and disagree.
    Conflict,
    /// An address whose scheme runs code or opens files.
    ForbiddenScheme,
    /// An address with a user name or password in it.
    Credentials,
    /// A backslash, which browsers read as a slash.
    Backslash {
        /// Of the first one.
        position: usize,
    },
    /// An address whose host is missing or malformed.
    BadHost,
    /// Not a picture in Base64 that can be read: JPEG, PNG or WebP, of a size that can be used.
    NotAPicture,
    /// An address that opens an app whose scheme is not registered. Never a refusal.
    UnregisteredScheme,
    /// Not an address a browser can be sent to.
    NotAnAddress,
    /// The address has no scheme; https is assumed. Never a refusal.
    SchemeAssumed,
    /// An address that is neither http nor https.
    NotHttp,
    /// Not a whole number of the range.
    NotInRange {
        /// The largest one; the smallest is 0.
        max: u32,
    },
}

/// A value was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.en())]
pub struct Rejected {
    /// Whose value.
    pub field: Field,
    /// Why.
    pub rule: Rule,
}

/// A value was accepted, but strict would have refused it or it deserves a second look.
pub type Warning = Rejected;

impl Rejected {
    /// One Chinese sentence: field, rule, remedy.
    pub fn zh(&self) -> String {
        let (path, camel) = (self.field.path(), self.field.camel());
        let fault = zh::fault(self.rule);
        let remedy = zh::remedy(self.rule, self.field);
        format!("{path}（{camel}）：{fault}；{remedy}。")
    }

    /// One English sentence: field, rule, remedy.
    pub fn en(&self) -> String {
        let (path, camel) = (self.field.path(), self.field.camel());
        let fault = en::fault(self.rule);
        let remedy = en::remedy(self.rule, self.field);
        format!("{path} ({camel}): {fault}; {remedy}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[Rule] = &[
        Rule::Missing,
        Rule::Empty,
        Rule::NotText,
        Rule::TooLong { length: 36, max: 32 },
        Rule::WrongLength { length: 19, expected: &[15, 18] },
        Rule::ControlCharacter { position: 3 },
        Rule::NotAllowedCharacter { position: 9 },
        Rule::OuterSpace,
        Rule::FullWidth { position: 1 },
        Rule::NotDigit { position: 7 },
        Rule::UnknownChoice { allowed: &["FACE", "CERT_PHOTO"] },
        Rule::CheckDigit,
        Rule::NoSuchBirthDate,
        Rule::BirthDateInFuture,
        Rule::BirthDateTooEarly { years: 150 },
        Rule::UnlikelyRegion,
        Rule::NotJson { position: 12 },
        Rule::NotAnObject,
        Rule::OverEscaped,
        Rule::NotAPicture,
        Rule::UnregisteredScheme,
        Rule::Conflict,
        Rule::ForbiddenScheme,
        Rule::Credentials,
        Rule::Backslash { position: 8 },
        Rule::BadHost,
        Rule::NotAnAddress,
        Rule::SchemeAssumed,
        Rule::NotHttp,
        Rule::NotInRange { max: 60 },
    ];

    fn rejected(field: Field, rule: Rule) -> Rejected {
        Rejected { field, rule }
    }

    #[test]
    fn sentences_name_field_rule_and_remedy() {
        let check = rejected(Field::CertNo, Rule::CheckDigit);
        assert_eq!(
            check.zh(),
            "identity_param.cert_no（certNo）：第18位校验码与前17位不符；\
             请核对身份证号码，勿自行补位。"
        );
        assert_eq!(
            check.en(),
            "identity_param.cert_no (certNo): the 18th character is not the check digit of the \
             first 17; compare the number with the card and do not complete it yourself."
        );
        assert_eq!(check.to_string(), check.en());
        let order = rejected(Field::OuterOrderNo, Rule::TooLong { length: 36, max: 32 });
        assert_eq!(
            order.zh(),
            "outer_order_no（outerOrderNo）：长 36 个字符，上限为 32 个；\
             应为 1 至 32 位英文字母和数字，同一商户内不重复。"
        );
    }

    #[test]
    fn every_sentence_is_whole() {
        for field in Field::ALL {
            for rule in RULES {
                let (zh, en) = (rejected(*field, *rule).zh(), rejected(*field, *rule).en());
                assert!(zh.starts_with(&format!("{}（{}）：", field.path(), field.camel())));
                assert!(zh.ends_with('。') && zh.matches('。').count() == 1, "{zh}");
                assert!(en.starts_with(&format!("{} ({}): ", field.path(), field.camel())));
                assert!(en.ends_with('.') && !en.contains(".."), "{en}");
                for sentence in [&zh, &en] {
                    assert!(!sentence.contains("  ") && !sentence.contains("[]"), "{sentence}");
                }
            }
        }
    }

    #[test]
    fn choices_and_lengths_are_listed() {
        let choice = rejected(Field::BizCode, Rule::UnknownChoice { allowed: &["A", "B"] });
        assert!(choice.zh().contains("A、B") && choice.en().contains("A, B"));
        let length = Rule::WrongLength { length: 19, expected: &[15, 18] };
        let length = rejected(Field::CertNo, length);
        assert!(length.zh().contains("15 或 18") && length.en().contains("15 or 18"));
        assert!(length.zh().contains("19") && length.en().contains("19"));
    }
}

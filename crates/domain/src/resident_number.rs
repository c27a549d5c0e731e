//! The resident number of GB 11643: six digits of region, eight of birth, three of sequence and
//! a check digit; and its older form of fifteen. Arithmetic only: which document may carry such
//! a number, and what a profile makes of a fault, is decided in [`crate::cert_no`].

use jiff::civil::Date;

use crate::{Rule, bounds};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_BY_REMAINDER: &str = "10X98765432";

/// Longer than any life on record, short enough to catch a slip in the century.
const MAX_AGE: i16 = 150;

/// A number whose shape, birth date and check digit are right.
pub(crate) struct ResidentNumber {
    /// Eighteen characters, the last a digit or an upper-case X.
    pub(crate) text: String,
    pub(crate) birth: Date,
}

impl ResidentNumber {
    /// Reads either form; the older one is lifted.
    pub(crate) fn read(text: &str) -> Result<ResidentNumber, Rule> {
        shape(text)?;
        let text = match text.len() {
            15 => lift(text),
            _ => text.to_ascii_uppercase(),
        };
        // The date is judged first: a slip there spoils the check digit too, and "no such day"
        // helps more than "does not add up".
        let birth = birth(&text).ok_or(Rule::NoSuchBirthDate)?;
        let body: String = text.chars().take(17).collect();
        if check_digit(&body) != text.chars().last() {
            return Err(Rule::CheckDigit);
        }
        Ok(ResidentNumber { text, birth })
    }

    /// Whether somebody alive today can have been born then.
    pub(crate) fn plausible(&self, today: Date) -> Result<(), Rule> {
        if self.birth > today {
            return Err(Rule::BirthDateInFuture);
        }
        if today.year() - self.birth.year() > MAX_AGE {
            return Err(Rule::BirthDateTooEarly { years: MAX_AGE });
        }
        Ok(())
    }
}

/// Wrong characters are named before a wrong length, so that a name in the number's place is
/// recognised for what it is.
fn shape(text: &str) -> Result<(), Rule> {
    let is_odd = |c: char| !(c.is_ascii_digit() || c == 'X' || c == 'x');
    if let Some(position) = bounds::position(text, is_odd) {
        return Err(Rule::NotDigit { position });
    }
    let length = text.len();
    if length != 15 && length != 18 {
        return Err(Rule::WrongLength { length, expected: &[15, 18] });
    }
    match bounds::position(text, |c| !c.is_ascii_digit()) {
        Some(position) if position < 18 => Err(Rule::NotDigit { position }),
        _ => Ok(()),
    }
}

/// Inserts the century and appends the check digit. The sequences 996 to 999 were kept for
/// people already a hundred years old when the older form was introduced.
fn lift(text: &str) -> String {
    let century = match text.get(12..) {
        Some("996" | "997" | "998" | "999") => "18",
        _ => "19",
    };
    let (region, rest) = text.split_at_checked(6).unwrap_or_default();
    let mut lifted = format!("{region}{century}{rest}");
    lifted.extend(check_digit(&lifted));
    lifted
}

fn birth(text: &str) -> Option<Date> {
    let year = text.get(6..10)?.parse().ok()?;
    let month = text.get(10..12)?.parse().ok()?;
    let day = text.get(12..14)?.parse().ok()?;
    Date::new(year, month, day).ok()
}

fn check_digit(body: &str) -> Option<char> {
    let digits = body.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHECK_BY_REMAINDER.chars().nth(usize::try_from(sum % 11).ok()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Valid numbers of people born between 1900 and 2025.
    pub(crate) fn valid() -> impl Strategy<Value = String> {
        let date = (1900_i16..=2025, 1_i8..=12, 1_i8..=31)
            .prop_filter_map("a real day", |(y, m, d)| Date::new(y, m, d).ok());
        (100_000_u32..=999_999, date, 0_u32..=999).prop_map(|(region, birth, sequence)| {
            let birth = birth.strftime("%Y%m%d");
            let body = format!("{region}{birth}{sequence:03}");
            let check = check_digit(&body).unwrap();
            format!("{body}{check}")
        })
    }

    fn fault(text: &str) -> Option<Rule> {
        ResidentNumber::read(text).err()
    }

    #[test]
    fn the_check_digit_of_the_standard() {
        assert_eq!(check_digit("11010519491231002"), Some('X'));
        assert_eq!(check_digit("44052418800101001"), Some('4'));
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(fault("中中中中中中"), Some(Rule::NotDigit { position: 1 }));
        assert_eq!(fault("1101051949123100XX"), Some(Rule::NotDigit { position: 17 }));
        assert_eq!(fault("11010549123100X"), Some(Rule::NotDigit { position: 15 }));
        let length = Rule::WrongLength { length: 17, expected: &[15, 18] };
        assert_eq!(fault("1101051949123100X"), Some(length));
        assert_eq!(fault("110105194902301234"), Some(Rule::NoSuchBirthDate));
        assert_eq!(fault("110105000229001"), Some(Rule::NoSuchBirthDate));
        assert_eq!(fault("110105194912310020"), Some(Rule::CheckDigit));
    }

    #[test]
    fn the_older_form_is_lifted() {
        assert_eq!(ResidentNumber::read("110105491231002").unwrap().text, "11010519491231002X");
        let old = ResidentNumber::read("110105800101999").unwrap();
        assert_eq!(old.birth, Date::constant(1880, 1, 1));
    }

    proptest! {
        #[test]
        fn valid_numbers_are_read(number in valid()) {
            let read = ResidentNumber::read(&number).unwrap();
            prop_assert_eq!(&read.text, &number);
            prop_assert_eq!(ResidentNumber::read(&number.to_lowercase()).unwrap().text, number);
        }

        #[test]
        fn a_wrong_digit_is_caught(number in valid(), at in 0_usize..18, new in 0_usize..11) {
            let mut wrong: Vec<char> = number.chars().collect();
            wrong[at] = "0123456789X".chars().nth(new).unwrap();
            let wrong: String = wrong.into_iter().collect();
            prop_assert!(wrong == number || fault(&wrong).is_some());
        }

        #[test]
        fn swapped_neighbours_are_caught(number in valid(), at in 0_usize..17) {
            let mut wrong: Vec<char> = number.chars().collect();
            wrong.swap(at, at + 1);
            let wrong: String = wrong.into_iter().collect();
            prop_assert!(wrong == number || fault(&wrong).is_some());
        }

        #[test]
        fn lifting_finds_the_longer_form_again(number in valid()) {
            let twentieth = number.get(6..8) == Some("19");
            let hundred = matches!(number.get(14..17), Some("996" | "997" | "998" | "999"));
            let short = format!("{}{}", &number[..6], &number[8..17]);
            let lifted = ResidentNumber::read(&short);
            if twentieth && !hundred {
                prop_assert_eq!(lifted.unwrap().text, number);
            }
        }

        #[test]
        fn reading_never_panics(text in any::<Vec<char>>()) {
            let _ = ResidentNumber::read(&text.into_iter().collect::<String>());
        }

        #[test]
        fn reading_digits_never_panics(text in "[0-9Xx中]{0,20}") {
            let _ = ResidentNumber::read(&text);
        }
    }
}

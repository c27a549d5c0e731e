//! The numbers of permits. Patterns in use disagree with each other, so only length and alphabet
//! are judged; residence permits follow the resident number and are judged like one.

use jiff::civil::Date;

use crate::resident_number::ResidentNumber;
use crate::{Rule, bounds};

/// The permit of Hong Kong and Macao: H or M and eight digits, ten on older ones. Some systems
/// leave the letter out.
pub(crate) fn home_visit_hk_mc(text: &str) -> Result<(), Rule> {
    let rest = text.strip_prefix(['H', 'M', 'h', 'm']);
    let offset = usize::from(rest.is_some());
    digits(rest.unwrap_or(text), offset)?;
    length(text, &[8, 9, 10, 11])
}

/// The permit of Taiwan: eight digits, ten on older ones.
pub(crate) fn home_visit_taiwan(text: &str) -> Result<(), Rule> {
    digits(text, 0)?;
    length(text, &[8, 10])
}

/// The residence permits: a resident number in the present form. Returns whether its region is
/// one of those set aside for the permit.
pub(crate) fn residence(text: &str, regions: &[&str], today: Date) -> Result<bool, Rule> {
    let number = ResidentNumber::read(text)?;
    length(text, &[18])?;
    number.plausible(today)?;
    Ok(regions.iter().any(|region| text.starts_with(region)))
}

/// The card of a foreigner: fifteen letters and digits on older ones, eighteen digits beginning
/// with a 9 on newer ones.
pub(crate) fn permanent_residence(text: &str) -> Result<(), Rule> {
    if let Some(position) = bounds::position(text, |c| !c.is_ascii_alphanumeric()) {
        return Err(Rule::NotAllowedCharacter { position });
    }
    length(text, &[15, 18])?;
    if text.len() == 15 {
        return Ok(());
    }
    if !text.starts_with('9') {
        return Err(Rule::NotAllowedCharacter { position: 1 });
    }
    let body = text.strip_suffix(['X', 'x']).unwrap_or(text);
    digits(body, 0)
}

fn digits(text: &str, offset: usize) -> Result<(), Rule> {
    match bounds::position(text, |c| !c.is_ascii_digit()) {
        Some(position) => Err(Rule::NotAllowedCharacter { position: position + offset }),
        None => Ok(()),
    }
}

fn length(text: &str, expected: &'static [usize]) -> Result<(), Rule> {
    let length = text.chars().count();
    if expected.contains(&length) {
        return Ok(());
    }
    Err(Rule::WrongLength { length, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = Date::constant(2026, 11, 24);

    #[test]
    fn hong_kong_and_macao() {
        for good in ["H12345678", "M1234567890", "h12345678", "12345678", "1234567890"] {
            assert_eq!(home_visit_hk_mc(good), Ok(()), "{good}");
        }
        let odd = Rule::NotAllowedCharacter { position: 3 };
        assert_eq!(home_visit_hk_mc("H1A345678"), Err(odd));
        assert!(home_visit_hk_mc("H123").is_err());
        assert!(home_visit_hk_mc("香12345678").is_err());
    }

    #[test]
    fn taiwan() {
        assert_eq!(home_visit_taiwan("12345678"), Ok(()));
        assert_eq!(home_visit_taiwan("1234567890"), Ok(()));
        let length = Rule::WrongLength { length: 9, expected: &[8, 10] };
        assert_eq!(home_visit_taiwan("123456789"), Err(length));
    }

    #[test]
    fn residence_permits() {
        assert_eq!(residence("810000199408230021", &["81", "82"], TODAY), Ok(true));
        assert_eq!(residence("830000199201300022", &["83"], TODAY), Ok(true));
        assert_eq!(residence("830000199201300022", &["81", "82"], TODAY), Ok(false));
        let short = Rule::WrongLength { length: 15, expected: &[18] };
        assert_eq!(residence("810000940823002", &["81"], TODAY), Err(short));
    }

    #[test]
    fn foreigners() {
        for good in ["USA110074051501", "911840199001010017", "91184019900101001X"] {
            assert_eq!(permanent_residence(good), Ok(()), "{good}");
        }
        let first = Rule::NotAllowedCharacter { position: 1 };
        assert_eq!(permanent_residence("110105194912310020"), Err(first));
        assert!(permanent_residence("9118401990010100X7").is_err());
    }

    proptest! {
        #[test]
        fn permits_never_panic(text in any::<Vec<char>>(), near in "[HMhmX0-9中]{0,19}") {
            let text: String = text.into_iter().collect();
            for text in [text, near] {
                let _ = home_visit_hk_mc(&text);
                let _ = home_visit_taiwan(&text);
                let _ = residence(&text, &["81"], TODAY);
                let _ = permanent_residence(&text);
            }
        }
    }
}

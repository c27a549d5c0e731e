//! The sample numbers seen in documents and tests, and what must hold for any text.

use proptest::prelude::*;

use super::*;
use crate::resident_number::tests::valid;

const TODAY: Date = Date::constant(2026, 11, 24);

fn parse(text: &str, cert_type: CertType, profile: Profile) -> Result<Checked<CertNo>, Rejected> {
    CertNo::parse(text, cert_type, profile, TODAY)
}

fn card(text: &str, profile: Profile) -> Result<Checked<CertNo>, Rejected> {
    parse(text, CertType::IdentityCard, profile)
}

fn refusal(text: &str) -> Option<Rule> {
    card(text, Profile::Strict).err().map(|rejected| rejected.rule)
}

/// Compatible takes what strict refuses, and says the same about it.
fn only_strict_refuses(text: &str, rule: Rule) {
    assert_eq!(refusal(text), Some(rule), "{text}");
    let checked = card(text, Profile::Compatible).unwrap();
    assert_eq!(checked.value.expose(), text.trim());
    assert_eq!(checked.warnings, vec![Rejected { field: Field::CertNo, rule }]);
}

#[test]
fn sample_numbers_that_both_profiles_take() {
    let samples = [
        "260104197909275964",
        "829297191402263571",
        "11010519491231002X",
        "11000019900307001X",
        "110000199003070028",
        "110000199003070036",
        "110000199003070044",
    ];
    for sample in samples {
        for profile in [Profile::Strict, Profile::Compatible] {
            let checked = card(sample, profile).unwrap();
            assert_eq!((checked.value.expose(), checked.warnings), (sample, vec![]));
        }
    }
}

#[test]
fn lower_case_x_is_kept_as_upper_case() {
    for profile in [Profile::Strict, Profile::Compatible] {
        let checked = card("11010519491231002x", profile).unwrap();
        assert_eq!((checked.value.expose(), checked.warnings), ("11010519491231002X", vec![]));
    }
}

#[test]
fn sample_numbers_that_only_compatible_takes() {
    let nineteen = Rule::WrongLength { length: 19, expected: &[15, 18] };
    only_strict_refuses("5139011988090987631", nineteen);
    only_strict_refuses("110105194902301234", Rule::NoSuchBirthDate);
    only_strict_refuses("110105209901011234", Rule::BirthDateInFuture);
    only_strict_refuses("中中中中中中", Rule::NotDigit { position: 1 });
    only_strict_refuses("１１０105194912310021", Rule::FullWidth { position: 1 });
    only_strict_refuses("11010519491231002Ｘ", Rule::FullWidth { position: 18 });
    only_strict_refuses(" 11010519491231002X", Rule::OuterSpace);
}

#[test]
fn what_no_profile_takes() {
    for profile in [Profile::Strict, Profile::Compatible] {
        let rule = |text: &str| card(text, profile).err().map(|rejected| rejected.rule);
        assert_eq!(rule(""), Some(Rule::Empty));
        assert_eq!(rule(" \u{3000}\n"), Some(Rule::Empty));
        assert_eq!(rule("1\u{7}2"), Some(Rule::ControlCharacter { position: 2 }));
        assert_eq!(rule(&"1".repeat(65)), Some(Rule::TooLong { length: 65, max: 64 }));
    }
}

#[test]
fn an_unknown_region_is_a_doubt_not_a_refusal() {
    let doubt = vec![Rejected { field: Field::CertNo, rule: Rule::UnlikelyRegion }];
    assert_eq!(card("010105491231002", Profile::Strict).unwrap().warnings, doubt);
    let taiwan = "830000199201300022";
    let checked = parse(taiwan, CertType::ResidencePermitHkMc, Profile::Strict).unwrap();
    assert_eq!(checked.warnings, doubt);
}

#[test]
fn permits_are_judged_by_their_own_rules() {
    let samples = [
        (CertType::ResidencePermitHkMc, "810000199408230021"),
        (CertType::ResidencePermitTaiwan, "830000199201300022"),
        (CertType::HomeVisitPermitHkMc, "H12345678"),
        (CertType::HomeVisitPermitHkMc, "12345678"),
        (CertType::HomeVisitPermitTaiwan, "12345678"),
        (CertType::PermanentResidenceForeigner, "USA110074051501"),
    ];
    for (cert_type, sample) in samples {
        let checked = parse(sample, cert_type, Profile::Strict).unwrap();
        assert_eq!((checked.value.expose(), checked.warnings), (sample, vec![]));
    }
    assert!(parse("H1234", CertType::HomeVisitPermitHkMc, Profile::Strict).is_err());
    assert!(parse("H1234", CertType::HomeVisitPermitHkMc, Profile::Compatible).is_ok());
}

/// The number of somebody born on that day.
fn born(day: &str) -> String {
    let numbers = "0123456789X".chars().map(|check| format!("110105{day}001{check}"));
    numbers.into_iter().find(|text| CertNo::restore(text.clone()).to_18().is_some()).unwrap()
}

#[test]
fn today_is_not_in_the_future() {
    assert_eq!(refusal(&born("20261124")), None);
    assert_eq!(refusal(&born("20261125")), Some(Rule::BirthDateInFuture));
    assert_eq!(refusal(&born("18760101")), None);
    assert_eq!(refusal(&born("18751231")), Some(Rule::BirthDateTooEarly { years: 150 }));
}

#[test]
fn the_older_form_can_be_lifted() {
    let old = card("110105491231002", Profile::Strict).unwrap().value;
    assert_eq!(old.expose(), "110105491231002");
    assert_eq!(old.to_18().unwrap().expose(), "11010519491231002X");
    assert_eq!(old.birth_date(), Some(Date::constant(1949, 12, 31)));
    assert_eq!(CertNo::restore("H12345678".to_owned()).to_18(), None);
}

#[test]
fn shown_masked() {
    let masked = |text: &str| CertNo::restore(text.to_owned()).masked();
    assert_eq!(masked("11010519491231001X"), "1101**********001X");
    assert_eq!(masked("H12345678"), "H******78");
    assert_eq!(masked("1234567"), "*******");
    assert_eq!(masked(""), "");
    let number = CertNo::restore("11010519491231001X".to_owned());
    assert_eq!(format!("{number:?}"), "CertNo(1101**********001X)");
}

proptest! {
    #[test]
    fn valid_numbers_pass(number in valid()) {
        let checked = card(&number, Profile::Strict).unwrap();
        prop_assert_eq!(checked.value.expose(), &number);
        prop_assert_eq!(checked.warnings, vec![]);
    }

    #[test]
    fn parse_never_panics(text in any::<Vec<char>>(), near in "[0-9XxHM中０-９ ]{0,20}") {
        let text: String = text.into_iter().collect();
        for text in [text, near] {
            for cert_type in CertType::ALL {
                let strict = parse(&text, *cert_type, Profile::Strict);
                let compatible = parse(&text, *cert_type, Profile::Compatible);
                prop_assert!(strict.is_err() || strict == compatible);
                if let Ok(checked) = compatible {
                    let _ = (checked.value.masked(), checked.value.to_18());
                }
            }
        }
    }

    #[test]
    fn a_mask_hides_the_middle(text in "[0-9A-Z]{1,64}") {
        let masked = CertNo::restore(text.clone()).masked();
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        let shown = masked.chars().filter(|c| *c != '*').count();
        prop_assert!(shown <= 8 && shown * 2 <= text.len() + 1);
        let middle: String = masked.chars().skip(4).take(text.len().saturating_sub(8)).collect();
        prop_assert!(middle.chars().all(|c| c == '*'));
    }

    #[test]
    fn rejections_never_contain_the_value(text in "[0-9]{4}[7Q鑫]{6,60}") {
        for cert_type in CertType::ALL {
            if let Err(rejected) = parse(&text, *cert_type, Profile::Strict) {
                for sentence in [rejected.zh(), rejected.en(), format!("{rejected:?}")] {
                    prop_assert!(!sentence.contains(&text));
                    prop_assert!(!sentence.contains('鑫') && !sentence.contains("QQ"));
                    prop_assert!(!sentence.contains("77"));
                }
            }
        }
    }
}

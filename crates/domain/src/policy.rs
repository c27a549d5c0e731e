//! May this happen at this instant? Lifetimes and contracts. Not who is asking: that is settled
//! before.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, Timestamp};

use crate::BizCode;

/// China has one time and no summer time: a fixed offset, and no time zone database.
const CHINA: Offset = Offset::constant(8);

/// How long things last. The defaults are what the vendor's support stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// From creation until a verification must have ended: 23 hours.
    pub to_start: SignedDuration,
    /// From the result until it can no longer be read, in calendar months of UTC+8: 3.
    pub readable_months: i32,
}

impl Default for Lifetimes {
    fn default() -> Lifetimes {
        Lifetimes { to_start: SignedDuration::from_hours(23), readable_months: 3 }
    }
}

impl Lifetimes {
    /// The instant at which an unfinished certification expires; `None` beyond the end of time.
    pub fn start_ends(&self, created_at: Timestamp) -> Option<Timestamp> {
        created_at.checked_add(self.to_start).ok()
    }

    /// The instant from which a result can no longer be read; `None` beyond the end of time.
    ///
    /// The same day and time that many months later on a Chinese calendar, or the last day of
    /// that month where it is shorter.
    pub fn reading_ends(&self, concluded_at: Timestamp) -> Option<Timestamp> {
        let months = Span::new().try_months(self.readable_months).ok()?;
        let local = CHINA.to_datetime(concluded_at).checked_add(months).ok()?;
        CHINA.to_timestamp(local).ok()
    }
}

/// Below this age the law wants the guardian's consent.
const GUARDED_YEARS: i16 = 14;

/// Whether somebody born on `birth` needs the consent of a guardian on the day `today`.
pub fn needs_guardian(birth: Date, today: Date) -> bool {
    birth.checked_add(Span::new().years(GUARDED_YEARS)).is_ok_and(|day| today < day)
}

/// What a merchant has signed up for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contract {
    /// The scenes; none means that nothing is allowed.
    pub scenes: Vec<BizCode>,
}

impl Contract {
    /// Whether the merchant may use this scene.
    pub fn allows(&self, scene: BizCode) -> bool {
        self.scenes.contains(&scene)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reading_ends(concluded_at: &str) -> Option<Timestamp> {
        Lifetimes::default().reading_ends(at(concluded_at))
    }

    #[test]
    fn twenty_three_hours() {
        let ends = Lifetimes::default().start_ends(at("2026-11-24T10:00:00Z"));
        assert_eq!(ends, Some(at("2026-11-25T09:00:00Z")));
    }

    #[test]
    fn three_months_on_a_chinese_calendar() {
        assert_eq!(reading_ends("2026-08-24T10:00:00Z"), Some(at("2026-11-24T10:00:00Z")));
        // 30 November ends in February; in UTC+8 it begins at 16:00 UTC the day before.
        let ends = at("2027-02-27T16:00:00Z");
        assert_eq!(reading_ends("2026-11-29T16:00:00Z"), Some(ends));
        assert_eq!(reading_ends("2026-11-28T16:00:00Z"), Some(at("2027-02-27T16:00:00Z")));
        assert_eq!(reading_ends("2026-11-29T15:59:59Z"), Some(at("2027-02-28T15:59:59Z")));
    }

    #[test]
    fn the_end_of_time_is_not_a_crash() {
        let lifetimes = Lifetimes { to_start: SignedDuration::MAX, readable_months: i32::MAX };
        for instant in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(lifetimes.reading_ends(instant), None);
            assert_eq!(lifetimes.start_ends(instant), None);
        }
        assert_eq!(Lifetimes::default().reading_ends(Timestamp::MAX), None);
        let _ = Lifetimes::default().reading_ends(Timestamp::MIN);
    }

    #[test]
    fn a_guardian_is_needed_until_the_fourteenth_birthday() {
        use jiff::civil::date;
        assert!(needs_guardian(date(2012, 11, 25), date(2026, 11, 24)));
        assert!(!needs_guardian(date(2012, 11, 24), date(2026, 11, 24)));
        assert!(!needs_guardian(date(1990, 3, 7), date(2026, 11, 24)));
    }

    #[test]
    fn a_contract_allows_what_it_lists() {
        let contract = Contract { scenes: vec![BizCode::Face] };
        assert!(contract.allows(BizCode::Face) && !contract.allows(BizCode::SmartFace));
        assert!(!Contract::default().allows(BizCode::Face));
    }
}

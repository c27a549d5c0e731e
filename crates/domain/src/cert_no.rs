//! The number on a document: what is accepted under which kind and profile, and how it is shown.
//! The arithmetic stands in `resident_number`, the looser patterns in `permit`.

use std::fmt;

use jiff::civil::Date;

use crate::resident_number::ResidentNumber;
use crate::{CertType, Checked, Field, Profile, Rejected, Rule, Warning, bounds, permit};

/// More than twice the longest real number: room for slips, and an end.
const MAX_LENGTH: usize = 64;

/// A number on a document. Personal data: shown masked.
#[derive(Clone, PartialEq, Eq)]
pub struct CertNo(String);

impl CertNo {
    /// Reads a number. Outer blanks fall away and letters are kept in upper case.
    ///
    /// `today` is the date against which the birth date in the number is judged.
    pub fn parse(
        text: &str,
        cert_type: CertType,
        profile: Profile,
        today: Date,
    ) -> Result<Checked<CertNo>, Rejected> {
        let trimmed = text.trim();
        bounds::check(trimmed, Field::CertNo, MAX_LENGTH)?;
        let reject = |rule| Rejected { field: Field::CertNo, rule };
        let judgement = strict(text, cert_type, today)
            .map(|rules| rules.into_iter().map(reject).collect::<Vec<Warning>>())
            .map_err(reject);
        profile.settle(CertNo(trimmed.to_ascii_uppercase()), judgement)
    }

    /// Takes back a number that was accepted before.
    pub fn restore(text: String) -> CertNo {
        CertNo(text)
    }

    /// The clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Enough to recognise one's own number by, not enough to learn another's.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let (head, tail) = match length {
            15.. => (4, 4),
            8.. => (1, 2),
            _ => (0, 0),
        };
        let shown = |index| index < head || index >= length - tail;
        let mask = |(index, c)| if shown(index) { c } else { '*' };
        self.0.chars().enumerate().map(mask).collect()
    }

    /// The present form of a resident number, lifted from the older one if need be; `None` when
    /// this is no valid resident number.
    pub fn to_18(&self) -> Option<CertNo> {
        ResidentNumber::read(&self.0).ok().map(|number| CertNo(number.text))
    }

    /// The birth date in a valid resident number.
    pub fn birth_date(&self) -> Option<Date> {
        ResidentNumber::read(&self.0).ok().map(|number| number.birth)
    }
}

impl fmt::Debug for CertNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertNo({})", self.masked())
    }
}

/// Strict's judgement; what it returns as `Ok` are doubts.
fn strict(text: &str, cert_type: CertType, today: Date) -> Result<Vec<Rule>, Rule> {
    if text.trim() != text {
        return Err(Rule::OuterSpace);
    }
    let is_full_width = |c| ('\u{ff01}'..='\u{ff5e}').contains(&c);
    if let Some(position) = bounds::position(text, is_full_width) {
        return Err(Rule::FullWidth { position });
    }
    let likely_region = match cert_type {
        CertType::IdentityCard => {
            ResidentNumber::read(text)?.plausible(today)?;
            // Regions of the first digit 9 appear in lists only, but they appear.
            !text.starts_with('0')
        }
        CertType::ResidencePermitHkMc => permit::residence(text, &["81", "82"], today)?,
        CertType::ResidencePermitTaiwan => permit::residence(text, &["83"], today)?,
        CertType::HomeVisitPermitHkMc => permit::home_visit_hk_mc(text).map(|()| true)?,
        CertType::HomeVisitPermitTaiwan => permit::home_visit_taiwan(text).map(|()| true)?,
        CertType::PermanentResidenceForeigner => {
            permit::permanent_residence(text).map(|()| true)?
        }
    };
    Ok(if likely_region { Vec::new() } else { vec![Rule::UnlikelyRegion] })
}

#[cfg(test)]
mod tests;

//! The kinds of document, and for whom a person may be verified. The numbers printed on the
//! documents are judged in [`crate::cert_no`].

use std::fmt;

use crate::{Field, Rejected, Rule};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertType {
    /// The resident identity card.
    IdentityCard,
    /// The permit with which residents of Hong Kong and Macao visit the mainland.
    HomeVisitPermitHkMc,
    /// The permit with which residents of Taiwan visit the mainland.
    HomeVisitPermitTaiwan,
    /// The mainland residence permit for people from Hong Kong and Macao.
    ResidencePermitHkMc,
    /// The mainland residence permit for people from Taiwan.
    ResidencePermitTaiwan,
    /// The permanent residence card of a foreigner.
    PermanentResidenceForeigner,
}

const CERT_TYPES: &[&str] = &[
    "IDENTITY_CARD",
    "HOME_VISIT_PERMIT_HK_MC",
    "HOME_VISIT_PERMIT_TAIWAN",
    "RESIDENCE_PERMIT_HK_MC",
    "RESIDENCE_PERMIT_TAIWAN",
    "PERMANENT_RESIDENCE_FOREIGNER",
];

impl CertType {
    /// Every kind.
    pub const ALL: &'static [CertType] = &[
        CertType::IdentityCard,
        CertType::HomeVisitPermitHkMc,
        CertType::HomeVisitPermitTaiwan,
        CertType::ResidencePermitHkMc,
        CertType::ResidencePermitTaiwan,
        CertType::PermanentResidenceForeigner,
    ];

    /// Reads a kind as it is written on the wire.
    pub fn parse(text: &str) -> Result<CertType, Rejected> {
        let rule = Rule::UnknownChoice { allowed: CERT_TYPES };
        let found = CertType::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or(Rejected { field: Field::CertType, rule })
    }

    /// The kind as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            CertType::IdentityCard => "IDENTITY_CARD",
            CertType::HomeVisitPermitHkMc => "HOME_VISIT_PERMIT_HK_MC",
            CertType::HomeVisitPermitTaiwan => "HOME_VISIT_PERMIT_TAIWAN",
            CertType::ResidencePermitHkMc => "RESIDENCE_PERMIT_HK_MC",
            CertType::ResidencePermitTaiwan => "RESIDENCE_PERMIT_TAIWAN",
            CertType::PermanentResidenceForeigner => "PERMANENT_RESIDENCE_FOREIGNER",
        }
    }
}

impl fmt::Display for CertType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For whom a person is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityType {
    /// For oneself.
    CertInfo,
    /// On behalf of another person.
    AgentCertInfo,
}

const IDENTITY_TYPES: &[&str] = &["CERT_INFO", "AGENT_CERT_INFO"];

impl IdentityType {
    /// Both.
    pub const ALL: &'static [IdentityType] = &[IdentityType::CertInfo, IdentityType::AgentCertInfo];

    /// Reads the word used on the wire.
    pub fn parse(text: &str) -> Result<IdentityType, Rejected> {
        let rule = Rule::UnknownChoice { allowed: IDENTITY_TYPES };
        let found = IdentityType::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or(Rejected { field: Field::IdentityType, rule })
    }

    /// The word used on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            IdentityType::CertInfo => "CERT_INFO",
            IdentityType::AgentCertInfo => "AGENT_CERT_INFO",
        }
    }
}

impl fmt::Display for IdentityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let kinds: Vec<_> = CertType::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(kinds, CERT_TYPES);
        let kinds: Vec<_> = IdentityType::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(kinds, IDENTITY_TYPES);
        for kind in CertType::ALL {
            assert_eq!(CertType::parse(kind.as_str()), Ok(*kind));
        }
        for kind in IdentityType::ALL {
            assert_eq!(IdentityType::parse(kind.as_str()), Ok(*kind));
        }
    }

    #[test]
    fn other_words_are_refused() {
        assert!(CertType::parse("identity_card").is_err());
        assert!(IdentityType::parse("CERT_INFO ").is_err());
    }
}

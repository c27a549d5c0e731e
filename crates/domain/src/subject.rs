//! Who is to be verified. Lives in memory only; at rest it is sealed, which is not done here.

use crate::{CertNo, CertType, IdentityType, PersonName};

/// Who a person is said to be. `Debug` shows masks, because its parts do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// For oneself or for another.
    pub identity_type: IdentityType,
    /// The kind of document.
    pub cert_type: CertType,
    /// The name on it.
    pub cert_name: PersonName,
    /// The number on it.
    pub cert_no: CertNo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_masks() {
        let identity = Identity {
            identity_type: IdentityType::CertInfo,
            cert_type: CertType::IdentityCard,
            cert_name: PersonName::restore("李小明".to_owned()),
            cert_no: CertNo::restore("11010519491231002X".to_owned()),
        };
        let shown = format!("{identity:?} {identity:#?}");
        assert!(shown.contains("*小明") && shown.contains("1101**********002X"));
        assert!(!shown.contains('李') && !shown.contains("19491231"));
    }
}

//! What the operator of this server has chosen, beyond contracts.

/// Choices that are the same for every application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For how many days a pass lets `SMART_FACE` pass on the same device; 0: never.
    pub known_device_days: u16,
    /// For how many days after the end pictures are kept, where the merchant allows it; 0: not.
    pub evidence_days: u16,
    /// For how many days after the end it can be read who was verified.
    pub identity_days: u16,
    /// For how many days an application may act for a merchant by one token; 0: until it is
    /// refreshed, or the merchant withdraws or agrees anew.
    pub token_days: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self { known_device_days: 30, evidence_days: 0, identity_days: 92, token_days: 0 }
    }
}

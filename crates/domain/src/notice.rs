//! Notices: what names one, and when it is tried again.

use std::fmt;

use jiff::SignedDuration;

/// How often a notice is tried at once.
const IMMEDIATE: u32 = 3;
/// The waits that follow, in minutes: about 25 hours in all.
const WAITS: [i64; 7] = [4, 10, 10, 60, 120, 360, 900];

/// How long to wait after `tries` tries have failed; `None` when that was the last.
pub fn wait_after(tries: u32) -> Option<SignedDuration> {
    if tries < IMMEDIATE {
        return Some(SignedDuration::ZERO);
    }
    let place = usize::try_from(tries - IMMEDIATE).ok()?;
    WAITS.get(place).map(|minutes| SignedDuration::from_mins(*minutes))
}

/// The name of a notice, the same on every try. Ordered by time; opaque to receivers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotifyId(u128);

impl NotifyId {
    /// Makes a name from the time in milliseconds and from chance.
    pub fn new(unix_millis: u64, random: [u8; 10]) -> NotifyId {
        NotifyId::from_bytes(crate::CertifyId::new(unix_millis, random).to_bytes())
    }

    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<NotifyId> {
        crate::CertifyId::parse(text).map(|id| NotifyId::from_bytes(id.to_bytes()))
    }

    /// The sixteen bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The name with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> NotifyId {
        NotifyId(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for NotifyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for NotifyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotifyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_tries_at_once_then_seven_within_a_day() {
        let waits: Vec<_> = (1..=11).map(|tries| wait_after(tries).map(|w| w.as_mins())).collect();
        let some = [0, 0, 4, 10, 10, 60, 120, 360, 900].map(Some);
        assert_eq!(waits[..9], some);
        assert_eq!(waits[9..], [None, None]);
        let total: i64 = WAITS.iter().sum();
        assert_eq!(total, 24 * 60 + 24);
        assert_eq!(wait_after(u32::MAX), None);
    }

    #[test]
    fn a_name_comes_back() {
        let id = NotifyId::new(0x0123_4567_89ab, [0xff; 10]);
        assert_eq!(id.to_string(), "0123456789abffffffffffffffffffff");
        assert_eq!(NotifyId::parse(&id.to_string()), Some(id));
        assert_eq!(NotifyId::from_bytes(id.to_bytes()), id);
        assert_eq!(NotifyId::parse("notice"), None);
    }
}

//! The name of a certification. Ordered by time, so that an index grows at its end; opaque to
//! callers, who must not read anything out of it.

use std::fmt;

/// 48 bits of time, then 80 random bits; written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertifyId([u8; 16]);

impl CertifyId {
    /// Makes a name from the time in milliseconds and from chance. Time beyond 48 bits (the
    /// year 10889) is cut off at the top.
    pub fn new(unix_millis: u64, random: [u8; 10]) -> CertifyId {
        let [_, _, time @ ..] = unix_millis.to_be_bytes();
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(time.into_iter().chain(random)) {
            *to = from;
        }
        CertifyId(bytes)
    }

    /// Reads exactly 32 hexadecimal digits of either case. Anything else is a name that was
    /// never given out.
    pub fn parse(text: &str) -> Option<CertifyId> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| CertifyId(number.to_be_bytes()))
    }

    /// The sixteen bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The name with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> CertifyId {
        CertifyId(bytes)
    }
}

impl fmt::Display for CertifyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for CertifyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertifyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn time_first_then_chance() {
        let id = CertifyId::new(0x0123_4567_89ab, [0xff; 10]);
        assert_eq!(id.to_string(), "0123456789abffffffffffffffffffff");
        assert_eq!(format!("{id:?}"), "CertifyId(0123456789abffffffffffffffffffff)");
        assert_eq!(
            CertifyId::new(u64::MAX, [0; 10]).to_string(),
            "ffffffffffff00000000000000000000"
        );
    }

    #[test]
    fn foreign_names_were_never_given_out() {
        let foreign = ["", "OC201809253000000393900404029253", "+123456789abffffffffffffffffffff"];
        for text in foreign {
            assert_eq!(CertifyId::parse(text), None, "{text}");
        }
        assert_eq!(CertifyId::parse(&"0".repeat(33)), None);
        assert_eq!(CertifyId::parse(&"é".repeat(16)), None);
    }

    proptest! {
        #[test]
        fn text_and_bytes_come_back(bytes in any::<[u8; 16]>()) {
            let id = CertifyId::from_bytes(bytes);
            prop_assert_eq!(id.to_bytes(), bytes);
            prop_assert_eq!(CertifyId::parse(&id.to_string()), Some(id));
            prop_assert_eq!(CertifyId::parse(&id.to_string().to_uppercase()), Some(id));
        }

        #[test]
        fn later_names_are_greater(
            early in 0..1_u64 << 47, gap in 1..1_u64 << 46,
            one in any::<[u8; 10]>(), two in any::<[u8; 10]>(),
        ) {
            let (one, two) = (CertifyId::new(early, one), CertifyId::new(early + gap, two));
            prop_assert!(one < two && one.to_string() < two.to_string());
        }

        #[test]
        fn parse_never_panics(text in any::<Vec<char>>()) {
            let text: String = text.into_iter().collect();
            let _ = CertifyId::parse(&text);
        }
    }
}

//! The charsets a v2 request may declare: what is percent-decoded, signed and answered is in it.

use std::borrow::Cow;
use std::fmt::Write as _;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

/// A charset of requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// What is meant when nothing is said.
    pub const UTF_8: Self = Self(UTF_8);

    /// Reads the `charset` parameter; case does not matter.
    pub fn parse(name: &str) -> Option<Self> {
        let encoding = match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => UTF_8,
            "gbk" | "gb2312" => GBK,
            "gb18030" => GB18030,
            _ => return None,
        };
        Some(Self(encoding))
    }

    /// The name for a `Content-Type`.
    pub fn name(self) -> &'static str {
        if self.0 == UTF_8 { "utf-8" } else { self.0.name() }
    }

    /// Bytes to text; none if they are not in this charset.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// Text to bytes. A character the charset lacks becomes a JSON escape, for only JSON text is
    /// answered: `😀` as `\ud83d\ude00`.
    pub fn encode(self, text: &str) -> Cow<'_, [u8]> {
        let (bytes, _, unmappable) = self.0.encode(text);
        if !unmappable {
            return bytes;
        }
        let escaped: String = text.chars().map(|c| self.or_escape(c)).collect();
        Cow::Owned(self.0.encode(&escaped).0.into_owned())
    }

    fn or_escape(self, c: char) -> String {
        let mut buffer = [0; 4];
        let (_, _, unmappable) = self.0.encode(c.encode_utf8(&mut buffer));
        if unmappable {
            let mut escapes = String::new();
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(escapes, "\\u{unit:04x}");
            }
            return escapes;
        }
        c.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_others_are_not() {
        assert_eq!(Charset::parse("UTF-8"), Some(Charset::UTF_8));
        assert_eq!(Charset::parse("gbk").unwrap().name(), "GBK");
        assert_eq!(Charset::parse("GB18030").unwrap().name(), "gb18030");
        for other in ["", "latin1", "utf-16"] {
            assert_eq!(Charset::parse(other), None);
        }
    }

    #[test]
    fn bytes_and_text_correspond() {
        let gbk = Charset::parse("GBK").unwrap();
        assert_eq!(gbk.encode("张"), b"\xd5\xc5".as_slice());
        assert_eq!(gbk.decode(b"\xd5\xc5").unwrap(), "张");
        assert_eq!(gbk.decode(b"\xff\xff"), None);
        assert_eq!(gbk.encode("\"😀张\""), b"\"\\ud83d\\ude00\xd5\xc5\"".as_slice());
    }
}

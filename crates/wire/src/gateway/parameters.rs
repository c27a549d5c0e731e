//! The parameters of a request, wherever they travelled, and the text that is signed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use crate::charset::Charset;
use crate::{Failure, SubCode};

/// Decoded parameters of query and form body together; no name occurs twice.
#[derive(Clone, Default)]
pub struct Parameters {
    texts: BTreeMap<String, String>,
    /// The bytes of values that their charset would write in another way: what was signed.
    odd: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Parameters {
    // Values hold personal data and tokens; only names may be shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.texts.keys()).finish()
    }
}

impl Parameters {
    /// Merges the raw query and the raw form body, percent-decoded to bytes of `charset`.
    ///
    /// # Errors
    /// `isv.invalid-encoding` for bytes that are not in the charset, `isv.invalid-parameter` for a name
    /// that occurs twice: which of the two was signed cannot be known.
    pub fn parse(query: &str, body: &[u8], charset: Charset) -> Result<Self, Failure> {
        let mut merged = Self::default();
        for part in [query.as_bytes(), body] {
            for pair in part.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
                let mut halves = pair.splitn(2, |&b| b == b'=');
                let name = text(&unescape(halves.next().unwrap_or_default()), charset)?;
                let bytes = unescape(halves.next().unwrap_or_default());
                let value = text(&bytes, charset)?;
                if *charset.encode(&value) != bytes {
                    merged.odd.insert(name.clone(), bytes);
                }
                merged.add(name, value)?;
            }
        }
        Ok(merged)
    }

    /// Adds a parameter that must not be there yet, e.g. a part of a multipart body.
    ///
    /// # Errors
    /// `isv.invalid-parameter` if it is.
    pub fn add(&mut self, name: String, value: String) -> Result<(), Failure> {
        match self.texts.entry(name) {
            Entry::Vacant(place) => {
                place.insert(value);
                Ok(())
            }
            Entry::Occupied(taken) => Err(duplicate(taken.key())),
        }
    }

    /// The first value of `name`, read leniently: for naming the answer to a request that cannot
    /// be parsed. Not to be trusted for anything else.
    pub fn peek(name: &str, query: &str, body: &[u8]) -> Option<String> {
        [query.as_bytes(), body]
            .into_iter()
            .flat_map(|part| part.split(|&b| b == b'&'))
            .filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
            .find_map(|value| text(&unescape(value), Charset::UTF_8).ok())
    }

    /// A parameter that is present and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Adds or replaces one parameter: for building requests.
    pub fn set(&mut self, name: &str, value: &str) {
        self.odd.remove(name);
        self.texts.insert(name.to_owned(), value.to_owned());
    }

    /// The parameters as a query or form body, percent-encoded.
    pub fn encode(&self, charset: Charset) -> String {
        let mut out = String::with_capacity(1024);
        for (name, value) in self.iter() {
            if !out.is_empty() {
                out.push('&');
            }
            push_encoded(&mut out, &charset.encode(name));
            out.push('=');
            push_encoded(&mut out, &charset.encode(value));
        }
        out
    }

    /// What enters the signed text: all but the signature, in order, empty values or not.
    pub(super) fn signed(&self, keep_empty: bool) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(move |(name, value)| {
            *name != "sign" && (keep_empty || !value.trim().is_empty())
        })
    }

    /// Name and value, in byte order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn duplicate(name: &str) -> Failure {
    let name = if is_plain_name(name) { name } else { "?" };
    Failure::precise(
        SubCode::InvalidParameter,
        &format!("参数 {name} 出现了两次；请在查询串或表单中只传一次"),
        &format!("the parameter {name} occurs twice; send it once, in the query or in the form"),
    )
}

/// Whether a name may be shown: it is the caller's text, and may be a piece of a value.
pub(super) fn is_plain_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn text(bytes: &[u8], charset: Charset) -> Result<String, Failure> {
    match charset.decode(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err(Failure::plain(SubCode::InvalidEncoding)),
    }
}

/// Form decoding: `+` is a space, `%xx` a byte.
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match rest.as_slice() {
                [high, low, ..] => match (hex_digit(*high), hex_digit(*low)) {
                    (Some(high), Some(low)) => {
                        rest.nth(1);
                        high << 4 | low
                    }
                    // A lone percent sign stays what it is, as browsers and SDKs treat it.
                    _ => b'%',
                },
                _ => b'%',
            },
            byte => byte,
        });
    }
    bytes
}

/// Everything but unreserved characters becomes `%XX`, which all servers read alike.
fn push_encoded(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The signed text: every parameter but `sign`, sorted by name, `name=value` joined with `&`.
///
/// Some SDKs leave empty values out of it and some sign them, so a verifier tries both.
pub fn canonical(parameters: &Parameters, keep_empty: bool) -> String {
    let mut out = String::with_capacity(512);
    for (name, value) in parameters.signed(keep_empty) {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

/// The bytes that are signed: the canonical text in the charset, but each value as it came.
pub(super) fn signed_bytes(parameters: &Parameters, charset: Charset, keep_empty: bool) -> Vec<u8> {
    if parameters.odd.is_empty() {
        let text = canonical(parameters, keep_empty);
        return match charset.encode(&text) {
            Cow::Borrowed(_) => text.into_bytes(),
            Cow::Owned(bytes) => bytes,
        };
    }
    let mut out = Vec::with_capacity(512);
    for (name, value) in parameters.signed(keep_empty) {
        if !out.is_empty() {
            out.push(b'&');
        }
        out.extend_from_slice(&charset.encode(name));
        out.push(b'=');
        match parameters.odd.get(name) {
            Some(bytes) => out.extend_from_slice(bytes),
            None => out.extend_from_slice(&charset.encode(value)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn query_and_body_are_one_set() {
        let parameters =
            Parameters::parse("b=2&sign=x&e=", b"a=%E5%BC%A0+y&c=1%2B1", Charset::UTF_8).unwrap();
        assert_eq!(canonical(&parameters, false), "a=张 y&b=2&c=1+1");
        assert_eq!(canonical(&parameters, true), "a=张 y&b=2&c=1+1&e=");
        assert_eq!(parameters.get("e"), None);
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused_wherever_it_occurs() {
        for (query, body) in [("a=1&a=1", ""), ("a=1", "a=2"), ("", "x=&x=")] {
            let failure = Parameters::parse(query, body.as_bytes(), Charset::UTF_8).unwrap_err();
            assert_eq!(failure.sub_code, SubCode::InvalidParameter);
        }
    }

    #[test]
    fn what_is_signed_are_the_bytes_that_came() {
        let gbk = Charset::parse("GBK").unwrap();
        // The euro sign has two forms, and four bytes are more than GBK itself writes.
        for value in [b"\xa2\xe3".as_slice(), b"\x80", b"\xa3\xa0", b"\x94\x39\xfc\x36"] {
            let mut escaped = String::new();
            push_encoded(&mut escaped, value);
            let parameters = Parameters::parse(&format!("a={escaped}&b=1"), b"", gbk).unwrap();
            let expected = [b"a=", value, b"&b=1"].concat();
            assert_eq!(signed_bytes(&parameters, gbk, true), expected);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let failure = Parameters::parse("a=%D5%C5", b"", Charset::UTF_8).unwrap_err();
        assert_eq!(failure.sub_code, SubCode::InvalidEncoding);
        let gbk = Charset::parse("GBK").unwrap();
        assert_eq!(Parameters::parse("a=%D5%C5", b"", gbk).unwrap().get("a"), Some("张"));
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(name in "[a-z_]{1,8}", value in any::<String>()) {
            let mut parameters = Parameters::default();
            parameters.set(&name, &value);
            let text = parameters.encode(Charset::UTF_8);
            let read = Parameters::parse(&text, b"", Charset::UTF_8).unwrap();
            prop_assert_eq!(canonical(&read, true), canonical(&parameters, true));
        }

        #[test]
        fn parsing_never_panics(query in any::<String>(), body in any::<Vec<u8>>()) {
            let _ = Parameters::parse(&query, &body, Charset::UTF_8);
        }
    }
}

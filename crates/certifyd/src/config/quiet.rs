//! Values of the file that are secrets, or may be one in the wrong place: they are wiped when they
//! are done with, and do not show themselves.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use toml::Spanned;
use zeroize::Zeroizing;

/// A text, and its place.
pub(super) struct Quiet {
    text: Zeroizing<String>,
    span: Range<usize>,
}

impl Quiet {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Debug for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Quiet(…)")
    }
}

impl<'de> Deserialize<'de> for Quiet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Spanned::<String>::deserialize(deserializer)?;
        let span = text.span();
        Ok(Self { text: Zeroizing::new(text.into_inner()), span })
    }
}

/// One text, or a list of those that are valid together. Never an empty list.
#[derive(Debug)]
pub(super) struct Quiets(Vec<Quiet>);

impl Quiets {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Quiet> {
        self.0.iter()
    }
}

enum OneOrMore {
    One(Zeroizing<String>),
    More(Vec<Quiet>),
}

impl<'de> Deserialize<'de> for Quiets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Spanned::<OneOrMore>::deserialize(deserializer)?;
        let span = value.span();
        Ok(Self(match value.into_inner() {
            OneOrMore::One(text) => vec![Quiet { text, span }],
            OneOrMore::More(list) => list,
        }))
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = OneOrMore;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of strings that are valid together")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<OneOrMore, E> {
        Ok(OneOrMore::One(Zeroizing::new(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        if list.is_empty() {
            return Err(A::Error::custom("an empty list; name at least one, or leave the key out"));
        }
        Ok(OneOrMore::More(list))
    }
}

#[cfg(test)]
mod tests {
    use super::Quiets;

    #[derive(Debug, serde::Deserialize)]
    struct File {
        token: Quiets,
    }

    #[test]
    fn one_or_a_list_each_with_its_place_and_never_shown() {
        let read = |text: &str| toml::from_str::<File>(text);
        let one = read("token = \"first\"").unwrap();
        let texts: Vec<_> = one.token.iter().map(super::Quiet::text).collect();
        assert_eq!(texts, ["first"]);
        let text = "token = [\n\"first\",\n\"second\"]";
        let more = read(text).unwrap();
        let found: Vec<_> = more.token.iter().map(|one| &text[one.span()]).collect();
        assert_eq!(found, ["\"first\"", "\"second\""]);
        assert!(!format!("{more:?}").contains("first"));
    }

    #[test]
    fn no_list_is_empty_and_no_other_type_is_shown() {
        for (text, says) in [
            ("token = []", "name at least one"),
            ("token = 12345678", "expected a string, or a list"),
            ("token = [\"a\", 12345678]", "expected a string"),
        ] {
            let error = toml::from_str::<File>(text).unwrap_err();
            assert!(error.message().contains(says), "{error}");
        }
    }
}

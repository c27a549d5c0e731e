//! The one body shape of both doors, split into members whose exact text is kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{ErrorCode, ServerlessError};

/// A received body. Members keep the text that is signed.
pub struct Body<'a> {
    members: BTreeMap<&'static str, Cow<'a, str>>,
    /// `params` was given as text, so the signed text may also be its JSON form.
    quoted_params: bool,
}

impl std::fmt::Debug for Body<'_> {
    // Members hold tokens and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

/// The members that are signed, in the order in which they are signed.
pub(super) const SIGNED: [&str; 6] =
    ["method", "params", "spaceId", "timestamp", "token", "userId"];

impl<'a> Body<'a> {
    /// Splits a JSON object.
    ///
    /// # Errors
    /// `InvalidBody.Format` if it is no object, holds a member twice, or a member has a type that
    /// cannot have been signed.
    pub fn parse(text: &'a [u8]) -> Result<Self, ServerlessError> {
        let malformed = |message: &str| ServerlessError::new(ErrorCode::InvalidBodyFormat, message);
        let text = std::str::from_utf8(text).map_err(|_| malformed("the body is not UTF-8"))?;
        let raw: Members<'a> = serde_json::from_str(text).map_err(|error| {
            malformed(&format!(
                "the body must be one JSON object (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let mut members = BTreeMap::new();
        let mut quoted_params = false;
        for name in SIGNED {
            let Some(value) = raw.0.get(name).filter(|value| value.get() != "null") else {
                continue;
            };
            let scalar = match value.get().as_bytes().first() {
                Some(b'"') => serde_json::from_str::<Cow<'a, str>>(value.get())
                    .map_err(|_| malformed(&format!("{name} is not valid text")))?,
                Some(b'{' | b'[') if name != "params" => {
                    return Err(malformed(&format!("{name} must be a string or a number")));
                }
                _ => Cow::Borrowed(value.get()),
            };
            quoted_params |= name == "params" && value.get().starts_with('"');
            members.insert(name, scalar);
        }
        Ok(Self { members, quoted_params })
    }

    /// A member that is present and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.members.get(name).map(AsRef::as_ref).filter(|text| !text.is_empty())
    }

    /// The space the call names.
    ///
    /// # Errors
    /// `InvalidSpaceId.NotFound` if it names none.
    pub fn space_id(&self) -> Result<&str, ServerlessError> {
        self.get("spaceId").ok_or_else(|| {
            ServerlessError::new(ErrorCode::SpaceNotFound, "spaceId is absent; set it in the SDK")
        })
    }

    /// `params` is present but empty, which the SDK signs as two quotation marks.
    pub(super) fn has_empty_params(&self) -> bool {
        self.quoted_params && self.members.get("params").is_some_and(|text| text.is_empty())
    }
}

/// An object whose members are kept as raw text; a second member of the same name is an error.
struct Members<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if members.insert(name.0, value).is_some() {
                        return Err(serde::de::Error::custom("a member occurs twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[derive(serde::Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_keep_their_text() {
        let body =
            Body::parse(br#"{"timestamp":1700000000000,"params":"{\"a\":1e21}","x":[]}"#).unwrap();
        assert_eq!(body.get("timestamp"), Some("1700000000000"));
        assert_eq!(body.get("params"), Some(r#"{"a":1e21}"#));
        assert_eq!(body.get("method"), None);
    }

    #[test]
    fn what_is_no_object_or_repeats_a_member_is_refused() {
        for text in ["", "[]", "1", "{", r#"{"method":"a","method":"b"}"#, r#"{"token":{}}"#] {
            let error = Body::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidBodyFormat, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in any::<Vec<u8>>()) {
            let _ = Body::parse(&bytes);
        }
    }
}

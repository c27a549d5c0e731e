//! An answer written out: members in order, values of any kind.
//!
//! What the hosted gateway answered is passed on so, member by member and number by number as it
//! wrote them; and it is for the few answers of ours that hold more than text.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::outcome::camel_case;
use crate::{Code, json};

/// The members of an answer. Values may be personal, so it does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    /// Name in snake case, and value as JSON text.
    members: Vec<(String, String)>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({} members)", self.members.len())
    }
}

impl Node {
    /// Reads the text of an object, e.g. the node of the hosted gateway's answer. `None` if it is
    /// none.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Members>(text).ok().map(|Members(members)| Self { members })
    }

    /// Without any member yet.
    pub fn empty() -> Self {
        Self { members: Vec::new() }
    }

    /// `code` 10000 and nothing else yet.
    pub fn success() -> Self {
        Self::empty()
            .with_text("code", Code::Success.as_str())
            .with_text("msg", Code::Success.msg())
    }

    /// The members of `other` after one's own.
    #[must_use]
    pub fn with_all(mut self, other: &Self) -> Self {
        self.members.extend(other.members.iter().cloned());
        self
    }

    /// Another member, of a list with one object.
    #[must_use]
    pub fn with_list_of(mut self, name: &str, object: &Self) -> Self {
        self.members.push((name.to_owned(), format!("[{}]", object.write())));
        self
    }

    /// Another member, of text.
    #[must_use]
    pub fn with_text(mut self, name: &str, value: &str) -> Self {
        let mut text = String::with_capacity(value.len() + 2);
        json::push_string(&mut text, value);
        self.members.push((name.to_owned(), text));
        self
    }

    /// Another member, of a list of texts.
    #[must_use]
    pub fn with_list(mut self, name: &str, values: &[&str]) -> Self {
        let mut text = String::from("[");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            json::push_string(&mut text, value);
        }
        text.push(']');
        self.members.push((name.to_owned(), text));
        self
    }

    /// Another member, of a whole number.
    #[must_use]
    pub fn with_number(mut self, name: &str, value: i64) -> Self {
        self.members.push((name.to_owned(), value.to_string()));
        self
    }

    /// Another member, of `true` or `false`.
    #[must_use]
    pub fn with_flag(mut self, name: &str, value: bool) -> Self {
        self.members.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same, `sub_msg` followed by `remedy`.
    #[must_use]
    pub fn with_remedy(mut self, remedy: &str) -> Self {
        let told = self.text("sub_msg").unwrap_or_default();
        self.members.retain(|(name, _)| name != "sub_msg");
        let both = if told.is_empty() { remedy.to_owned() } else { format!("{told} / {remedy}") };
        self.with_text("sub_msg", &both)
    }

    /// A member that is text.
    pub fn text(&self, name: &str) -> Option<String> {
        let (_, value) = self.members.iter().find(|(known, _)| known == name)?;
        serde_json::from_str(value).ok()
    }

    /// Whether the call did what it says. Some methods answer without `code` when it did.
    pub fn is_success(&self) -> bool {
        let says = |name| self.members.iter().any(|(known, _)| known == name);
        match self.text("code") {
            Some(code) => code == Code::Success.as_str(),
            None => !says("code") && !says("sub_code"),
        }
    }

    /// The object's text.
    pub fn write(&self) -> String {
        write(self.members.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The same without `code` and `msg`, which version 3 says by its status.
    pub fn write_without_code(&self) -> String {
        let members = self.members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        write(members.filter(|(name, _)| !matches!(*name, "code" | "msg")))
    }

    /// The same with multi-word members of the top level in both spellings.
    pub(crate) fn write_in_both_spellings(&self) -> String {
        let camel: Vec<_> =
            self.members.iter().map(|(name, value)| (camel_case(name), name, value)).collect();
        write(camel.iter().flat_map(|(camel, name, value)| {
            let twin = (camel != *name).then_some((name.as_str(), value.as_str()));
            std::iter::once((camel.as_str(), value.as_str())).chain(twin)
        }))
    }
}

fn write<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::with_capacity(256);
    out.push('{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        json::push_string(&mut out, name);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

/// An object's members in their order; the last of a name that occurs twice, as parsers have it.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members: Vec<(String, String)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            members.retain(|(known, _)| *known != name);
            members.push((name, rewritten(value.get())));
        }
        Ok(Members(members))
    }
}

/// The value under our own rules of writing where it is text; as it was written otherwise.
fn rewritten(value: &str) -> String {
    match serde_json::from_str::<String>(value) {
        Ok(text) => {
            let mut out = String::with_capacity(value.len());
            json::push_string(&mut out, &text);
            out
        }
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_keep_order_kind_and_digits() {
        let text = r#"{"code":"10000","msg":"Success","n":1.50,"big":123456789012345678901,"l":["a"],"o":{"b_c":1}}"#;
        let node = Node::parse(text).unwrap();
        assert_eq!(node.write(), text);
        assert!(node.is_success());
        assert_eq!(node.text("msg").as_deref(), Some("Success"));
        assert_eq!(node.text("n"), None);
        assert!(node.write_without_code().starts_with(r#"{"n":1.50,"#));
    }

    #[test]
    fn text_is_written_as_this_gateway_writes_it() {
        let node = Node::parse(r#"{"a_b":"x\/y{","\u0061":"}"}"#).unwrap();
        assert_eq!(node.write(), r#"{"a_b":"x/y\u007b","a":"\u007d"}"#);
        let both = node.write_in_both_spellings();
        assert_eq!(both, r#"{"aB":"x/y\u007b","a_b":"x/y\u007b","a":"\u007d"}"#);
    }

    #[test]
    fn what_says_no_code_has_succeeded_unless_it_says_a_sub_code() {
        let is_success = |text| Node::parse(text).unwrap().is_success();
        assert!(is_success(r#"{"user_id":"2088"}"#));
        assert!(!is_success(r#"{"sub_code":"x"}"#));
        assert!(!is_success(r#"{"code":"40004"}"#));
        assert!(!is_success(r#"{"code":10000}"#));
        assert!(Node::parse("[]").is_none() && Node::parse("{").is_none());
    }

    #[test]
    fn a_remedy_follows_what_was_said() {
        let refused = Node::parse(r#"{"code":"40004","sub_code":"X","sub_msg":"no"}"#).unwrap();
        assert_eq!(refused.with_remedy("do").text("sub_msg").as_deref(), Some("no / do"));
        let silent = Node::parse(r#"{"code":"40004"}"#).unwrap().with_remedy("do");
        assert_eq!(silent.text("sub_msg").as_deref(), Some("do"));
        let ours = Node::success().with_list("l", &["a", "b"]).with_number("n", 7);
        let ours = ours.with_flag("f", true);
        let inner = Node::empty().with_text("a", "b");
        let nested = Node::empty().with_all(&inner).with_list_of("l", &inner);
        assert_eq!(nested.write(), r#"{"a":"b","l":[{"a":"b"}]}"#);
        assert_eq!(
            ours.write(),
            r#"{"code":"10000","msg":"Success","l":["a","b"],"n":7,"f":true}"#
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_is_written_reads_back(text in any::<String>()) {
            let _ = Node::parse(&text);
            let node = Node::success().with_text("a", &text);
            let read = Node::parse(&node.write()).unwrap();
            prop_assert_eq!(read.text("a"), Some(text));
        }
    }
}

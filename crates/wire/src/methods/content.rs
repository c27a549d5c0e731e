//! Business content as it arrives: an object whose members may be spelled either way.

use serde_json::map::Entry;
use serde_json::{Map, Value};

use crate::outcome::{camel_case, snake_case};

/// A JSON object of business parameters.
#[derive(Clone)]
pub struct Content(Map<String, Value>);

impl std::fmt::Debug for Content {
    // Members hold personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(…)")
    }
}

/// A member that could not be read. Tells where and why, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ContentError {
    /// The member, e.g. `identity_param.cert_name`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What keeps a member from being read. Lengths and positions are in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It must be text and is something else.
    #[error("must be a string")]
    NotText,
    /// It must be an object, or an object written as JSON text, and is something else.
    #[error("must be an object")]
    NotAnObject,
    /// It is text that stops being JSON at this character, counted from 1.
    #[error("stops being JSON at character {position}")]
    NotJson {
        /// Where reading stopped.
        position: usize,
    },
    /// It is JSON text that again holds JSON text: escaped once too often.
    #[error("was escaped too often")]
    OverEscaped,
    /// It is there in both spellings, with different values.
    #[error("is there in both spellings, with different values")]
    Conflict,
    /// It is longer than the documented maximum.
    #[error("has {length} characters and may have {max}")]
    TooLong {
        /// Received.
        length: usize,
        /// Allowed.
        max: usize,
    },
}

impl Content {
    /// Reads JSON text that must be one object.
    ///
    /// # Errors
    /// The text's problem, for the field `biz_content`.
    pub fn parse(text: &str) -> Result<Self, ContentError> {
        from_text("biz_content", text).map(Self)
    }

    pub(crate) fn from_map(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// The same content as one text, whatever its spelling, member order and form, without the
    /// members in `except`: for telling a repeated call from a different one.
    pub(crate) fn canonical_text(self, except: &[&str]) -> String {
        let mut members = Map::new();
        for (name, value) in self.0 {
            let name = snake_case(&name);
            if except.contains(&name.as_str()) {
                continue;
            }
            match members.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                // Both spellings of a member nobody here reads: neither may get lost.
                Entry::Occupied(mut twin) if *twin.get() != value => {
                    let both = vec![twin.get().clone(), value];
                    twin.insert(Value::Array(both));
                }
                Entry::Occupied(_) => {}
            }
        }
        Value::Object(members).to_string()
    }

    /// The content as a client sends it: names in snake case at every depth, and the members in
    /// `objects`, named with the field they are, as objects even if they came as JSON text. The
    /// hosted gateway is known to take these forms from everybody. Members in `except` stay here.
    ///
    /// # Errors
    /// A member in both spellings with different values, or one of `objects` that is none.
    pub fn outgoing(
        &self,
        objects: &[(&str, &'static str)],
        except: &[&str],
    ) -> Result<String, ContentError> {
        let mut map = self.0.clone();
        map.retain(|name, _| !except.contains(&snake_case(name).as_str()));
        for (name, field) in objects {
            if let Some(value) = self.find(name, field)? {
                let (inner, _) = object(field, value)?;
                map.remove(&camel_case(name));
                map.insert((*name).to_owned(), Value::Object(inner));
            }
        }
        snaked(map).map(|map| Value::Object(map).to_string())
    }

    /// A text member under its snake-case name, in either spelling. `null` counts as absent and
    /// whole numbers as their digits, as the hosted gateway takes them.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn text(&self, name: &str, field: &'static str) -> Result<Option<String>, ContentError> {
        match self.find(name, field)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(_) => Err(ContentError { field, problem: Problem::NotText }),
        }
    }

    /// An object member, given as an object or as JSON text, and its length in characters.
    pub(crate) fn nested(
        &self,
        name: &str,
        field: &'static str,
    ) -> Result<Option<(Self, usize)>, ContentError> {
        match self.find(name, field)? {
            None | Some(Value::Null) => Ok(None),
            Some(value) => object(field, value).map(|(map, length)| Some((Self(map), length))),
        }
    }

    /// The member under either spelling; both may be there if they agree.
    fn find(&self, snake: &str, field: &'static str) -> Result<Option<&Value>, ContentError> {
        let camel = camel_case(snake);
        let given = |name: &str| self.0.get(name).filter(|value| !value.is_null());
        let twin = if camel == snake { None } else { given(&camel) };
        match (given(snake), twin) {
            (Some(snake), Some(camel)) if snake != camel => {
                Err(ContentError { field, problem: Problem::Conflict })
            }
            (found, twin) => Ok(found.or(twin)),
        }
    }
}

/// The same with names in snake case at every depth.
fn snaked(map: Map<String, Value>) -> Result<Map<String, Value>, ContentError> {
    let mut out = Map::new();
    for (name, value) in map {
        let value = snaked_value(value)?;
        match out.entry(snake_case(&name)) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(twin) if *twin.get() == value || value.is_null() => {}
            Entry::Occupied(mut twin) if twin.get().is_null() => {
                twin.insert(value);
            }
            Entry::Occupied(_) => {
                return Err(ContentError { field: "biz_content", problem: Problem::Conflict });
            }
        }
    }
    Ok(out)
}

fn snaked_value(value: Value) -> Result<Value, ContentError> {
    Ok(match value {
        Value::Object(map) => Value::Object(snaked(map)?),
        Value::Array(values) => {
            Value::Array(values.into_iter().map(snaked_value).collect::<Result<_, _>>()?)
        }
        other => other,
    })
}

/// The object that `value` is, or holds as JSON text, and its length in characters.
fn object(field: &'static str, value: &Value) -> Result<(Map<String, Value>, usize), ContentError> {
    match value {
        Value::Object(map) => Ok((map.clone(), length(map))),
        Value::String(text) => Ok((from_text(field, text)?, text.chars().count())),
        _ => Err(ContentError { field, problem: Problem::NotAnObject }),
    }
}

fn from_text(field: &'static str, text: &str) -> Result<Map<String, Value>, ContentError> {
    let error = |problem| ContentError { field, problem };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::String(_)) => Err(error(Problem::OverEscaped)),
        Ok(_) => Err(error(Problem::NotAnObject)),
        Err(_) if over_escaped(text) => Err(error(Problem::OverEscaped)),
        Err(stop) => {
            Err(error(Problem::NotJson { position: character(text, stop.line(), stop.column()) }))
        }
    }
}

/// Counts the characters an object has as text, without writing it.
fn length(map: &Map<String, Value>) -> usize {
    struct Characters(usize);
    impl std::io::Write for Characters {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut characters = Characters(0);
    // Counting cannot fail, and a map of JSON values can be written.
    let _ = serde_json::to_writer(&mut characters, map);
    characters.0
}

/// `{\"a\":…}`: the text still carries the escapes of an outer string.
fn over_escaped(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\\\""))
}

/// Turns serde's line and byte column into a character position from the start.
fn character(text: &str, line: usize, column: usize) -> usize {
    let before: usize =
        text.split('\n').take(line.saturating_sub(1)).map(|l| l.chars().count() + 1).sum();
    let current = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let within =
        current.char_indices().take_while(|(index, _)| *index < column.saturating_sub(1)).count();
    before + within + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn either_spelling_and_whole_numbers_are_read() {
        let content = Content::parse(r#"{"outerOrderNo":7,"biz_code":"FACE","x":null}"#).unwrap();
        assert_eq!(content.text("outer_order_no", "f").unwrap().as_deref(), Some("7"));
        assert_eq!(content.text("biz_code", "f").unwrap().as_deref(), Some("FACE"));
        assert_eq!(content.text("x", "f").unwrap(), None);
    }

    #[test]
    fn two_spellings_must_agree() {
        let content = Content::parse(r#"{"a_b":"1","aB":"2","c_d":"3","cD":"3"}"#).unwrap();
        assert_eq!(content.text("a_b", "f").unwrap_err().problem, Problem::Conflict);
        assert_eq!(content.text("c_d", "f").unwrap().as_deref(), Some("3"));
        let content = Content::parse(r#"{"a_b":"1","aB":null}"#).unwrap();
        assert_eq!(content.text("a_b", "f").unwrap().as_deref(), Some("1"));
    }

    #[test]
    fn different_contents_have_different_canonical_texts() {
        let canonical = |text| Content::parse(text).unwrap().canonical_text(&[]);
        assert_ne!(canonical(r#"{"x_y":1,"xY":2}"#), canonical(r#"{"x_y":1,"xY":3}"#));
        assert_eq!(canonical(r#"{"xY":1,"a":2}"#), canonical(r#"{"a":2,"x_y":1}"#));
    }

    #[test]
    fn what_goes_out_is_in_snake_case_with_objects_as_objects() {
        let outgoing =
            |text| Content::parse(text).unwrap().outgoing(&[("a_b", "biz_content")], &["gone_now"]);
        let text = r#"{"aB":"{\"cD\":1.50}","eF":[{"gH":"iJ"}],"k":null}"#;
        assert_eq!(outgoing(text).unwrap(), r#"{"a_b":{"c_d":1.5},"e_f":[{"g_h":"iJ"}],"k":null}"#);
        assert_eq!(outgoing(r#"{"goneNow":1,"gone_now":2}"#).unwrap(), "{}");
        assert_eq!(outgoing(r#"{"x_y":1,"xY":1}"#).unwrap(), r#"{"x_y":1}"#);
        assert_eq!(outgoing(r#"{"x_y":1,"xY":2}"#).unwrap_err().problem, Problem::Conflict);
        assert_eq!(
            outgoing(r#"{"a_b":"no"}"#).unwrap_err().problem,
            Problem::NotJson { position: 2 }
        );
    }

    #[test]
    fn a_nested_object_may_be_text_and_says_where_it_breaks() {
        let content =
            Content::parse(r#"{"a":"{\"b\":\"c\"}","d":"{\"甲\": }","e":"{\\\"b\\\":1}"}"#)
                .unwrap();
        let (nested, _) = content.nested("a", "a").unwrap().unwrap();
        assert_eq!(nested.text("b", "b").unwrap().as_deref(), Some("c"));
        assert_eq!(content.nested("d", "d").unwrap_err().problem, Problem::NotJson { position: 7 });
        assert_eq!(content.nested("e", "e").unwrap_err().problem, Problem::OverEscaped);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_error_shows_the_text(text in ".{12,80}") {
            if let Err(error) = Content::parse(&text) {
                prop_assert!(!error.to_string().contains(&text));
            }
        }
    }
}

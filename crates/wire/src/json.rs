//! Writing JSON text under the gateway's rules: compact, never `\/`, braces kept balanced.

use std::fmt::Write as _;

/// Appends `text` as a JSON string.
///
/// Some clients find the end of the signed node by counting braces without regard to strings, so
/// braces that do not pair up inside one value are written as `\u007b` and `\u007d`.
pub fn push_string(out: &mut String, text: &str) {
    let escape_braces = !braces_pair_up(text);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            // Some clients undo `\/` anywhere, so it must not appear even by accident.
            '\\' if chars.peek() == Some(&'/') => push_escape(out, c),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '{' | '}' if escape_braces => push_escape(out, c),
            c if c < ' ' || c == '\u{7f}' => push_escape(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push_escape(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

fn braces_pair_up(text: &str) -> bool {
    let mut depth = 0_i64;
    for byte in text.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// An object of string members, in the order given.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::with_capacity(128);
    out.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(&mut out, name);
        out.push(':');
        push_string(&mut out, value);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn braces_are_escaped_only_when_they_do_not_pair_up() {
        assert_eq!(object([("a", "{}")]), r#"{"a":"{}"}"#);
        assert_eq!(object([("a", "}{")]), r#"{"a":"\u007d\u007b"}"#);
        assert_eq!(object([("a", "x{")]), r#"{"a":"x\u007b"}"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back_and_braces_always_pair_up(text in any::<String>()) {
            let written = object([("a", text.as_str())]);
            let read: std::collections::BTreeMap<String, String> =
                serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read["a"], &text);
            prop_assert!(braces_pair_up(&written));
            prop_assert!(!written.contains("\\/"));
        }
    }
}

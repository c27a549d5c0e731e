//! Everything that is wrong with a configuration, for a person to mend in one go.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One fault.
#[derive(Debug)]
struct Fault {
    line: Option<usize>,
    text: String,
}

/// All faults of one file.
#[derive(Debug)]
pub(crate) struct Faults {
    file: PathBuf,
    faults: Vec<Fault>,
}

impl Faults {
    pub(super) fn none(file: &Path) -> Self {
        Self { file: file.to_owned(), faults: Vec::new() }
    }

    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        let mut faults = Self::none(file);
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "; name the file with --config, or write one: certifyd init DIR"
            }
            _ => "",
        };
        faults.faults.push(Fault { line: None, text: format!("{error}{remedy}") });
        faults
    }

    pub(super) fn syntax(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let mut faults = Self::none(file);
        let message = match nearest(error.message()) {
            Some(better) => better,
            None => without_values(error.message()),
        };
        let line = error.span().map(|span| line_of(text, &span));
        faults.faults.push(Fault { line, text: message });
        faults
    }

    pub(super) fn add(&mut self, source: &str, span: Option<Range<usize>>, text: String) {
        self.faults.push(Fault { line: span.map(|span| line_of(source, &span)), text });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            write!(f, "{}:", self.file.display())?;
            if let Some(line) = fault.line {
                write!(f, "{line}:")?;
            }
            writeln!(f, " {}", fault.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}

/// What was found may be a secret in the wrong form; what is expected is enough.
fn without_values(message: &str) -> String {
    match (message.starts_with("invalid type"), message.split_once("expected ")) {
        (true, Some((_, expected))) => format!("wrong type of value; expected {expected}"),
        _ => message.to_owned(),
    }
}

/// Turns serde's list of everything it knows into the one name that was probably meant.
fn nearest(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field").then(|| names.next()).flatten()?;
    let known: Vec<&str> = names.collect();
    let best = known
        .iter()
        .map(|name| (strsim::jaro_winkler(name, unknown), *name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    Some(match best {
        Some((_, name)) => format!("unknown key `{unknown}`; did you mean `{name}`?"),
        None => format!("unknown key `{unknown}`; known here: {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn an_unknown_key_gets_the_nearest_known_one() {
        let message = "unknown field `publik_url`, expected one of `listen`, `public_url`";
        assert_eq!(
            nearest(message).unwrap(),
            "unknown key `publik_url`; did you mean `public_url`?"
        );
        let message = "unknown field `zzz`, expected `url` or `listen`";
        assert_eq!(nearest(message).unwrap(), "unknown key `zzz`; known here: url, listen");
        assert_eq!(nearest("missing field `id`"), None);
    }
}

//! What the doctor has to say: one line each.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Ok,
    /// Nothing to do, but good to know.
    Note,
    Warning,
    Problem,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        })
    }
}

#[derive(Debug)]
struct Finding {
    level: Level,
    topic: &'static str,
    what: String,
    remedy: Option<String>,
}

/// All of them, in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, topic: &'static str, what: impl Into<String>) {
        self.0.push(Finding { level: Level::Ok, topic, what: what.into(), remedy: None });
    }

    pub(super) fn note(
        &mut self,
        topic: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Level::Note, topic, what.into(), remedy.into());
    }

    pub(super) fn warning(
        &mut self,
        topic: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Level::Warning, topic, what.into(), remedy.into());
    }

    pub(super) fn problem(
        &mut self,
        topic: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Level::Problem, topic, what.into(), remedy.into());
    }

    pub(super) fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    fn push(&mut self, level: Level, topic: &'static str, what: String, remedy: String) {
        self.0.push(Finding { level, topic, what, remedy: Some(remedy) });
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Finding { level, topic, what, remedy }) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{level:8} {topic}: {what}")?;
            if let Some(remedy) = remedy {
                write!(f, " -> {remedy}")?;
            }
        }
        Ok(())
    }
}

/// Text from elsewhere, fit for one line of a terminal.
pub(super) fn tame(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

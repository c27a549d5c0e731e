//! A picture is to be taken again.

use std::fmt;

use domain::{Part, Step};
use engine::{Place, View};

/// Names the picture by when it came: once another has come, the page goes on by itself, however
/// often it is reloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Take {
    step: Step,
    since_ms: i64,
}

impl Take {
    /// Reads it from an address.
    pub(crate) fn parse(text: &str) -> Option<Take> {
        let (step, since) = text.split_once('.')?;
        let steps = [Step::CertFront, Step::CertBack, Step::Face];
        let step = steps.into_iter().find(|known| known.as_str() == step)?;
        Some(Take { step, since_ms: since.parse().ok()? })
    }

    /// What can be taken again at `step`; none if nothing has been taken.
    pub(crate) fn again(view: &View, step: Step) -> Option<Take> {
        let of_step = view.parts.iter().filter(|(part, _)| shown_at(*part) == Some(step));
        let since = of_step.map(|(_, since)| *since).max()?;
        Some(Take { step, since_ms: since.as_millisecond() })
    }

    /// The step to be shown in place of the next one.
    pub(crate) fn step(self, view: &View) -> Option<Step> {
        let at_work = matches!(view.place, Place::Step(_));
        (at_work && Take::again(view, self.step) == Some(self)).then_some(self.step)
    }
}

fn shown_at(part: Part) -> Option<Step> {
    match part {
        Part::CertFront => Some(Step::CertFront),
        Part::CertBack => Some(Step::CertBack),
        Part::Frame(_) | Part::Selfie => Some(Step::Face),
        Part::Reference => None,
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step.as_str(), self.since_ms)
    }
}

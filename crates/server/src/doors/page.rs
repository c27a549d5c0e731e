//! The pages a person opens: each shows one place of the way, in one language.
//!
//! The engine says where a browser is; a page shows it; a form or a script asks for one thing and
//! leads back to the page. What is shown never depends on what the browser claims.

mod asker;
mod authorize;
mod body;
mod capture;
mod choose;
mod consent;
mod cookies;
mod events;
mod frame;
mod handover;
mod language;
mod leave;
mod origin;
mod problem;
mod refused;
mod show;
mod statics;
mod submit;
mod take;
mod words;

pub(crate) use authorize::{answer as answer_authorize, ask as authorize};
pub(crate) use capture::{challenge, frame, photo, upload};
pub(crate) use choose::choose;
pub(crate) use consent::consent;
pub(crate) use events::{Listeners, events};
pub(crate) use handover::{continued, handover, take_over};
pub(crate) use leave::{leave, left};
pub(crate) use origin::{busy, own_origin, too_often};
pub(crate) use refused::problem;
pub(crate) use show::show;
pub(crate) use statics::{bridge, capture_script, live, stylesheet};
pub(crate) use submit::submit;

/// Largest body of a picture that is read to its end, so that a browser hears the refusal; what
/// is more than a picture may have is not kept.
pub(crate) const MAX_UPLOAD: usize = 16 * 1024 * 1024;

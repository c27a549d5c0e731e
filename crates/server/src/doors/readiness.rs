//! What somebody should look at while the server goes on serving.

use std::path::Path;

use engine::{Mode, NoticeState};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use wire::certificate::Certificate;

use crate::state::AppState;

/// A certificate that ends sooner should have been replaced.
const CERTIFICATE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A notice that has been due for longer is not being tried.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);
/// Less than this, and the database will soon find no room.
const FREE_BYTES: u64 = 512 * 1024 * 1024;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// No verifier, in live mode.
    NoVerifier,
    /// Gateways elsewhere that are left alone, by application.
    Upstream(Vec<String>),
    /// Notices are due and do not leave.
    Notices,
    /// Little room where the database is.
    Disk,
    /// A certificate ends, the gateway's or those of applications.
    Certificate(Vec<String>),
}

impl Reason {
    pub(super) fn json(self) -> Value {
        let (code, text) = match self {
            Self::NoVerifier => (
                "NO_VERIFIER",
                "nobody decides about what people hand in; set verification.verifier".to_owned(),
            ),
            Self::Upstream(apps) => (
                "UPSTREAM",
                format!(
                    "the gateway that certifies for {} has failed repeatedly; look at [apps.upstream] and at that gateway",
                    apps.join(", ")
                ),
            ),
            Self::Notices => (
                "NOTICES",
                "notices have been due for more than 10 minutes and do not leave; look at the log"
                    .to_owned(),
            ),
            Self::Disk => ("DISK", "less than 512 MiB are free in data_dir; make room".to_owned()),
            Self::Certificate(whose) => (
                "CERTIFICATE",
                format!("within 14 days ends the certificate of {}; replace it", whose.join(", ")),
            ),
        };
        json!({ "code": code, "text": text })
    }
}

/// Everything that is not as it should be.
pub(super) async fn reasons(state: &AppState) -> Vec<Reason> {
    let engine = &state.engine;
    let mut reasons = Vec::new();
    if engine.mode() == Mode::Live && engine.verifier_name().is_none() && engine.certifies_itself()
    {
        reasons.push(Reason::NoVerifier);
    }
    let suspended = engine.suspended_upstreams();
    if !suspended.is_empty() {
        reasons.push(Reason::Upstream(suspended.iter().map(ToString::to_string).collect()));
    }
    if notices_wait(state).await {
        reasons.push(Reason::Notices);
    }
    if state.snapshots.parent().and_then(state.free_bytes).is_some_and(|free| free < FREE_BYTES) {
        reasons.push(Reason::Disk);
    }
    let whose = ending(state, engine.now());
    if !whose.is_empty() {
        reasons.push(Reason::Certificate(whose));
    }
    reasons
}

/// The one that has been due the longest comes first.
async fn notices_wait(state: &AppState) -> bool {
    let Ok(first) = state.engine.notices(NoticeState::Pending, 1).await else { return false };
    let now = state.engine.now();
    first.first().is_some_and(|notice| now.duration_since(notice.due_at) > OVERDUE)
}

/// How many bytes are free where `folder` is, for who is not root; none if the system does not tell.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

fn ending(state: &AppState, now: Timestamp) -> Vec<String> {
    let keyring = state.keyring.get();
    let Some(gateway) = &keyring.gateway else { return Vec::new() };
    let ends =
        |certificate: &Certificate| certificate.not_after().duration_since(now) < CERTIFICATE;
    // Of several that are valid together the one that ends last counts.
    let apps = gateway
        .apps
        .iter()
        .filter(|(_, keys)| !keys.certificates.is_empty() && keys.certificates.iter().all(ends));
    let own = gateway.certificate.as_ref().filter(|certificate| ends(certificate));
    let own = own.map(|_| "the gateway".to_owned());
    own.into_iter().chain(apps.map(|(id, _)| id.to_string())).collect()
}

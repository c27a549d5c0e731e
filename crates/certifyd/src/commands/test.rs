//! `certifyd test`: steers the test world of a running server.

use serde_json::json;

use super::running::{Server, encoded};
use super::{CommandError, print};
use crate::cli::TestAction;

pub(crate) fn run(action: &TestAction) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        let server = Server::test_world(action.running())?;
        let answer = match action {
            TestAction::Choose { certify_id, outcome, reason, .. } => {
                let body = json!({ "outcome": outcome, "reason": reason });
                let path = format!("/test/certifications/{}", encoded(certify_id));
                server.post(&path, Some(body)).await?
            }
            TestAction::Ahead { app_id, outer_order_no, outcome, reason, .. } => {
                let outcome = Some(outcome).filter(|outcome| *outcome != "nothing");
                let body = json!({ "app_id": app_id, "outer_order_no": outer_order_no,
                                   "outcome": outcome, "reason": reason });
                server.post("/test/outcomes", Some(body)).await?
            }
            TestAction::Clock { seconds, .. } => {
                server.post("/test/clock", Some(json!({ "advance_seconds": seconds }))).await?
            }
            TestAction::Show { certify_id, .. } => {
                server.get(&format!("/test/certifications/{}", encoded(certify_id))).await?
            }
            TestAction::Events { certify_id, .. } => {
                let of = certify_id.as_deref().map(encoded);
                let query = of.map(|id| format!("?certify_id={id}")).unwrap_or_default();
                server.get(&format!("/test/events{query}")).await?
            }
            TestAction::Snapshot { name, .. } => {
                server.post(&format!("/test/snapshots/{}", encoded(name)), None).await?
            }
            TestAction::Restore { name, .. } => {
                server.post(&format!("/test/snapshots/{}/restore", encoded(name)), None).await?
            }
            TestAction::Reset { .. } => server.post("/test/reset", None).await?,
        };
        Ok(print(&answer)?)
    })
}

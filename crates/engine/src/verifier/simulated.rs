//! Nobody is verified: the outcome is chosen ahead, belongs to a test identity, or is chosen on
//! the page. For test mode only.

use async_trait::async_trait;
use domain::test_identity;

use super::{Case, Judgement, Verifier};
use crate::EngineError;

/// The verifier of test mode.
#[derive(Debug, Clone, Copy, Default)]
pub struct Simulated;

#[async_trait]
impl Verifier for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn queues(&self) -> bool {
        false
    }

    async fn judge(&self, case: &Case<'_>) -> Result<Judgement, EngineError> {
        let of_identity = || test_identity::outcome_of(&case.identity.cert_no);
        let verdict = case.chosen.clone().or_else(of_identity);
        Ok(verdict.map_or(Judgement::Choose, Judgement::Decided))
    }
}

//! Operators look and decide. Their decisions come in through [`crate::Engine::decide_review`].

use async_trait::async_trait;

use super::{Case, Judgement, Verifier};
use crate::EngineError;

/// The verifier that leaves it to people.
#[derive(Debug, Clone, Copy, Default)]
pub struct Review;

#[async_trait]
impl Verifier for Review {
    fn name(&self) -> &'static str {
        "review"
    }

    fn queues(&self) -> bool {
        true
    }

    async fn judge(&self, case: &Case<'_>) -> Result<Judgement, EngineError> {
        // A test may force an outcome, so that what follows it can be tested without an operator.
        Ok(case.chosen.clone().map_or(Judgement::Later, Judgement::Decided))
    }
}

//! `alipay.user.certify.open.certify`: the address where the person verifies.

use engine::Caller;
use wire::{Content, Failure};

use crate::refusal;
use crate::state::AppState;

pub(super) async fn run(
    state: &AppState,
    caller: &Caller<'_>,
    content: &Content,
) -> Result<String, Failure> {
    let acting = state.engine.authorize(caller).map_err(|error| refusal::failure(&error))?;
    let id = super::certify_id(content)?;
    let link = state.engine.certify(&acting, id).await;
    link.map(|link| state.verify_url(&link)).map_err(|error| refusal::failure(&error))
}

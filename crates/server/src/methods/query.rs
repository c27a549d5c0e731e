//! `alipay.user.certify.open.query`: `passed` is the string `T` or `F`, and `F` while pending.

use domain::Answer;
use engine::Acting;
use wire::{Content, Failure, Outcome};

use crate::refusal;
use crate::state::AppState;

pub(super) async fn run(
    state: &AppState,
    acting: &Acting,
    content: &Content,
) -> Result<Outcome, Failure> {
    let id = super::certify_id(content)?;
    let answer = state.engine.query(acting, id).await.map_err(|error| refusal::failure(&error))?;
    let passed = match answer {
        Answer::Passed => "T",
        Answer::Pending | Answer::Failed | Answer::NoLongerReadable => "F",
    };
    let mut members = vec![("passed", passed.to_owned())];
    // JSON inside text, and empty: what the hosted service answers without extra permissions.
    // Of a person who has not passed it says nothing at all.
    if answer == Answer::Passed {
        members.push(("identity_info", "{}".to_owned()));
    }
    members.push(("material_info", "{}".to_owned()));
    Ok(Outcome::Success(members))
}

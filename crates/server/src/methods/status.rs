//! `certifyd.certification.status`: everything its owner may know of a certification, held back
//! until there is something new. Our own method: the protocol's query cannot tell pending from
//! failed.

use std::time::Duration;

use domain::{Field, Rejected, Rule, State};
use engine::{Account, Acting, Wait};
use jiff::Timestamp;
use wire::{Content, Failure, Outcome};

use crate::refusal;
use crate::state::AppState;

/// Longest wait, in seconds.
const LONGEST: u32 = 60;
/// The states a caller may know.
const STATES: [&str; 5] = ["created", "in_progress", "passed", "failed", "expired"];

pub(super) async fn run(
    state: &AppState,
    acting: &Acting,
    content: &Content,
) -> Result<Outcome, Failure> {
    let id = super::certify_id(content)?;
    let within = wait(content)?;
    let known = known_state(content)?;
    let account = state.engine.account(acting, id, Wait { within, known }).await;
    account.map(|account| told(&account)).map_err(|error| refusal::failure(&error))
}

fn text(content: &Content, field: Field) -> Result<Option<String>, Failure> {
    let path = field.path();
    let text = content.text(path, path).map_err(|error| refusal::unreadable(&error))?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn wait(content: &Content) -> Result<Duration, Failure> {
    let field = Field::WaitSeconds;
    let Some(text) = text(content, field)? else { return Ok(Duration::ZERO) };
    let seconds = text.parse::<u32>().ok().filter(|seconds| *seconds <= LONGEST);
    seconds.map(|seconds| Duration::from_secs(seconds.into())).ok_or_else(|| {
        refusal::rejected(&Rejected { field, rule: Rule::NotInRange { max: LONGEST } })
    })
}

fn known_state(content: &Content) -> Result<Option<&'static str>, Failure> {
    let field = Field::KnownState;
    let Some(text) = text(content, field)? else { return Ok(None) };
    let known = STATES.into_iter().find(|state| *state == text);
    let rule = Rule::UnknownChoice { allowed: &STATES };
    known.map(Some).ok_or_else(|| refusal::rejected(&Rejected { field, rule }))
}

fn told(account: &Account) -> Outcome {
    let flag = |is: bool| if is { "T" } else { "F" }.to_owned();
    let (reason, assurance) = match &account.state {
        State::Failed { reason, .. } => (Some(reason.as_str().to_owned()), None),
        State::Passed { assurance, .. } => (None, Some(assurance.as_str().to_owned())),
        State::Created | State::InProgress { .. } | State::Expired { .. } => (None, None),
    };
    let begun = !matches!(account.state, State::Created | State::Expired { .. });
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let members = [
        ("certify_id", Some(account.certify_id.to_string())),
        ("outer_order_no", Some(account.order_no.as_str().to_owned())),
        ("state", Some(account.state.name().to_owned())),
        ("pending", Some(flag(!account.state.is_terminal()))),
        ("passed", Some(flag(account.state.name() == "passed"))),
        ("fail_reason", reason),
        ("assurance", assurance),
        ("test", Some(account.test.to_string())),
        ("attempts", Some(u8::from(begun).to_string())),
        ("created_at", time(Some(account.created_at))),
        ("started_at", time(account.started_at())),
        ("concluded_at", time(account.concluded_at())),
        ("expires_at", time(account.expires_at)),
        ("notice", account.notice.map(|notice| notice.as_str().to_owned())),
    ];
    Outcome::Success(members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

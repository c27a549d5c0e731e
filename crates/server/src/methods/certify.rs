//! `alipay.user.certify.open.certify`: the address where the person verifies.

use domain::{Profile, ReturnUrl};
use engine::Acting;
use wire::{Content, Failure};

use crate::refusal;
use crate::state::AppState;

/// `return_url` is the common parameter of a page call; it wins over the one given to initialize.
pub(super) async fn run(
    state: &AppState,
    acting: &Acting,
    content: &Content,
    return_url: Option<&str>,
) -> Result<String, Failure> {
    let id = super::certify_id(content)?;
    let return_url = return_url
        .map(|address| ReturnUrl::parse(address, Profile::Compatible))
        .transpose()
        .map_err(|rejected| refusal::rejected(&rejected))?
        .map(|checked| checked.value);
    let link = state.engine.certify(acting, id, return_url.as_ref()).await;
    link.map(|link| state.verify_url(&link)).map_err(|error| refusal::failure(&error))
}

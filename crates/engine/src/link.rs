//! The link where a person verifies: the id, where to return if the caller of the page said so,
//! and a tag over both, so that nobody can make or change one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CertifyId, Profile, ReturnUrl};

use crate::vault::TAG;
use crate::{Engine, EngineError};

const ID_BYTES: usize = 16;

/// What a link says.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) id: CertifyId,
    /// Wins over the address given to `init`.
    pub(crate) return_url: Option<ReturnUrl>,
}

impl Engine {
    /// The last path segment of the link for `id`, in characters of the URL alphabet.
    pub(crate) fn link_for(&self, id: CertifyId, return_url: Option<&ReturnUrl>) -> String {
        let id = id.to_bytes();
        let return_url = return_url.map(ReturnUrl::as_str).unwrap_or_default().as_bytes();
        let tag = self.vault.link_tag(&[&id, return_url]);
        URL_SAFE_NO_PAD.encode([&id, tag.as_slice(), return_url].concat())
    }

    /// What a link was made for.
    pub(crate) fn link_target(&self, link: &str) -> Result<Target, EngineError> {
        let bytes = URL_SAFE_NO_PAD.decode(link).map_err(|_| EngineError::NoSuchLink)?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or(EngineError::NoSuchLink)?;
        let (tag, return_url) = rest.split_first_chunk::<TAG>().ok_or(EngineError::NoSuchLink)?;
        if !self.vault.is_link_tag(&[id, return_url], tag) {
            return Err(EngineError::NoSuchLink);
        }
        let return_url = std::str::from_utf8(return_url)
            .ok()
            .filter(|text| !text.is_empty())
            .and_then(|text| ReturnUrl::parse(text, Profile::Compatible).ok())
            .map(|checked| checked.value);
        Ok(Target { id: CertifyId::from_bytes(*id), return_url })
    }
}

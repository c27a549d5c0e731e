//! The link where a person verifies: the id and a tag, so that nobody can make one from an id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::CertifyId;

use crate::{Engine, EngineError};

const ID_BYTES: usize = 16;

impl Engine {
    /// The last path segment of the link for `id`: 43 characters of the URL alphabet.
    pub(crate) fn link_for(&self, id: CertifyId) -> String {
        let id = id.to_bytes();
        URL_SAFE_NO_PAD.encode([id.as_slice(), &self.vault.link_tag(&id)].concat())
    }

    /// The certification a link was made for.
    pub(crate) fn link_target(&self, link: &str) -> Result<CertifyId, EngineError> {
        let bytes = URL_SAFE_NO_PAD.decode(link).map_err(|_| EngineError::NoSuchLink)?;
        let (id, tag) = bytes.split_first_chunk::<ID_BYTES>().ok_or(EngineError::NoSuchLink)?;
        if self.vault.is_link_tag(id, tag) {
            Ok(CertifyId::from_bytes(*id))
        } else {
            Err(EngineError::NoSuchLink)
        }
    }
}

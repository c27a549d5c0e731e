//! Why a body was not read to its end.

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};

/// Whether it was larger than is taken; else it stalled, or its sender went away.
pub(crate) fn too_large(rejection: &BytesRejection) -> bool {
    let BytesRejection::FailedToBufferBody(reason) = rejection else { return false };
    matches!(reason, FailedToBufferBody::LengthLimitError(_))
}

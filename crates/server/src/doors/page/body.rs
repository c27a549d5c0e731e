//! Pictures as they arrive. A file that is too large is read on without being kept, so that the
//! browser hears the refusal in place of a broken connection.

use axum::body::{Body, Bytes};
use axum::extract::Multipart;
use futures_util::StreamExt as _;

use super::MAX_UPLOAD;
use super::problem::Problem;

/// The form's field.
const FIELD: &str = "picture";

/// A file as it comes in.
#[derive(Default)]
struct Incoming {
    kept: Vec<u8>,
    length: usize,
}

impl Incoming {
    fn take(&mut self, chunk: &Bytes) -> Result<(), Problem> {
        self.length = self.length.saturating_add(chunk.len());
        if self.length > MAX_UPLOAD {
            return Err(Problem::PictureTooLarge);
        }
        if self.length > engine::MAX_PICTURE {
            self.kept = Vec::new();
        } else {
            self.kept.extend_from_slice(chunk);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, Problem> {
        if self.length > engine::MAX_PICTURE {
            Err(Problem::PictureTooLarge)
        } else {
            Ok(self.kept)
        }
    }
}

/// The whole body is the file.
pub(super) async fn of_script(body: Body) -> Result<Vec<u8>, Problem> {
    let mut incoming = Incoming::default();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        incoming.take(&chunk.map_err(|_| Problem::PictureDamaged)?)?;
    }
    incoming.finish()
}

/// The file is a field of a form.
pub(super) async fn of_form(mut form: Multipart) -> Result<Vec<u8>, Problem> {
    let broken = |_| Problem::PictureDamaged;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some(FIELD) {
            continue;
        }
        let mut incoming = Incoming::default();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            incoming.take(&chunk)?;
        }
        return incoming.finish();
    }
    Err(Problem::PictureEmpty)
}

/// Reads a body to its end without keeping it, so that the browser hears why it was refused.
pub(super) async fn let_pass(body: Body) {
    let mut chunks = body.into_data_stream();
    let mut length = 0_usize;
    while let Some(Ok(chunk)) = chunks.next().await {
        length = length.saturating_add(chunk.len());
        if length > MAX_UPLOAD {
            return;
        }
    }
}

/// The same for a form; its length is bounded where it is routed.
pub(super) async fn let_form_pass(mut form: Multipart) {
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(_)) = field.chunk().await {}
    }
}

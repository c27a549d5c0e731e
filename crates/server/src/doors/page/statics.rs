//! Files that pages load. They come with the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(crate) async fn stylesheet() -> Response {
    file(CSS, include_str!("../../../static/page.css"))
}

pub(crate) async fn capture_script() -> Response {
    file(SCRIPT, include_str!("../../../static/capture.js"))
}

pub(crate) async fn live() -> Response {
    file(SCRIPT, include_str!("../../../static/live.js"))
}

/// For the developer's own page, hence in test mode only.
pub(crate) async fn bridge() -> Response {
    file(SCRIPT, include_str!("../../../static/bridge.js"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers =
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, text).into_response()
}

//! Every route on one page.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, delete, get, post, put};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;

use crate::doors::page::{self, Listeners};
use crate::state::AppState;
use crate::{doors, layers};

/// Largest body: a reference picture of a mebibyte in Base64, percent-encoded, with room.
const MAX_BODY: usize = 4 * 1024 * 1024;

pub(crate) fn service(state: Arc<AppState>, listeners: Arc<Listeners>) -> layers::Doors {
    let stall = state.bounds.limits.stall_timeout;
    let test_mode = state.engine.mode() == engine::Mode::Test;
    let mut routes = Router::new()
        .merge(calls(&state))
        .route("/docs/errors", get(doors::health::errors))
        .route("/healthz", get(doors::health::live))
        .route("/readyz", get(doors::health::ready))
        .route("/", get(doors::health::index))
        .merge(operator(&state))
        .merge(statics())
        .merge(person(&state, listeners));
    if test_mode {
        routes = routes.merge(test_world());
    }
    let routes = routes
        .fallback(doors::health::not_found)
        .method_not_allowed_fallback(doors::health::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(Arc::clone(&state), layers::trace))
        .with_state(state);
    layers::Doors::new(routes, stall)
}

/// What programs call.
fn calls(state: &Arc<AppState>) -> Router<Arc<AppState>> {
    Router::new()
        .route("/client", post(doors::serverless::client))
        .route("/server", post(doors::serverless::server))
        .route("/gateway.do", get(doors::gateway::call).post(doors::gateway::call))
        .route("/v3/{*resource}", any(doors::rest::call))
        .layer(from_fn_with_state(Arc::clone(state), layers::room::calls))
}

/// For whoever runs the server; closed without a token in the configuration.
fn operator(state: &Arc<AppState>) -> Router<Arc<AppState>> {
    Router::new()
        .route("/operator/notices", get(doors::operator::notices))
        .route("/operator/notices/{notify_id}/redeliver", post(doors::operator::redeliver))
        .route(
            "/operator/authorizations",
            get(doors::operator::authorizations::list).post(doors::operator::authorizations::grant),
        )
        .route("/operator/authorizations/revoke", post(doors::operator::authorizations::revoke))
        .route("/operator/audit", get(doors::operator::audit::list))
        .route("/operator/erasures", post(doors::operator::erasures::erase))
        .route("/operator/keys", get(doors::operator::keys::show))
        .route("/operator/keys/rotate", post(doors::operator::keys::rotate))
        .route("/operator/reviews", get(doors::operator::reviews::list))
        .route(
            "/operator/reviews/{certify_id}",
            get(doors::operator::reviews::show).post(doors::operator::reviews::decide),
        )
        .route(
            "/operator/reviews/{certify_id}/pictures",
            delete(doors::operator::reviews::delete_pictures),
        )
        .route(
            "/operator/reviews/{certify_id}/pictures/{part}",
            get(doors::operator::reviews::picture),
        )
        .layer(from_fn_with_state(Arc::clone(state), doors::operator::admitted))
}

fn statics() -> Router<Arc<AppState>> {
    Router::new()
        .route("/static/page.css", get(page::stylesheet))
        .route("/static/capture.js", get(page::capture_script))
        .route("/static/live.js", get(page::live))
}

/// The person's pages. What changes something comes from our own pages only.
fn person(state: &Arc<AppState>, listeners: Arc<Listeners>) -> Router<Arc<AppState>> {
    let pictures = || DefaultBodyLimit::max(page::MAX_UPLOAD);
    let main = match state.engine.mode() {
        engine::Mode::Test => get(page::show).post(page::choose),
        engine::Mode::Live => get(page::show),
    };
    Router::new()
        .route("/verify/{link}", main)
        .route("/verify/{link}/consent", post(page::consent))
        .route("/verify/{link}/challenge", post(page::challenge))
        .route("/verify/{link}/frames/{challenge}/{index}", put(page::frame).layer(pictures()))
        .route(
            "/verify/{link}/photos/{part}",
            put(page::photo).post(page::upload).layer(pictures()),
        )
        .route("/verify/{link}/submit", post(page::submit))
        .route("/verify/{link}/leave", post(page::leave))
        .route("/verify/{link}/left", get(page::left))
        .route("/verify/{link}/handover", post(page::handover))
        .route("/verify/{link}/continue", get(page::continued).post(page::take_over))
        .route("/verify/{link}/events", get(page::events).layer(Extension(listeners)))
        .merge(merchant())
        .layer(from_fn_with_state(Arc::clone(state), page::own_origin))
        .layer(from_fn_with_state(Arc::clone(state), layers::room::pages))
}

/// Where merchants let applications act for them; the second name is that of newer documents.
fn merchant() -> Router<Arc<AppState>> {
    let page = || get(page::authorize).post(page::answer_authorize);
    Router::new()
        .route("/oauth2/appToAppAuth.htm", page())
        .route("/oauth2/appToAppBatchAuth.htm", page())
}

fn test_world() -> Router<Arc<AppState>> {
    Router::new()
        .route(
            "/test/certifications/{certify_id}",
            get(doors::test_world::show).post(doors::test_world::choose),
        )
        .route("/test/clock", post(doors::test_world::advance))
        .route("/test/outcomes", post(doors::test_world::ahead::choose))
        .route("/test/events", get(doors::test_world::ahead::events))
        .route("/test/reset", post(doors::test_world::aside::reset))
        .route("/test/snapshots/{name}", post(doors::test_world::aside::snapshot))
        .route("/test/snapshots/{name}/restore", post(doors::test_world::aside::restore))
        .layer(from_fn(doors::test_world::own_origin))
        .route("/static/bridge.js", get(page::bridge))
}

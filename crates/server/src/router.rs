//! Every route on one page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::state::AppState;
use crate::{doors, layers};

/// Largest body: a reference picture of a mebibyte in Base64, percent-encoded, with room.
const MAX_BODY: usize = 4 * 1024 * 1024;

pub(crate) fn service(
    state: Arc<AppState>,
) -> IntoMakeServiceWithConnectInfo<layers::Doors, SocketAddr> {
    let test_mode = state.engine.mode() == engine::Mode::Test;
    let mut routes = Router::new()
        .route("/client", post(doors::serverless::client))
        .route("/server", post(doors::serverless::server))
        .route("/gateway.do", get(doors::gateway::call).post(doors::gateway::call))
        .route("/v3/{*resource}", any(doors::rest::call))
        .route("/docs/errors", get(doors::health::errors))
        .route("/static/page.css", get(doors::page::stylesheet))
        .route("/healthz", get(doors::health::live))
        .route("/readyz", get(doors::health::ready))
        .route("/", get(doors::health::index))
        .merge(operator(&state));
    routes = if test_mode {
        routes
            .route("/verify/{link}", get(doors::page::show).post(doors::page::choose))
            .merge(test_world())
    } else {
        routes.route("/verify/{link}", get(doors::page::show))
    };
    let routes = routes
        .fallback(doors::health::not_found)
        .method_not_allowed_fallback(doors::health::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(Arc::clone(&state), layers::trace))
        .with_state(state);
    layers::Doors::new(routes).into_make_service()
}

/// For whoever runs the server; closed without a token in the configuration.
fn operator(state: &Arc<AppState>) -> Router<Arc<AppState>> {
    Router::new()
        .route("/operator/notices", get(doors::operator::notices))
        .route("/operator/notices/{notify_id}/redeliver", post(doors::operator::redeliver))
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
}

//! The doors: HTTP in, HTTP out.
//!
//! A door decodes, asks once and encodes. Which method leads where is `methods`; how a refusal
//! of the engine is worded is `refusal`; what a cloud function may ask for is `host`.

#![forbid(unsafe_code)]

mod bounds;
mod doors;
mod host;
mod keyring;
mod layers;
mod methods;
mod metrics;
mod notices;
mod refusal;
mod router;
mod serving;
mod state;

pub use bounds::{Bounds, Limits, Proxies, Rate};
pub use doors::free_bytes;
pub use host::CLOUD_SCRIPT;
pub use keyring::{AppKeys, Gateway, Keyring, Space};
pub use metrics::{AppCalls, Metrics, Process};
pub use notices::SignedForm;
pub use state::AppState;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

/// Serves until `stop` is done, then finishes the calls in flight.
///
/// # Errors
/// Whatever the listening socket says.
pub async fn serve(
    state: Arc<AppState>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listeners = Arc::new(doors::page::Listeners::new());
    let leaving = Arc::clone(&listeners);
    let stop = async move {
        stop.await;
        // Open pages would hold the server for ever.
        leaving.stop();
    };
    let bounds = Arc::clone(&state.bounds);
    serving::serve(router::service(state, listeners), bounds, listener, stop).await
}

/// Runs a function of `space` once, as a back end would, without a listener. For the command line.
///
/// # Errors
/// The refusal a Serverless client would see.
pub async fn invoke_once(
    state: Arc<AppState>,
    space_id: &str,
    name: &str,
    args: &str,
) -> Result<String, wire::serverless::ServerlessError> {
    doors::serverless::invoke_once(state, space_id, name, args).await
}

/// Serves the numbers at `/metrics` of a listener of its own, for ever: who may ask is up to where it
/// listens. `process` is asked each time.
///
/// # Errors
/// Whatever the listening socket says.
pub async fn serve_metrics(
    state: Arc<AppState>,
    listener: TcpListener,
    process: impl Fn() -> Option<Process> + Clone + Send + Sync + 'static,
) -> std::io::Result<()> {
    let show = move || async move {
        let kind = [(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (kind, metrics::exposition(&state, process()).await)
    };
    let routes = axum::Router::new().route("/metrics", axum::routing::get(show));
    let few = Limits { connections: 16, in_progress: 16, ..Limits::default() };
    let stall = few.stall_timeout;
    let bounds = Arc::new(Bounds::new(few));
    serving::serve(layers::Doors::new(routes, stall), bounds, listener, std::future::pending())
        .await
}

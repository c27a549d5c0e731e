//! The doors: HTTP in, HTTP out.
//!
//! A door decodes, asks once and encodes. Which method leads where is `methods`; how a refusal
//! of the engine is worded is `refusal`; what a cloud function may ask for is `host`.

#![forbid(unsafe_code)]

mod doors;
mod host;
mod keyring;
mod layers;
mod methods;
mod notices;
mod refusal;
mod router;
mod state;

pub use host::CLOUD_SCRIPT;
pub use keyring::{AppKeys, Gateway, Keyring, Space};
pub use notices::SignedForm;
pub use state::AppState;

use std::future::Future;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
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
    let listener = listener.tap_io(|connection| {
        // Answers are one small write: waiting to fill a packet only adds latency.
        let _ = connection.set_nodelay(true);
    });
    let listeners = Arc::new(doors::page::Listeners::new());
    let leaving = Arc::clone(&listeners);
    let stop = async move {
        stop.await;
        // Open pages would hold the server for ever.
        leaving.stop();
    };
    axum::serve(listener, router::service(state, listeners)).with_graceful_shutdown(stop).await
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

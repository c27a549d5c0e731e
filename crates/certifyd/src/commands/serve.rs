//! `certifyd serve`: from a configuration file, until told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use engine::Mode;
use server::AppState;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use crate::cli::Serve;
use crate::commands::CommandError;
use crate::compose;
use crate::config::Config;
use crate::process::process;
use crate::reload::{Read, Reloader};
use crate::telemetry::{self, Logs};

/// How long calls in flight may take to finish once we are told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often ended sessions are cleared away.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

pub(crate) fn run(args: &Serve) -> Result<(), CommandError> {
    let (path, listen) = (args.config.clone(), args.listen.clone());
    let read = Box::new(move || {
        let mut config = Config::load(&path)?;
        if let Some(listen) = &listen {
            listen.clone_into(&mut config.listen);
        }
        Ok::<_, CommandError>(config)
    });
    let config = read()?;
    let runtime = super::runtime()?;
    let telemetry = telemetry::start(&config.log, config.traces.as_ref(), runtime.handle())?;
    let served = runtime.block_on(serve(config, read, telemetry.logs.clone()));
    telemetry.end();
    served
}

async fn serve(config: Config, read: Box<Read>, logs: Logs) -> Result<(), CommandError> {
    let reloader = Reloader::new(read, &config, logs)?;
    let (listener, address) = listen(&config.listen).await?;
    let metrics = match &config.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let mode = config.mode;
    let gateway = config.gateway.key.is_some();
    let state = compose::state(config, &address).await?;
    if state.public_url == address && !is_local(&listener) {
        tracing::warn!(
            "links for people begin with {address}, which other machines cannot reach; set public_url"
        );
    }
    let verifier = state.engine.verifier_name();
    tracing::info!(address, public_url = state.public_url, gateway, "listening");
    match mode {
        Mode::Test => tracing::warn!(
            "test mode: outcomes are chosen, NOBODY IS VERIFIED; set mode = \"live\" to end this"
        ),
        Mode::Live => {
            if let Some(verifier) = verifier {
                tracing::info!(verifier, "live mode");
            } else {
                let text =
                    "live mode without a verifier: nobody can begin; set verification.verifier";
                tracing::warn!("{text}");
            }
        }
    }
    let measured = metrics.map(|(listener, address)| {
        tracing::info!(address, "metrics");
        tokio::spawn(server::serve_metrics(Arc::clone(&state), listener, process))
    });
    let served = until_stopped(state, listener, reloader).await;
    if let Some(measured) = measured {
        measured.abort();
    }
    served
}

fn is_local(listener: &TcpListener) -> bool {
    listener.local_addr().is_ok_and(|address| address.ip().is_loopback())
}

/// Binds, and tells the address people can use.
pub(crate) async fn listen(address: &str) -> Result<(TcpListener, String), CommandError> {
    let unavailable = |error: std::io::Error| CommandError::Address {
        listen: address.to_owned(),
        reason: match error.kind() {
            std::io::ErrorKind::AddrInUse => "it is in use.\nStop what is using it, or choose \
                 another: --listen 127.0.0.1:0 takes a free port."
                .to_owned(),
            std::io::ErrorKind::PermissionDenied => {
                "permission denied.\nPorts below 1024 need privileges.".to_owned()
            }
            std::io::ErrorKind::InvalidInput => {
                "it must be HOST:PORT, e.g. 127.0.0.1:3636 or [::1]:3636.".to_owned()
            }
            _ => error.to_string(),
        },
    };
    let listener = TcpListener::bind(address).await.map_err(unavailable)?;
    let bound = listener.local_addr().map_err(unavailable)?;
    let host = match bound.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => "127.0.0.1".to_owned(),
        ip if ip.is_unspecified() => "[::1]".to_owned(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        std::net::IpAddr::V4(ip) => ip.to_string(),
    };
    Ok((listener, format!("http://{host}:{}", bound.port())))
}

/// Serves until a signal comes, then lets the calls in flight finish.
pub(crate) async fn until_stopped(
    state: Arc<AppState>,
    listener: TcpListener,
    reloader: Reloader,
) -> Result<(), CommandError> {
    let (told, mut stopping) = tokio::sync::watch::channel(false);
    let mut signals = Signals::new()?;
    let mut background = JoinSet::new();
    background.spawn(keep_house(Arc::clone(&state)));
    background.spawn(reloader.run(Arc::clone(&state)));
    background.spawn(Arc::clone(&state.engine).run_notices());
    background.spawn(Arc::clone(&state.engine).run_expiry());
    background.spawn(Arc::clone(&state.engine).run_keys());
    let mut stopped = told.subscribe();
    let signalled = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let serving = server::serve(Arc::clone(&state), listener, signalled);
    let impatient = async {
        signals.next().await;
        let _ = told.send(true);
        signals.next().await;
    };
    let too_long = async {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        result = serving => result.context("serving failed")?,
        () = too_long => tracing::warn!("calls still in flight were cut off"),
        // Whoever asks twice does not want to wait.
        () = impatient => tracing::warn!("stopped at once: calls in flight were cut off"),
    }
    // A notice that is cut off here is sent again by the next run.
    background.shutdown().await;
    state.functions.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

/// What tells us to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn keep_house(state: Arc<AppState>) {
    let mut hours = tokio::time::interval(HOUSEKEEPING);
    loop {
        hours.tick().await;
        match state.engine.forget_old_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "ended sessions cleared away"),
            Err(error) => tracing::warn!(%error, "ended sessions could not be cleared away"),
        }
        if let Err(error) = state.engine.forget_old_orders().await {
            tracing::warn!(%error, "old orders could not be cleared away");
        }
        match state.engine.forget_old_notices().await {
            Ok(0) => {}
            Ok(notices) => tracing::info!(notices, "old notices cleared away"),
            Err(error) => tracing::warn!(%error, "old notices could not be cleared away"),
        }
    }
}

//! Connections: let in within bounds, watched, and sent away at the end.

mod pulse;

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::Service as _;

use crate::bounds::{Address, Bounds, Place};
use crate::layers::Doors;
use pulse::{Patience, Pulse};

/// Largest head of a request, its target included.
const MAX_HEAD: usize = 64 * 1024;
/// Most that is read ahead of one connection.
const MAX_AHEAD: usize = 128 * 1024;
/// How long not to ask for connections when there is nothing left to make them of.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves until `stop` is done; then lets every connection finish what it is at.
pub(crate) async fn serve(
    doors: Doors,
    bounds: Arc<Bounds>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let stopping = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener) => accepted,
        };
        // Not a word to who is too much: anything costs.
        let Some(place) = bounds.connect(counted(&bounds, peer.ip())) else { continue };
        // Answers are one small write: waiting to fill a packet only adds latency.
        let _ = stream.set_nodelay(true);
        let connection =
            Connection { peer: peer.ip(), doors: doors.clone(), bounds: Arc::clone(&bounds) };
        tokio::spawn(connection.run(stream, place, stopping.subscribe()));
    }
    drop(listener);
    stopping.send_replace(true);
    // Each holds a receiver until its end.
    stopping.closed().await;
    Ok(())
}

/// Whom a connection is counted for. All clients of a proxy come from its address.
fn counted(bounds: &Bounds, peer: IpAddr) -> Option<IpAddr> {
    let proxied = bounds.limits.trusted_proxies.trust(peer);
    Address(peer).limited().filter(|_| !proxied)
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // It went away while it waited for us.
            Err(error) if is_theirs(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

fn is_theirs(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// By which a caller names its trace.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One connection.
struct Connection {
    peer: IpAddr,
    doors: Doors,
    bounds: Arc<Bounds>,
}

impl Connection {
    async fn run(
        self,
        stream: TcpStream,
        _place: Place<IpAddr>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let limits = &self.bounds.limits;
        let pulse = Arc::new(Pulse::new(Patience {
            head: limits.header_timeout,
            idle: limits.idle_timeout,
            write: limits.stall_timeout,
        }));
        let service = service_fn(|request: Request<Incoming>| {
            let beat = pulse.begin();
            let answered = self.answer(request);
            async move { answered.await.map(|response| response.map(|body| beat.until_sent(body))) }
        });
        let mut builder = http1::Builder::new();
        // Heads are watched from here, with one timer for a connection and not one for a request.
        builder.header_read_timeout(None).max_header_size(MAX_HEAD).max_buf_size(MAX_AHEAD);
        let io = TokioIo::new(pulse::Watched::new(stream, Arc::clone(&pulse)));
        let mut served = pin!(builder.serve_connection(io, service));
        let mut lost = pin!(pulse.lost());
        let mut told = false;
        loop {
            tokio::select! {
                // What went wrong on the way is the caller's to know.
                _ = served.as_mut() => return,
                () = &mut lost => return,
                _ = stopping.wait_for(|stopping| *stopping), if !told => {
                    told = true;
                    served.as_mut().graceful_shutdown();
                }
            }
        }
    }

    /// This machine, or a proxy that the configuration names.
    fn is_near(&self) -> bool {
        self.peer.to_canonical().is_loopback()
            || self.bounds.limits.trusted_proxies.trust(self.peer)
    }

    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<axum::response::Response, Infallible>> + use<> {
        let mut request = request.map(Body::new);
        if !self.is_near() {
            // A stranger does not decide what is traced, nor write into a trace.
            request.headers_mut().remove(TRACEPARENT);
        }
        let from = self.bounds.limits.trusted_proxies.client(self.peer, request.headers());
        request.extensions_mut().insert(from);
        // Always ready, as every service made of routes is.
        self.doors.clone().call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Limits;

    #[test]
    fn connections_are_counted_by_address_but_for_proxies_and_this_machine() {
        let mut limits = Limits::default();
        limits.trusted_proxies.add("10.0.0.0/8").unwrap();
        let bounds = Bounds::new(limits);
        let counted = |peer: &str| counted(&bounds, peer.parse().unwrap());
        assert_eq!(counted("203.0.113.9"), "203.0.113.9".parse().ok());
        assert_eq!(counted("10.1.1.1"), None);
        assert_eq!(counted("127.0.0.1"), None);
    }
}

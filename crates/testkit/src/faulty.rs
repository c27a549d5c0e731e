//! A gateway that fails in the ways networks and gateways fail, one way for each request. It speaks
//! TCP, for most of these ways have no name in HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::Arrived;
use crate::receiver::next;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conduct {
    /// It is answered with this status and body.
    Answer(u16, String),
    /// It is answered with this status and body after this time.
    AnswerLate(Duration, u16, String),
    /// It is taken, and nothing follows.
    Silence,
    /// It is taken, and the headers of an answer come byte by byte and do not end.
    SlowHeaders,
    /// It is taken, and nothing more will be said: the sending half is closed.
    HalfClosed,
    /// An answer with this body begins, and the connection is reset in the middle of it.
    ResetMidBody(String),
    /// An answer begins and ends as if it were whole, and was promised to be longer.
    EndedMidBody(String),
    /// It is passed on to the gateway behind, and its answer is passed back.
    Forward,
    /// It is passed on and carried out, and the connection is reset instead of the answer.
    ForwardAndDie,
}

type Manner = dyn Fn(usize, &Arrived) -> Conduct + Send + Sync;

/// A gateway with such conduct, before a real one or alone. It ends with this.
#[derive(Debug)]
pub struct FaultyGateway {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    count: watch::Receiver<usize>,
    serving: JoinHandle<()>,
}

/// What its connections share.
struct Shared {
    behind: Option<SocketAddr>,
    manner: Box<Manner>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    told: watch::Sender<usize>,
}

impl FaultyGateway {
    /// One with nothing behind it. The manner is told how many requests came before.
    pub async fn alone(
        manner: impl Fn(usize, &Arrived) -> Conduct + Send + Sync + 'static,
    ) -> Self {
        Self::start(None, Box::new(manner)).await
    }

    /// One that stands before the server at `behind`.
    pub async fn before(
        behind: SocketAddr,
        manner: impl Fn(usize, &Arrived) -> Conduct + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(behind), Box::new(manner)).await
    }

    async fn start(behind: Option<SocketAddr>, manner: Box<Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (told, count) = watch::channel(0);
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let shared = Shared { behind, manner, arrived: Arc::clone(&arrived), told };
        let serving = tokio::spawn(serve(listener, Arc::new(shared)));
        Self { address, arrived, count, serving }
    }

    /// The address of the gateway.
    pub fn url(&self) -> String {
        gateway_url(self.address)
    }

    /// All requests that arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived.
    pub async fn until_arrived(&self, count: usize) {
        self.count.clone().wait_for(|seen| *seen >= count).await.unwrap();
    }
}

impl Drop for FaultyGateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A port that refuses connections for as long as this lives: taken, and not listened on.
#[derive(Debug)]
pub struct Refusing {
    socket: TcpSocket,
}

impl Refusing {
    /// Takes one.
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { socket }
    }

    /// The address of a gateway that would be there.
    pub fn url(&self) -> String {
        gateway_url(self.socket.local_addr().unwrap())
    }
}

impl Default for Refusing {
    fn default() -> Self {
        Self::new()
    }
}

fn gateway_url(address: SocketAddr) -> String {
    format!("http://{address}/gateway.do")
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut received = Vec::new();
    while let Some(request) = next(&mut stream, &mut received).await {
        let conduct = {
            let mut arrived = shared.arrived.lock().unwrap();
            arrived.push(request.clone());
            (shared.manner)(arrived.len() - 1, &request)
        };
        shared.told.send_modify(|count| *count += 1);
        if !answer(&mut stream, conduct, &request, &shared).await {
            return;
        }
    }
}

/// Does it, and tells whether the connection goes on.
async fn answer(
    stream: &mut TcpStream,
    conduct: Conduct,
    request: &Arrived,
    shared: &Shared,
) -> bool {
    let whole = |status, body: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let text = match conduct {
        Conduct::Answer(status, body) => whole(status, &body, body.len()),
        Conduct::AnswerLate(after, status, body) => {
            tokio::time::sleep(after).await;
            whole(status, &body, body.len())
        }
        Conduct::Silence => std::future::pending().await,
        Conduct::SlowHeaders => return drip(stream).await,
        Conduct::HalfClosed => {
            stream.shutdown().await.unwrap();
            std::future::pending().await
        }
        Conduct::ResetMidBody(body) => {
            let begun = whole(200, &body, body.len() * 2);
            stream.write_all(begun.as_bytes()).await.unwrap();
            return reset(stream);
        }
        Conduct::EndedMidBody(body) => {
            let begun = whole(200, &body, body.len() * 2);
            stream.write_all(begun.as_bytes()).await.unwrap();
            return false;
        }
        Conduct::Forward => forwarded(request, shared).await,
        Conduct::ForwardAndDie => {
            forwarded(request, shared).await;
            return reset(stream);
        }
    };
    stream.write_all(text.as_bytes()).await.is_ok()
}

async fn drip(stream: &mut TcpStream) -> bool {
    let mut text = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    while stream.write_all(&text).await.is_ok() {
        text = b"x".to_vec();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn reset(stream: &TcpStream) -> bool {
    stream.set_zero_linger().unwrap();
    false
}

/// The whole answer of the gateway behind, as it was sent.
async fn forwarded(request: &Arrived, shared: &Shared) -> String {
    let mut behind = TcpStream::connect(shared.behind.unwrap()).await.unwrap();
    let text = format!("{}\r\nconnection: close\r\n\r\n{}", request.head, request.body);
    behind.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    behind.read_to_string(&mut answer).await.unwrap();
    answer
}

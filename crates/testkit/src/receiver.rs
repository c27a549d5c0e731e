//! A merchant's receiver of notices, as well-behaved or as hostile as a test wants it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use engine::{EngineError, Mode, Notice, NoticeForm};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Arrived {
    /// A field of the form, decoded.
    pub fn field(&self, name: &str) -> Option<String> {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(known, _)| *known == name)?;
        Some(decoded(value))
    }
}

/// What a receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Respond {
    /// Answers with this status and body.
    With(u16, String),
    /// Sends the caller elsewhere.
    Redirect(String),
    /// Says nothing and keeps the connection.
    Hang,
    /// Ends the connection without a word.
    Reset,
    /// Promises a body and never ends it.
    Endless,
}

impl Respond {
    /// As a receiver that has taken the notice answers.
    pub fn success() -> Self {
        Self::With(200, "success".to_owned())
    }
}

type Manner = dyn Fn(&Arrived) -> Respond + Send + Sync;

/// A receiver on a port of the system's choice. It ends with this.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    connects: Arc<AtomicUsize>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    count: watch::Receiver<usize>,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// Starts one that behaves in this manner.
    pub async fn start(manner: impl Fn(&Arrived) -> Respond + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connects, arrived) = (Arc::default(), Arc::default());
        let manner: Arc<Manner> = Arc::new(manner);
        let (told, count) = watch::channel(0);
        let seen = Seen { arrived: Arc::clone(&arrived), told };
        let serving = serve(listener, Arc::clone(&connects), Arc::new(seen), manner);
        Self { address, connects, arrived, count, serving: tokio::spawn(serving) }
    }

    /// Starts one that takes everything.
    pub async fn willing() -> Self {
        Self::start(|_| Respond::success()).await
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often somebody connected.
    pub fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }

    /// Everything that arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// Waits until this much has arrived.
    pub async fn until_arrived(&self, count: usize) -> Vec<Arrived> {
        self.count.clone().wait_for(|seen| *seen >= count).await.unwrap();
        self.arrived()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Where requests are noted.
#[derive(Debug)]
struct Seen {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    told: watch::Sender<usize>,
}

impl Seen {
    fn note(&self, request: Arrived) {
        let mut arrived = self.arrived.lock().unwrap();
        arrived.push(request);
        self.told.send_replace(arrived.len());
    }
}

async fn serve(
    listener: TcpListener,
    connects: Arc<AtomicUsize>,
    seen: Arc<Seen>,
    manner: Arc<Manner>,
) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connects.fetch_add(1, Ordering::SeqCst);
        connections.spawn(converse(stream, Arc::clone(&seen), Arc::clone(&manner)));
    }
}

async fn converse(mut stream: TcpStream, seen: Arc<Seen>, manner: Arc<Manner>) {
    let mut received = Vec::new();
    while let Some(request) = next(&mut stream, &mut received).await {
        let respond = manner(&request);
        seen.note(request);
        let text = match respond {
            Respond::With(status, body) => {
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
            Respond::Redirect(to) => {
                format!("HTTP/1.1 302 X\r\nLocation: {to}\r\nContent-Length: 7\r\n\r\nsuccess")
            }
            Respond::Hang => std::future::pending().await,
            Respond::Reset => return,
            Respond::Endless => {
                endless(&mut stream).await;
                return;
            }
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn endless(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 X\r\nContent-Length: 1000000000\r\n\r\nsuccess";
    let mut text = head.as_bytes().to_vec();
    while stream.write_all(&text).await.is_ok() {
        text = vec![b' '; 512];
    }
}

/// The next request of a connection; `None` at its end.
pub(crate) async fn next(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<Arrived> {
    loop {
        if let Some(request) = take(received) {
            return Some(request);
        }
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        received.extend(part.iter().take(length));
    }
}

/// Takes a whole request off the front.
fn take(received: &mut Vec<u8>) -> Option<Arrived> {
    let text = String::from_utf8_lossy(received).into_owned();
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let body = rest.get(..length)?;
    let request = Arrived { head: head.to_owned(), body: body.to_owned() };
    received.drain(..head.len() + 4 + length);
    Some(request)
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Notices without a signature, for tests of delivery.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainForm;

impl NoticeForm for PlainForm {
    fn body(&self, notice: &Notice, mode: Mode) -> Result<String, EngineError> {
        let (id, certify_id, seq) = (notice.id, notice.certify_id, notice.seq);
        let detail = notice.outcome_detail.as_deref().unwrap_or_default();
        let (outcome, test) = (&notice.outcome, mode == Mode::Test);
        Ok(format!(
            "notify_id={id}&certify_id={certify_id}&seq={seq}&state={outcome}&detail={detail}&test={test}"
        ))
    }
}

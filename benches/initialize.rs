//! What a signed `initialize`, and a signed `query`, cost the server, beside the RSA operations they
//! cannot avoid.
//!
//! Run: `cargo bench -p certifyd --bench initialize`. With `-- --peer` it also measures the Node.js
//! server of `benches/peers/node` (after `npm install` there), in turns. Starts the release binary on a temporary
//! project, sends signed calls over kept-alive connections, and reads the server's own CPU time
//! from the system, so that the cost of the load generator does not count.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark reports to a person and stops at the first surprise"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use engine::{Clock as _, SystemClock};
use wire::gateway::{Parameters, canonical};
use wire::rest::{Operation, signed_request};
use wire::{PrivateKey, PublicKey};

const CALLS: usize = 12_000;
const CONNECTIONS: usize = 64;
const RSA_ROUNDS: u32 = 2_000;
const PEER_ROUNDS: usize = 3;

struct Server {
    child: Child,
    ready: serde_json::Value,
}

impl Server {
    fn start(dir: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_certifyd"))
            .args(["dev", dir.to_str().unwrap(), "--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { ready: serde_json::from_str(&line).unwrap(), child }
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    fn address(&self) -> String {
        self.text("endpoint").trim_start_matches("http://").to_owned()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.text(name)).unwrap()
    }

    /// The peer, with the keys of `of`.
    fn start_peer(of: &Self, dir: &std::path::Path) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/peers/node/server.mjs");
        let public = of.text("app_private_key").replace("private_pkcs1", "public");
        let private = of.text("gateway_public_key").replace("public", "private_pkcs8");
        let mut child = Command::new("node")
            .args([script, &public, &private, dir.join("peer.db").to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { ready: serde_json::from_str(&line).expect("the peer starts"), child }
    }

    /// User and system time of the process so far.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        // The kernel counts in hundredths of a second on every Linux we know.
        Duration::from_millis(ticks * 10)
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One dialect of the protocol, and how a signed call is written in it.
#[derive(Clone, Copy)]
struct Dialect {
    name: &'static str,
    request: fn(&PrivateKey, &str, usize) -> Vec<u8>,
}

const V2: Dialect = Dialect { name: "v2", request: gateway_request };
const V3: Dialect = Dialect { name: "v3", request: rest_request };

fn content(order_no: &str) -> String {
    format!(
        r#"{{"outer_order_no":"{order_no}","biz_code":"FACE","identity_param":{{"identity_type":"CERT_INFO","cert_type":"IDENTITY_CARD","cert_name":"张测试","cert_no":"11000019900307001X"}},"merchant_config":{{"return_url":"https://shop.example/return"}}}}"#
    )
}

fn gateway_request(key: &PrivateKey, app_id: &str, number: usize) -> Vec<u8> {
    let content = content(&format!("gateway{number:020}"));
    form_request(key, app_id, "alipay.user.certify.open.initialize", &content)
}

/// Asks for what the first order of [`gateway_request`] has opened.
fn query_request(key: &PrivateKey, app_id: &str, certify_id: &str) -> Vec<u8> {
    let content = format!(r#"{{"certify_id":"{certify_id}"}}"#);
    form_request(key, app_id, "alipay.user.certify.open.query", &content)
}

fn form_request(key: &PrivateKey, app_id: &str, method: &str, content: &str) -> Vec<u8> {
    let now = jiff::tz::offset(8).to_datetime(SystemClock.now());
    let timestamp = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("app_id", app_id),
        ("method", method),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", &timestamp),
        ("version", "1.0"),
        ("biz_content", content),
    ] {
        parameters.set(name, value);
    }
    let sign = key.sign(canonical(&parameters, false).as_bytes()).unwrap();
    parameters.set("sign", &sign);
    let form: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let form = form.join("&");
    format!(
        "POST /gateway.do HTTP/1.1\r\nhost: bench\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

fn rest_request(key: &PrivateKey, app_id: &str, number: usize) -> Vec<u8> {
    let content = content(&format!("rest{number:020}"));
    let path = Operation::Initialize.path();
    let timestamp = SystemClock.now().as_millisecond();
    let auth = format!("app_id={app_id},timestamp={timestamp},nonce={number:032x}");
    let sign = key.sign(&signed_request(&auth, "POST", path, content.as_bytes(), None)).unwrap();
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: ALIPAY-SHA256withRSA {auth},sign={sign}\r\ncontent-length: {}\r\n\r\n{content}",
        content.len()
    )
    .into_bytes()
}

fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Sends one request and reads its whole answer.
fn call(connection: &mut TcpStream, request: &[u8]) -> String {
    connection.write_all(request).unwrap();
    let mut answer = Vec::with_capacity(2048);
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            })
            .and_then(|length| length.parse::<usize>().ok())
            .expect("every answer has a length");
        if body.len() >= length {
            return body.to_owned();
        }
    }
}

fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_nodelay(true).unwrap();
    connection
}

/// Calls as fast as the connections allow; latencies sorted.
fn drive(address: &str, requests: &Arc<Vec<Vec<u8>>>) -> (Duration, Vec<Duration>) {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (address, requests, next) =
                (address.to_owned(), Arc::clone(requests), Arc::clone(&next));
            std::thread::spawn(move || {
                let mut connection = connect(&address);
                let mut latencies = Vec::new();
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = Instant::now();
                    let body = call(&mut connection, request);
                    latencies.push(sent.elapsed());
                    let told = ["certify_id", "passed"].map(|name| format!("\"{name}\":\""));
                    assert!(told.iter().any(|told| body.contains(told)), "{body}");
                }
                latencies
            })
        })
        .collect();
    let mut latencies: Vec<_> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    let elapsed = begun.elapsed();
    latencies.sort();
    (elapsed, latencies)
}

/// Mean time of one signature and of one verification, by the library the server uses.
fn rsa_floor(private: &PrivateKey, public: &PublicKey) -> (Duration, Duration) {
    let message = vec![b'm'; 1000];
    let sign = private.sign(&message).unwrap();
    let begun = Instant::now();
    for _ in 0..RSA_ROUNDS {
        std::hint::black_box(private.sign(std::hint::black_box(&message)).unwrap());
    }
    let signing = begun.elapsed() / RSA_ROUNDS;
    let begun = Instant::now();
    for _ in 0..RSA_ROUNDS {
        assert!(public.verifies(std::hint::black_box(&message), &sign));
    }
    (signing, begun.elapsed() / RSA_ROUNDS)
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    drop(Server::start(dir.path()));
    println!("start, keys to be made       {:>9.1?}", begun.elapsed());

    let begun = Instant::now();
    let server = Server::start(dir.path());
    let ready = begun.elapsed();
    let key = PrivateKey::parse(&server.file("app_private_key")).unwrap();
    let app_id = server.text("app_id").to_owned();
    let first = gateway_request(&key, &app_id, 0);
    let body = call(&mut connect(&server.address()), &first);
    assert!(body.contains("\"code\":\"10000\""), "{body}");
    println!("start to ready               {ready:>9.1?}");
    println!("start to first signed answer {:>9.1?}", begun.elapsed());
    println!("resident memory, idle        {:>9.1} MiB", server.resident_kib() as f64 / 1024.0);

    let (signing, verifying) = rsa_floor(&key, &key.public_key().unwrap());
    println!("one RSA-2048 signature       {signing:>9.1?}");
    println!("one RSA-2048 verification    {verifying:>9.1?}");

    let floor = signing + verifying;
    let peer = std::env::args()
        .any(|argument| argument == "--peer")
        .then(|| Server::start_peer(&server, dir.path()));
    let mut rates = Vec::new();
    for round in 0..if peer.is_some() { PEER_ROUNDS } else { 1 } {
        let caller = Caller { key: &key, app_id: &app_id, round, floor };
        let ours = measure("certifyd", &server, V2, &caller);
        measure("certifyd", &server, V3, &caller);
        let theirs = peer.as_ref().map(|peer| measure("peer", peer, V2, &caller));
        rates.extend(theirs.map(|theirs| ours / theirs));
    }
    if !rates.is_empty() {
        rates.sort_by(f64::total_cmp);
        println!(
            "certifyd / peer, median      {:>9.2} times the calls a second",
            rates[rates.len() / 2]
        );
    }
    let asked = Caller { key: &key, app_id: &app_id, round: 0, floor };
    measure_query(&server, &first, &asked);
    println!("resident memory, after       {:>9.1} MiB", server.resident_kib() as f64 / 1024.0);
}

/// Who calls, in which round, and what the RSA operations of one call cost.
struct Caller<'a> {
    key: &'a PrivateKey,
    app_id: &'a str,
    round: usize,
    floor: Duration,
}

/// Drives one server once and tells its rate.
fn measure(name: &str, server: &Server, dialect: Dialect, caller: &Caller<'_>) -> f64 {
    let Caller { key, app_id, round, .. } = *caller;
    let first = 1 + round * CALLS;
    let requests =
        (first..first + CALLS).map(|number| (dialect.request)(key, app_id, number)).collect();
    report(&format!("{name}: initialize, {}", dialect.name), server, requests, caller.floor)
}

/// The same for `query`, of what `opened` has opened.
fn measure_query(server: &Server, opened: &[u8], caller: &Caller<'_>) -> f64 {
    let body = call(&mut connect(&server.address()), opened);
    let (_, rest) = body.split_once("\"certify_id\":\"").unwrap();
    let request = query_request(caller.key, caller.app_id, &rest[..32]);
    report("certifyd: query, v2", server, vec![request; CALLS], caller.floor)
}

fn report(name: &str, server: &Server, requests: Vec<Vec<u8>>, floor: Duration) -> f64 {
    let before = server.cpu();
    let (elapsed, latencies) = drive(&server.address(), &Arc::new(requests));
    let cpu = server.cpu().checked_sub(before).unwrap() / u32::try_from(CALLS).unwrap();
    let rate = CALLS as f64 / elapsed.as_secs_f64();
    println!("{name}");
    println!("  server CPU                 {cpu:>9.1?} a call");
    println!("  ratio to sign + verify     {:>9.2}", cpu.as_secs_f64() / floor.as_secs_f64());
    println!("  beside sign + verify       {:>9.1?}", cpu.saturating_sub(floor));
    println!(
        "  calls                      {rate:>9.0} /s at {CONNECTIONS} connections, load on the same cores"
    );
    println!(
        "  latency p50 / p99          {:>9.1?} / {:.1?}",
        latencies[CALLS / 2],
        latencies[CALLS * 99 / 100]
    );
    rate
}

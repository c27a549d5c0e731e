//! What the adapter adds to a call: latency, and CPU time of the thread that calls.
//!
//! Run: `cargo bench -p upstream`. The same signed answer comes from the same server on loopback, once
//! to the adapter (write, sign, send, verify, read) and once to a bare POST of the same body by the same
//! HTTP library, in turns. The two RSA operations no client can avoid are measured alone as well.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reports to a person and stops at the first surprise"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{SystemChance, SystemClock, UpstreamCall, UpstreamGateway as _};
use testkit::{COMPATIBLE, Conduct, FaultyGateway, keys};
use upstream::{AlipayGateway, Settings, Trust};
use wire::charset::Charset;
use wire::gateway::{Answer, envelope};
use wire::{PrivateKey, PublicKey, SignatureType};

const ROUNDS: usize = 10;
const CALLS: usize = 300;
const METHOD: &str = "alipay.user.certify.open.query";
const NODE: &str = r#"{"code":"10000","msg":"Success","passed":"T","identity_info":"{}"}"#;
const CONTENT: &str = r#"{"certify_id":"2109b5e671aa3ff2eb4851816c65828f"}"#;

fn private(name: &str) -> PrivateKey {
    PrivateKey::parse(&keys::gateway(name)).unwrap()
}

fn public() -> PublicKey {
    PublicKey::parse(&keys::gateway("alipay_public.pem")).unwrap()
}

/// A server in a thread of its own, so that its work is not counted.
fn serve() -> String {
    let answer = Answer {
        method: METHOD,
        node: NODE,
        alipay_cert_sn: None,
        charset: Charset::UTF_8,
        sign_type: SignatureType::Rsa2,
    };
    let body = envelope(&answer, &private("alipay_private_pkcs8.pem")).unwrap();
    let conduct = Conduct::Answer(200, String::from_utf8(body).unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let server = FaultyGateway::alone(move |_, _| conduct.clone()).await;
            tell.send(server.url()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Latencies of single calls, and CPU time of all of them.
#[derive(Default)]
struct Measured {
    latencies: Vec<Duration>,
    cpu: Duration,
}

impl Measured {
    async fn round(&mut self, call: impl AsyncFn()) {
        let before = cpu();
        for _ in 0..CALLS {
            let begun = Instant::now();
            call().await;
            self.latencies.push(begun.elapsed());
        }
        self.cpu += cpu().saturating_sub(before);
    }

    fn report(&mut self, name: &str) {
        self.latencies.sort();
        let count = self.latencies.len();
        let micros = |duration: Duration| duration.as_nanos() as f64 / 1000.0;
        println!(
            "{name:<24} p50 {:7.0} µs   p99 {:7.0} µs   CPU {:7.0} µs a call",
            micros(self.latencies[count / 2]),
            micros(self.latencies[count * 99 / 100]),
            micros(self.cpu) / count as f64,
        );
    }
}

fn main() {
    let url = serve();
    let trust = Trust::Key(public());
    let key = private("app_private_pkcs8.pem");
    let settings = Settings::new(url.clone(), COMPATIBLE.to_owned(), key, trust);
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance::new()));
    let gateway = AlipayGateway::new(settings, clock, chance).unwrap();
    let call = UpstreamCall {
        method: METHOD,
        biz_content: Some(CONTENT),
        parameters: &[],
        app_auth_token: None,
        auth_token: None,
        repeatable: true,
    };
    let form = gateway.page(&call).unwrap().split_once('?').unwrap().1.to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let bare = async || {
        let kind = "application/x-www-form-urlencoded;charset=utf-8";
        let request = client.post(&url).header("content-type", kind).body(form.clone());
        assert!(!request.send().await.unwrap().bytes().await.unwrap().is_empty());
    };
    let adapted = async || {
        gateway.call(&call).await.unwrap();
    };
    let signed = private("alipay_private_pkcs8.pem").sign(NODE.as_bytes()).unwrap();
    let (app, theirs) = (private("app_private_pkcs8.pem"), public());
    let rsa = async || {
        app.sign(form.as_bytes()).unwrap();
        assert!(theirs.verifies(NODE.as_bytes(), &signed));
    };
    let mut measured: [Measured; 3] = Default::default();
    runtime().block_on(async {
        // Connections are made and caches filled first.
        bare().await;
        adapted().await;
        for _ in 0..ROUNDS {
            measured[0].round(bare).await;
            measured[1].round(adapted).await;
            measured[2].round(rsa).await;
        }
    });
    for (measured, name) in measured.iter_mut().zip(["bare POST", "adapter", "RSA alone"]) {
        measured.report(name);
    }
}

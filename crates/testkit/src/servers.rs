//! The server in a box: real HTTP on a port of the system's choice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::AppId;
use engine::{
    Clock, Current, Engine, Mode, MovableClock, NoticeDesk, OperatorToken, Outbound, Policy, Reach,
    SystemClock, Upstream, Verifier,
};
use functions::{Runtime, WorkerCommand};
use server::{AppKeys, AppState, Bounds, Gateway, Keyring, Limits, Metrics, SignedForm, Space};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wire::gateway::{Parameters, canonical};
use wire::serverless::ClientSecret;
use wire::{PrivateKey, PublicKey};

use crate::{
    Blueprint, CLOSED_SPACE, COMPATIBLE, FACE_ONLY, FixedClock, ISV, ISV_SPACE, MERCHANT,
    OPERATOR_TOKEN, OTHER_ISV, OTHER_MERCHANT, RELAYED, SPACE_APP, STRICT, keys,
};

/// A running server. It ends with the test's runtime.
#[derive(Debug)]
pub struct TestServer {
    /// What is behind the doors.
    pub state: Arc<AppState>,
    /// Its clock. Without effect if the server was started with a movable one.
    pub clock: Arc<FixedClock>,
    address: SocketAddr,
    client: reqwest::Client,
    serving: JoinHandle<std::io::Result<()>>,
    folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: String,
}

impl Reply {
    /// A header's text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body, which is JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Another process with the database in its hands, e.g. a backup. It lets go when dropped.
#[derive(Debug)]
pub struct Held {
    _connection: rusqlite::Connection,
}

/// What a server is to be made of.
#[derive(Debug)]
struct Choices {
    mode: Mode,
    functions: Option<(PathBuf, WorkerCommand)>,
    movable_clock: bool,
    gateway: Option<Gateway>,
    verifier: Option<Arc<dyn Verifier>>,
    policy: Policy,
    upstream: Option<Arc<Upstream>>,
    limits: Limits,
    free_bytes: fn(&Path) -> Option<u64>,
    delivers: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            mode: Mode::Test,
            functions: None,
            movable_clock: false,
            gateway: Some(gateway()),
            verifier: None,
            policy: Policy::default(),
            upstream: None,
            limits: Limits::default(),
            free_bytes: |_| Some(u64::MAX),
            delivers: true,
        }
    }
}

impl TestServer {
    /// A server in test mode whose clock stands still. Its spaces have no functions.
    pub async fn start() -> Self {
        Self::build(Choices::default()).await
    }

    /// A server in live mode.
    pub async fn live() -> Self {
        Self::build(Choices { mode: Mode::Live, ..Choices::default() }).await
    }

    /// A server in test mode whose clock scripts may move.
    pub async fn with_movable_clock() -> Self {
        Self::build(Choices { movable_clock: true, ..Choices::default() }).await
    }

    /// A server in `mode` where `verifier` decides.
    pub async fn with_verifier(mode: Mode, verifier: impl Verifier + 'static) -> Self {
        let verifier: Option<Arc<dyn Verifier>> = Some(Arc::new(verifier));
        Self::build(Choices { mode, verifier, ..Choices::default() }).await
    }

    /// A server in test mode with [`RELAYED`], for which `upstream` certifies; the recorded space
    /// is that application's.
    pub async fn with_upstream(upstream: &Arc<Upstream>) -> Self {
        Self::build(Choices { upstream: Some(Arc::clone(upstream)), ..Choices::default() }).await
    }

    /// The same in live mode, with functions.
    pub async fn live_with_upstream(
        upstream: &Arc<Upstream>,
        functions: Option<(PathBuf, WorkerCommand)>,
    ) -> Self {
        let upstream = Some(Arc::clone(upstream));
        Self::build(Choices { mode: Mode::Live, upstream, functions, ..Choices::default() }).await
    }

    /// A server in test mode whose operator has chosen `policy`.
    pub async fn with_policy(policy: Policy) -> Self {
        Self::build(Choices { policy, ..Choices::default() }).await
    }

    /// A server in test mode with bounds of its own.
    pub async fn with_limits(limits: Limits) -> Self {
        Self::build(Choices { limits, ..Choices::default() }).await
    }

    /// A server in test mode on a disk with so much room.
    pub async fn on_disk(free_bytes: fn(&Path) -> Option<u64>) -> Self {
        Self::build(Choices { free_bytes, ..Choices::default() }).await
    }

    /// A server in test mode that makes notices and sends none.
    pub async fn without_delivery() -> Self {
        Self::build(Choices { delivers: false, ..Choices::default() }).await
    }

    /// A server without a key to sign answers of the gateway with.
    pub async fn without_gateway() -> Self {
        Self::build(Choices { gateway: None, ..Choices::default() }).await
    }

    /// A server in test mode whose gateway has been set up in another way.
    pub async fn with_gateway(set_up: impl FnOnce(&mut Gateway)) -> Self {
        let mut gateway = gateway();
        set_up(&mut gateway);
        Self::build(Choices { gateway: Some(gateway), ..Choices::default() }).await
    }

    /// A server whose recorded space has the functions in `folder`, run by `worker`.
    pub async fn with_functions(folder: PathBuf, worker: WorkerCommand) -> Self {
        Self::build(Choices { functions: Some((folder, worker)), ..Choices::default() }).await
    }

    async fn build(choices: Choices) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut blueprint = Blueprint::default().database_in(folder.path());
        blueprint = blueprint.mode(choices.mode).policy(choices.policy);
        blueprint.verifier = choices.verifier.or(blueprint.verifier);
        blueprint.upstream = choices.upstream;
        let space_app = if blueprint.upstream.is_some() { RELAYED } else { SPACE_APP };
        blueprint.notices = Some(NoticeDesk {
            form: Arc::new(SignedForm::new(gateway_key())),
            outbound: Outbound::new(Reach::Any).unwrap(),
            timeout: NoticeDesk::TIMEOUT,
        });
        Box::pin(blueprint.found()).await;
        let (engine, test_clock) = if choices.movable_clock {
            let clock = Arc::new(MovableClock::new(SystemClock, 0));
            (blueprint.engine_with(Arc::clone(&clock) as Arc<dyn Clock>), Some(clock))
        } else {
            (blueprint.engine(), None)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (functions, worker) = choices.functions.unzip();
        let state = Arc::new(AppState {
            keyring: Current::new(keyring(choices.gateway, space_app, functions)),
            bounds: Arc::new(Bounds::new(choices.limits)),
            snapshots: folder.path().join("snapshots"),
            free_bytes: choices.free_bytes,
            ..state(engine, test_clock, address, worker)
        });
        if choices.delivers {
            tokio::spawn(Arc::clone(&state.engine).run_notices());
        }
        let serving = server::serve(Arc::clone(&state), listener, std::future::pending());
        Self {
            state,
            clock: blueprint.clock,
            address,
            client: client(),
            serving: tokio::spawn(serving),
            folder,
        }
    }

    /// Keys as a reload would read them anew.
    pub fn fresh_keyring() -> Keyring {
        keyring(Some(gateway()), SPACE_APP, None)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it still serves.
    pub fn is_serving(&self) -> bool {
        !self.serving.is_finished()
    }

    /// Overwrites what is kept, as a failing disk does.
    pub fn damage_database(&self) {
        for name in ["certifyd.db", "certifyd.db-wal"] {
            let path = self.folder.path().join(name);
            let length = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
            std::fs::write(&path, vec![0x5a; length]).unwrap();
        }
    }

    /// Keeps the server from writing, as another process that holds the database does.
    pub fn hold_database(&self) -> Held {
        let path = self.folder.path().join("certifyd.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let mut held = rusqlite::Transaction::new_unchecked(&connection, behavior).unwrap();
        held.set_drop_behavior(rusqlite::DropBehavior::Ignore);
        drop(held);
        Held { _connection: connection }
    }

    /// The address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request to `path`, to be completed and given to [`Self::send`].
    pub fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let verb = reqwest::Method::from_bytes(verb.as_bytes()).unwrap();
        self.client.request(verb, self.url(path))
    }

    /// Sends a request and reads the whole answer. Redirects are answers.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, body: response.text().await.unwrap() }
    }

    /// Reads `path`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    /// Sends a form to `path`.
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.request("POST", path).body(encoded(form.iter().copied()));
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    /// Sends JSON to `path`.
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Reply {
        self.send(self.request("POST", path).body(body.to_string())).await
    }

    /// Calls the gateway: everything in the form body.
    pub async fn gateway(&self, parameters: &Parameters) -> Reply {
        let form: Vec<(&str, &str)> = parameters.iter().collect();
        self.post_form("/gateway.do", &form).await
    }

    /// Calls the gateway: everything in the query.
    pub async fn gateway_by_get(&self, parameters: &Parameters) -> Reply {
        self.get(&format!("/gateway.do?{}", encoded(parameters.iter()))).await
    }

    /// Calls a door of Serverless with a signature of the client.
    pub async fn client_call(&self, body: &serde_json::Value) -> Reply {
        let text = body.to_string();
        let sign = client_signature(&keys::serverless("clientSecret"), &text);
        let request = self.request("POST", "/client").header("x-serverless-sign", sign);
        self.send(request.body(text)).await
    }
}

/// The `x-serverless-sign` of a body for `/client`.
pub fn client_signature(secret: &str, body: &str) -> String {
    let body = wire::serverless::Body::parse(body.as_bytes()).unwrap();
    ClientSecret::new(secret).sign(&wire::serverless::signing_text(&body))
}

/// Parameters of a gateway call by `app`, signed with the key all applications share here.
pub fn signed(app: &str, method: &str, biz_content: &str) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("app_id", app),
        ("method", method),
        ("format", "JSON"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", "2026-11-24 16:00:00"),
        ("version", "1.0"),
        ("biz_content", biz_content),
    ] {
        parameters.set(name, value);
    }
    resigned(parameters)
}

/// The same parameters with a signature that fits.
pub fn resigned(mut parameters: Parameters) -> Parameters {
    let key = PrivateKey::parse(&keys::gateway("app_private_pkcs1.pem")).unwrap();
    let sign = key.sign(canonical(&parameters, true).as_bytes()).unwrap();
    parameters.set("sign", &sign);
    parameters
}

/// Form encoding of everything that is not plain.
pub fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        out.push_str(if out.is_empty() { "" } else { "&" });
        push_encoded(&mut out, name);
        out.push('=');
        push_encoded(&mut out, value);
    }
    out
}

fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn state(
    engine: Engine,
    test_clock: Option<Arc<MovableClock<SystemClock>>>,
    address: SocketAddr,
    worker: Option<WorkerCommand>,
) -> AppState {
    let nobody = WorkerCommand { program: "no-such-program".into(), args: Vec::new() };
    let worker = worker.unwrap_or(nobody);
    AppState {
        engine: Arc::new(engine),
        functions: Runtime::new(worker, functions::Limits::default(), server::CLOUD_SCRIPT, false),
        keyring: Current::new(keyring(None, SPACE_APP, None)),
        bounds: Arc::new(Bounds::new(Limits::default())),
        metrics: Metrics::new("0.0.0"),
        public_url: format!("http://{address}"),
        snapshots: PathBuf::new(),
        free_bytes: |_| Some(u64::MAX),
        join_trace: |_, _| {},
        test_clock,
    }
}

fn keyring(gateway: Option<Gateway>, app: &str, functions: Option<PathBuf>) -> Keyring {
    Keyring {
        spaces: spaces(app, functions),
        gateway,
        operator: OperatorToken::new(OPERATOR_TOKEN).into_iter().collect(),
        outbound: Outbound::new(Reach::Public).unwrap(),
    }
}

fn spaces(app: &str, functions: Option<PathBuf>) -> BTreeMap<String, Arc<Space>> {
    let recorded = Space {
        id: keys::serverless("spaceId"),
        app: AppId::parse(app).unwrap(),
        client_secrets: vec![ClientSecret::new(keys::serverless("clientSecret"))],
        server_keys: vec![PublicKey::parse(&keys::serverless("serverPublicKey")).unwrap()],
        functions,
        calls: Arc::default(),
    };
    let closed = Space {
        id: CLOSED_SPACE.to_owned(),
        app: AppId::parse(STRICT).unwrap(),
        client_secrets: vec![ClientSecret::new("secret of the closed space")],
        server_keys: Vec::new(),
        functions: None,
        calls: Arc::default(),
    };
    let isv = Space {
        id: ISV_SPACE.to_owned(),
        app: AppId::parse(ISV).unwrap(),
        client_secrets: vec![ClientSecret::new(keys::serverless("clientSecret"))],
        server_keys: vec![PublicKey::parse(&keys::serverless("serverPublicKey")).unwrap()],
        functions: None,
        calls: Arc::default(),
    };
    [recorded, closed, isv].map(|space| (space.id.clone(), Arc::new(space))).into()
}

/// Signs answers and notices.
fn gateway_key() -> Arc<PrivateKey> {
    Arc::new(PrivateKey::parse(&keys::gateway("alipay_private_pkcs1.pem")).unwrap())
}

fn gateway() -> Gateway {
    let apps = [COMPATIBLE, STRICT, FACE_ONLY, MERCHANT, OTHER_MERCHANT, ISV, OTHER_ISV, RELAYED];
    let key = || PublicKey::parse(&keys::gateway("app_public.pem")).unwrap();
    Gateway {
        key: gateway_key(),
        certificate: None,
        next_certificate: None,
        root_sn: None,
        // Recorded requests are old.
        window: None,
        apps: apps
            .map(|app| {
                let keys = AppKeys { public_keys: vec![key()], ..AppKeys::default() };
                (AppId::parse(app).unwrap(), keys)
            })
            .into(),
    }
}

//! The adapter to another gateway against the program itself, in another process.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use engine::{
    Meaning, SystemChance, SystemClock, UpstreamCall, UpstreamGateway as _, UpstreamReply,
};
use upstream::{AlipayGateway, Settings, Trust};
use wire::{PrivateKey, PublicKey};

/// A server that ends with the test.
struct Server {
    process: Child,
    setup: serde_json::Value,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_certifyd"))
            .args(["dev", "--listen", "127.0.0.1:0", "--json"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, setup: serde_json::from_str(&line).unwrap(), _folder: folder }
    }

    fn text(&self, name: &str) -> String {
        self.setup[name].as_str().unwrap().to_owned()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.text(name)).unwrap()
    }

    /// The way of its application to it.
    fn gateway(&self) -> AlipayGateway {
        let key = PublicKey::parse(&self.file("gateway_public_key")).unwrap();
        let settings = Settings::new(
            format!("{}/gateway.do", self.text("endpoint")),
            self.text("app_id"),
            PrivateKey::parse(&self.file("app_private_key_pkcs8")).unwrap(),
            Trust::Key(key),
        );
        // A loaded machine may take its time.
        let patient = Settings { attempt_timeout: std::time::Duration::from_secs(20), ..settings };
        AlipayGateway::new(patient, Arc::new(SystemClock), Arc::new(SystemChance::new())).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn call<'a>(method: &'a str, content: &'a str) -> UpstreamCall<'a> {
    UpstreamCall {
        method,
        biz_content: Some(content),
        parameters: &[],
        app_auth_token: None,
        auth_token: None,
        repeatable: false,
    }
}

fn member(reply: &UpstreamReply, name: &str) -> String {
    assert_eq!(reply.meaning, Meaning::Done, "{}", reply.node);
    let node: serde_json::Value = serde_json::from_str(&reply.node).unwrap();
    node[name].as_str().unwrap().to_owned()
}

/// The time window is on here: what is written as the time of day is what the other side expects.
#[tokio::test]
async fn a_certification_is_opened_and_asked_for_in_another_process() {
    let server = Server::start();
    let gateway = server.gateway();
    let order = serde_json::json!({
        "outer_order_no": "upstream1",
        "biz_code": "FACE",
        "identity_param": {
            "identity_type": "CERT_INFO", "cert_type": "IDENTITY_CARD",
            "cert_name": "试用甲", "cert_no": "11000019900307001X",
        },
        "merchant_config": { "return_url": "" },
    })
    .to_string();
    let opened = gateway.call(&call("alipay.user.certify.open.initialize", &order)).await.unwrap();
    let content = format!(r#"{{"certify_id":"{}"}}"#, member(&opened, "certify_id"));
    let asked = gateway.call(&call("alipay.user.certify.open.query", &content)).await.unwrap();
    assert_eq!(member(&asked, "passed"), "F");
    let page = gateway.page(&call("alipay.user.certify.open.certify", &content)).unwrap();
    assert!(page.starts_with(&server.text("endpoint")), "{page}");
}

//! An application's gateway object, and calls.

use std::sync::Arc;
use std::time::Duration;

use engine::{Chance, Clock, UpstreamCall, UpstreamFault, UpstreamGateway as _, UpstreamReply};
use testkit::{COMPATIBLE, FixedClock, SeededChance, keys};
use upstream::{AlipayGateway, Settings, Trust};
use wire::certificate::Certificate;
use wire::{PrivateKey, PublicKey};

pub(crate) const INITIALIZE: &str = "alipay.user.certify.open.initialize";
pub(crate) const QUERY: &str = "alipay.user.certify.open.query";
pub(crate) const CERTIFY: &str = "alipay.user.certify.open.certify";
/// Within the validity of the recorded certificates.
pub(crate) const NOW: &str = "2027-01-01T00:00:00Z";
/// Long enough for a loaded machine to answer on loopback, where an answer is expected.
const ANSWERED: Duration = Duration::from_secs(20);

pub(crate) fn private_key(name: &str) -> PrivateKey {
    PrivateKey::parse(&keys::gateway(name)).unwrap()
}

/// A certificate file with its intermediate one.
pub(crate) fn chained(name: &str) -> String {
    format!("{}\n{}", keys::gateway(name), keys::gateway("intermediate_cert.crt"))
}

pub(crate) fn by_key() -> Trust {
    Trust::Key(PublicKey::parse(&keys::gateway("alipay_public.pem")).unwrap())
}

pub(crate) fn by_certificate(alipay_cert: &str) -> Trust {
    Trust::certificates(
        Certificate::parse(&keys::gateway("app_cert.crt")).unwrap(),
        Certificate::parse(alipay_cert).unwrap(),
        keys::gateway("alipay_root_bundle.crt"),
    )
}

pub(crate) fn settings(url: &str, trust: Trust) -> Settings {
    let key = private_key("app_private_pkcs8.pem");
    let settings = Settings::new(url.to_owned(), COMPATIBLE.to_owned(), key, trust);
    Settings { attempt_timeout: ANSWERED, connect_timeout: ANSWERED, ..settings }
}

/// A gateway object and the clock it reads.
pub(crate) struct Client {
    pub(crate) gateway: Arc<AlipayGateway>,
    pub(crate) clock: Arc<FixedClock>,
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::with_chance(settings, Arc::new(SeededChance::new(1)))
    }

    fn with_chance(settings: Settings, chance: Arc<dyn Chance>) -> Self {
        let clock = Arc::new(FixedClock::at(NOW));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let gateway = AlipayGateway::new(settings, shared, chance).unwrap();
        Self { gateway: Arc::new(gateway), clock }
    }

    /// In key mode, with time for an answer.
    pub(crate) fn of(url: &str) -> Self {
        Self::new(settings(url, by_key()))
    }

    /// In key mode, for answers that will not come: tries end soon and follow each other closely, so
    /// that a second one is on its way long before the time of the call is over.
    pub(crate) fn hasty(url: &str) -> Self {
        let attempt_timeout = Duration::from_millis(400);
        let settings = Settings { attempt_timeout, ..settings(url, by_key()) };
        Self::with_chance(settings, Arc::new(Lowest))
    }

    pub(crate) async fn query(&self) -> Result<UpstreamReply, UpstreamFault> {
        self.gateway.call(&query(r#"{"certify_id":"2109b5e671aa3ff2eb4851816c65828f"}"#)).await
    }

    pub(crate) async fn initialize(&self) -> Result<UpstreamReply, UpstreamFault> {
        self.gateway.call(&initialize(&order("order1"))).await
    }
}

/// Chance that always gives the lowest number.
#[derive(Debug)]
struct Lowest;

impl Chance for Lowest {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

pub(crate) fn order(number: &str) -> String {
    serde_json::json!({
        "outer_order_no": number,
        "biz_code": "FACE",
        "identity_param": {
            "identity_type": "CERT_INFO", "cert_type": "IDENTITY_CARD",
            "cert_name": "试用甲", "cert_no": "11000019900307001X",
        },
        "merchant_config": { "return_url": "https://merchant.example/back" },
    })
    .to_string()
}

pub(crate) fn call<'a>(method: &'a str, content: &'a str) -> UpstreamCall<'a> {
    UpstreamCall {
        method,
        biz_content: Some(content),
        parameters: &[],
        app_auth_token: None,
        auth_token: None,
        repeatable: false,
    }
}

pub(crate) fn initialize(content: &str) -> UpstreamCall<'_> {
    call(INITIALIZE, content)
}

pub(crate) fn query(content: &str) -> UpstreamCall<'_> {
    UpstreamCall { repeatable: true, ..call(QUERY, content) }
}

/// A member of the answer's node.
pub(crate) fn member(reply: &UpstreamReply, name: &str) -> String {
    let node: serde_json::Value = serde_json::from_str(&reply.node).unwrap();
    node[name].as_str().unwrap_or_default().to_owned()
}

/// A node signed with `key`, as an answer to `method`; in certificate mode it bears a number.
pub(crate) fn signed(method: &str, node: &str, sn: Option<&str>, key: &PrivateKey) -> String {
    let answer = wire::gateway::Answer {
        method,
        node,
        alipay_cert_sn: sn,
        charset: wire::charset::Charset::UTF_8,
        sign_type: wire::SignatureType::Rsa2,
    };
    String::from_utf8(wire::gateway::envelope(&answer, key).unwrap()).unwrap()
}

//! Reading what the gateway answers, as a strict client does: verify first, then parse.

use serde_json::{Value, json};
use testkit::{COMPATIBLE, Reply, TestServer, keys, signed};
use wire::{PublicKey, SignatureType};

pub(crate) const INITIALIZE: &str = "alipay.user.certify.open.initialize";
pub(crate) const CERTIFY: &str = "alipay.user.certify.open.certify";
pub(crate) const QUERY: &str = "alipay.user.certify.open.query";

/// An answer whose signature fits.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The name of the node.
    pub(crate) name: String,
    /// The node.
    pub(crate) node: Value,
}

impl Answer {
    /// Checks form and signature over the exact bytes.
    pub(crate) fn of(reply: &Reply) -> Self {
        Self::signed(reply, SignatureType::Rsa2)
    }

    /// The same for an answer that is signed in this way and in no other.
    pub(crate) fn signed(reply: &Reply, sign_type: SignatureType) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("content-type"), "text/html;charset=utf-8");
        assert_eq!(reply.header("trace_id").len(), 32);
        let (name, rest) = reply.body.strip_prefix("{\"").unwrap().split_once("\":").unwrap();
        let (node, sign) = rest.rsplit_once(",\"sign\":\"").unwrap();
        // Between the two, if the request named a certificate.
        let node = node.split_once(",\"alipay_cert_sn\":\"").map_or(node, |(node, _)| node);
        let sign = sign.strip_suffix("\"}").unwrap();
        let key = PublicKey::parse(&keys::gateway("alipay_public.pem")).unwrap();
        for other in [SignatureType::Rsa2, SignatureType::Rsa] {
            let verifies = key.verifies_as(other, node.as_bytes(), sign);
            assert_eq!(verifies, other == sign_type, "{}", reply.body);
        }
        assert!(!reply.body.contains("\\/"), "{}", reply.body);
        assert_eq!(reply.body.matches(name).count(), 1, "{}", reply.body);
        Self { name: name.to_owned(), node: serde_json::from_str(node).unwrap() }
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.node[member].as_str().unwrap_or_default()
    }

    /// `code` and `sub_code`.
    pub(crate) fn codes(&self) -> (&str, &str) {
        (self.text("code"), self.text("sub_code"))
    }

    /// The id of a success.
    pub(crate) fn certify_id(&self) -> String {
        assert_eq!(self.text("code"), "10000", "{}", self.node);
        self.text("certify_id").to_owned()
    }
}

/// Business content that is right in both profiles.
pub(crate) fn content(order_no: &str) -> Value {
    json!({
        "outer_order_no": order_no,
        "biz_code": "FACE",
        "identity_param": {
            "identity_type": "CERT_INFO",
            "cert_type": "IDENTITY_CARD",
            "cert_name": "试用甲",
            "cert_no": "11000019900307001X",
        },
        "merchant_config": { "return_url": "https://merchant.example/done?a=1&b=2" },
    })
}

/// Calls a method for `app`, correctly signed.
pub(crate) async fn call(server: &TestServer, app: &str, method: &str, content: &Value) -> Answer {
    Answer::of(&server.gateway(&signed(app, method, &content.to_string())).await)
}

/// Opens a certification.
pub(crate) async fn open(server: &TestServer, order_no: &str) -> String {
    call(server, COMPATIBLE, INITIALIZE, &content(order_no)).await.certify_id()
}

/// What a query answers.
pub(crate) async fn query(server: &TestServer, app: &str, certify_id: &str) -> Answer {
    call(server, app, QUERY, &json!({ "certify_id": certify_id })).await
}

/// The path of the person's page.
pub(crate) async fn link(server: &TestServer, certify_id: &str) -> String {
    let content = json!({ "certify_id": certify_id }).to_string();
    let reply = server.gateway_by_get(&signed(COMPATIBLE, CERTIFY, &content)).await;
    assert!((300..400).contains(&reply.status), "{} {}", reply.status, reply.body);
    reply.header("location").strip_prefix(&server.url("")).unwrap().to_owned()
}

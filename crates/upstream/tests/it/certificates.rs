//! A number the application does not know: fetched, judged by its chain, remembered.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::AppId;
use engine::{Meaning, Unknown, UpstreamFault, UpstreamGateway as _};
use jiff::SignedDuration;
use testkit::{Arrived, COMPATIBLE, Conduct, FaultyGateway, TestServer, keys};
use wire::certificate::{Certificate, root_sn};

use crate::client::{
    Client, QUERY, by_certificate, call, chained, initialize, member, order, private_key, query,
    settings, signed,
};

const DOWNLOAD: &str = "alipay.open.app.alipaycert.download";
const NODE: &str = r#"{"code":"10000","msg":"Success","passed":"T"}"#;
const UNTRUSTED: UpstreamFault = UpstreamFault::Unknown(Unknown::Certificate);

/// An application that knows the gateway by a certificate it no longer signs with.
fn behind_the_times(url: &str) -> Client {
    Client::new(settings(url, by_certificate(&made("Example Gateway Signing").0)))
}

/// A certificate by an authority nobody has heard of, and its private key.
fn made(name: &str) -> (String, wire::PrivateKey) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    // Named as the recorded gateway's certificate is, but for the name itself.
    for (kind, text) in [
        (rcgen::DnType::CountryName, "ZZ"),
        (rcgen::DnType::OrganizationName, "Example Test Pay"),
        (rcgen::DnType::OrganizationalUnitName, "Gateway"),
        (rcgen::DnType::CommonName, name),
    ] {
        params.distinguished_name.push(kind, text);
    }
    let authority = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::Issuer::new(ca, authority);
    let pem = params.signed_by(&key, &issuer).unwrap().pem();
    (pem, wire::PrivateKey::parse(&key.serialize_pem()).unwrap())
}

fn sn(pem: &str) -> String {
    Certificate::parse(pem).unwrap().sn().to_owned()
}

/// Answers downloads with `pem` and everything else under `named`, signed with `key`.
fn with_certificate(
    pem: String,
    named: String,
    key: wire::PrivateKey,
) -> impl Fn(usize, &Arrived) -> Conduct + Send + Sync + 'static {
    move |_, request| {
        if request.field("method").as_deref() == Some(DOWNLOAD) {
            let node = serde_json::json!({
                "code": "10000", "alipay_cert_content": STANDARD.encode(&pem),
            });
            let body = serde_json::json!({ "alipay_open_app_alipaycert_download_response": node });
            return Conduct::Answer(200, body.to_string());
        }
        Conduct::Answer(200, signed(QUERY, NODE, Some(&named), &key))
    }
}

fn downloads(gateway: &FaultyGateway) -> usize {
    let is_download = |request: &&Arrived| request.field("method").as_deref() == Some(DOWNLOAD);
    gateway.arrived().iter().filter(is_download).count()
}

#[tokio::test]
async fn a_new_certificate_of_the_gateway_is_fetched_once_for_all() {
    let server = TestServer::with_gateway(|gateway| {
        gateway.certificate = Some(Certificate::parse(&chained("alipay_cert.crt")).unwrap());
        gateway.root_sn = Some(root_sn(&keys::gateway("alipay_root_bundle.crt")).unwrap());
        let app = gateway.apps.get_mut(&AppId::parse(COMPATIBLE).unwrap()).unwrap();
        app.certificates = vec![Certificate::parse(&keys::gateway("app_cert.crt")).unwrap()];
    })
    .await;
    server.clock.set(crate::client::NOW.parse().unwrap());
    let between = FaultyGateway::before(server.address(), |_, _| Conduct::Forward).await;
    let client = behind_the_times(&between.url());
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..6 {
        let gateway = Arc::clone(&client.gateway);
        calls.spawn(async move {
            let content = order(&format!("order{number}"));
            gateway.call(&initialize(&content)).await
        });
    }
    for reply in calls.join_all().await {
        let reply = reply.unwrap();
        assert_eq!((reply.meaning, member(&reply, "certify_id").len()), (Meaning::Done, 32));
    }
    assert_eq!((downloads(&between), between.arrived().len()), (1, 7));
}

#[tokio::test]
async fn a_certificate_that_leads_to_no_root_is_not_believed_nor_asked_for_again_soon() {
    let (pem, key) = made("Example Gateway Signing");
    let gateway = FaultyGateway::alone(with_certificate(pem.clone(), sn(&pem), key)).await;
    let client = behind_the_times(&gateway.url());
    for _ in 0..3 {
        assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
    }
    assert_eq!(downloads(&gateway), 1);
    client.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
    assert_eq!((downloads(&gateway), gateway.arrived().len()), (2, 6));
}

#[tokio::test]
async fn a_certificate_of_another_number_or_of_the_application_is_not_believed() {
    let alipay = || private_key("alipay_private_pkcs8.pem");
    let app_cert = keys::gateway("app_cert.crt");
    for (pem, named, key) in [
        (chained("alipay_cert.crt"), "0".repeat(32), alipay()),
        // It leads to the same root, and speaks for the application only.
        (chained("app_cert.crt"), sn(&app_cert), private_key("app_private_pkcs8.pem")),
        // Not followed to a root: the certificates in between are missing.
        (keys::gateway("alipay_cert.crt"), sn(&keys::gateway("alipay_cert.crt")), alipay()),
    ] {
        let gateway = FaultyGateway::alone(with_certificate(pem, named, key)).await;
        let client = behind_the_times(&gateway.url());
        assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
        assert_eq!(downloads(&gateway), 1);
    }
}

#[tokio::test]
async fn a_certificate_of_another_holder_does_not_speak_for_the_gateway() {
    let chain = chained("alipay_cert.crt");
    let key = private_key("alipay_private_pkcs8.pem");
    let gateway = FaultyGateway::alone(with_certificate(chain.clone(), sn(&chain), key)).await;
    let other = by_certificate(&made("Another Gateway").0);
    let client = Client::new(settings(&gateway.url(), other));
    assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
}

#[tokio::test]
async fn a_fetched_certificate_is_believed_while_it_is_valid() {
    let chain = chained("alipay_cert.crt");
    let key = private_key("alipay_private_pkcs8.pem");
    let gateway = FaultyGateway::alone(with_certificate(chain.clone(), sn(&chain), key)).await;
    let client = behind_the_times(&gateway.url());
    assert_eq!(client.query().await.unwrap().meaning, Meaning::Done);
    client.clock.set("2046-11-20T00:00:00Z".parse().unwrap());
    assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
    let fresh = behind_the_times(&gateway.url());
    fresh.clock.set("2026-11-24T08:00:00Z".parse().unwrap());
    assert_eq!(fresh.query().await.unwrap_err(), UNTRUSTED);
}

#[tokio::test]
async fn what_is_no_number_is_not_put_into_a_call() {
    for named in ["", "x", "../../etc", "00000000000000000000000000000000\\u0022"] {
        let key = private_key("alipay_private_pkcs8.pem");
        let answer = with_certificate(String::new(), named.to_owned(), key);
        let gateway = FaultyGateway::alone(answer).await;
        assert_eq!(behind_the_times(&gateway.url()).query().await.unwrap_err(), UNTRUSTED);
        assert_eq!(downloads(&gateway), 0, "{named}");
    }
}

/// What did not arrive is asked for by the next call.
#[tokio::test]
async fn a_download_that_fails_is_tried_by_the_next_call() {
    let chain = chained("alipay_cert.crt");
    let key = private_key("alipay_private_pkcs8.pem");
    let good = with_certificate(chain.clone(), sn(&chain), key);
    let gateway = FaultyGateway::alone(move |before, request| match before {
        1 => Conduct::Answer(502, String::new()),
        _ => good(before, request),
    })
    .await;
    let client = behind_the_times(&gateway.url());
    assert_eq!(client.query().await.unwrap_err(), UNTRUSTED);
    assert_eq!(client.query().await.unwrap().meaning, Meaning::Done);
}

#[tokio::test]
async fn a_success_must_name_its_certificate_and_a_refusal_need_not() {
    let alipay = || private_key("alipay_private_pkcs8.pem");
    let refusal = r#"{"code":"40004","sub_code":"CERTIFY_ID_EXPIRED"}"#;
    for (node, expected) in [(NODE, Err(UNTRUSTED)), (refusal, Ok(Meaning::Refused))] {
        let body = signed(QUERY, node, None, &alipay());
        let gateway = FaultyGateway::alone(move |_, _| Conduct::Answer(200, body.clone())).await;
        let trust = by_certificate(&keys::gateway("alipay_cert.crt"));
        let client = Client::new(settings(&gateway.url(), trust));
        assert_eq!(client.query().await.map(|reply| reply.meaning), expected);
    }
}

#[tokio::test]
async fn a_download_by_the_caller_is_a_call_like_any_other() {
    let chain = chained("alipay_cert.crt");
    let content = format!(r#"{{"alipay_cert_sn":"{}"}}"#, sn(&chain));
    let node = r#"{"code":"10000","alipay_cert_content":"QQ=="}"#;
    let key = private_key("alipay_private_pkcs8.pem");
    let body = signed(DOWNLOAD, node, Some(&sn(&chain)), &key);
    let gateway = FaultyGateway::alone(move |_, _| Conduct::Answer(200, body.clone())).await;
    let trust = by_certificate(&chain);
    let client = Client::new(settings(&gateway.url(), trust));
    let reply = client.gateway.call(&call(DOWNLOAD, &content)).await.unwrap();
    assert_eq!((reply.meaning, reply.node.as_str()), (Meaning::Done, node));
    let unknown = client.gateway.call(&query("{}")).await.unwrap_err();
    assert_eq!(unknown, UpstreamFault::Unknown(Unknown::Unreadable));
}

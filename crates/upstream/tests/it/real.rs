//! Against our own gateway, as a real server: what one side writes the other reads.

use domain::AppId;
use engine::{Meaning, UpstreamCall, UpstreamGateway as _};
use testkit::{COMPATIBLE, MERCHANT_TOKEN, TestServer, keys};
use upstream::Settings;
use wire::certificate::{Certificate, root_sn};
use wire::cipher::ContentKey;

use crate::client::{
    CERTIFY, Client, by_certificate, by_key, call, chained, initialize, member, order, query,
    settings,
};

fn aes() -> ContentKey {
    ContentKey::parse(&keys::gateway("aes_key.txt")).unwrap()
}

/// A server in certificate mode, with an AES key for the application too.
async fn certified() -> TestServer {
    TestServer::with_gateway(|gateway| {
        let read = |pem: &str| Certificate::parse(pem).unwrap();
        gateway.certificate = Some(read(&chained("alipay_cert.crt")));
        gateway.root_sn = Some(root_sn(&keys::gateway("alipay_root_bundle.crt")).unwrap());
        let app = gateway.apps.get_mut(&AppId::parse(COMPATIBLE).unwrap()).unwrap();
        app.certificates = vec![read(&keys::gateway("app_cert.crt"))];
        app.encrypt_keys = vec![aes()];
    })
    .await
}

async fn encrypting() -> TestServer {
    TestServer::with_gateway(|gateway| {
        let app = gateway.apps.get_mut(&AppId::parse(COMPATIBLE).unwrap()).unwrap();
        app.encrypt_keys = vec![aes()];
    })
    .await
}

/// initialize, certify and query, and a refusal.
async fn whole_certification(server: &TestServer, client: &Client) {
    let opened = client.gateway.call(&initialize(&order("order1"))).await.unwrap();
    assert_eq!(opened.meaning, Meaning::Done, "{}", opened.node);
    let content = format!(r#"{{"certify_id":"{}"}}"#, member(&opened, "certify_id"));

    let result = client.gateway.call(&query(&content)).await.unwrap();
    assert_eq!((result.meaning, member(&result, "passed").as_str()), (Meaning::Done, "F"));

    let page = client.gateway.page(&call(CERTIFY, &content)).unwrap();
    let path = page.strip_prefix(&server.url("")).unwrap();
    let reply = server.get(path).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert!(reply.header("location").contains("/verify/"), "{}", reply.header("location"));

    let unknown = client.query().await.unwrap();
    assert_eq!(unknown.meaning, Meaning::Refused);
    assert_eq!(member(&unknown, "sub_code"), "OPEN_CERTIFY_BILL_NOT_EXIST");
}

#[tokio::test]
async fn key_mode() {
    let server = TestServer::start().await;
    let client = Client::of(&server.url("/gateway.do"));
    whole_certification(&server, &client).await;
}

#[tokio::test]
async fn encrypted_content_in_key_mode() {
    let server = encrypting().await;
    let settings = settings(&server.url("/gateway.do"), by_key());
    let client = Client::new(Settings { encrypt_key: Some(aes()), ..settings });
    whole_certification(&server, &client).await;
}

#[tokio::test]
async fn certificate_mode_in_clear_and_encrypted() {
    let server = certified().await;
    server.clock.set(crate::client::NOW.parse().unwrap());
    for encrypt_key in [None, Some(aes())] {
        let trust = by_certificate(&keys::gateway("alipay_cert.crt"));
        let settings = settings(&server.url("/gateway.do"), trust);
        whole_certification(&server, &Client::new(Settings { encrypt_key, ..settings })).await;
    }
}

#[tokio::test]
async fn another_key_of_the_two_sides_is_a_refusal_in_clear() {
    let server = encrypting().await;
    let settings = settings(&server.url("/gateway.do"), by_key());
    let other = ContentKey::parse("AAAAAAAAAAAAAAAAAAAAAA==").unwrap();
    let client = Client::new(Settings { encrypt_key: Some(other), ..settings });
    let refused = client.initialize().await.unwrap();
    assert_eq!(refused.meaning, Meaning::Refused);
    assert!(member(&refused, "sub_code").starts_with("isv.decryption"), "{}", refused.node);
}

#[tokio::test]
async fn a_call_for_a_merchant_bears_the_token_and_its_notice_address() {
    let server = TestServer::start().await;
    let client = Client::of(&server.url("/gateway.do"));
    let order = order("merchant1");
    let for_merchant = UpstreamCall {
        app_auth_token: Some(MERCHANT_TOKEN),
        parameters: &[("notify_url", "https://merchant.example/notice?a=1&b=张")],
        ..initialize(&order)
    };
    let opened = client.gateway.call(&for_merchant).await.unwrap();
    assert_eq!(opened.meaning, Meaning::Done, "{}", opened.node);
    let content = format!(r#"{{"certify_id":"{}"}}"#, member(&opened, "certify_id"));
    // It belongs to the merchant, and is not seen without the token.
    let alone = client.gateway.call(&query(&content)).await.unwrap();
    assert_eq!(alone.meaning, Meaning::Refused);
    let with = UpstreamCall { app_auth_token: Some(MERCHANT_TOKEN), ..query(&content) };
    assert_eq!(client.gateway.call(&with).await.unwrap().meaning, Meaning::Done);
    let wrong = UpstreamCall { app_auth_token: Some("no such token"), ..query(&content) };
    let refused = client.gateway.call(&wrong).await.unwrap();
    assert_eq!(member(&refused, "sub_code"), "aop.invalid-app-auth-token");
}

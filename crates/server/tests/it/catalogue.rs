//! Every code of the catalogue, provoked by a real request: the two codes, the remedy, and the
//! address that explains. A code that nothing provokes does not belong in the catalogue.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use server::{AppKeys, Gateway, Limits, Rate};
use testkit::{
    COMPATIBLE, FACE_ONLY, ISV, KEYLESS, MERCHANT, OTHER_ISV, Reply, STRICT, TestServer, encoded,
    keys, resigned, signed,
};
use wire::SubCode;
use wire::certificate::{Certificate, root_sn};
use wire::cipher::ContentKey;
use wire::gateway::Parameters;

use crate::answer::{Answer, INITIALIZE, QUERY, content, open};
use crate::authorizations::{TOKEN, TOKEN_QUERY, acting, code, tokens};
use crate::gateway::{good, with, without};

/// What a call has to bring about, and a piece of the English remedy.
type Case = (Parameters, SubCode, &'static str);
/// The codes that were brought about.
type Provoked = BTreeSet<&'static str>;

fn check(server: &TestServer, reply: &Reply, sub_code: SubCode, remedy: &str) -> &'static str {
    let answer = Answer::of(reply);
    let expected = (sub_code.code().as_str(), sub_code.as_str());
    assert_eq!(answer.codes(), expected, "{}", answer.node);
    assert_eq!(answer.text("msg"), sub_code.code().msg());
    let (zh, en) = answer.text("sub_msg").split_once(" / ").unwrap();
    assert!(zh.starts_with(sub_code.zh()), "{zh}");
    assert!(en.contains(remedy), "{en} lacks: {remedy}");
    assert!(en.ends_with(&format!(" ({})", server.url("/docs/errors"))), "{en}");
    sub_code.as_str()
}

async fn check_all(server: &TestServer, cases: impl IntoIterator<Item = Case>) -> Provoked {
    let mut provoked = Provoked::new();
    for (parameters, sub_code, remedy) in cases {
        let reply = server.gateway(&parameters).await;
        provoked.insert(check(server, &reply, sub_code, remedy));
    }
    provoked
}

fn absent() -> Vec<Case> {
    let good = good("catalogue1");
    let mut unsigned = good.clone();
    unsigned.set("sign", "");
    vec![
        (without(&good, "app_id"), SubCode::MissingAppId, "send the application's id"),
        (without(&good, "method"), SubCode::MissingMethod, "send e.g. alipay.user.certify"),
        (unsigned, SubCode::MissingSignature, "sign the request with"),
        (without(&good, "sign_type"), SubCode::MissingSignatureType, "send RSA2"),
        (without(&good, "timestamp"), SubCode::MissingTimestamp, "send yyyy-MM-dd HH:mm:ss"),
        (without(&good, "version"), SubCode::MissingVersion, "send 1.0"),
        (with(&good, "app_id", KEYLESS), SubCode::MissingSignatureKey, "set public_key"),
        (with(&good, "encrypt_type", "AES"), SubCode::MissingEncryptKey, "set encrypt_key"),
    ]
}

fn wrong() -> Vec<Case> {
    let good = good("catalogue2");
    let wrong = |name, value| with(&good, name, value);
    let mut changed = good.clone();
    changed.set("biz_content", "{}");
    vec![
        (wrong("app_id", "2099"), SubCode::InvalidAppId, "compare it with the [[apps]] entries"),
        (wrong("method", "alipay.trade.pay"), SubCode::InvalidMethod, "certifyd serves alipay."),
        (wrong("format", "XML"), SubCode::InvalidFormat, "must be JSON or absent"),
        (wrong("version", "2.0"), SubCode::InvalidVersion, "must be 1.0"),
        (wrong("charset", "latin1"), SubCode::InvalidCharset, "must be utf-8, GBK or GB18030"),
        (wrong("sign_type", "SM2"), SubCode::InvalidSignatureType, "must be RSA2"),
        (changed, SubCode::InvalidSignature, "was not serialised again after signing"),
        (
            wrong("timestamp", "2026-02-30 00:00:00"),
            SubCode::InvalidTimestamp,
            "must be yyyy-MM-dd",
        ),
        (wrong("encrypt_type", "DES"), SubCode::InvalidEncryptType, "must be AES or AES_V2"),
        (wrong("biz_content", "{"), SubCode::IllegalJson, "JSON"),
        (wrong("app_auth_token", "none"), SubCode::InvalidAppAuthToken, "check the token"),
    ]
}

fn business() -> Vec<Case> {
    let call = |app, method, content: &serde_json::Value| signed(app, method, &content.to_string());
    let mut unreadable = content("catalogue3");
    unreadable["identity_param"] = "{".into();
    let mut scene = content("catalogue3");
    scene["biz_code"] = "CERT_PHOTO".into();
    let unknown = json!({ "certify_id": "0".repeat(32) });
    vec![
        (
            call(COMPATIBLE, INITIALIZE, &json!({})),
            SubCode::IllegalArgumentFormat,
            "outer_order_no",
        ),
        (call(COMPATIBLE, INITIALIZE, &unreadable), SubCode::UnknownError, "identity_param"),
        (call(FACE_ONLY, INITIALIZE, &scene), SubCode::ArrangementStatusError, "add it to the app"),
        (call(COMPATIBLE, QUERY, &unknown), SubCode::BillNotExist, "use the one initialize"),
    ]
}

/// Parameters of a method's own, which travel beside the content.
fn users() -> Vec<Case> {
    let call = |parameters: &[(&str, &str)]| {
        let mut call = signed(COMPATIBLE, "alipay.system.oauth.token", "{}");
        for (name, value) in parameters {
            call.set(name, value);
        }
        resigned(call)
    };
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "authrefr2088")];
    vec![
        (call(&[("code", "c")]), SubCode::UserGrantTypeInvalid, "must be authorization_code"),
        (call(&[("grant_type", "authorization_code")]), SubCode::CodeInvalid, "my.getAuthCode"),
        (call(&refresh), SubCode::RefreshTokenInvalid, "sign the user in again"),
    ]
}

/// Names twice, and bytes of another charset: what no [`Parameters`] can say.
async fn unreadable(server: &TestServer) -> Provoked {
    let good = encoded(good("catalogue4").iter());
    let mut provoked = Provoked::new();
    for (more, sub_code, remedy) in [
        ("version=1.0", SubCode::InvalidParameter, "send it once"),
        ("notify_url=%D5%C5", SubCode::InvalidEncoding, "declare the charset they are in"),
    ] {
        let reply = server.get(&format!("/gateway.do?{good}&{more}")).await;
        provoked.insert(check(server, &reply, sub_code, remedy));
    }
    provoked
}

fn set_window(gateway: &mut Gateway) {
    gateway.window = Some(SignedDuration::from_mins(10));
}

async fn late() -> Provoked {
    let server = TestServer::with_gateway(set_window).await;
    let good = good("catalogue5");
    let id = Answer::of(&server.gateway(&good).await).certify_id();
    let old = with(&good, "timestamp", "2026-11-24 15:49:59");
    let mut provoked =
        check_all(&server, [(old, SubCode::IllegalTimestamp, "set the caller's clock")]).await;
    server.clock.advance(SignedDuration::from_hours(23));
    let query = signed(COMPATIBLE, QUERY, &json!({ "certify_id": id }).to_string());
    let query = with(&query, "timestamp", "2026-11-25 15:00:00");
    provoked.extend(
        check_all(&server, [(query, SubCode::CertifyIdExpired, "initialize a new one")]).await,
    );
    provoked
}

fn set_encrypt_key(gateway: &mut Gateway) {
    let key = || ContentKey::parse(&keys::gateway("aes_key.txt")).unwrap();
    for app in gateway.apps.values_mut() {
        app.encrypt_keys = vec![key()];
    }
}

async fn encrypted() -> Provoked {
    let server = TestServer::with_gateway(set_encrypt_key).await;
    let clear = with(&good("catalogue6"), "encrypt_type", "AES");
    let case = (clear, SubCode::DecryptionErrorUnknown, "compare the SDK's key with encrypt_key");
    check_all(&server, [case]).await
}

fn certificate(name: &str) -> Certificate {
    Certificate::parse(&keys::gateway(name)).unwrap()
}

fn set_certificates(gateway: &mut Gateway) {
    gateway.certificate = Some(certificate("alipay_cert.crt"));
    gateway.root_sn = Some(root_sn(&keys::gateway("alipay_root_bundle.crt")).unwrap());
    for app in gateway.apps.values_mut() {
        let certificates = vec![certificate("app_cert.crt")];
        *app = AppKeys { certificates, ..AppKeys::default() };
    }
}

async fn certified() -> Provoked {
    let server = TestServer::with_gateway(set_certificates).await;
    let certificate = certificate("app_cert.crt");
    // Its last second.
    server.clock.set(certificate.not_after());
    let mut named = signed(STRICT, QUERY, &json!({ "certify_id": "0" }).to_string());
    named.set("app_cert_sn", certificate.sn());
    named.set("alipay_root_cert_sn", &server_root_sn(&server));
    let named = resigned(named);
    let another = "0123456789abcdef0123456789abcdef";
    let download = with(&named, "method", "alipay.open.app.alipaycert.download");
    let download =
        with(&download, "biz_content", &json!({ "alipay_cert_sn": another }).to_string());
    let mut provoked = check_all(
        &server,
        [
            (without(&named, "app_cert_sn"), SubCode::MissingAppCertSn, "set the SDK's"),
            (without(&named, "alipay_root_cert_sn"), SubCode::MissingRootCertSn, "set the SDK's"),
            (with(&named, "app_cert_sn", another), SubCode::AppCertNotExist, "compare the SDK's"),
            (
                with(&named, "alipay_root_cert_sn", another),
                SubCode::InvalidRootCertSn,
                "give the SDK",
            ),
            (download, SubCode::AlipayCertNotExist, "use one that an answer carried"),
        ],
    )
    .await;
    let in_time = Answer::of(&server.gateway(&named).await);
    assert_eq!(in_time.codes().1, SubCode::BillNotExist.as_str());
    server.clock.advance(SignedDuration::from_secs(1));
    provoked
        .extend(check_all(&server, [(named, SubCode::AppCertExpired, "issue a new one")]).await);
    provoked
}

fn server_root_sn(server: &TestServer) -> String {
    let keyring = server.state.keyring.get();
    keyring.gateway.as_ref().and_then(|gateway| gateway.root_sn.clone()).unwrap()
}

/// What applications that act for merchants are told.
async fn authorised() -> Provoked {
    use SubCode::{
        AppAuthTokenTimeOut, AppIdNotConsistent, AppNotIsv, AuthCodeNotExist, AuthCodeNotValid,
        AuthTokenNotConsistent, AuthTokenNotExisted, AuthTokenNotFound, GrantTypeInvalid,
        IllegalParam, RefreshTokenNotExist, RefreshTokenNotValid, RefreshTokenTimeOut,
        SelfInvokeForbidden,
    };
    let policy = engine::Policy { token_days: 1, ..engine::Policy::default() };
    let server = TestServer::with_policy(policy).await;
    let (ended, withdrawn) = tokens(&server, ISV, MERCHANT).await;
    let (token, used) = tokens(&server, ISV, MERCHANT).await;
    let by_code = |code: &str| json!({ "grant_type": "authorization_code", "code": code });
    let by_refresh = |token: &str| json!({ "grant_type": "refresh_token", "refresh_token": token });
    let exchange = |isv, content: serde_json::Value| signed(isv, TOKEN, &content.to_string());
    let about = |isv, content: serde_json::Value| signed(isv, TOKEN_QUERY, &content.to_string());
    let next = Answer::of(&server.gateway(&exchange(ISV, by_refresh(&used))).await);
    let fresh = code(&server, ISV, MERCHANT).await;
    let mut provoked = check_all(
        &server,
        [
            (exchange(MERCHANT, by_code(&fresh)), AppNotIsv, "set isv of its [[apps]] entry"),
            (exchange(ISV, json!({})), GrantTypeInvalid, "must be authorization_code or"),
            (exchange(ISV, by_code("0")), AuthCodeNotExist, "send the app_auth_code"),
            (exchange(OTHER_ISV, by_code(&fresh)), AppIdNotConsistent, "call as that one"),
            (exchange(ISV, by_refresh("0")), RefreshTokenNotExist, "send the app_refresh_token"),
            (exchange(ISV, by_refresh(&used)), RefreshTokenNotValid, "use the one that came"),
            (exchange(ISV, by_refresh(&withdrawn)), AuthTokenNotFound, "use the newest token"),
            (about(ISV, json!({})), IllegalParam, "send it in the business content"),
            (about(ISV, json!({ "app_auth_token": "0" })), AuthTokenNotExisted, "compare it with"),
            (
                about(OTHER_ISV, json!({ "app_auth_token": ended })),
                AuthTokenNotConsistent,
                "call as that one",
            ),
            (signed(ISV, QUERY, "{}"), SelfInvokeForbidden, "send the app_auth_token"),
        ],
    )
    .await;
    server.clock.advance(SignedDuration::from_hours(24));
    let query = acting(ISV, QUERY, &json!({}), next.text("app_auth_token"));
    assert_ne!(token, next.text("app_auth_token"));
    let late = [
        (exchange(ISV, by_code(&fresh)), AuthCodeNotValid, "have the merchant authorise again"),
        (query, AppAuthTokenTimeOut, "refresh it with app_refresh_token"),
    ];
    provoked.extend(check_all(&server, late).await);
    server.clock.advance(SignedDuration::from_hours(24 * 7));
    let refresh = exchange(ISV, by_refresh(next.text("app_refresh_token")));
    let late = [(refresh, RefreshTokenTimeOut, "have the merchant authorise again")];
    provoked.extend(check_all(&server, late).await);
    provoked
}

/// More calls than an application may make.
async fn limited() -> Provoked {
    let app_calls = Rate::new(1, Duration::from_mins(1));
    let server = TestServer::with_limits(Limits { app_calls, ..Limits::default() }).await;
    open(&server, "catalogue9").await;
    let again = good("catalogue9");
    check_all(&server, [(again, SubCode::AppCallLimited, "slow down and repeat")]).await
}

/// Another process, e.g. a backup, keeps the writer waiting until it gives up.
async fn held() -> Provoked {
    let server = TestServer::start().await;
    let held = server.hold_database();
    let cases = [(good("catalogue7"), SubCode::ServiceUnavailable, "repeat the same call later")];
    let provoked = check_all(&server, cases).await;
    drop(held);
    Answer::of(&server.gateway(&good("catalogue7")).await).certify_id();
    provoked
}

/// The disk loses what was written.
async fn damaged() -> Provoked {
    let server = TestServer::start().await;
    let id = open(&server, "catalogue8").await;
    server.damage_database();
    let query = signed(COMPATIBLE, QUERY, &json!({ "certify_id": id }).to_string());
    check_all(&server, [(query, SubCode::SystemError, "repeat it later")]).await
}

#[tokio::test]
async fn every_code_can_be_provoked_and_tells_the_remedy_and_where_it_is_explained() {
    let server = TestServer::start().await;
    let cases = [absent(), wrong(), business(), users()].concat();
    let mut provoked = check_all(&server, cases).await;
    provoked.extend(unreadable(&server).await);
    for more in [
        late().await,
        encrypted().await,
        certified().await,
        authorised().await,
        limited().await,
        held().await,
        damaged().await,
    ] {
        provoked.extend(more);
    }
    let all: Provoked = SubCode::ALL.iter().map(|sub_code| sub_code.as_str()).collect();
    let never: Vec<_> = all.difference(&provoked).collect();
    assert!(never.is_empty(), "nothing here provokes {never:?}");
    let explained = server.get("/docs/errors").await.body;
    for sub_code in all {
        assert!(explained.contains(sub_code), "{sub_code}");
    }
}

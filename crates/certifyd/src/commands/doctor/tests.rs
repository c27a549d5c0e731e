//! The doctor's opinion of configurations made of the shared test keys.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use engine::Fetched;
use wire::Method;
use wire::certificate::chain::ChainError;

use super::exchange::{self, Call, NOBODY, Reply, Signature};
use super::finding::Findings;
use super::material::Material;
use super::{offline, refused, rest, scene};
use crate::cli::Doctor;

fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/vectors/openapi/keys").join(name)
}

fn args() -> Doctor {
    Doctor {
        app_id: "2021000000000001".to_owned(),
        private_key: key("app_private_pkcs1.pem"),
        gateway: None,
        alipay_public_key: Some(key("alipay_public.pem")),
        app_cert: None,
        alipay_cert: None,
        root_certs: None,
        app_public_key: None,
        encrypt_key: None,
        app_auth_token: None,
        scene: Vec::new(),
    }
}

fn by_certificate() -> Doctor {
    Doctor {
        alipay_public_key: None,
        app_cert: Some(key("app_cert.crt")),
        alipay_cert: Some(key("alipay_cert.crt")),
        root_certs: Some(key("alipay_root_bundle.crt")),
        ..args()
    }
}

fn at(now: &str, args: &Doctor) -> String {
    let mut findings = Findings::default();
    let material = Material::read(args, &mut findings);
    offline::check(args, &material, now.parse().unwrap(), &mut findings);
    scene::named(args, &mut findings);
    let text = findings.to_string();
    assert!(!text.contains("MII") && !text.contains("-----BEGIN CERT"), "{text}");
    text
}

fn diagnose(args: &Doctor) -> String {
    at("2027-01-01T00:00:00Z", args)
}

#[track_caller]
fn finds(args: &Doctor, expected: &str) {
    let text = diagnose(args);
    assert!(text.lines().any(|line| line.starts_with(expected)), "{expected} not in\n{text}");
}

fn file(dir: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = dir.path().join("key");
    std::fs::write(&path, text).unwrap();
    path
}

fn line_of(name: &str) -> String {
    let text = std::fs::read_to_string(key(name)).unwrap();
    text.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn healthy_configurations_have_no_problem() {
    let full = Doctor {
        app_public_key: Some(key("app_public.pem")),
        encrypt_key: Some(key("aes_key.txt")),
        ..args()
    };
    let text = diagnose(&full);
    assert!(!text.contains("problem"), "{text}");
    assert!(text.contains("ok       AES key: 128 bits") && text.contains("mode: key mode"));
    let text = diagnose(&by_certificate());
    assert!(!text.contains("problem"), "{text}");
    assert!(text.contains("app_cert_sn ") && text.contains("alipay_root_cert_sn "), "{text}");
    assert!(text.contains("the private key belongs to the app certificate"), "{text}");
    assert!(text.contains("note     app certificate: not followed to a root"), "{text}");
}

#[test]
fn forms_of_the_private_key_are_named() {
    let dir = tempfile::tempdir().unwrap();
    for (name, form) in [("app_private_pkcs1.pem", "PKCS#1"), ("app_private_pkcs8.pem", "PKCS#8")] {
        finds(
            &Doctor { private_key: key(name), ..args() },
            &format!("ok       private key: {form} as PEM"),
        );
        let private_key = file(&dir, &line_of(name));
        finds(
            &Doctor { private_key, ..args() },
            &format!("ok       private key: {form} in one line"),
        );
    }
    let wrong = std::fs::read_to_string(key("app_private_pkcs1.pem")).unwrap();
    let private_key = file(&dir, &wrong.replace("RSA PRIVATE", "PRIVATE"));
    finds(&Doctor { private_key, ..args() }, "problem  private key: the PEM label says otherwise");
}

#[test]
fn what_is_no_private_key_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let public = Doctor { private_key: key("app_public.pem"), ..args() };
    finds(&public, "problem  private key: this is a public key");
    let certificate = Doctor { private_key: key("app_cert.crt"), ..args() };
    finds(&certificate, "problem  private key: this is a certificate");
    finds(&Doctor { private_key: dir.path().join("none"), ..args() }, "problem  private key: ");
    let pem = std::fs::read_to_string(key("app_private_pkcs1.pem")).unwrap();
    let private_key = file(&dir, &pem.replace('\n', "\\n"));
    assert!(diagnose(&Doctor { private_key, ..args() }).contains("replace them by real ones"));
    let private_key = file(&dir, "");
    assert!(diagnose(&Doctor { private_key, ..args() }).contains("the file is empty"));
}

#[test]
fn a_pair_that_does_not_match_is_named() {
    let other =
        Doctor { private_key: key("alipay_private_pkcs1.pem"), alipay_public_key: None, ..args() };
    let with_public = Doctor { app_public_key: Some(key("app_public.pem")), ..other };
    finds(&with_public, "problem  key pair: the private key does not belong to the app public key");
    let swapped = Doctor {
        app_public_key: Some(key("alipay_public.pem")),
        alipay_public_key: Some(key("app_public.pem")),
        ..args()
    };
    finds(&swapped, "problem  key pair: the private key belongs to the alipay public key");
    let twice = Doctor { app_public_key: Some(key("alipay_public.pem")), ..args() };
    finds(&twice, "problem  key pair: the app public key is the gateway's");
    let certificate = Doctor { app_cert: Some(key("intermediate_cert.crt")), ..by_certificate() };
    finds(
        &certificate,
        "problem  key pair: the private key does not belong to the app certificate",
    );
    let swapped = Doctor {
        app_cert: Some(key("alipay_cert.crt")),
        private_key: key("alipay_private_pkcs8.pem"),
        alipay_cert: Some(key("alipay_cert.crt")),
        ..by_certificate()
    };
    finds(&swapped, "problem  alipay certificate: this is the application's own");
}

#[test]
fn the_applications_key_in_place_of_the_gateways_is_named() {
    let wrong = Doctor { alipay_public_key: Some(key("app_public.pem")), ..args() };
    finds(&wrong, "problem  alipay public key: this is the application's own public key");
    let private = Doctor { alipay_public_key: Some(key("alipay_private_pkcs8.pem")), ..args() };
    finds(&private, "problem  alipay public key: this is a private key");
}

#[test]
fn certificates_out_of_time_and_half_sets_are_named() {
    let args = by_certificate();
    for (now, expected) in [
        ("2026-01-01T00:00:00Z", "problem  app certificate: not valid yet"),
        ("2046-11-10T00:00:00Z", "warning  app certificate: valid until 2046-11-19 only"),
        ("2060-01-01T00:00:00Z", "problem  app certificate: expired on 2046-11-19"),
    ] {
        let text = at(now, &args);
        assert!(text.contains(expected), "{text}");
    }
    let half = Doctor { root_certs: None, ..args };
    finds(&half, "problem  mode: certificate mode without --root-certs");
    let none = Doctor { alipay_public_key: None, ..super::tests::args() };
    finds(&none, "warning  mode: nothing is given");
}

/// The certificates, with the intermediate one in the gateway's file.
fn chained(dir: &tempfile::TempDir) -> Doctor {
    let read = |name| std::fs::read_to_string(key(name)).unwrap();
    let chain = format!("{}\n{}", read("alipay_cert.crt"), read("intermediate_cert.crt"));
    let path = dir.path().join("chain.crt");
    std::fs::write(&path, chain).unwrap();
    Doctor { alipay_cert: Some(path), ..by_certificate() }
}

#[test]
fn chains_are_followed_to_the_roots() {
    let dir = tempfile::tempdir().unwrap();
    let args = chained(&dir);
    for whose in ["app", "alipay"] {
        let root = "it leads to the root Example Test Pay Root R2";
        finds(&args, &format!("ok       {whose} certificate: {root}"));
    }
    let late = at("2060-01-01T00:00:00Z", &args);
    assert!(late.contains("problem  app certificate: the certificate of its issuer"), "{late}");

    let roots = std::fs::read_to_string(key("alipay_root_bundle.crt")).unwrap();
    let others: Vec<_> = roots.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let root_certs = Some(file(&dir, others.last().unwrap()));
    let elsewhere = Doctor { root_certs, ..chained(&dir) };
    finds(&elsewhere, "problem  app certificate: its chain ends before the roots");
    finds(&elsewhere, "problem  alipay certificate: its chain ends before the roots");

    let authority = Doctor { alipay_cert: Some(key("intermediate_cert.crt")), ..by_certificate() };
    finds(&authority, "problem  alipay certificate: this is the certificate of an authority");
    let chain = dir.path().join("chain.crt");
    let no_roots = Doctor { root_certs: Some(chain), ..by_certificate() };
    finds(&no_roots, "warning  root certificates: Example Gateway Signing among them is no root");

    let chain = std::fs::read_to_string(dir.path().join("chain.crt")).unwrap();
    let broken = format!("{chain}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let broken = Doctor { alipay_cert: Some(file(&dir, &broken)), ..by_certificate() };
    finds(&broken, "problem  alipay certificate: one of the certificates cannot be read");

    // The signature is what ends a certificate.
    let (leaf, rest) = chain.split_once("\n-----END").unwrap();
    let (text, last) = leaf.rsplit_once('\n').unwrap();
    let turned: String = last.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    let last = format!("{}{}", &turned[..4], &last[4..]);
    let forged = file(&dir, &format!("{text}\n{last}\n-----END{rest}"));
    let forged = Doctor { alipay_cert: Some(forged), ..by_certificate() };
    finds(
        &forged,
        "problem  alipay certificate: it is not signed by the Example Test Pay Class 2 R2",
    );
}

#[test]
fn every_fault_of_a_chain_has_a_remedy() {
    let issuer = || "X".to_owned();
    for (error, expected) in [
        (ChainError::Authority, "problem  "),
        (ChainError::Unreadable, "problem  "),
        (ChainError::IssuerMissing { issuer: issuer() }, "note     "),
        (ChainError::RootMissing { issuer: issuer() }, "problem  "),
        (ChainError::NotSigned { issuer: issuer() }, "problem  "),
        (ChainError::OutOfTime { issuer: issuer() }, "problem  "),
        (ChainError::NotAuthority { issuer: issuer() }, "problem  "),
        (ChainError::NotChecked { because: "of SM2".to_owned() }, "note     "),
    ] {
        let mut findings = Findings::default();
        offline::no_chain("app certificate", &error, &mut findings);
        let text = findings.to_string();
        assert!(text.starts_with(expected) && text.contains(" -> "), "{text}");
    }
}

fn reply(code: &str, sub_code: &str) -> Reply {
    Reply {
        code: code.to_owned(),
        sub_code: sub_code.to_owned(),
        sub_msg: String::new(),
        signature: Signature::Absent,
        alipay_cert_sn: None,
    }
}

#[test]
fn what_only_the_hosted_gateway_answers_is_explained() {
    for (code, sub_code, expected) in [
        ("40006", "isv.insufficient-isv-permissions", "contract or scene missing"),
        ("20001", "aop.app-auth-token-time-out", "has expired"),
        ("20001", "aop.invalid-app-auth-token-no-api", "has not authorized this call"),
        ("40003", "invalid-app-auth-relations", "app_auth_token is not for this app"),
        ("40003", "isv.invalid-auth-relations", "app_auth_token is not for this app"),
        ("20001", "aop.no-product-reg-by-partner", "the merchant has no contract"),
        ("40006", "isv.something-new", "bring the app online"),
    ] {
        let mut findings = Findings::default();
        assert!(!refused::interpret(&args(), &reply(code, sub_code), "call", &mut findings));
        let text = findings.to_string();
        assert!(text.starts_with("problem  call: ") && text.contains(expected), "{text}");
    }
}

#[test]
fn answers_about_a_scene_are_explained() {
    for (code, sub_code, expected) in [
        ("10000", "", "ok       scene: FACE: the contract covers it"),
        ("40004", "ARRANGEMENT_STATUS_ERROR", "problem  scene: FACE: contract or scene missing"),
        ("40006", "isv.insufficient-isv-permissions", "problem  scene: FACE: contract or scene"),
        ("40004", "ILLEGAL_ARGUMENT_FORMAT", "warning  scene: FACE: the sample order"),
        ("40004", "SYSTEM_ERROR", "warning  scene: "),
        ("40004", "SOMETHING_NEW", "warning  scene: FACE: refused with SOMETHING_NEW"),
        ("20001", "aop.invalid-app-auth-token", "problem  scene: aop.invalid-app-auth-token"),
    ] {
        let mut findings = Findings::default();
        scene::interpret(&args(), "FACE", &reply(code, sub_code), &mut findings);
        let text = findings.to_string();
        assert!(text.starts_with(expected), "{text}");
    }
    let changed = Reply { signature: Signature::Wrong, ..reply("10000", "") };
    let mut findings = Findings::default();
    scene::interpret(&args(), "FACE", &changed, &mut findings);
    let text = findings.to_string();
    assert!(text.starts_with("problem  scene: FACE: the answer does not bear"), "{text}");
}

fn version_3(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let fetched = Fetched { status, headers, body: body.as_bytes().to_vec() };
    let material = Material::read(&args(), &mut Findings::default());
    let mut findings = Findings::default();
    rest::interpret(&args(), &fetched, &material, &mut findings);
    findings.to_string()
}

#[test]
fn answers_of_version_3_are_explained() {
    for (status, body, expected) in [
        (400, r#"{"code":"OPEN_CERTIFY_BILL_NOT_EXIST"}"#, "ok       v3: signature and app"),
        (400, r#"{"code":"SYSTEM_ERROR"}"#, "warning  v3: "),
        (400, r#"{"code":"invalid-signature"}"#, "problem  v3: invalid-signature: the private"),
        (400, r#"{"code":"illegal-timestamp"}"#, "problem  v3: illegal-timestamp: the time"),
        (400, r#"{"code":"missing-timestamp"}"#, "problem  v3: the gateway saw no Authorization"),
        (401, r#"{"code":"invalid-app-auth-token"}"#, "problem  v3: invalid-app-auth-token"),
        (401, r#"{"code":"insufficient-isv-permissions"}"#, "problem  v3: insufficient-isv-perm"),
        (403, r#"{"code":"product-not-open"}"#, "problem  v3: product-not-open -> the app may"),
        (500, r#"{"code":"unknow-error"}"#, "problem  v3: unknow-error"),
        (400, r#"{"code":"invalid-method"}"#, "note     v3: this gateway has none"),
        (404, "<html>", "note     v3: this gateway has none (HTTP status 404)"),
        (404, r#"{"code":"404"}"#, "note     v3: this gateway has none (HTTP status 404)"),
        (200, "<html>", "note     v3: this gateway has none (HTTP status 200)"),
        (502, "<html>", "warning  v3: HTTP status 502"),
    ] {
        let text = version_3(status, &[], body);
        assert!(text.starts_with(expected) && text.lines().count() == 1, "{body}: {text}");
    }
    let unsigned = version_3(200, &[], r#"{"passed":"F"}"#);
    assert!(unsigned.contains("problem  v3 answer: a success without signature"), "{unsigned}");
}

#[test]
fn signatures_of_version_3_are_verified() {
    let text = std::fs::read_to_string(key("alipay_private_pkcs1.pem")).unwrap();
    let gateway = wire::PrivateKey::parse(&text).unwrap();
    let body = r#"{"code":"OPEN_CERTIFY_BILL_NOT_EXIST"}"#;
    let sign = gateway.sign(&wire::rest::signed_response("1", "n", body.as_bytes())).unwrap();
    for (nonce, expected) in [("n", "ok       v3 answer: "), ("m", "problem  v3 answer: ")] {
        let headers =
            [("alipay-timestamp", "1"), ("alipay-nonce", nonce), ("alipay-signature", &sign)];
        let text = version_3(400, &headers, body);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn version_3_is_asked_with_what_its_server_checks() {
    let args = Doctor { app_auth_token: wire::AppAuthToken::new("token"), ..by_certificate() };
    let material = Material::read(&args, &mut Findings::default());
    let request = rest::request(&args, "http://a/pay/gateway.do", &material).unwrap().unwrap();
    let target =
        "/pay/v3/alipay/user/certify/open/query?certify_id=00000000000000000000000000000000";
    assert_eq!(request.url, format!("http://a{target}"));
    let header = |name: &str| {
        let mut found = request.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(header("alipay-app-auth-token"), "token");
    assert!(header("alipay-root-cert-sn").len() > 32);
    let authorization = wire::rest::Authorization::parse(header("authorization")).unwrap();
    let certificate = material.app_cert.as_ref().unwrap();
    assert_eq!(authorization.app_cert_sn, Some(certificate.sn()));
    let signed =
        wire::rest::signed_request(authorization.auth_string, "GET", target, b"", Some("token"));
    assert!(wire::rest::verify(&authorization, &signed, certificate.key()).is_ok());
}

#[test]
fn a_gateway_that_breaks_off_at_version_3_is_named() {
    let material = Material::read(&args(), &mut Findings::default());
    let mut findings = Findings::default();
    let gateway = "http://127.0.0.1:1/gateway.do";
    crate::commands::runtime().unwrap().block_on(rest::check(
        &args(),
        gateway,
        &material,
        &mut findings,
    ));
    assert!(findings.to_string().starts_with("warning  v3: no answer"), "{findings}");
}

#[test]
fn both_harmless_queries_ask_for_the_same() {
    assert!(Call::harmless(false).content.contains(NOBODY));
}

#[test]
fn small_things_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let aes = Doctor { encrypt_key: Some(file(&dir, "AAAA")), ..args() };
    finds(&aes, "problem  AES key: ");
    finds(&Doctor { app_id: " 2021000000000001".to_owned(), ..args() }, "problem  app id: ");
    finds(&Doctor { app_id: "shop".to_owned(), ..args() }, "warning  app id: ");
    let scenes = vec!["FACE".to_owned(), "face".to_owned()];
    let scenes = Doctor { scene: scenes, ..args() };
    finds(&scenes, "problem  scene: no such scene: \"face\" -> biz_code is one of FACE, ");
    assert!(scene::named(&scenes, &mut Findings::default()).is_empty());
    let twice = ["FACE", " CERT_PHOTO", "FACE"].map(str::to_owned).to_vec();
    let twice = Doctor { scene: twice, ..args() };
    assert_eq!(scene::named(&twice, &mut Findings::default()), ["FACE", "CERT_PHOTO"]);
}

#[test]
fn answers_are_read_and_verified() {
    let read = |name| std::fs::read_to_string(key(name)).unwrap();
    let gateway = wire::PrivateKey::parse(&read("alipay_private_pkcs1.pem")).unwrap();
    let ours = wire::PublicKey::parse(&read("alipay_public.pem")).unwrap();
    let other = wire::PublicKey::parse(&read("app_public.pem")).unwrap();
    let failure = wire::Failure::plain(wire::SubCode::BillNotExist);
    let node = wire::Outcome::Failure(failure).node();
    let answer = wire::gateway::Answer {
        method: wire::Method::Query.as_str(),
        node: &node,
        alipay_cert_sn: Some("sn"),
        charset: wire::charset::Charset::UTF_8,
        sign_type: wire::SignatureType::Rsa2,
    };
    let body = wire::gateway::envelope(&answer, &gateway).unwrap();
    let reply = exchange::read(&body, Method::Query, Some(&ours)).unwrap();
    assert_eq!(reply.sub_code, "OPEN_CERTIFY_BILL_NOT_EXIST");
    assert_eq!((reply.signature, reply.alipay_cert_sn.as_deref()), (Signature::Good, Some("sn")));
    assert_eq!(
        exchange::read(&body, Method::Query, Some(&other)).unwrap().signature,
        Signature::Wrong
    );
    assert_eq!(exchange::read(&body, Method::Query, None).unwrap().signature, Signature::NoKey);
    let unsigned = br#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}"#;
    assert_eq!(
        exchange::read(unsigned, Method::Query, Some(&ours)).unwrap().signature,
        Signature::Absent
    );
    assert!(exchange::read(b"<html>", Method::Query, Some(&ours)).is_none());
}

#[test]
fn calls_are_signed_as_the_gateway_checks_them() {
    let args = by_certificate();
    let material = Material::read(&args, &mut Findings::default());
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let body = exchange::body(&args, &material, now, &Call::harmless(false)).unwrap().unwrap();
    let charset = wire::charset::Charset::UTF_8;
    let parameters = wire::gateway::Parameters::parse("", body.as_bytes(), charset).unwrap();
    assert_eq!(parameters.get("timestamp"), Some("2027-01-01 08:00:00"));
    let certificate = material.app_cert.unwrap();
    assert_eq!(parameters.get("app_cert_sn"), Some(certificate.sn()));
    assert!(wire::gateway::verify(&parameters, charset, certificate.key()).is_ok());
}

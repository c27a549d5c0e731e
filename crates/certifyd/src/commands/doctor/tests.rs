//! The doctor's opinion of configurations made of the shared test keys.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::exchange::{self, Signature};
use super::finding::Findings;
use super::material::Material;
use super::offline;
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
        scene: None,
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

#[test]
fn small_things_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let aes = Doctor { encrypt_key: Some(file(&dir, "AAAA")), ..args() };
    finds(&aes, "problem  AES key: ");
    finds(&Doctor { app_id: " 2021000000000001".to_owned(), ..args() }, "problem  app id: ");
    finds(&Doctor { app_id: "shop".to_owned(), ..args() }, "warning  app id: ");
    finds(&Doctor { scene: Some("face".to_owned()), ..args() }, "problem  scene: no such scene");
    finds(&Doctor { scene: Some("FACE".to_owned()), ..args() }, "warning  scene: ");
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
    let reply = exchange::read(&body, Some(&ours)).unwrap();
    assert_eq!(reply.sub_code, "OPEN_CERTIFY_BILL_NOT_EXIST");
    assert_eq!((reply.signature, reply.alipay_cert_sn.as_deref()), (Signature::Good, Some("sn")));
    assert_eq!(exchange::read(&body, Some(&other)).unwrap().signature, Signature::Wrong);
    assert_eq!(exchange::read(&body, None).unwrap().signature, Signature::NoKey);
    let unsigned = br#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}"#;
    assert_eq!(exchange::read(unsigned, Some(&ours)).unwrap().signature, Signature::Absent);
    assert!(exchange::read(b"<html>", Some(&ours)).is_none());
}

#[test]
fn calls_are_signed_as_the_gateway_checks_them() {
    let args = by_certificate();
    let material = Material::read(&args, &mut Findings::default());
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let body = exchange::body(&args, &material, now, false).unwrap().unwrap();
    let charset = wire::charset::Charset::UTF_8;
    let parameters = wire::gateway::Parameters::parse("", body.as_bytes(), charset).unwrap();
    assert_eq!(parameters.get("timestamp"), Some("2027-01-01 08:00:00"));
    let certificate = material.app_cert.unwrap();
    assert_eq!(parameters.get("app_cert_sn"), Some(certificate.sn()));
    assert!(wire::gateway::verify(&parameters, charset, certificate.key()).is_ok());
}

//! The change of the gateway's certificate, against the program itself.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::certificate::{Certificate, root_sn};
use wire::charset::Charset;
use wire::gateway::{Parameters, Response, canonical};

use crate::program::{Program, make_keys};

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// A call of an application in certificate mode.
fn call(app_id: &str, set: &Path, app_cert: &Certificate, method: &str, content: &str) -> String {
    let now = Command::new("date").arg("-u").arg("+%Y-%m-%d %H:%M:%S").output().unwrap();
    let now = String::from_utf8(now.stdout).unwrap();
    let roots = root_sn(&read(set, "alipay_root_bundle.crt")).unwrap();
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("app_id", app_id),
        ("method", method),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", now.trim()),
        ("version", "1.0"),
        ("biz_content", content),
        ("app_cert_sn", app_cert.sn()),
        ("alipay_root_cert_sn", &roots),
    ] {
        parameters.set(name, value);
    }
    let key = wire::PrivateKey::parse(&read(set, "app_private_pkcs8.pem")).unwrap();
    let sign = key.sign(canonical(&parameters, false).as_bytes()).unwrap();
    parameters.set("sign", &sign);
    parameters.encode(Charset::UTF_8)
}

const DOWNLOAD: &str = "alipay.open.app.alipaycert.download";

/// The certificate the server gives for an SN.
fn downloaded(server: &Program, set: &Path, sn: &str) -> String {
    let app_id = server.get("app_id");
    let app_cert = Certificate::parse(&read(set, "app_cert.crt")).unwrap();
    let content = format!(r#"{{"alipay_cert_sn":"{sn}"}}"#);
    let answer = server.post_form("/gateway.do", &call(app_id, set, &app_cert, DOWNLOAD, &content));
    let node: serde_json::Value =
        serde_json::from_str(Response::read(&answer, DOWNLOAD).unwrap().node).unwrap();
    let text = node["alipay_cert_content"].as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{answer}");
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}

#[test]
fn the_current_and_the_next_certificate_are_served_and_then_change_places() {
    let dir = tempfile::tempdir().unwrap();
    drop(Program::dev(dir.path()));
    let settings = dir.path().join(".certifyd");
    let (set, next) = (settings.join("set"), settings.join("next"));
    make_keys(&set, &[]);
    make_keys(&next, &[Path::new("--next-of"), &set, Path::new("--new-gateway-key")]);
    let [old_sn, new_sn] = [&set, &next]
        .map(|dir| Certificate::parse(&read(dir, "gateway_cert.crt")).unwrap().sn().to_owned());
    assert_ne!(old_sn, new_sn);

    let config = settings.join("certifyd.toml");
    let plain = read(&settings, "certifyd.toml").replacen(
        "\npublic_key = \"keys/app_public.pem\"",
        "\ncertificate = \"set/app_cert.crt\"",
        1,
    );
    let with = |gateway: &str| {
        let text = plain.replace("private_key = \"keys/gateway_private_pkcs8.pem\"", gateway);
        assert_ne!(text, plain);
        std::fs::write(&config, text).unwrap();
    };
    with(
        "private_key = \"set/gateway_private_pkcs8.pem\"\n\
         certificate = \"set/gateway_chain.crt\"\n\
         next_certificate = \"next/gateway_chain.crt\"\n\
         root_certificates = \"set/alipay_root_bundle.crt\"",
    );
    let server = Program::dev(dir.path());
    assert_eq!(downloaded(&server, &set, &old_sn), read(&set, "gateway_chain.crt"));
    assert_eq!(downloaded(&server, &set, &new_sn), read(&next, "gateway_chain.crt"));
    drop(server);

    // The caller keeps its files: the same roots, and the application's certificate.
    with(
        "private_key = \"next/gateway_private_pkcs8.pem\"\n\
         certificate = \"next/gateway_chain.crt\"\n\
         root_certificates = \"set/alipay_root_bundle.crt\"",
    );
    let server = Program::dev(dir.path());
    assert_eq!(downloaded(&server, &set, &new_sn), read(&next, "gateway_chain.crt"));
    let app_cert = Certificate::parse(&read(&set, "app_cert.crt")).unwrap();
    let app_id = server.get("app_id");
    let query = "alipay.user.certify.open.query";
    let answer = server
        .post_form("/gateway.do", &call(app_id, &set, &app_cert, query, r#"{"certify_id":"0"}"#));
    let answer = Response::read(&answer, query).unwrap();
    assert_eq!(answer.alipay_cert_sn, Some(new_sn.as_str()));
    let new = Certificate::parse(&downloaded(&server, &set, &new_sn)).unwrap();
    assert!(answer.verify(new.key()).is_ok());
}

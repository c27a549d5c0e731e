//! The doctor against the program itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::Path;
use std::process::Command;

use crate::program::{PROGRAM, Program, make_keys};

fn advance_clock(server: &Program) {
    let kind = "content-type: application/json\r\n";
    server.post("/test/clock", kind, r#"{"advance_seconds":4000}"#);
}

/// Runs the doctor: does it find no problem, and what does it say?
fn doctor(arguments: &[(&str, &str)], secret: &str) -> (bool, String) {
    let output = Command::new(PROGRAM)
        .arg("doctor")
        .args(arguments.iter().flat_map(|(name, value)| [name, value]))
        .env_remove("CERTIFYD_APP_AUTH_TOKEN")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(secret) && !text.contains("MII"), "{text}");
    (output.status.success(), text)
}

#[test]
fn the_usual_mistakes_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = Program::dev(dir.path());
    let app_public = Path::new(server.get("app_private_key")).with_file_name("app_public.pem");
    let secret = server.get("app_auth_token");
    let healthy = [
        ("--app-id", server.get("app_id")),
        ("--private-key", server.get("app_private_key")),
        ("--alipay-public-key", server.get("gateway_public_key")),
        ("--app-public-key", app_public.to_str().unwrap()),
        ("--app-auth-token", secret),
        ("--gateway", server.get("gateway")),
    ];
    let with = |name: &str, value: &str| {
        let changed = healthy.map(|pair| if pair.0 == name { (pair.0, value) } else { pair });
        doctor(&changed, secret)
    };

    let (fine, text) = doctor(&healthy, secret);
    assert!(fine, "{text}");
    assert!(text.contains("OPEN_CERTIFY_BILL_NOT_EXIST, as it must be"), "{text}");
    assert!(text.contains("ok       answer: its signature verifies"), "{text}");
    assert!(text.contains("ok       clock: "), "{text}");
    assert!(
        text.contains("ok       v3: signature and app were accepted, and so was app"),
        "{text}"
    );

    // A scene is asked for by opening something, and only after all else is in order.
    let scene = [&healthy[..], &[("--scene", "FACE,SMART_FACE")]].concat();
    let (fine, text) = doctor(&scene, secret);
    assert!(fine, "{text}");
    for scene in ["FACE", "SMART_FACE"] {
        let before = format!("now      scene: initialize with {scene} opens one certification");
        assert!(text.contains(&before), "{text}");
        assert!(text.contains(&format!("ok       scene: {scene}: the contract")), "{text}");
    }
    let refused =
        [&healthy[1..], &[("--app-id", "2021999999999999"), ("--scene", "FACE")]].concat();
    let (_, text) = doctor(&refused, secret);
    assert!(text.contains("warning  scene: not asked, nothing was opened"), "{text}");
    assert!(!text.contains("now      scene"), "{text}");
    let unknown = healthy.map(|(name, value)| match name {
        "--alipay-public-key" => (name, app_public.to_str().unwrap()),
        _ => (name, value),
    });
    let (_, text) = doctor(&[&unknown[..], &[("--scene", "FACE")]].concat(), secret);
    assert!(text.contains("nothing was opened") && !text.contains("now "), "{text}");
    let (_, text) = doctor(&[&healthy[..5], &[("--scene", "FACE")]].concat(), secret);
    assert!(text.contains("nothing was opened -> only a gateway knows"), "{text}");

    for (name, value, expected) in [
        (
            "--alipay-public-key",
            app_public.to_str().unwrap(),
            &["this is the application's own public key", "problem  answer: its signature"][..],
        ),
        ("--app-id", "2021999999999999", &["problem  call: isv.invalid-app-id"]),
        (
            "--private-key",
            server.get("server_private_key"),
            &["problem  key pair: ", "problem  call: isv.invalid-signature"],
        ),
        ("--app-auth-token", "of-nobody", &["problem  call: aop.invalid-app-auth-token"]),
        ("--gateway", &server.get("gateway").replace(".do", ""), &["HTTP status 404"]),
        ("--gateway", &server.get("gateway").replace("http:", "https:"), &["TLS with"]),
        ("--gateway", "http://127.0.0.1:1/gateway.do", &["127.0.0.1:1 refuses connections"]),
        (
            "--gateway",
            server.get("endpoint").trim_start_matches("http://"),
            &["problem  gateway: "],
        ),
    ] {
        let (fine, text) = with(name, value);
        assert!(!fine, "{name} {value}\n{text}");
        for expected in expected {
            assert!(text.contains(expected), "{name} {value}: {expected} not in\n{text}");
        }
    }

    // An AES key that the server does not have.
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/vectors/openapi/keys");
    let aes = keys.join("aes_key.txt");
    let mut encrypted = healthy.to_vec();
    encrypted.push(("--encrypt-key", aes.to_str().unwrap()));
    let (fine, text) = doctor(&encrypted, secret);
    assert!(!fine && text.contains("problem  encrypted call: isv.missing-encrypt-key"), "{text}");

    // A server whose clock is elsewhere.
    advance_clock(&server);
    let (fine, text) = doctor(&healthy, secret);
    assert!(!fine && text.contains("problem  call: isv.illegal-timestamp"), "{text}");
    assert!(text.contains("ok       clock: "), "{text}");
}

#[test]
fn certificate_mode_and_encryption_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    drop(Program::dev(dir.path()));
    let settings = dir.path().join(".certifyd");
    let keys = settings.join("set");
    make_keys(&keys, &[]);
    let (ours, other) = (settings.join("aes.txt"), settings.join("other.txt"));
    std::fs::write(&ours, "+svhtaK3tFXbTYYrHw/KAQ==").unwrap();
    std::fs::write(&other, "AAAAAAAAAAAAAAAAAAAAAA==").unwrap();
    let config = settings.join("certifyd.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let gateway = "private_key = \"set/gateway_private_pkcs8.pem\"\n\
                   certificate = \"set/gateway_chain.crt\"\n\
                   root_certificates = \"set/alipay_root_bundle.crt\"";
    let app = "\ncertificate = \"set/app_cert.crt\"\nencrypt_key = \"aes.txt\"";
    let text = text.replace("private_key = \"keys/gateway_private_pkcs8.pem\"", gateway).replacen(
        "\npublic_key = \"keys/app_public.pem\"",
        app,
        1,
    );
    // One scene less, and an application that the token was not issued to.
    let text = text.replacen("scenes = [\"FACE\", \"CERT_PHOTO\",", "scenes = [\"FACE\",", 1);
    let text = format!(
        "{text}\n[[apps]]\nid = \"2021000000000099\"\nname = \"Other\"\npublic_key = \"set/app_public.pem\"\n"
    );
    std::fs::write(&config, text).unwrap();

    let server = Program::dev(dir.path());
    let path = |name: &str| keys.join(name).to_str().unwrap().to_owned();
    let (private, app) = (path("app_private_pkcs8.pem"), path("app_cert.crt"));
    let (alipay, roots) = (path("gateway_cert.crt"), path("alipay_root_bundle.crt"));
    let mut arguments = vec![
        ("--app-id", server.get("app_id")),
        ("--private-key", &private),
        ("--gateway", server.get("gateway")),
    ];
    let public = path("gateway_public.pem");
    let key_mode = [&arguments[..], &[("--alipay-public-key", public.as_str())]].concat();
    let (fine, text) = doctor(&key_mode, "+svh");
    assert!(!fine && text.contains("problem  call: isv.missing-app-cert-sn"), "{text}");

    arguments.extend([
        ("--app-cert", app.as_str()),
        ("--alipay-cert", &alipay),
        ("--root-certs", &roots),
        ("--encrypt-key", ours.to_str().unwrap()),
    ]);
    let (fine, text) = doctor(&arguments, "+svh");
    assert!(fine && text.contains("the AES key is the app's"), "{text}");
    assert!(text.contains("note     app certificate: not followed to a root"), "{text}");
    assert!(text.contains("ok       v3: signature and app were accepted"), "{text}");

    let scenes = [&arguments[..], &[("--scene", "FACE,CERT_PHOTO")]].concat();
    let (fine, text) = doctor(&scenes, "+svh");
    assert!(!fine && text.contains("ok       scene: FACE: the contract covers it"), "{text}");
    assert!(text.contains("problem  scene: CERT_PHOTO: contract or scene missing"), "{text}");

    let chain = path("gateway_chain.crt");
    arguments[4] = ("--alipay-cert", &chain);
    let (fine, text) = doctor(&arguments, "+svh");
    assert!(fine, "{text}");
    for whose in ["app", "alipay"] {
        let expected = format!("ok       {whose} certificate: it leads to the root certifyd Root");
        assert!(text.contains(&expected), "{text}");
    }

    let token = server.get("app_auth_token");
    let of_another = [
        ("--app-id", "2021000000000099"),
        ("--private-key", &private),
        ("--alipay-public-key", &public),
        ("--app-auth-token", token),
        ("--gateway", server.get("gateway")),
    ];
    let (fine, text) = doctor(&of_another, token);
    assert!(!fine && text.contains("problem  call: aop.invalid-app-auth-token"), "{text}");
    assert!(text.contains("was issued to another app"), "{text}");

    arguments.pop();
    arguments.push(("--encrypt-key", other.to_str().unwrap()));
    let (fine, text) = doctor(&arguments, "AAAAAAAA");
    assert!(!fine && text.contains("problem  encrypted call: isv.decryption-error"), "{text}");
}

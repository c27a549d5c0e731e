//! Requests recorded from the published SDKs, byte for byte.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use serde_json::Value;
use wire::charset::Charset;
use wire::gateway::{Parameters, Request, canonical, verify};
use wire::serverless::{Body, ClientSecret, CloudCall, signing_text};
use wire::{Content, PrivateKey, PublicKey, SubCode};

fn vectors(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn key_file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/openapi/keys");
    std::fs::read_to_string(path.join(name)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

struct Keys {
    secret: ClientSecret,
    server: PublicKey,
}

fn keys() -> Keys {
    let keys = vectors("keys.json");
    Keys {
        secret: ClientSecret::new(text(&keys["clientSecret"])),
        server: PublicKey::parse(text(&keys["serverPublicKey"])).unwrap(),
    }
}

#[test]
fn signing_cases_give_the_recorded_text_and_signatures() {
    let keys = keys();
    let cases = vectors("signing.json")["cases"].as_array().unwrap().clone();
    assert!(cases.len() >= 8);
    for case in cases {
        let body = serde_json::to_vec(&case["body"]).unwrap();
        let body = Body::parse(&body).unwrap();
        let label = &case["label"];
        assert_eq!(signing_text(&body), text(&case["string"]), "{label}");
        assert!(keys.secret.verifies(&body, text(&case["hmacMd5"])), "{label}");
        assert!(keys.server.verifies_body(&body, text(&case["rsaMd5"])), "{label}");
    }
}

/// Every exchange of every recorded SDK call.
fn exchanges() -> Vec<Value> {
    let files = [
        "client-anonymous.json",
        "client-alipay.json",
        "client-calls.json",
        "client-errors.json",
        "server-calls.json",
        "cloud-calls.json",
    ];
    let exchanges: Vec<Value> = files
        .into_iter()
        .flat_map(|file| vectors(file)["steps"].as_array().unwrap().clone())
        .flat_map(|step| step["exchanges"].as_array().unwrap().clone())
        .collect();
    assert!(exchanges.len() >= 49, "only {} exchanges", exchanges.len());
    exchanges
}

fn accepts(keys: &Keys, path: &str, body: &[u8], sign: &str) -> bool {
    Body::parse(body).is_ok_and(|body| match path {
        "/client" => keys.secret.verifies(&body, sign),
        "/server" => keys.server.verifies_body(&body, sign),
        other => panic!("unknown door {other}"),
    })
}

fn header<'a>(request: &'a Value, name: &str) -> &'a str {
    text(&request["headers"][name])
}

#[test]
fn every_recorded_serverless_request_is_accepted_and_any_changed_one_refused() {
    let keys = keys();
    for exchange in exchanges() {
        let request = &exchange["request"];
        let (path, body) = (text(&request["path"]), text(&request["body"]));
        let sign = header(request, "x-serverless-sign");
        assert!(accepts(&keys, path, body.as_bytes(), sign), "{path} {body}");

        let parsed: Value = serde_json::from_str(body).unwrap();
        for member in ["params", "method", "token", "timestamp", "spaceId", "userId"] {
            let mut changed = parsed.clone();
            match &mut changed[member] {
                Value::String(text) => text.push('x'),
                Value::Number(number) => {
                    changed[member] = Value::from(number.as_u64().unwrap() + 1);
                }
                _ => continue,
            }
            let changed = serde_json::to_vec(&changed).unwrap();
            assert!(!accepts(&keys, path, &changed, sign), "{member} of {body}");
        }
        let other_door = if path == "/client" { "/server" } else { "/client" };
        assert!(!accepts(&keys, other_door, body.as_bytes(), sign));
    }
}

#[test]
fn every_recorded_cloud_call_yields_clean_content() {
    let mut initialized = 0;
    for exchange in exchanges() {
        let body: Value = serde_json::from_str(text(&exchange["request"]["body"])).unwrap();
        let Some(params) = body["params"].as_str() else { continue };
        let params: Value = serde_json::from_str(params).unwrap_or_default();
        if params["functionTarget"] != "alipay-openapi" {
            continue;
        }
        let call = CloudCall::parse(&params["functionArgs"].to_string()).unwrap();
        if call.method == "alipay.user.certify.open.initialize" {
            let content = wire::methods::Initialize::read(&call.content).unwrap();
            assert_eq!(content.outer_order_no.as_deref(), Some("vector0001"));
            let identity = content.identity_param.unwrap();
            assert_eq!(identity.cert_name.as_deref(), Some("试用甲"));
            assert_eq!(identity.identity_type.as_deref(), Some("CERT_INFO"));
            assert!(content.merchant_config.unwrap().return_url.is_some());
            initialized += 1;
        }
    }
    assert!(initialized >= 3, "{initialized}");
}

/// The key-mode, unencrypted SHA-256 requests to the version 1 gateway.
fn gateway_requests() -> Vec<Value> {
    let all = vectors("openapi/requests.node.json")["vectors"].as_array().unwrap().clone();
    let chosen: Vec<Value> = all
        .into_iter()
        .filter(|request| {
            request["canonical"].as_str().is_some_and(|text| {
                text.contains("sign_type=RSA2") && !text.contains("app_cert_sn")
            })
        })
        .collect();
    assert!(chosen.len() >= 8, "only {} requests", chosen.len());
    chosen
}

fn parameters(request: &Value) -> Parameters {
    let http = &request["http"];
    let query = text(&http["target"]).split_once('?').map_or("", |(_, query)| query);
    Parameters::parse(query, http["body"].as_str().unwrap_or_default().as_bytes(), Charset::UTF_8)
        .unwrap()
}

#[test]
fn every_recorded_gateway_request_verifies_and_any_changed_one_does_not() {
    let key = PublicKey::parse(&key_file("app_public.pem")).unwrap();
    for request in gateway_requests() {
        let parameters = parameters(&request);
        let canonicals = [canonical(&parameters, false), canonical(&parameters, true)];
        assert!(canonicals.iter().any(|text| text == request["canonical"].as_str().unwrap()));
        verify(&parameters, Charset::UTF_8, &key)
            .unwrap_or_else(|error| panic!("{error:?} {request}"));
        let names: Vec<String> = parameters
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|n| n != "sign_type")
            .collect();
        for name in names {
            let mut changed = parameters.clone();
            let value = changed.get(&name).unwrap_or_default().to_owned();
            let value = match (name.as_str(), value.strip_prefix('A')) {
                ("sign", Some(rest)) => format!("B{rest}"),
                ("sign", None) => format!("A{}", &value[1..]),
                _ => format!("{value}x"),
            };
            changed.set(&name, &value);
            let error = verify(&changed, Charset::UTF_8, &key).unwrap_err();
            assert_eq!(error.sub_code, SubCode::InvalidSignature, "{name}");
        }
        let wrong = PublicKey::parse(&key_file("alipay_public.pem")).unwrap();
        assert!(verify(&parameters, Charset::UTF_8, &wrong).is_err());
    }
}

#[test]
fn recorded_initialize_requests_are_read() {
    let mut read = 0;
    for request in gateway_requests() {
        let parameters = parameters(&request);
        if parameters.get("encrypt_type").is_some() {
            continue;
        }
        let request = Request::read(&parameters).unwrap();
        if request.method == "alipay.user.certify.open.initialize" {
            let content = Content::parse(&request.biz_content).unwrap();
            wire::methods::Initialize::read(&content).unwrap();
            read += 1;
        }
    }
    assert!(read >= 2, "{read}");
}

#[test]
fn accepted_recorded_answers_are_signed_as_we_sign() {
    let signer = PrivateKey::parse(&key_file("alipay_private_pkcs1.pem")).unwrap();
    let all = vectors("openapi/responses.node.json")["vectors"].as_array().unwrap().clone();
    let mut compared = 0;
    for response in all {
        let (Some(content), "accepted") =
            (response["signed_content"].as_str(), response["outcome"].as_str().unwrap_or_default())
        else {
            continue;
        };
        let Some(body) = response["response"]["body"].as_str() else {
            continue;
        };
        let Some((_, rest)) = body.split_once("\"sign\":\"") else { continue };
        let sign = rest.split('"').next().unwrap().replace("\\/", "/");
        assert_eq!(signer.sign(content.as_bytes()).unwrap(), sign);
        compared += 1;
    }
    assert!(compared >= 4, "{compared}");
}

#[test]
fn keys_are_read_in_every_form_and_mistaken_ones_are_named() {
    use wire::KeyError;
    let one_line = |pem: &str| -> String { pem.lines().filter(|l| !l.starts_with("--")).collect() };
    let public = PublicKey::parse(&key_file("app_public.pem")).unwrap();
    for form in ["app_private_pkcs1.pem", "app_private_pkcs8.pem"] {
        let pem = key_file(form);
        for form in [pem.clone(), one_line(&pem), pem.replace('\n', "\r\n")] {
            let private = PrivateKey::parse(&form).unwrap();
            assert_eq!(private.public_key().unwrap(), public);
            assert!(public.verifies(b"text", &private.sign(b"text").unwrap()));
        }
        assert_eq!(PublicKey::parse(&pem).unwrap_err(), KeyError::PrivateForPublic);
        assert_eq!(PublicKey::parse(&one_line(&pem)).unwrap_err(), KeyError::PrivateForPublic);
    }
    assert_eq!(PublicKey::parse(&one_line(&key_file("app_public.pem"))).unwrap(), public);
    assert_eq!(PublicKey::parse(&public.pem()).unwrap(), public);
    let public_pem = key_file("app_public.pem");
    assert_eq!(PrivateKey::parse(&public_pem).unwrap_err(), KeyError::PublicForPrivate);
    assert_eq!(PublicKey::parse(&key_file("app_cert.crt")).unwrap_err(), KeyError::Certificate);
    for junk in ["", "x", "-----BEGIN PUBLIC KEY-----", "AAAA", "中文"] {
        assert!(PublicKey::parse(junk).is_err() && PrivateKey::parse(junk).is_err());
    }
}

#[test]
fn certificate_digests_are_the_recorded_ones() {
    use wire::certificate::{Certificate, root_sn};
    let primitives = vectors("openapi/primitives.json");
    for case in primitives["certificates"].as_array().unwrap() {
        let certificate = Certificate::parse(&key_file(text(&case["file"]))).unwrap();
        assert_eq!(certificate.sn(), text(&case["sn"]));
    }
    let bundle = key_file("alipay_root_bundle.crt");
    assert_eq!(root_sn(&bundle).unwrap(), text(&primitives["alipay_root_cert_sn"]));
    let application = Certificate::parse(&key_file("app_cert.crt")).unwrap();
    assert_eq!(*application.key(), PublicKey::parse(&key_file("app_public.pem")).unwrap());
    for junk in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Certificate::parse(junk).is_err() && root_sn(junk).is_err(), "{junk}");
    }
}

#[test]
fn recorded_aes_cases_are_reproduced() {
    use wire::cipher::{ContentKey, EncryptType};
    let aes = vectors("openapi/primitives.json")["aes"].clone();
    let key = ContentKey::parse(text(&aes["key_base64"])).unwrap();
    for case in aes["cases"].as_array().unwrap() {
        let (clear, sealed) = (text(&case["plaintext"]), text(&case["ciphertext"]));
        assert_eq!(key.encrypt(clear.as_bytes(), EncryptType::Aes, [0; 16]).unwrap(), sealed);
        assert_eq!(key.decrypt(sealed, EncryptType::Aes).unwrap(), clear.as_bytes());
    }
}

#[test]
fn recorded_answers_are_judged_as_a_careful_client_would() {
    use wire::gateway::Response;
    let key = PublicKey::parse(&key_file("alipay_public.pem")).unwrap();
    let mut judged = (0, 0);
    for case in vectors("openapi/responses.node.json")["vectors"].as_array().unwrap() {
        if case["protocol"] != "v2" || case["response"]["status"] != 200 {
            continue;
        }
        let method = case["client_call"]["method"].as_str().unwrap_or_default();
        let Some(body) = case["response"]["body"].as_str() else { continue };
        let verdict = Response::read(body, method).and_then(|response| response.verify(&key));
        match case["outcome"].as_str().unwrap() {
            "accepted" if case["client_call"]["validateSign"] == true => {
                assert_eq!(verdict, Ok(()), "{}", case["id"]);
                judged.0 += 1;
            }
            "rejected" if case["signed_content"].is_null() && verdict.is_err() => judged.1 += 1,
            _ => {}
        }
    }
    assert!(judged.0 >= 8 && judged.1 >= 3, "{judged:?}");
}

#[test]
fn a_refused_signature_shows_nothing_of_a_value_that_fell_apart() {
    let key = PublicKey::parse(&key_file("app_public.pem")).unwrap();
    let body = r#"biz_content={"identity_param":{"cert_name":"A&B 张三","cert_no":"110101199001011237"},"p":"iVBORw=="}"#;
    let query = "app_id=1&sign_type=RSA2&sign=AAAA&method=m";
    let parameters = Parameters::parse(query, body.as_bytes(), Charset::UTF_8).unwrap();
    let failure = verify(&parameters, Charset::UTF_8, &key).unwrap_err();
    assert_eq!(failure.sub_code, SubCode::InvalidSignature);
    for piece in ["张三", "110101", "cert_no", "iVBOR"] {
        assert!(!failure.sub_msg.contains(piece), "{}", failure.sub_msg);
    }
    assert!(failure.sub_msg.contains("app_id=1&amp;biz_content=…("), "{}", failure.sub_msg);
}

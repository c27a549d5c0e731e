//! The same query in version 3 of the protocol, beside the gateway.

use engine::{Chance as _, Clock as _, Fetched, SystemChance, SystemClock};
use serde::Deserialize;
use wire::rest::{Operation, RestCode, signed_request, signed_response};
use wire::{Code, KeyError, SubCode};

use super::exchange::{self, Get, NOBODY, Reply, Signature};
use super::finding::{Findings, tame};
use super::material::Material;
use super::online::{self, header};
use super::refused;
use crate::cli::Doctor;

const TOPIC: &str = "v3";
const ANSWER: &str = "v3 answer";

#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

pub(super) async fn check(
    args: &Doctor,
    gateway: &str,
    material: &Material,
    findings: &mut Findings,
) {
    // Whoever has come here could sign before.
    let Ok(Some(request)) = request(args, gateway, material) else { return };
    match exchange::get(request).await {
        Ok(fetched) => interpret(args, &fetched, material, findings),
        Err(error) => {
            let remedy = "v3 SDKs need /v3/ at the gateway's host: let it through; v2 SDKs do not";
            findings.warning(TOPIC, format!("no answer: {error}"), remedy);
        }
    }
}

/// The signed query; `None` without a key to sign with.
pub(super) fn request(
    args: &Doctor,
    gateway: &str,
    material: &Material,
) -> Result<Option<Get>, KeyError> {
    let Some(private) = &material.private else { return Ok(None) };
    let mut nonce = [0; 16];
    SystemChance::new().fill(&mut nonce);
    let nonce = hex::encode(nonce);
    let certificate = material.app_cert.as_ref();
    let auth_string = format!(
        "app_id={}{},nonce={nonce},timestamp={}",
        args.app_id,
        certificate.map(|one| format!(",app_cert_sn={}", one.sn())).unwrap_or_default(),
        SystemClock.now().as_millisecond(),
    );
    let (origin, prefix) = base(gateway);
    let target = format!("{prefix}{}?certify_id={NOBODY}", Operation::Query.path());
    let token = args.app_auth_token.as_ref().map(wire::AppAuthToken::expose);
    let verb = Operation::Query.http_method();
    let sign = private.sign(&signed_request(&auth_string, verb, &target, b"", token))?;
    let mut headers = vec![
        ("authorization".to_owned(), format!("ALIPAY-SHA256withRSA {auth_string},sign={sign}")),
        ("alipay-request-id".to_owned(), nonce),
    ];
    let root_sn = certificate.and(material.roots.as_ref()).map(|roots| roots.sn.as_str());
    for (name, value) in [("alipay-root-cert-sn", root_sn), ("alipay-app-auth-token", token)] {
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
    Ok(Some(Get { url: format!("{origin}{target}"), headers }))
}

/// Scheme and host of the gateway, and what a proxy may have put before `/gateway.do`.
fn base(gateway: &str) -> (&str, &str) {
    let (address, _) = gateway.split_once(['?', '#']).unwrap_or((gateway, ""));
    let start = address.find("://").map_or(0, |at| at + 3);
    let path =
        address.get(start..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| start + at);
    let (origin, path) = address.split_at(path);
    (origin, path.strip_suffix("/gateway.do").unwrap_or_default())
}

/// Which of the catalogue a code of version 3 is.
fn known(code: &str) -> Option<SubCode> {
    SubCode::ALL.iter().copied().find(|known| RestCode::Shared(*known).as_str() == code)
}

pub(super) fn interpret(
    args: &Doctor,
    fetched: &Fetched,
    material: &Material,
    findings: &mut Findings,
) {
    let is_success = (200..300).contains(&fetched.status);
    let refusal = serde_json::from_slice::<Refusal>(&fetched.body).ok();
    let sub_code = refusal.as_ref().and_then(|refusal| known(&refusal.code));
    let is_object = serde_json::from_slice::<serde_json::Map<_, _>>(&fetched.body).is_ok();
    match refusal {
        _ if is_success && is_object => {
            findings.ok(TOPIC, "signature and app were accepted (a business answer)");
        }
        _ if sub_code == Some(SubCode::InvalidMethod) => return absent(fetched, findings),
        Some(_) if sub_code == Some(SubCode::MissingTimestamp) => findings.problem(
            TOPIC,
            "the gateway saw no Authorization header, though one was sent",
            "something in front of the gateway takes it away: let it through",
        ),
        Some(refusal) if sub_code.is_some() || !matches!(fetched.status, 200..300 | 404 | 405) => {
            let reply = reply(&refusal, sub_code, fetched, material);
            refused::interpret(args, &reply, TOPIC, findings);
        }
        _ if is_success || matches!(fetched.status, 404 | 405) => return absent(fetched, findings),
        _ => {
            let what = format!("HTTP status {}, and no answer of an OpenAPI", fetched.status);
            let remedy = "v3 SDKs need /v3/: start it, or let it through; v2 SDKs do not";
            return findings.warning(TOPIC, what, remedy);
        }
    }
    let signature = signature(fetched, material);
    // The hosted gateway leaves all refusals unsigned, and SDKs expect no more.
    if is_success && signature == Signature::Absent {
        let remedy =
            "SDKs refuse it: something in front of the gateway must not drop its alipay-… headers";
        findings.problem(ANSWER, "a success without signature", remedy);
    } else if signature != Signature::Absent {
        let sn = header(fetched, "alipay-sn").map(str::to_owned);
        online::signature(ANSWER, signature, sn.as_deref(), material, findings);
    }
}

fn absent(fetched: &Fetched, findings: &mut Findings) {
    let what = format!("this gateway has none (HTTP status {})", fetched.status);
    findings.note(TOPIC, what, "v2 SDKs do not need it; v3 SDKs cannot use this gateway");
}

/// The refusal as the other dialect would tell it.
fn reply(
    refusal: &Refusal,
    known: Option<SubCode>,
    fetched: &Fetched,
    material: &Material,
) -> Reply {
    let is_business = !refusal.code.bytes().any(|byte| byte.is_ascii_lowercase());
    let code = match (known, fetched.status) {
        (Some(known), _) => known.code(),
        (None, 500..) => Code::ServiceUnavailable,
        (None, 403) => Code::InsufficientPermissions,
        (None, 401) => Code::InsufficientTokenPermissions,
        (None, _) if is_business => Code::BusinessFailed,
        (None, _) => Code::InvalidArguments,
    };
    Reply {
        code: code.as_str().to_owned(),
        sub_code: tame(&refusal.code),
        sub_msg: refusal.message.clone(),
        signature: signature(fetched, material),
        alipay_cert_sn: header(fetched, "alipay-sn").map(str::to_owned),
    }
}

fn signature(fetched: &Fetched, material: &Material) -> Signature {
    let value = |name| header(fetched, name).unwrap_or_default();
    let signature = value("alipay-signature");
    if signature.is_empty() {
        return Signature::Absent;
    }
    let Some(key) = material.gateway_key() else { return Signature::NoKey };
    let text = signed_response(value("alipay-timestamp"), value("alipay-nonce"), &fetched.body);
    if key.verifies(&text, signature) { Signature::Good } else { Signature::Wrong }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn v3_is_beside_the_gateway() {
        for (gateway, expected) in [
            ("http://a:1/gateway.do", ("http://a:1", "")),
            ("https://a/pay/gateway.do?x=/1", ("https://a", "/pay")),
            ("https://a", ("https://a", "")),
            ("https://a/other", ("https://a", "")),
        ] {
            assert_eq!(base(gateway), expected, "{gateway}");
        }
    }
}

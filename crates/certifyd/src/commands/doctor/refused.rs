//! What a refusal of the gateway says about the configuration.

use wire::SubCode;
use wire::rest::RestCode;

use super::exchange::Reply;
use super::finding::{Findings, tame};
use crate::cli::Doctor;

/// Reports what the answer means; whether the call got past everything the configuration decides.
pub(super) fn interpret(
    args: &Doctor,
    reply: &Reply,
    topic: &'static str,
    findings: &mut Findings,
) -> bool {
    let sub_code = reply.sub_code.as_str();
    // Version 3 spells the same codes without their prefixes.
    let is_named = |known: &&SubCode| {
        known.as_str() == sub_code || RestCode::Shared(**known).as_str() == sub_code
    };
    let known = SubCode::ALL.iter().find(is_named);
    if known == Some(&SubCode::ArrangementStatusError) {
        findings.problem(
            topic,
            "ARRANGEMENT_STATUS_ERROR: no contract in force",
            "sign the product for this app, or in certifyd add the scene to its [[apps]] entry",
        );
        return true;
    }
    if known == Some(&SubCode::SystemError) || known == Some(&SubCode::UnknownError) {
        let what = format!("accepted, but answered {sub_code}");
        findings.warning(topic, what, "repeat it later; the log of the gateway says more");
        return true;
    }
    if reply.code == "10000" || reply.code == "40004" {
        findings.ok(topic, accepted(args, known, topic));
        return true;
    }
    match known.and_then(|known| meaning(*known)).or_else(|| hosted(sub_code)) {
        Some((what, remedy)) => {
            findings.problem(topic, format!("{}: {what}", tame(sub_code)), remedy);
        }
        None => unknown(args, topic, reply, known, findings),
    }
    false
}

fn accepted(args: &Doctor, known: Option<&SubCode>, topic: &str) -> String {
    let token = if args.app_auth_token.is_some() { ", and so was app_auth_token" } else { "" };
    let sealed = if topic == "encrypted call" { ", the AES key is the app's" } else { "" };
    let answer = match known {
        Some(SubCode::BillNotExist) => "OPEN_CERTIFY_BILL_NOT_EXIST, as it must be",
        _ => "a business answer",
    };
    format!("signature and app were accepted{token}{sealed} ({answer})")
}

/// What each refusal means here, and what to do.
fn meaning(sub_code: SubCode) -> Option<(&'static str, &'static str)> {
    Some(match sub_code {
        SubCode::InvalidAppId => (
            "this gateway does not know the app id",
            "compare it with the console or the id of [[apps]]; sandbox and production ids differ",
        ),
        SubCode::InvalidSignature => (
            "the private key does not belong to the public key this gateway has for the app",
            "upload the public half of this private key (in certifyd: public_key of the [[apps]] entry), or use the right private key; sandbox and production differ",
        ),
        SubCode::IllegalTimestamp | SubCode::InvalidTimestamp => (
            "the time sent is outside the gateway's window",
            "set the clock, see the line above; if both agree, the gateway's own clock or timestamp_window_seconds is off, or a test clock was moved",
        ),
        SubCode::MissingAppCertSn => (
            "the app is in certificate mode here, and the call named no certificate",
            "give --app-cert, --alipay-cert and --root-certs, and the SDK the same files",
        ),
        SubCode::MissingRootCertSn => (
            "certificate mode without root certificates",
            "give --root-certs, and the SDK the same file",
        ),
        SubCode::AppCertNotExist => (
            "the app certificate is not the one this gateway has for the app",
            "use the one uploaded last (in certifyd: certificate of the [[apps]] entry); an app in key mode must name none",
        ),
        SubCode::AppCertExpired => {
            ("the app certificate has expired", "issue a new one, upload and configure it")
        }
        SubCode::InvalidRootCertSn => (
            "the root certificates are not this gateway's",
            "use its own bundle: Alipay's alipayRootCert.crt for Alipay, alipay_root_bundle.crt for a certifyd",
        ),
        SubCode::InvalidAppAuthToken => (
            "app_auth_token is unknown, revoked, or was issued to another app",
            "authorize again and take the new token; it must be this app id's (in certifyd: token and isv_app of [[authorizations]])",
        ),
        SubCode::MissingSignatureKey => (
            "the gateway has no public key for the app",
            "upload the app's public key (in certifyd: public_key of the [[apps]] entry)",
        ),
        SubCode::MissingEncryptKey => (
            "the gateway has no AES key for the app",
            "set one in the console (in certifyd: encrypt_key of the [[apps]] entry), or do not encrypt",
        ),
        SubCode::DecryptionErrorUnknown => (
            "the AES key is not the one the gateway has for the app",
            "copy it again from the console (in certifyd: encrypt_key of the [[apps]] entry)",
        ),
        _ => return None,
    })
}

/// Codes that only the hosted gateway answers, with or without their prefix.
fn hosted(sub_code: &str) -> Option<(&'static str, &'static str)> {
    let bare = ["isv.", "aop.", "isp."].iter().find_map(|prefix| sub_code.strip_prefix(prefix));
    Some(match bare.unwrap_or(sub_code) {
        "insufficient-isv-permissions" => (
            "contract or scene missing, or the app is not online",
            "sign the product for this app in the console and bring the app online",
        ),
        "app-auth-token-time-out" => {
            ("app_auth_token has expired", "renew it, or have the merchant authorize again")
        }
        "invalid-app-auth-token-no-api" => (
            "the merchant has not authorized this call",
            "have the merchant authorize the app again, with this product",
        ),
        "invalid-auth-relations" | "invalid-app-auth-relations" => (
            "app_auth_token is not for this app",
            "send the token that the merchant gave to this app id",
        ),
        "no-product-reg-by-partner" => {
            ("the merchant has no contract", "have the merchant sign the product")
        }
        _ => return None,
    })
}

/// A refusal without an entry above: in our catalogue, or in the gateway's own words.
fn unknown(
    args: &Doctor,
    topic: &'static str,
    reply: &Reply,
    known: Option<&SubCode>,
    findings: &mut Findings,
) {
    let remedy = match (known, reply.code.as_str()) {
        (Some(known), _) => known.en().to_owned(),
        (None, "20001") => "authorize the app again for this merchant and API".to_owned(),
        (None, "20000") => "the gateway cannot answer now: repeat it later".to_owned(),
        (None, "40005") => "the gateway limits calls: repeat it later".to_owned(),
        (None, "40006") => {
            "the app may not call this: sign the product and bring the app online".to_owned()
        }
        (None, _) => words(args, reply),
    };
    let what = tame(if reply.sub_code.is_empty() { &reply.code } else { &reply.sub_code });
    findings.problem(topic, what, remedy);
}

/// The gateway's words, unless they repeat what was sent.
fn words(args: &Doctor, reply: &Reply) -> String {
    let token = args.app_auth_token.as_ref().map(wire::AppAuthToken::expose);
    let repeats = token.is_some_and(|token| reply.sub_msg.contains(token));
    if repeats || reply.sub_msg.contains("biz_content") || reply.sub_msg.trim().is_empty() {
        return "see the gateway's documentation of this code".to_owned();
    }
    tame(&reply.sub_msg)
}

//! Do the parts of a configuration fit each other?

use jiff::{SignedDuration, Timestamp};
use wire::certificate::Certificate;
use wire::certificate::chain::{self, ChainError};

use super::finding::{Findings, tame};
use super::material::Material;
use crate::cli::Doctor;

/// A certificate that ends sooner should be renewed now.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn check(args: &Doctor, material: &Material, now: Timestamp, findings: &mut Findings) {
    app_id(&args.app_id, findings);
    if let Some(certificate) = &material.app_cert {
        validity("app certificate", "app_cert_sn", certificate, now, findings);
    }
    if let Some(certificate) = &material.alipay_cert {
        validity("alipay certificate", "alipay_cert_sn", certificate, now, findings);
    }
    chains(material, now, findings);
    mode(args, findings);
    pair(material, findings);
    gateway_key(material, findings);
}

fn app_id(app_id: &str, findings: &mut Findings) {
    let digits = app_id.len() == 16 && app_id.bytes().all(|byte| byte.is_ascii_digit());
    if app_id.trim() != app_id || domain::AppId::parse(app_id).is_err() {
        findings.problem(
            "app id",
            "blanks or other characters no app id has, or too long",
            "copy it again: 16 digits",
        );
    } else if !digits {
        let remedy = "fine for a certifyd configured so; Alipay's have 16, e.g. 2021…";
        findings.warning("app id", "not 16 digits", remedy);
    } else {
        findings.ok("app id", app_id);
    }
}

fn validity(
    topic: &'static str,
    name: &str,
    certificate: &Certificate,
    now: Timestamp,
    findings: &mut Findings,
) {
    let (sn, end) = (certificate.sn(), certificate.not_after());
    let day = jiff::tz::TimeZone::UTC.to_datetime(end).date();
    if certificate.is_valid_at(now) {
        if end.duration_since(now) < SOON {
            let what = format!("valid until {day} only, {name} {sn}");
            findings.warning(topic, what, "renew it before that day");
        } else {
            findings.ok(topic, format!("{name} {sn}, valid until {day}"));
        }
    } else if end < now {
        findings.problem(topic, format!("expired on {day}, {name} {sn}"), "issue a new one");
    } else {
        let what = format!("not valid yet, {name} {sn}");
        findings.problem(topic, what, "set this machine's clock, or wait for its first day");
    }
}

/// Do both certificates lead to one of the roots?
fn chains(material: &Material, now: Timestamp, findings: &mut Findings) {
    let Some(roots) = &material.roots else { return };
    if let Some(other) = chain::others_than_roots(&roots.pem).unwrap_or_default().first() {
        findings.warning(
            "root certificates",
            format!("{} among them is no root", tame(other)),
            "SDKs put every certificate of this file into alipay_root_cert_sn: give the bundle as downloaded, alipayRootCert.crt or certifyd's alipay_root_bundle.crt",
        );
    }
    let certificates =
        [("app certificate", &material.app_cert), ("alipay certificate", &material.alipay_cert)];
    // The gateway's file often holds the intermediate certificate of both.
    let given: Vec<&str> =
        certificates.iter().filter_map(|(_, one)| one.as_ref()).map(Certificate::pem).collect();
    for (topic, certificate) in certificates {
        let Some(certificate) = certificate else { continue };
        match chain::follow(certificate.pem(), &given, &roots.pem, now) {
            Ok(root) => findings.ok(topic, format!("it leads to the root {}", tame(&root))),
            Err(error) => no_chain(topic, &error, findings),
        }
    }
}

pub(super) fn no_chain(topic: &'static str, error: &ChainError, findings: &mut Findings) {
    let what = tame(&error.to_string());
    let remedy = match error {
        ChainError::IssuerMissing { .. } => {
            let what = format!("not followed to a root: {what}");
            let remedy = "to have that checked, give a file with the chain as --alipay-cert: Alipay's alipayCertPublicKey_RSA2.crt, certifyd's gateway_chain.crt";
            return findings.note(topic, what, remedy);
        }
        ChainError::NotChecked { .. } => {
            return findings.note(topic, what, "`openssl verify` can check it");
        }
        ChainError::RootMissing { .. } => {
            "take the root certificates that belong to this certificate: Alipay's alipayRootCert.crt, or alipay_root_bundle.crt of the same certifyd set"
        }
        ChainError::NotSigned { .. } => {
            "the files are of different sets: take certificates and roots of one, downloaded or made together"
        }
        ChainError::OutOfTime { .. } => {
            "set this machine's clock if it is wrong; else take the current certificates and roots of the gateway"
        }
        ChainError::NotAuthority { .. } => {
            "do not trust it: take the certificates from where they are issued again"
        }
        ChainError::Authority => {
            "give the one issued for the key: of the application appCertPublicKey_<app id>.crt or app_cert.crt, of the gateway alipayCertPublicKey_RSA2.crt or gateway_cert.crt"
        }
        ChainError::Unreadable => "the chain or the bundle is damaged: take the files again",
    };
    findings.problem(topic, what, remedy);
}

/// Key mode takes one key, certificate mode three files; SDKs refuse half a set.
fn mode(args: &Doctor, findings: &mut Findings) {
    let parts = [
        ("--app-cert", &args.app_cert),
        ("--alipay-cert", &args.alipay_cert),
        ("--root-certs", &args.root_certs),
    ];
    let missing: Vec<_> =
        parts.iter().filter(|(_, path)| path.is_none()).map(|(name, _)| *name).collect();
    let is_key_mode = args.alipay_public_key.is_some();
    match (missing.len(), is_key_mode) {
        (0, true) => findings.warning(
            "mode",
            "both certificates and --alipay-public-key are given",
            "an app id has one mode: configure the one or the other; certificates are used below",
        ),
        (0, false) => findings.ok("mode", "certificate mode"),
        (3, true) => findings.ok("mode", "key mode"),
        (3, false) => findings.warning(
            "mode",
            "nothing is given to check answers with",
            "give --alipay-public-key, or the three certificates; SDKs need it too",
        ),
        _ => findings.problem(
            "mode",
            format!("certificate mode without {}", missing.join(" and ")),
            "certificate mode takes all three files; key mode none of them",
        ),
    }
}

fn pair(material: &Material, findings: &mut Findings) {
    let own = material.private.as_ref().and_then(|private| private.public_key().ok());
    let Some(own) = &own else { return };
    let swapped = material.alipay_public.as_ref() == Some(own);
    if let Some(public) = &material.app_public {
        if public == own {
            findings.ok("key pair", "the private key belongs to the app public key");
        } else if swapped {
            findings.problem(
                "key pair",
                "the private key belongs to the alipay public key, not to the app public key",
                "the two public keys are swapped: exchange them, in the SDK too; unless the private key itself is the gateway's",
            );
        } else if material.gateway_key() == Some(public) {
            findings.problem(
                "key pair",
                "the app public key is the gateway's",
                "upload and give the public half of the app's private key",
            );
        } else {
            findings.problem(
                "key pair",
                "the private key does not belong to the app public key",
                "use the private key of the pair whose public half was uploaded, or upload this one's",
            );
        }
    }
    if let Some(certificate) = &material.app_cert {
        if certificate.key() == own {
            findings.ok("key pair", "the private key belongs to the app certificate");
        } else if material.alipay_cert.as_ref().is_some_and(|other| other.key() == own) {
            findings.problem(
                "key pair",
                "the private key belongs to the alipay certificate, not to the app certificate",
                "the two certificates are swapped: exchange them, in the SDK too; unless the private key itself is the gateway's",
            );
        } else {
            findings.problem(
                "key pair",
                "the private key does not belong to the app certificate",
                "use the key the certificate was requested with, or request one for this key",
            );
        }
    }
}

/// The most frequent mistake of all.
fn gateway_key(material: &Material, findings: &mut Findings) {
    let own = material.private.as_ref().and_then(|private| private.public_key().ok());
    let is_own = |key| own.as_ref() == Some(key) || material.app_public.as_ref() == Some(key);
    if let Some(key) = &material.alipay_public {
        if is_own(key) {
            findings.problem(
                "alipay public key",
                "this is the application's own public key",
                "configure the gateway's: shown in the console once the app's is uploaded; certifyd's is gateway_public.pem",
            );
        } else {
            findings.ok("alipay public key", "not the application's own");
        }
    }
    if material.alipay_cert.as_ref().is_some_and(|certificate| is_own(certificate.key())) {
        findings.problem(
            "alipay certificate",
            "this is the application's own certificate",
            "configure the gateway's: alipayCertPublicKey_RSA2.crt, certifyd's is gateway_cert.crt",
        );
    }
}

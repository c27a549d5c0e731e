//! Does the contract cover a scene? Only a real `initialize` tells, and it opens a certification.

use engine::{Chance as _, SystemChance};
use serde_json::json;
use wire::{Method, SubCode};

use super::exchange::{Call, Reply, Signature};
use super::finding::{Findings, tame};
use super::material::Material;
use super::{online, refused};
use crate::cli::Doctor;
use crate::commands::print;

const TOPIC: &str = "scene";
const CONTRACT: &str = "sign the product for this app and scene in the console and bring the app online; in certifyd add it to scenes of the [[apps]] entry";

/// What is going to happen, said before it does.
pub(super) const WARNING: &str = "opens one certification for Alipay's published sample person, which nobody will finish; not billed, for nothing passes";

/// The scenes to ask for, each once; none if one is misspelt, for asking again would open again.
pub(super) fn named<'a>(args: &'a Doctor, findings: &mut Findings) -> Vec<&'a str> {
    let names: Vec<_> = domain::BizCode::ALL.iter().map(|code| code.as_str()).collect();
    let mut scenes: Vec<&str> = Vec::new();
    for scene in args.scene.iter().map(|scene| scene.trim()) {
        if !names.contains(&scene) {
            let what = format!("no such scene: {:?}", tame(scene));
            let remedy = format!("biz_code is one of {}; nothing was opened", names.join(", "));
            findings.problem(TOPIC, what, remedy);
            return Vec::new();
        }
        if !scenes.contains(&scene) {
            scenes.push(scene);
        }
    }
    scenes
}

pub(super) async fn check(
    args: &Doctor,
    gateway: &str,
    scenes: &[&str],
    material: &Material,
    findings: &mut Findings,
) {
    for scene in scenes {
        if print(&format!("now      scene: initialize with {scene} {WARNING}")).is_err() {
            // Nobody would know.
            return;
        }
        let content = content(scene);
        let call = Call { method: Method::Initialize, content: &content, encrypted: false };
        if let Some(reply) = online::call(args, gateway, material, &call, findings).await {
            interpret(args, scene, &reply, findings);
        }
    }
}

/// An order for the person of Alipay's document of `initialize`, whose number belongs to nobody.
fn content(scene: &str) -> String {
    let mut number = [0; 13];
    SystemChance::new().fill(&mut number);
    json!({
        "outer_order_no": format!("doctor{}", hex::encode(number)),
        "biz_code": scene,
        "identity_param": {
            "identity_type": "CERT_INFO",
            "cert_type": "IDENTITY_CARD",
            "cert_name": "收委",
            "cert_no": "260104197909275964",
        },
        "merchant_config": { "return_url": "https://www.example.com/" },
    })
    .to_string()
}

/// What the answer says of the contract.
pub(super) fn interpret(args: &Doctor, scene: &str, reply: &Reply, findings: &mut Findings) {
    let sub_code = reply.sub_code.as_str();
    if reply.signature == Signature::Wrong {
        let what = format!("{scene}: the answer does not bear the gateway's signature");
        let remedy = "the query's did: find out what changes answers on their way here";
        return findings.problem(TOPIC, what, remedy);
    }
    if reply.code == "10000" {
        let what = format!("{scene}: the contract covers it (one certification was opened)");
        return findings.ok(TOPIC, what);
    }
    if sub_code == SubCode::ArrangementStatusError.as_str() || reply.code == "40006" {
        let what = format!("{scene}: contract or scene missing ({})", tame(sub_code));
        return findings.problem(TOPIC, what, CONTRACT);
    }
    if sub_code == SubCode::IllegalArgumentFormat.as_str() {
        let what =
            format!("{scene}: the sample order was refused before the contract was looked at");
        return findings.warning(TOPIC, what, "see what your own first initialize answers");
    }
    let is_fault = [SubCode::SystemError, SubCode::UnknownError].map(SubCode::as_str);
    if reply.code == "40004" && !is_fault.contains(&sub_code) {
        let what = format!("{scene}: refused with {}", tame(sub_code));
        return findings.warning(TOPIC, what, "see this code in the document of initialize");
    }
    refused::interpret(args, reply, TOPIC, findings);
}

#[cfg(test)]
mod tests {
    use super::content;

    #[test]
    fn orders_are_new_and_within_their_limits() {
        let number = |text: &str| {
            let order: serde_json::Value = serde_json::from_str(text).unwrap();
            order["outer_order_no"].as_str().unwrap().to_owned()
        };
        let (one, other) = (content("FACE"), content("FACE"));
        assert_eq!(number(&one).len(), 32);
        assert_ne!(number(&one), number(&other));
        assert!(number(&one).bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

//! Parts that do not fit each other are told before anything is sent.

use std::sync::Arc;

use testkit::{FixedClock, SeededChance, keys};
use upstream::{AlipayGateway, Settings, SetupError, Trust};
use wire::certificate::Certificate;
use wire::{PrivateKey, PublicKey};

use crate::client::{NOW, by_certificate, by_key, private_key, settings};

fn fault(settings: Settings) -> SetupError {
    let clock = Arc::new(FixedClock::at(NOW));
    AlipayGateway::new(settings, clock, Arc::new(SeededChance::new(1))).unwrap_err()
}

const URL: &str = "https://gateway.test/gateway.do";

#[test]
fn an_address_that_cannot_be_a_gateways_is_refused() {
    for url in [
        "",
        "gateway.do",
        "ftp://gateway.test/gateway.do",
        "https://user:secret@gateway.test/gateway.do",
        "https://user@gateway.test/gateway.do",
        "https://gateway.test/gateway.do?charset=utf-8",
        "https://gateway.test/gateway.do#x",
    ] {
        assert_eq!(fault(settings(url, by_key())), SetupError::Address, "{url}");
    }
    let nameless = Settings { app_id: " ".to_owned(), ..settings(URL, by_key()) };
    assert_eq!(fault(nameless), SetupError::AppId);
}

#[test]
fn the_applications_own_key_is_not_the_gateways() {
    let own = PublicKey::parse(&keys::gateway("app_public.pem")).unwrap();
    assert_eq!(fault(settings(URL, Trust::Key(own))), SetupError::OwnKey);
    let own = by_certificate(&keys::gateway("app_cert.crt"));
    assert_eq!(fault(settings(URL, own)), SetupError::OwnKey);
}

#[test]
fn certificate_and_private_key_must_be_a_pair_and_roots_must_have_a_number() {
    let trust = by_certificate(&keys::gateway("alipay_cert.crt"));
    let key = private_key("alipay_private_pkcs8.pem");
    assert_eq!(fault(Settings { private_key: key, ..settings(URL, trust) }), SetupError::Pair);
    let read = |name| Certificate::parse(&keys::gateway(name)).unwrap();
    let trust = Trust::certificates(read("app_cert.crt"), read("alipay_cert.crt"), String::new());
    assert!(matches!(fault(settings(URL, trust)), SetupError::Roots(_)));
}

#[test]
fn nothing_shows_keys() {
    let settings = settings(URL, by_certificate(&keys::gateway("alipay_cert.crt")));
    let shown = format!("{settings:?} {:?}", settings.trust);
    let clock = Arc::new(FixedClock::at(NOW));
    let gateway = AlipayGateway::new(settings, clock, Arc::new(SeededChance::new(1))).unwrap();
    let shown = format!("{shown} {gateway:?}");
    assert!(shown.contains(URL) && !shown.contains("BEGIN"), "{shown}");
    let private = keys::gateway("app_private_pkcs8.pem");
    assert!(PrivateKey::parse(&private).is_ok());
    for line in private.lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line));
    }
}

//! Input: a byte for the charset, then the query, a NUL, and the form body.
#![no_main]

mod harness;

use harness::{MARKER, PRIVATE, PUBLIC, assert_no_leak};
use libfuzzer_sys::fuzz_target;
use wire::gateway::{Parameters, Request, canonical, is_fresh, verify};

const SHOWN: [&str; 12] = [
    "app_id",
    "method",
    "format",
    "charset",
    "sign_type",
    "timestamp",
    "version",
    "encrypt_type",
    "app_cert_sn",
    "alipay_root_cert_sn",
    "alipay_sdk",
    "sign",
];

fuzz_target!(|data: &[u8]| {
    let Some((&selector, rest)) = data.split_first() else { return };
    let charset = harness::charset(selector);
    let mut halves = rest.splitn(2, |&byte| byte == 0);
    let Ok(query) = std::str::from_utf8(halves.next().unwrap_or_default()) else { return };
    let body = halves.next().unwrap_or_default();
    let _ = Parameters::peek("method", query, body);
    let parameters = match Parameters::parse(query, body, charset) {
        Ok(parameters) => parameters,
        Err(failure) => return assert_no_leak(&failure.sub_msg, query),
    };
    let pairs: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();

    // Sorted, no name twice; each kept pair stands in the canonical text.
    assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0));
    for keep_empty in [false, true] {
        let text = canonical(&parameters, keep_empty);
        let mut rest = text.as_str();
        for (name, value) in &pairs {
            if name == "sign" || !keep_empty && value.trim().is_empty() {
                continue;
            }
            rest = if rest.len() == text.len() { rest } else { rest.strip_prefix('&').unwrap() };
            let pair = format!("{name}={value}");
            rest = rest.strip_prefix(pair.as_str()).unwrap_or_else(|| panic!("lost {pair:?}"));
        }
        assert!(rest.is_empty(), "the canonical text holds more: {rest:?}");
    }

    // Encoded again, it is the same set, whichever half carries it.
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            format!("{}={}", harness::percent(name.as_bytes()), harness::percent(value.as_bytes()))
        })
        .collect();
    let (left, right) = encoded.split_at(encoded.len() / 2);
    let utf8 = wire::charset::Charset::UTF_8;
    let again = Parameters::parse(&left.join("&"), right.join("&").as_bytes(), utf8).unwrap();
    assert!(again.iter().eq(parameters.iter()));

    // The public parameters.
    match Request::read(&parameters) {
        Ok(request) => {
            assert_eq!(Some(request.method.as_str()), parameters.get("method"));
            assert_eq!(request.biz_content, parameters.get("biz_content").unwrap_or("{}"));
            is_fresh(request.timestamp, now(), window());
            assert_eq!(format!("{request:?}"), format!("Request({})", request.method));
        }
        Err(failure) => assert_no_leak(&failure.sub_msg, query),
    }

    // The signature: of a mutated request it never fits, and the refusal shows no hidden value.
    let verified = verify(&parameters, charset, &PUBLIC);
    if parameters.get("sign").is_none() || parameters.get("sign_type") != Some("RSA2") {
        assert!(verified.is_err());
    }
    let mut masked = parameters.clone();
    for (name, _) in pairs.iter().filter(|(name, _)| !SHOWN.contains(&name.as_str())) {
        masked.set(name, MARKER);
    }
    masked.set("biz_content", MARKER);
    masked.set("sign_type", "RSA2");
    masked.set("sign", "Zq7 Personal9XkValue");
    // The values in `SHOWN` are shown if they are plain; names only if they look like names.
    let own = |text: &str| {
        let shown: String = text.chars().filter(|c| !c.is_control()).collect();
        shown.contains(MARKER) || shown.contains("Zq7 Personal") || text.contains(MARKER)
    };
    if !pairs.iter().any(|(_, value)| own(value)) {
        let failure = verify(&masked, charset, &PUBLIC).unwrap_err();
        assert!(!failure.sub_msg.contains(MARKER), "{}", failure.sub_msg);
        assert!(!failure.sub_msg.contains("Zq7 Personal"), "{}", failure.sub_msg);
        assert!(!failure.sub_msg.chars().any(|c| {
            c.is_control()
                && !SHOWN
                    .iter()
                    .any(|name| parameters.get(name).is_some_and(|value| value.contains(c)))
        }));
    }

    // Signing is dear, so only one input in eight is signed; both canonical forms must fit.
    if selector & 0x1c == 0x1c {
        // Built anew, as a client does: received parameters remember the bytes they came in.
        masked = Parameters::default();
        for (name, value) in parameters.iter() {
            masked.set(name, value);
        }
        masked.set("sign_type", "RSA2");
        for keep_empty in [false, true] {
            let text = canonical(&masked, keep_empty);
            let sign = PRIVATE.sign(&charset.encode(&text)).unwrap();
            masked.set("sign", &sign);
            assert!(verify(&masked, charset, &PUBLIC).is_ok());
            let mut changed = masked.clone();
            changed.set("biz_content", &format!("{}x", masked.get("biz_content").unwrap_or("")));
            assert!(verify(&changed, charset, &PUBLIC).is_err());
        }
    }
});

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_795_509_231).unwrap()
}

fn window() -> jiff::SignedDuration {
    jiff::SignedDuration::from_mins(10)
}

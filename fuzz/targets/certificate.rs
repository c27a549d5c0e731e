//! Input: a byte that chooses the form, then PEM text or the DER of one certificate.
#![no_main]

mod harness;

use harness::assert_no_leak;
use libfuzzer_sys::fuzz_target;
use wire::certificate::{Certificate, root_sn};
use wire::{KeyError, PrivateKey, PublicKey};

fn is_sn(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fuzz_target!(|data: &[u8]| {
    let Some((&selector, rest)) = data.split_first() else { return };
    let text = match selector % 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => harness::pem("CERTIFICATE", rest),
        // Twice in a bundle, with something between that does not count.
        _ => {
            let one = harness::pem("CERTIFICATE", rest);
            format!("{one}# between\n{}{one}", harness::pem("PUBLIC KEY", b"no matter"))
        }
    };
    let bundle = root_sn(&text);
    match &bundle {
        Ok(sns) => {
            assert!(sns.split('_').all(is_sn), "{sns}");
            if selector % 3 == 2 {
                let (first, second) = sns.split_once('_').unwrap();
                assert_eq!(first, second);
            }
        }
        Err(error) => assert_no_leak(&error.to_string(), &text),
    }
    match Certificate::parse(&text) {
        Ok(certificate) => {
            assert!(is_sn(certificate.sn()));
            assert_eq!(certificate.pem(), text);
            if let Ok(sns) = bundle
                && selector % 3 == 1
            {
                assert_eq!(sns, certificate.sn());
            }
            let key = certificate.key();
            assert!(PublicKey::parse(&key.pem()).unwrap() == *key);
            let after = certificate.not_after().as_second().checked_add(1).unwrap();
            if let Ok(after) = jiff::Timestamp::from_second(after) {
                assert!(!certificate.is_valid_at(after));
            }
            let again = Certificate::parse(certificate.pem()).unwrap();
            assert_eq!(again.sn(), certificate.sn());
            if selector % 3 == 1 {
                assert_eq!(PublicKey::parse(&text).err(), Some(KeyError::Certificate));
                assert_eq!(PrivateKey::parse(&text).err(), Some(KeyError::Certificate));
            }
        }
        Err(error) => assert_no_leak(&error.to_string(), &text),
    }
});

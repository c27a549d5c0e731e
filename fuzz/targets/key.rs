//! Input: a byte that chooses the form, then the text of a key, its DER, or modulus and exponent.
#![no_main]

mod harness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::assert_no_leak;
use libfuzzer_sys::fuzz_target;
use wire::{KeyError, PrivateKey, PublicKey};

fuzz_target!(|data: &[u8]| {
    let Some((&selector, rest)) = data.split_first() else { return };
    let text = match selector % 6 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => STANDARD.encode(rest),
        2 => harness::pem("PRIVATE KEY", rest),
        3 => harness::pem("RSA PRIVATE KEY", rest),
        4 => harness::pem("PUBLIC KEY", rest),
        _ => STANDARD.encode(pkcs1(rest)),
    };
    let private = PrivateKey::parse(&text);
    let public = PublicKey::parse(&text);
    assert!(private.is_err() || public.is_err(), "one text is both keys");
    for error in [private.as_ref().err(), public.as_ref().err()].into_iter().flatten() {
        assert_no_leak(&error.to_string(), &text);
    }
    if let Ok(private) = private {
        assert_eq!(public.as_ref().err(), Some(&KeyError::PrivateForPublic));
        let public = private.public_key().unwrap();
        let sign = private.sign(b"message").unwrap();
        assert!(public.verifies(b"message", &sign));
        assert!(!public.verifies(b"Message", &sign));
        use_public(&public);
    }
    if let Ok(public) = public {
        use_public(&public);
    }
});

/// Whatever was accepted must be usable, and its two written forms must read as the same key.
fn use_public(public: &PublicKey) {
    assert!(PublicKey::parse(&public.pem()).unwrap() == *public);
    assert!(PublicKey::parse(&STANDARD.encode(public.spki())).unwrap() == *public);
    assert_eq!(PrivateKey::parse(&public.pem()).err(), Some(KeyError::PublicForPrivate));
    for byte in [0x01, 0x7f] {
        for length in [255, 256, 257, 512] {
            assert!(!public.verifies(b"message", &STANDARD.encode(vec![byte; length])));
            let hexadecimal = format!("{byte:02x}").repeat(length);
            // A key may have exponent 1 only if the library lets it: nothing verifies by chance.
            assert!(!public.verifies_md5(b"message", &hexadecimal));
        }
    }
}

/// A DER `RSAPublicKey` with the modulus and exponent of the input.
fn pkcs1(data: &[u8]) -> Vec<u8> {
    let (exponent, modulus) = data.split_at(data.len().min(3));
    let mut modulus = modulus.to_vec();
    modulus.resize(modulus.len().clamp(256, 1024), 0xa5);
    modulus[0] |= 0x80;
    sequence(&[integer(&modulus), integer(exponent)].concat())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut content = vec![0];
    content.extend_from_slice(bytes);
    while content.len() > 1 && content[0] == 0 && content[1] & 0x80 == 0 {
        content.remove(0);
    }
    tagged(0x02, &content)
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..=127 => vec![tag, length as u8],
        128..=255 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head.as_slice(), content].concat()
}

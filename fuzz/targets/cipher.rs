//! Input: a byte for key length and form, 16 bytes of vector, then content or ciphertext.
#![no_main]

mod harness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::assert_no_leak;
use libfuzzer_sys::fuzz_target;
use wire::cipher::{ContentKey, EncryptType};

fuzz_target!(|data: &[u8]| {
    let Some((&selector, rest)) = data.split_first() else { return };
    let Some((iv, rest)) = rest.split_first_chunk::<16>() else { return };
    let text = String::from_utf8_lossy(rest);
    match ContentKey::parse(&text) {
        Ok(key) => assert_eq!(format!("{key:?}"), "ContentKey(…)"),
        Err(error) => assert_no_leak(&error.to_string(), &text),
    }
    let bits = [[7; 16].as_slice(), &[7; 24], &[7; 32]][usize::from(selector) % 3];
    let key = ContentKey::parse(&STANDARD.encode(bits)).unwrap();
    for kind in [EncryptType::Aes, EncryptType::AesV2] {
        // Whatever is encrypted decrypts, and the length tells whole blocks and the vector.
        let cipher = key.encrypt(rest, kind, *iv).unwrap();
        assert_eq!(key.decrypt(&cipher, kind).unwrap(), rest);
        assert_eq!(key.decrypt(&format!(" {cipher}\n"), kind).unwrap(), rest);
        let raw = STANDARD.decode(&cipher).unwrap();
        let head = if kind == EncryptType::AesV2 { 16 } else { 0 };
        assert_eq!(raw.len(), head + (rest.len() / 16 + 1) * 16);
        assert_eq!(&raw[..head], &iv[..head]);
        // A cut ciphertext is refused or not, but never panics; a part of a block is refused.
        assert!(key.decrypt(&STANDARD.encode(&raw[..raw.len() - 1]), kind).is_err());
        let _ = key.decrypt(&STANDARD.encode(&raw[..raw.len() - 16]), kind);

        // The input as ciphertext: what decrypts is what encrypts to it.
        for given in [text.to_string(), STANDARD.encode(rest)] {
            match key.decrypt(&given, kind) {
                Ok(clear) => {
                    let raw = STANDARD.decode(given.trim()).unwrap();
                    let iv = raw.first_chunk::<16>().copied().unwrap_or_default();
                    let again = key.encrypt(&clear, kind, iv).unwrap();
                    assert_eq!(STANDARD.decode(again).unwrap(), raw);
                }
                Err(error) => assert_no_leak(&error.to_string(), &given),
            }
        }
    }
    if let Some(kind) = EncryptType::parse(&text) {
        assert!(matches!(&*text, "AES" | "AES_V2"), "{kind:?}");
    }
});

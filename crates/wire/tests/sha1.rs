//! SHA1withRSA against a signature recorded from OpenSSL.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::{PrivateKey, PublicKey, SignatureType};

/// What `openssl dgst -sha1 -sign` (3.0.19) made of this with the recorded application key.
const MESSAGE: &str =
    "app_id=2021000000000001&sign_type=RSA&biz_content={\"cert_name\":\"试用甲\"}";
const SIGNATURE: &str = "\
    ro1p5kQyPZmk0iX9vzAWkquMED8T0IU0TG09T4n5ZDTcLVHTMWm+sp9EiIL5lNKHs+azi713Qnp254hh2CVZHr\
    IfY48pEFPQllMgPY2/i4P0HmxZfb9I2YUOcI5LeUlZuAa7v8XiX7vYSkHtgvnfJfO5/FTm8OstrdFB/tKicbBd\
    k0sZWTqUW19TFGyfVl3W0ECRBFwxor5co1F7eCEiYrEH6QdQOv4CoOzeRNid5luXnQ6cI9TKqFIk1daqhI+5Mi\
    5C5KFZhoXSHaE6zO6iVHh63d0dAC6O4rZMdEbTi0Kvt3iPUzm1p99ScOzB6RoAoeU87a/0AOBfv9Wfp2Mvbw==";

#[test]
fn a_signature_with_sha1_is_the_recorded_one_and_no_other_passes() {
    let key = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
        std::fs::read_to_string(format!("{folder}{name}")).unwrap()
    };
    for form in ["app_private_pkcs1.pem", "app_private_pkcs8.pem"] {
        let private = PrivateKey::parse(&key(form)).unwrap();
        assert_eq!(private.sign_as(SignatureType::Rsa, MESSAGE.as_bytes()).unwrap(), SIGNATURE);
    }
    let public = PublicKey::parse(&key("app_public.pem")).unwrap();
    let verifies = |message: &[u8], signature: &[u8]| {
        public.verifies_as(SignatureType::Rsa, message, &STANDARD.encode(signature))
    };
    let (message, signature) = (MESSAGE.as_bytes().to_vec(), STANDARD.decode(SIGNATURE).unwrap());
    assert!(verifies(&message, &signature));
    assert!(!public.verifies(&message, SIGNATURE), "the digests are not told apart");
    for bit in 0..signature.len() * 8 {
        assert!(!verifies(&message, &flipped(&signature, bit)), "bit {bit} of the signature");
    }
    for bit in 0..message.len() * 8 {
        assert!(!verifies(&flipped(&message, bit), &signature), "bit {bit} of the message");
    }
    for cut in [&signature[1..], &signature[..255], &[]] {
        assert!(!verifies(&message, cut));
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[bit / 8] ^= 1 << (bit % 8);
    changed
}

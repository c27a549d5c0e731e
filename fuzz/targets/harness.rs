//! What several targets share: fixed keys, the marker that must not come back, encodings.

#![allow(dead_code, reason = "no target uses all of it")]

use std::sync::LazyLock;

use wire::charset::Charset;
use wire::{PrivateKey, PublicKey};

/// Stands for a personal or secret value: no error text may hold it.
pub const MARKER: &str = "Zq7Personal9XkValue";

/// The application's pair of the recorded vectors. Invented for them, good for nothing else.
pub static PRIVATE: LazyLock<PrivateKey> = LazyLock::new(|| {
    PrivateKey::parse(include_str!(
        "../../crates/wire/tests/vectors/openapi/keys/app_private_pkcs8.pem"
    ))
    .expect("the vectors' private key")
});
pub static PUBLIC: LazyLock<PublicKey> = LazyLock::new(|| {
    PublicKey::parse(include_str!("../../crates/wire/tests/vectors/openapi/keys/app_public.pem"))
        .expect("the vectors' public key")
});

/// One of the charsets, by a byte of the input.
pub fn charset(selector: u8) -> Charset {
    let name = ["utf-8", "gbk", "gb18030"][usize::from(selector) % 3];
    Charset::parse(name).expect("a known charset")
}

/// Panics if `error` repeats an input too long to be there by chance.
///
/// Texts are compared by hash: libFuzzer watches `memcmp` and would otherwise learn the fixed
/// words of the error itself and offer them as input.
pub fn assert_no_leak(error: &str, input: &str) {
    let input = input.trim();
    // Words of our own that happened to come in are no leak.
    let ours = wire::SubCode::ALL
        .iter()
        .any(|code| code.en().contains(input) || code.zh().contains(input));
    let input = input.as_bytes();
    if ours || input.len() < 24 || input.len() > error.len() {
        return;
    }
    let wanted = hash(input);
    for window in error.as_bytes().windows(input.len()) {
        assert!(hash(window) != wanted, "leaked: {error}");
    }
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Every byte as `%XX`.
pub fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// PEM around `der`.
pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

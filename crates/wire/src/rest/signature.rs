//! The signed texts: parts exactly as they travel, each ended by a newline.

use super::Authorization;
use crate::{Failure, PublicKey, SubCode};

/// What a request signs. `path_and_query` is the target as on the wire, still encoded; an empty
/// body still has its line; the token has one only if it is sent.
///
/// A body may itself end in a newline and more text, so a body-less request with a token and one
/// without token whose body is a newline and that token sign the same text. A server must refuse a
/// body where the operation takes none.
pub fn signed_request(
    auth_string: &str,
    http_method: &str,
    path_and_query: &str,
    body: &[u8],
    app_auth_token: Option<&str>,
) -> Vec<u8> {
    let head = [auth_string.as_bytes(), http_method.as_bytes(), path_and_query.as_bytes(), body];
    let token = app_auth_token.filter(|token| !token.is_empty()).map(str::as_bytes);
    lines(head.into_iter().chain(token))
}

/// What an answer signs: the values of its `alipay-timestamp` and `alipay-nonce` headers, and the
/// body as sent, which is the ciphertext where it is encrypted.
pub fn signed_response(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines([timestamp.as_bytes(), nonce.as_bytes(), body].into_iter())
}

/// Checks the signature of a request over `signed`, made by [`signed_request`].
///
/// # Errors
/// `isv.missing-signature` or `isv.invalid-signature`.
pub fn verify(
    authorization: &Authorization<'_>,
    signed: &[u8],
    key: &PublicKey,
) -> Result<(), Failure> {
    if authorization.sign.is_empty() {
        return Err(Failure::precise(
            SubCode::MissingSignature,
            "Authorization头须以,sign=和签名结尾",
            "Authorization must end in ,sign= and the signature",
        ));
    }
    if key.verifies(signed, authorization.sign) {
        return Ok(());
    }
    Err(Failure::precise(
        SubCode::InvalidSignature,
        "请检查应用公钥与待签名内容（认证串、方法、路径、请求体，每行以换行结尾）",
        "the signature does not match the authorization string, method, target, body and token, \
         each ended by a newline, under the application's configured public key",
    ))
}

fn lines<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    for part in parts {
        out.extend_from_slice(part);
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ends_with_a_newline_and_only_a_token_adds_one() {
        assert_eq!(
            signed_request("a=1", "GET", "/p?q=%20+", b"", None),
            b"a=1\nGET\n/p?q=%20+\n\n"
        );
        assert_eq!(signed_request("a", "POST", "/p", b"{}", Some("t")), b"a\nPOST\n/p\n{}\nt\n");
        assert_eq!(signed_request("a", "POST", "/p", b"{}", Some("")), b"a\nPOST\n/p\n{}\n");
        assert_eq!(signed_response("1", "n", b""), b"1\nn\n\n");
    }
}

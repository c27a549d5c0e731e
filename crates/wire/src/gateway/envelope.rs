//! The signed answer.
//!
//! Its form is what every published client accepts at once: node first, then `sign`, no space
//! outside the node, errors under the method's node and signed like successes. Clients find the
//! node by searching text, so its name must not occur a second time and consists of letters and
//! underscores only.

use crate::charset::Charset;
use crate::{KeyError, PrivateKey, SignatureType};

/// The name of the answer's node: `alipay.user.certify.open.query` gives
/// `alipay_user_certify_open_query_response`; a method that cannot name a node gives
/// `error_response`.
pub fn node_name(method: &str) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b == b'.' || b == b'_';
    if method.is_empty() || method.len() > 128 || !method.bytes().all(plain) {
        return "error_response".to_owned();
    }
    format!("{}_response", method.replace('.', "_"))
}

/// An answer before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The method as the request named it.
    pub method: &'a str,
    /// The node's value: a JSON object, or ciphertext as a JSON string with its quotation marks.
    pub node: &'a str,
    /// The SN of the gateway's certificate, for a request that named a certificate. Some clients
    /// in key mode break on it.
    pub alipay_cert_sn: Option<&'a str>,
    /// The charset of the request.
    pub charset: Charset,
    /// How the request was signed: clients check an answer as they sign.
    pub sign_type: SignatureType,
}

/// Writes the answer and signs exactly the bytes of its node.
///
/// # Errors
/// [`KeyError::SigningFailed`]; then there is no answer to send.
pub fn envelope(answer: &Answer<'_>, key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
    let node = answer.charset.encode(answer.node);
    let sign = key.sign_as(answer.sign_type, &node)?;
    let name = node_name(answer.method);
    let mut out = Vec::with_capacity(name.len() + node.len() + sign.len() + 80);
    for part in [b"{\"", name.as_bytes(), b"\":", &node] {
        out.extend_from_slice(part);
    }
    if let Some(sn) = answer.alipay_cert_sn {
        for part in [",\"alipay_cert_sn\":\"", sn, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    for part in [",\"sign\":\"", &sign, "\"}"] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_is_named_after_the_method_or_is_the_error_node() {
        assert_eq!(node_name("alipay.user.x"), "alipay_user_x_response");
        for odd in ["", "a\"b", "A.b", "a1", &"a".repeat(129)] {
            assert_eq!(node_name(odd), "error_response");
        }
    }
}

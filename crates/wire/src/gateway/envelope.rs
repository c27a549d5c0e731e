//! The signed answer.
//!
//! Its form is what every published client accepts at once: node first, then `sign`, no space
//! outside the node, errors under the method's node and signed like successes. Clients find the
//! node by searching text, so its name must not occur a second time and consists of letters and
//! underscores only.

use crate::{KeyError, PrivateKey};

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

/// Wraps the node text `node`, already JSON, and signs exactly these bytes.
///
/// # Errors
/// [`KeyError::SigningFailed`]; then there is no answer to send.
pub fn envelope(method: &str, node: &str, key: &PrivateKey) -> Result<String, KeyError> {
    let sign = key.sign(node.as_bytes())?;
    let name = node_name(method);
    let mut out = String::with_capacity(name.len() + node.len() + sign.len() + 16);
    for part in ["{\"", &name, "\":", node, ",\"sign\":\"", &sign, "\"}"] {
        out.push_str(part);
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

//! An answer, seen by a client: taken apart without parsing what is signed.
//!
//! The node is found by matching braces with regard to strings, and verified before anything of it
//! is believed.

use serde::Deserialize;

use super::node_name;
use crate::PublicKey;

/// Where some refusals stand that belong to no method.
const ERROR_NODE: &str = "error_response";
/// The `code` of a success.
const SUCCESS: &str = "10000";

/// Why an answer is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// There is no node of this method, nor an error node, where one must be.
    #[error("the answer has no node of this method")]
    NoNode,
    /// A success without a signature.
    #[error("the answer is a success and bears no signature")]
    Unsigned,
    /// The signature is not the gateway's over this node.
    #[error("the answer's signature does not match under the gateway's public key")]
    Signature,
}

/// The parts of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The node's value as sent: an object, or ciphertext in quotation marks.
    pub node: &'a str,
    /// It is the node of errors, not that of the method.
    pub is_error_node: bool,
    /// The signature over exactly `node`.
    pub sign: Option<&'a str>,
    /// Which certificate of the gateway signed, in certificate mode.
    pub alipay_cert_sn: Option<&'a str>,
}

impl std::fmt::Debug for Response<'_> {
    // People and tokens may be in the node.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({} bytes, signed: {})", self.node.len(), self.sign.is_some())
    }
}

impl<'a> Response<'a> {
    /// Takes the answer to `method` apart.
    ///
    /// # Errors
    /// [`ResponseError::NoNode`].
    pub fn read(body: &'a str, method: &str) -> Result<Self, ResponseError> {
        let (is_error_node, rest) = [node_name(method).as_str(), ERROR_NODE]
            .into_iter()
            .find_map(|name| after(body, name).map(|rest| (name == ERROR_NODE, rest)))
            .ok_or(ResponseError::NoNode)?;
        let start = body.len() - rest.len();
        let length = value_length(rest).ok_or(ResponseError::NoNode)?;
        let node = rest.get(..length).ok_or(ResponseError::NoNode)?;
        // Members of the node must not be taken for the envelope's.
        let (before, behind) = (body.get(..start), rest.get(length..));
        let outer = |name| {
            [behind, before].into_iter().flatten().find_map(|part| {
                let text = after(part, name)?;
                text.strip_prefix('"')?.split('"').next()
            })
        };
        let (sign, alipay_cert_sn) = (outer("sign"), outer("alipay_cert_sn"));
        Ok(Self { node, is_error_node, sign, alipay_cert_sn })
    }

    /// Checks the signature. Some gateways escape `/` after signing and some before, so a node
    /// that does not match is tried once each way.
    ///
    /// # Errors
    /// [`ResponseError::Unsigned`] and [`ResponseError::Signature`]. An unsigned refusal passes:
    /// the hosted gateway leaves some unsigned, and nobody gains by forging one.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ResponseError> {
        let Some(sign) = self.sign else {
            return if is_refusal(self.node) { Ok(()) } else { Err(ResponseError::Unsigned) };
        };
        let sign = sign.replace("\\/", "/");
        let escaped = self.node.replace('/', "\\/");
        let plain = self.node.replace("\\/", "/");
        [self.node, &escaped, &plain]
            .into_iter()
            .any(|node| key.verifies(node.as_bytes(), &sign))
            .then_some(())
            .ok_or(ResponseError::Signature)
    }
}

/// Whether a node says of itself that it is a refusal: a JSON object with a `code`, as text and given
/// once, that is not the one of success. Read, not searched for: blanks and escapes must not turn a
/// success into something that needs no signature.
fn is_refusal(node: &str) -> bool {
    serde_json::from_str::<Coded>(node).is_ok_and(|node| node.code != SUCCESS)
}

/// What `serde` refuses to read if `code` is absent, no text, or there twice.
#[derive(Deserialize)]
struct Coded {
    code: String,
}

/// What follows `"name":` and blanks.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.split_once(&format!("\"{name}\""))?.1;
    rest.trim_start().strip_prefix(':').map(str::trim_start)
}

/// The length of the JSON object or string at the start.
fn value_length(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => depth = depth.checked_sub(1)?,
            _ if depth == 0 && !in_string => return None,
            _ => {}
        }
        if depth == 0 && !in_string {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn braces_inside_strings_do_not_end_the_node() {
        let body = r#"{"a_b_response":{"x":"}\"{","sign":"no"},"sign":"yes"}"#;
        let response = Response::read(body, "a.b").unwrap();
        assert_eq!(response.node, r#"{"x":"}\"{","sign":"no"}"#);
        assert_eq!((response.sign, response.alipay_cert_sn), (Some("yes"), None));
    }

    #[test]
    fn ciphertext_keeps_its_quotation_marks_and_the_error_node_counts() {
        let body = r#"{"sign":"s","a_b_response":"AA==","alipay_cert_sn":"n"}"#;
        let response = Response::read(body, "a.b").unwrap();
        assert_eq!((response.node, response.sign), ("\"AA==\"", Some("s")));
        assert_eq!(response.alipay_cert_sn, Some("n"));
        let refusal = r#"{"error_response":{"code":"40002"}}"#;
        assert_eq!(Response::read(refusal, "a.b").unwrap().node, r#"{"code":"40002"}"#);
        for broken in ["", "{}", r#"{"a_b_response":{"#, r#"{"a_b_response":1}"#] {
            assert_eq!(Response::read(broken, "a.b"), Err(ResponseError::NoNode), "{broken}");
        }
    }

    #[test]
    fn only_what_reads_as_a_refusal_needs_no_signature() {
        let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
        let key = std::fs::read_to_string(format!("{vectors}alipay_public.pem")).unwrap();
        let key = PublicKey::parse(&key).unwrap();
        let verified = |node: &str| {
            let body = format!("{{\"a_b_response\":{node}}}");
            Response::read(&body, "a.b").unwrap().verify(&key)
        };
        for refusal in [
            r#"{"code":"40002","sub_code":"isv.invalid-app-id"}"#,
            r#"{ "msg":"x", "code" : "20000" }"#,
        ] {
            assert_eq!(verified(refusal), Ok(()), "{refusal}");
        }
        for success in [
            r#"{"code":"10000","passed":"T"}"#,
            r#"{"code": "10000","passed":"T"}"#,
            r#"{"code" :"10000","passed":"T"}"#,
            r#"{"code":"\u0031\u0030000","passed":"T"}"#,
            r#"{"c\u006fde":"10000","passed":"T"}"#,
            r#"{"code":10000,"passed":"T"}"#,
            r#"{"code":40002,"passed":"T"}"#,
            r#"{"code":"40002","code":"10000","passed":"T"}"#,
            r#"{"code":"10000","code":"40002","passed":"T"}"#,
            r#"{"passed":"T"}"#,
            r#"{"passed":"T","n":{"code":"40002"}}"#,
            r#"{"code":"40002",}"#,
            r#""AA==""#,
            "{}",
        ] {
            assert_eq!(verified(success), Err(ResponseError::Unsigned), "{success}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in any::<String>(), node in any::<String>()) {
            let _ = Response::read(&body, "a.b");
            let _ = Response::read(&format!("{{\"a_b_response\":{node}"), "a.b");
        }
    }
}

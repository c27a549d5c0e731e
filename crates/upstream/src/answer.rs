//! What was answered: verified first, then decrypted, then read.

use engine::{Meaning, Unknown, UpstreamReply};
use serde::Deserialize;
use wire::cipher::{ContentKey, EncryptType};
use wire::gateway::{Response, ResponseError};

use crate::trust::Known;

/// The `code` of a success.
const SUCCESS: &str = "10000";
/// The `code` of "accepted, and not finished": neither done nor refused.
const WAITING: &str = "10003";
/// The `code` of a gateway that cannot say.
const UNAVAILABLE: &str = "20000";

/// An answer taken apart, nothing of it believed yet.
pub(crate) struct Received {
    body: String,
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Received(…)")
    }
}

/// The members of a node that say what it means.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Codes {
    code: Option<String>,
    #[serde(default)]
    sub_code: Option<String>,
}

impl Received {
    /// The body of an answer with status 200.
    pub(crate) fn new(body: Vec<u8>) -> Result<Self, Unknown> {
        String::from_utf8(body).map(|body| Self { body }).map_err(|_| Unknown::Unreadable)
    }

    /// The parts of the answer to `method`.
    pub(crate) fn response(&self, method: &str) -> Result<Response<'_>, Unknown> {
        Response::read(self.body.trim(), method).map_err(|_| Unknown::Unreadable)
    }
}

/// Checks the signature with whatever key belongs to it.
pub(crate) fn verify(response: &Response<'_>, known: Option<&Known<'_>>) -> Result<(), Unknown> {
    let Some(known) = known else { return Err(Unknown::Certificate) };
    response.verify(known.key()).map_err(|error| match error {
        ResponseError::NoNode => Unknown::Unreadable,
        ResponseError::Unsigned | ResponseError::Signature => Unknown::NotTheirs,
    })
}

/// What a verified answer says. `encrypted` is the key the call was encrypted under.
pub(crate) fn read(
    response: &Response<'_>,
    encrypted: Option<&ContentKey>,
) -> Result<UpstreamReply, Unknown> {
    let ciphertext = response.node.starts_with('"');
    let node = match (ciphertext, encrypted) {
        (false, _) => response.node.to_owned(),
        (true, Some(key)) => decrypted(response.node, key)?,
        (true, None) => return Err(Unknown::Unreadable),
    };
    let codes: Codes = serde_json::from_str(&node).map_err(|_| Unknown::Unreadable)?;
    let meaning = match meaning(&codes, response.is_error_node)? {
        // Unsigned, only what is refused before a call is carried out can be taken at its word.
        Meaning::Refused if response.sign.is_none() && !is_of_the_gate(&codes) => Meaning::Unsure,
        meaning => meaning,
    };
    // A refusal may come in clear, for the gateway may have no key to encrypt it with. A success in
    // clear has not gone the way that was asked for.
    if encrypted.is_some() && !ciphertext && meaning == Meaning::Done {
        return Err(Unknown::Unreadable);
    }
    Ok(UpstreamReply { meaning, node })
}

fn decrypted(node: &str, key: &ContentKey) -> Result<String, Unknown> {
    let text: String = serde_json::from_str(node).map_err(|_| Unknown::Unreadable)?;
    let clear = key.decrypt(&text, EncryptType::Aes).map_err(|_| Unknown::Unreadable)?;
    String::from_utf8(clear).map_err(|_| Unknown::Unreadable)
}

fn meaning(codes: &Codes, is_error_node: bool) -> Result<Meaning, Unknown> {
    let sub_code = codes.sub_code.as_deref().unwrap_or_default();
    match codes.code.as_deref() {
        Some(SUCCESS) if is_error_node => Err(Unknown::Unreadable),
        Some(SUCCESS) => Ok(Meaning::Done),
        Some(UNAVAILABLE | WAITING) => Ok(Meaning::Unsure),
        Some(_) if is_unsure(sub_code) => Ok(Meaning::Unsure),
        Some(_) => Ok(Meaning::Refused),
        // Some methods give a success no code; they are signed, and named after the method.
        None if !is_error_node && sub_code.is_empty() => Ok(Meaning::Done),
        None => Err(Unknown::Unreadable),
    }
}

/// Codes of refusals that are made before a call reaches whoever carries it out.
fn is_of_the_gate(codes: &Codes) -> bool {
    matches!(codes.code.as_deref(), Some("20001" | "40001" | "40002" | "40003" | "40006"))
}

/// Codes by which the gateway says that it does not know what has become of the call.
fn is_unsure(sub_code: &str) -> bool {
    // Business systems put their name in front: `ACQ.SYSTEM_ERROR`.
    let bare = sub_code.rsplit('.').next().unwrap_or_default();
    sub_code.starts_with("isp.") || sub_code == "aop.unknow-error" || bare == "SYSTEM_ERROR"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(node: &str) -> Result<Meaning, Unknown> {
        let body = format!("{{\"a_b_response\":{node},\"sign\":\"s\"}}");
        read(&Response::read(&body, "a.b").unwrap(), None).map(|reply| reply.meaning)
    }

    #[test]
    fn what_codes_mean() {
        for (node, meaning) in [
            (r#"{"code":"10000","passed":"T"}"#, Meaning::Done),
            (r#"{"access_token":"t"}"#, Meaning::Done),
            (r#"{"code":"20000","sub_code":"isp.unknow-error"}"#, Meaning::Unsure),
            (r#"{"code":"20000"}"#, Meaning::Unsure),
            (r#"{"code":"10003"}"#, Meaning::Unsure),
            (r#"{"code":"40004","sub_code":"isp.gateway-fault"}"#, Meaning::Unsure),
            (r#"{"code":"40004","sub_code":"aop.unknow-error"}"#, Meaning::Unsure),
            (r#"{"code":"40004","sub_code":"SYSTEM_ERROR"}"#, Meaning::Unsure),
            (r#"{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"}"#, Meaning::Unsure),
            (r#"{"code":"40004","sub_code":"UNKNOWN_ERROR"}"#, Meaning::Refused),
            (r#"{"code":"40002","sub_code":"isv.invalid-signature"}"#, Meaning::Refused),
            (r#"{"code":"20001","sub_code":"aop.invalid-auth-token"}"#, Meaning::Refused),
        ] {
            assert_eq!(means(node), Ok(meaning), "{node}");
        }
    }

    #[test]
    fn an_unsigned_refusal_counts_only_if_nothing_can_have_been_carried_out() {
        for (node, meaning) in [
            (r#"{"code":"40002","sub_code":"isv.invalid-app-id"}"#, Meaning::Refused),
            (r#"{"code":"40004","sub_code":"X"}"#, Meaning::Unsure),
        ] {
            let body = format!("{{\"a_b_response\":{node}}}");
            let reply = read(&Response::read(&body, "a.b").unwrap(), None).unwrap();
            assert_eq!(reply.meaning, meaning, "{node}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        for node in [
            r#"{"code":10000}"#,
            r#"{"code":"10000","code":"40004"}"#,
            r#"{"sub_code":"isv.x"}"#,
            r#"{"code":"10000",}"#,
            r#""AA==""#,
        ] {
            assert_eq!(means(node), Err(Unknown::Unreadable), "{node}");
        }
        let body = r#"{"error_response":{"code":"10000"},"sign":"s"}"#;
        let success = Response::read(body, "a.b").unwrap();
        assert_eq!(read(&success, None), Err(Unknown::Unreadable));
    }
}

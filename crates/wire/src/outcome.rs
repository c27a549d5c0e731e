//! What a call came to, before any dialect writes it down.

use crate::{Code, Node, SubCode, json};

/// The business answer of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// `code` 10000 and these members, named in snake case, in order.
    Success(Vec<(&'static str, String)>),
    /// Anything else.
    Failure(Failure),
    /// An answer that is written out already: one passed on, or with members of other kinds.
    Node(Node),
}

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which rule or condition.
    pub sub_code: SubCode,
    /// The text for the caller: Chinese, then English. Never holds a received value.
    pub sub_msg: String,
}

impl Failure {
    /// A refusal whose catalogue text says enough.
    pub fn plain(sub_code: SubCode) -> Self {
        Self { sub_code, sub_msg: format!("{} / {}", sub_code.zh(), sub_code.en()) }
    }

    /// A refusal with the precise reason in both languages.
    pub fn precise(sub_code: SubCode, zh: &str, en: &str) -> Self {
        Self { sub_code, sub_msg: format!("{}：{zh} / {en}", sub_code.zh()) }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Outcome {
    /// Whether the call did what it says.
    pub fn is_success(&self) -> bool {
        match self {
            Self::Success(_) => true,
            Self::Failure(_) => false,
            Self::Node(node) => node.is_success(),
        }
    }

    /// The node of a gateway answer: snake case, `sub_code` only on refusals, because some SDKs
    /// take its mere presence for failure.
    pub fn node(&self) -> String {
        match self {
            Self::Node(node) => node.write(),
            Self::Success(_) | Self::Failure(_) => json::object(self.members()),
        }
    }

    /// The `data` of a Serverless answer: multi-word members in both spellings, since published
    /// pages read camel case and the documents show snake case.
    pub fn data(&self) -> String {
        if let Self::Node(node) = self {
            return node.write_in_both_spellings();
        }
        let camel: Vec<(String, &str, &str)> =
            self.members().map(|(name, value)| (camel_case(name), name, value)).collect();
        json::object(camel.iter().flat_map(|(camel, snake, value)| {
            let twin = (camel != snake).then_some((*snake, *value));
            std::iter::once((camel.as_str(), *value)).chain(twin)
        }))
    }

    /// What [`Self::Success`] and [`Self::Failure`] consist of.
    fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        let (code, success, failure) = match self {
            Self::Success(members) => (Code::Success, members.as_slice(), None),
            Self::Failure(failure) => (failure.sub_code.code(), &[] as &[_], Some(failure)),
            Self::Node(_) => (Code::Success, &[] as &[_], None),
        };
        let head = [("code", code.as_str()), ("msg", code.msg())];
        let failure = failure.into_iter().flat_map(|failure| {
            [("sub_code", failure.sub_code.as_str()), ("sub_msg", failure.sub_msg.as_str())]
        });
        let success = success.iter().map(|(name, value)| (*name, value.as_str()));
        head.into_iter().chain(success).chain(failure)
    }
}

/// `certify_id` to `certifyId`.
pub fn camel_case(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    let mut upper = false;
    for c in snake.chars() {
        if c == '_' && !out.is_empty() {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// `certifyId` to `certify_id`.
pub fn snake_case(camel: &str) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_written_in_order_and_without_sub_code() {
        let outcome = Outcome::Success(vec![("certify_id", "0a".into())]);
        assert_eq!(outcome.node(), r#"{"code":"10000","msg":"Success","certify_id":"0a"}"#);
        assert_eq!(
            outcome.data(),
            r#"{"code":"10000","msg":"Success","certifyId":"0a","certify_id":"0a"}"#
        );
    }

    #[test]
    fn a_refusal_carries_both_spellings_on_serverless_and_one_on_the_gateway() {
        let outcome =
            Outcome::from(Failure { sub_code: SubCode::BillNotExist, sub_msg: "x".into() });
        assert_eq!(
            outcome.node(),
            r#"{"code":"40004","msg":"Business Failed","sub_code":"OPEN_CERTIFY_BILL_NOT_EXIST","sub_msg":"x"}"#
        );
        assert!(outcome.data().contains(r#""subCode":"OPEN_CERTIFY_BILL_NOT_EXIST","sub_code""#));
    }
}

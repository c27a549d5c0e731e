//! The port to a gateway that certifies in our place: the hosted one, or another of this kind.
//!
//! The engine knows what may be repeated and what must be remembered; how a call is written,
//! signed and sent is the adapter's (crate `upstream`).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use store::Timed;

/// Who certifies for an application.
#[derive(Debug, Clone, Default)]
pub enum Certifier {
    /// This engine.
    #[default]
    Builtin,
    /// A gateway elsewhere.
    Alipay(Arc<Upstream>),
}

/// A gateway elsewhere, as one application uses it.
#[derive(Debug)]
pub struct Upstream {
    /// How it is spoken to.
    pub gateway: Arc<dyn UpstreamGateway>,
    /// Methods beyond the three of identity that back ends and functions may call there: exact
    /// names, or a beginning and `*`.
    pub allow: Vec<String>,
    /// The same for pages, which are in the hands of whoever holds the phone.
    pub allow_pages: Vec<String>,
}

impl Upstream {
    /// Whether a method beyond the three of identity may be called there.
    pub fn allows(&self, method: &str, from_page: bool) -> bool {
        let list = if from_page { &self.allow_pages } else { &self.allow };
        list.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(beginning) => method.starts_with(beginning),
            None => method == allowed,
        })
    }
}

/// Speaks to one gateway for one application: its keys, its connections, its patience. What one
/// suffers must not be felt by another.
#[async_trait]
pub trait UpstreamGateway: std::fmt::Debug + Send + Sync {
    /// Sends a call and gives what was answered, its signature checked.
    async fn call(&self, call: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault>;

    /// The signed address of a page call. Nothing is sent.
    ///
    /// # Errors
    /// [`UpstreamFault::NotSent`] if it cannot be signed.
    fn page(&self, call: &UpstreamCall<'_>) -> Result<String, UpstreamFault>;

    /// Which application at which gateway this is, e.g. its id and the gateway's address. What was
    /// opened at one is not open at another.
    fn place(&self) -> String;

    /// The longest a call can take, its repetitions included.
    fn patience(&self) -> Duration;

    /// Whether it is left alone now, for it has failed repeatedly.
    fn is_suspended(&self) -> bool {
        false
    }

    /// How it has fared since it was set up.
    fn usage(&self) -> UpstreamUsage {
        UpstreamUsage::default()
    }
}

/// How one gateway has fared with the calls of one application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamUsage {
    /// Attempts by what they came to, and calls that were turned away before any.
    pub outcomes: Vec<(&'static str, u64)>,
    /// How long attempts took.
    pub timed: Timed,
}

/// One call of the gateway. Contents and tokens do not show themselves.
#[derive(Clone, Copy)]
pub struct UpstreamCall<'a> {
    /// The method's name on the wire.
    pub method: &'a str,
    /// `biz_content`: JSON text; `None` for methods without.
    pub biz_content: Option<&'a str>,
    /// Parameters beside it: `notify_url`, `return_url`, `grant_type`…
    pub parameters: &'a [(&'a str, &'a str)],
    /// The right to act for a merchant, given by that gateway.
    pub app_auth_token: Option<&'a str>,
    /// The right to act for a user, given by that gateway.
    pub auth_token: Option<&'a str>,
    /// Calling twice does no more than calling once.
    pub repeatable: bool,
}

impl std::fmt::Debug for UpstreamCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UpstreamCall({})", self.method)
    }
}

/// What was answered, believed because it was signed (a refusal may come unsigned).
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamReply {
    /// What it means for the call.
    pub meaning: Meaning,
    /// The answer's node in clear: the text of a JSON object.
    pub node: String,
}

impl std::fmt::Debug for UpstreamReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UpstreamReply({:?})", self.meaning)
    }
}

/// What an answer means for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It did what it says.
    Done,
    /// It was refused and changed nothing.
    Refused,
    /// The gateway itself does not know (`isp.unknow-error`, `SYSTEM_ERROR`).
    Unsure,
}

/// Why there is no answer to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// Nothing reached the gateway: the call was certainly not carried out.
    #[error("nothing was sent: {0}")]
    NotSent(NotSent),
    /// The call may have been carried out.
    #[error("whether it was carried out is not known: {0}")]
    Unknown(Unknown),
}

/// Why nothing reached the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No connection.
    #[error("no connection")]
    Unreachable,
    /// It has failed so often lately that it is left alone for a while.
    #[error("the gateway has failed repeatedly and is left alone for a few seconds")]
    Suspended,
    /// As many calls as may wait for it are waiting.
    #[error("too many calls wait for the gateway already")]
    Crowded,
    /// The call could not be written or signed with the configured keys.
    #[error("the call could not be signed with the configured key")]
    Unsigned,
}

/// Why what came back is no answer to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Nothing came within the time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer")]
    CutOff,
    /// An HTTP status that is not 200.
    #[error("HTTP status {0}")]
    Status(u16),
    /// Not an answer of this protocol.
    #[error("the answer cannot be read")]
    Unreadable,
    /// The signature is not the gateway's, or is missing where it must be there.
    #[error("the answer's signature is not the gateway's")]
    NotTheirs,
    /// Signed under a certificate that cannot be had, or leads to none of the roots.
    #[error("the answer names a certificate of the gateway that cannot be trusted")]
    Certificate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nobody;

    #[async_trait]
    impl UpstreamGateway for Nobody {
        async fn call(&self, _: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault> {
            Err(UpstreamFault::NotSent(NotSent::Unreachable))
        }

        fn page(&self, _: &UpstreamCall<'_>) -> Result<String, UpstreamFault> {
            Err(UpstreamFault::NotSent(NotSent::Unsigned))
        }

        fn place(&self) -> String {
            "nowhere".to_owned()
        }

        fn patience(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn what_may_be_called_is_listed_and_pages_have_a_list_of_their_own() {
        let upstream = Upstream {
            gateway: Arc::new(Nobody),
            allow: vec!["alipay.trade.*".into(), "alipay.fund.trans.uni.transfer".into()],
            allow_pages: vec!["alipay.open.app.qrcode.create".into()],
        };
        assert!(upstream.allows("alipay.trade.create", false));
        assert!(upstream.allows("alipay.fund.trans.uni.transfer", false));
        assert!(!upstream.allows("alipay.fund.trans.uni.transfer.more", false));
        assert!(!upstream.allows("alipay.trade.create", true));
        assert!(upstream.allows("alipay.open.app.qrcode.create", true));
        assert!(!upstream.allows("alipay.open.app.qrcode.create", false));
    }
}

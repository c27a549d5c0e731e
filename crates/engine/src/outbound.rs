//! The only way out: requests that cloud functions make, and notices.
//!
//! An address may come from a caller, so by default nothing but public addresses are
//! reached: names are resolved once, every resolved address is judged, and only judged addresses
//! are connected to. Redirects are answers, and not followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Longest time a request may take, whatever was asked for.
const MAX_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a connection to one service is kept without use: shorter than servers keep theirs, so that
/// a call is not written into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(15);
/// Largest answer handed to a function.
const MAX_BODY: usize = 6 * 1024 * 1024;

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    Public,
    /// Any address, this machine's included: for development.
    Any,
}

/// A request of a function.
pub struct OutboundRequest {
    /// `http` or `https`.
    pub url: String,
    /// The verb.
    pub method: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
    /// How long it may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OutboundRequest(…)")
    }
}

/// The answer to it.
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({}, {} bytes)", self.status, self.body.len())
    }
}

/// An answer of which the beginning is enough.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body as far as it was read.
    pub(crate) body: Vec<u8>,
}

/// Turns names into addresses.
#[async_trait::async_trait]
pub trait Names: std::fmt::Debug + Send + Sync {
    /// All addresses of `host`.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The machine's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

#[async_trait::async_trait]
impl Names for SystemNames {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The request itself cannot be sent.
    #[error("{0}")]
    Invalid(&'static str),
    /// The address is not one functions may reach.
    #[error(
        "this address is not public and functions may not reach it; \
         set functions.reach = \"any\" to allow it"
    )]
    Forbidden,
    /// No connection within the time.
    #[error("no connection within the time allowed")]
    ConnectTimeout,
    /// No complete answer within the time.
    #[error("no complete answer within the time allowed")]
    ResponseTimeout,
    /// The answer is too large.
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
    /// There was no connection to send anything over.
    #[error("no connection could be made")]
    Unreachable,
    /// The connection ended, or broke, before the answer was complete.
    #[error("the connection ended before the answer")]
    CutOff,
    /// Anything else between here and there.
    #[error("the connection failed")]
    Failed,
}

impl OutboundError {
    /// The error name urllib-style clients look for.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConnectTimeout => "ConnectionTimeoutError",
            Self::ResponseTimeout => "ResponseTimeoutError",
            Self::Invalid(_)
            | Self::Forbidden
            | Self::TooLarge
            | Self::Unreachable
            | Self::CutOff
            | Self::Failed => "RequestError",
        }
    }
}

/// The client all functions share; connections are pooled.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: reqwest::Client,
    reach: Reach,
}

impl Outbound {
    /// Sets the client up.
    ///
    /// # Errors
    /// [`OutboundError::Failed`] if the TLS library cannot start.
    pub fn new(reach: Reach) -> Result<Self, OutboundError> {
        Self::with_names(reach, Arc::new(SystemNames))
    }

    /// As [`Self::new`], with another resolver.
    ///
    /// # Errors
    /// As there.
    pub fn with_names(reach: Reach, names: Arc<dyn Names>) -> Result<Self, OutboundError> {
        Self::built(reach, builder(reach, names))
    }

    /// A client for one service the operator has named, wherever it is: with connections of its own,
    /// which are made within `connect`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn to_one_service(connect: Duration) -> Result<Self, OutboundError> {
        let reach = Reach::Any;
        let builder = builder(reach, Arc::new(SystemNames));
        Self::built(reach, builder.connect_timeout(connect).pool_idle_timeout(IDLE))
    }

    fn built(reach: Reach, builder: reqwest::ClientBuilder) -> Result<Self, OutboundError> {
        let client = builder.build().map_err(|_| OutboundError::Failed)?;
        Ok(Self { client, reach })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`OutboundError`]; its texts hold nothing of the request.
    pub async fn fetch(&self, request: OutboundRequest) -> Result<Fetched, OutboundError> {
        let url = self.judge_url(&request.url)?;
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| OutboundError::Invalid("the method is not an HTTP method"))?;
        let timeout = request.timeout.min(MAX_TIMEOUT);
        let send = self
            .client
            .request(method, url)
            .headers(header_map(&request.headers)?)
            .body(request.body)
            .timeout(timeout)
            .send();
        let response = send.await.map_err(|error| explain(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        Ok(Fetched { status, headers, body: read_body(response).await? })
    }

    /// Posts a form and reads no more than `most` bytes of the answer.
    pub(crate) async fn post_form(
        &self,
        url: &str,
        form: String,
        timeout: Duration,
        most: usize,
    ) -> Result<Beginning, OutboundError> {
        let send = self
            .client
            .post(self.judge_url(url)?)
            .header(
                reqwest::header::CONTENT_TYPE,
                "application/x-www-form-urlencoded; charset=utf-8",
            )
            // An answer that would have to be unpacked is none of those looked for.
            .header(reqwest::header::ACCEPT_ENCODING, "identity")
            .body(form)
            .timeout(timeout)
            .send();
        let mut response = send.await.map_err(|error| explain(&error))?;
        let mut body = Vec::new();
        while body.len() < most {
            match response.chunk().await.map_err(|error| explain(&error))? {
                Some(chunk) => body.extend(chunk.iter().take(most - body.len())),
                None => break,
            }
        }
        Ok(Beginning { status: response.status().as_u16(), body })
    }

    fn judge_url(&self, text: &str) -> Result<reqwest::Url, OutboundError> {
        let url = reqwest::Url::parse(text)
            .map_err(|_| OutboundError::Invalid("the address is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutboundError::Invalid("the address must be http or https"));
        }
        // An address written as a number never reaches the resolver.
        let literal = match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(url::Host::Domain(_)) => None,
            None => return Err(OutboundError::Invalid("the address has no host")),
        };
        if self.reach == Reach::Public && literal.is_some_and(|ip| !is_public(ip)) {
            return Err(OutboundError::Forbidden);
        }
        Ok(url)
    }
}

/// What all clients have in common.
fn builder(reach: Reach, names: Arc<dyn Names>) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .dns_resolver(Judged { reach, names })
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, OutboundError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(OutboundError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn header_map(pairs: &[(String, String)]) -> Result<HeaderMap, OutboundError> {
    let invalid = |_| OutboundError::Invalid("a header is not valid");
    pairs
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::try_from(name.as_str())
                .map_err(|_| OutboundError::Invalid("a header name is not valid"))?;
            HeaderValue::try_from(value.as_str()).map(|value| (name, value)).map_err(invalid)
        })
        .collect()
}

fn explain(error: &reqwest::Error) -> OutboundError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.downcast_ref::<NotPublic>().is_some() {
            return OutboundError::Forbidden;
        }
        source = cause.source();
    }
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => OutboundError::ConnectTimeout,
        (true, false) => OutboundError::ResponseTimeout,
        (false, true) => OutboundError::Unreachable,
        (false, false) if error.is_builder() => OutboundError::Failed,
        // An answer that ends too soon looks like one that cannot be decoded.
        (false, false) => OutboundError::CutOff,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a public address")]
struct NotPublic;

/// Resolves names and lets judged addresses through: what is connected to is what was judged.
#[derive(Debug, Clone)]
struct Judged {
    reach: Reach,
    names: Arc<dyn Names>,
}

impl Resolve for Judged {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { reach, names } = self.clone();
        Box::pin(async move {
            let found = names.resolve(name.as_str()).await?;
            if reach == Reach::Public && found.iter().any(|ip| !is_public(*ip)) {
                return Err(NotPublic.into());
            }
            let found = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// Whether an address is reachable on the open Internet: not this machine, not a private or
/// link-local network, not a documentation, test, carrier or reserved range.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast();
    let special = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !reserved && !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // Every notation that carries an IPv4 address is judged by that address.
    if let Some(v4) = ip.to_ipv4() {
        return is_public_v4(v4);
    }
    let [first, second, third, fourth, fifth, sixth, high, low] = segments;
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (first, second) {
        (0x64, 0xff9b) if (third, fourth, fifth, sixth) == (0, 0, 0, 0) => embedded(high, low),
        (0x2002, high) => embedded(high, third),
        // Teredo, ORCHID, documentation and benchmarking.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // Only 2000::/3 is handed out as global unicast.
        _ => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_in_every_spelling() {
        let outbound = Outbound::new(Reach::Public).unwrap();
        for url in [
            "http://127.0.0.1:1/",
            "http://localhost:1/",
            "http://2130706433:1/",
            "http://0x7f.1:1/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]:1/",
            "http://0177.0.0.1:1/",
            "http://127.1:1/",
        ] {
            let request = OutboundRequest {
                url: url.into(),
                method: "GET".into(),
                headers: Vec::new(),
                body: Vec::new(),
                timeout: Duration::from_secs(5),
            };
            assert_eq!(
                outbound.fetch(request).await.unwrap_err(),
                OutboundError::Forbidden,
                "{url}"
            );
        }
    }
}

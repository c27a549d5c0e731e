//! Asks the gateway.

use engine::{Clock as _, Fetched, OutboundError, SystemClock};
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpStream;

use super::exchange::{self, Call, Reply, Signature};
use super::finding::{Findings, tame};
use super::material::Material;
use super::{refused, rest, scene};
use crate::cli::Doctor;

const GATEWAY: &str = "gateway";
const ANSWER: &str = "answer";
/// A clock further off than this will drift out of a gateway's window sooner or later.
const CLOCK_WARNING: SignedDuration = SignedDuration::from_secs(60);
/// The window for requests.
const CLOCK_PROBLEM: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn check(
    args: &Doctor,
    gateway: &str,
    material: &Material,
    scenes: &[&str],
    findings: &mut Findings,
) {
    address(gateway, findings);
    if !query(args, gateway, material, findings).await {
        // The same causes would be told again.
        if !scenes.is_empty() {
            let remedy = "correct the problems above first";
            findings.warning("scene", "not asked, nothing was opened", remedy);
        }
        return;
    }
    if material.encrypt_key.is_some() {
        let sealed = Call::harmless(true);
        if let Some(reply) = call(args, gateway, material, &sealed, findings).await {
            refused::interpret(args, &reply, "encrypted call", findings);
        }
    }
    rest::check(args, gateway, material, findings).await;
    scene::check(args, gateway, scenes, material, findings).await;
}

/// Whether this gateway is the one meant, and takes calls that are configured so.
async fn query(args: &Doctor, gateway: &str, material: &Material, findings: &mut Findings) -> bool {
    let harmless = Call::harmless(false);
    let Some(reply) = call(args, gateway, material, &harmless, findings).await else {
        return false;
    };
    let sn = reply.alipay_cert_sn.as_deref();
    signature(ANSWER, reply.signature, sn, material, findings);
    let is_accepted = refused::interpret(args, &reply, "call", findings);
    // Who answers may be anybody.
    is_accepted && reply.signature != Signature::Wrong
}

/// What can be said of the address before it is used.
fn address(gateway: &str, findings: &mut Findings) {
    let (address, _) = gateway.split_once(['?', '#']).unwrap_or((gateway, ""));
    if !address.ends_with("/gateway.do") {
        findings.warning(
            GATEWAY,
            "the address does not end in /gateway.do",
            "v2 SDKs take the whole address, e.g. http://127.0.0.1:3636/gateway.do",
        );
    }
    if let Some((true, host, _)) = host(gateway).map(|(tls, host, port)| (!tls, host, port)) {
        let is_local = host == "localhost" || host == "::1" || host.starts_with("127.");
        if !is_local {
            let remedy = "personal data travels in clear: use https outside this machine";
            findings.warning(GATEWAY, "plain http", remedy);
        }
    }
}

/// Sends a call; findings say why there is no reply.
pub(super) async fn call(
    args: &Doctor,
    gateway: &str,
    material: &Material,
    call: &Call<'_>,
    findings: &mut Findings,
) -> Option<Reply> {
    let body = match exchange::body(args, material, SystemClock.now(), call) {
        Ok(Some(body)) => body,
        Ok(None) => {
            let remedy = "correct the problems above first";
            findings.warning(GATEWAY, "not asked: nothing to sign with", remedy);
            return None;
        }
        Err(error) => {
            findings.problem(GATEWAY, error.to_string(), "use another private key");
            return None;
        }
    };
    let fetched = match exchange::send(gateway, body).await {
        Ok(fetched) => fetched,
        Err(error) => {
            unreachable(gateway, &error, findings).await;
            return None;
        }
    };
    // Once is enough.
    if !call.encrypted && call.method == wire::Method::Query {
        clock(&fetched, SystemClock.now(), findings);
    }
    if !status(&fetched, findings) {
        return None;
    }
    let reply = exchange::read(&fetched.body, call.method, material.gateway_key());
    if reply.is_none() {
        findings.problem(
            GATEWAY,
            "what answers is not an OpenAPI gateway",
            "correct host and path; a certifyd without private_key in [gateway] answers a page too",
        );
    }
    reply
}

pub(super) fn header<'a>(fetched: &'a Fetched, name: &str) -> Option<&'a str> {
    let mut headers = fetched.headers.iter();
    headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn clock(fetched: &Fetched, now: Timestamp, findings: &mut Findings) {
    const TOPIC: &str = "clock";
    let Some(text) = header(fetched, "date") else { return };
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let Ok(theirs) = parser.parse_timestamp(text) else { return };
    let off = now.duration_since(theirs);
    let direction = if off.is_negative() { "behind" } else { "ahead of" };
    let what = format!(
        "{} s {direction} the gateway's (here {}, there {})",
        off.abs().as_secs(),
        jiff::tz::offset(8).to_datetime(now).strftime("%Y-%m-%d %H:%M:%S"),
        jiff::tz::offset(8).to_datetime(theirs).strftime("%Y-%m-%d %H:%M:%S UTC+8"),
    );
    let remedy = "set this machine's clock by NTP";
    if off.abs() > CLOCK_PROBLEM {
        findings.problem(TOPIC, what, remedy);
    } else if off.abs() > CLOCK_WARNING {
        findings.warning(TOPIC, what, remedy);
    } else {
        findings.ok(TOPIC, what);
    }
}

/// Gateways answer 200 whatever happens.
fn status(fetched: &Fetched, findings: &mut Findings) -> bool {
    let what = format!("HTTP status {}", fetched.status);
    let remedy = match fetched.status {
        200 => return true,
        301 | 302 | 303 | 307 | 308 => "SDKs do not follow redirects: configure the final address",
        404 | 405 => "the path is wrong: /gateway.do",
        400 => "the port may expect https, or a proxy refuses the request: check both",
        401 | 403 | 407 => "something in front of the gateway refuses: let /gateway.do through",
        413 | 414 => "something in front of the gateway limits sizes: allow 4 MiB",
        502..=504 => "the proxy does not reach the gateway: start it, or correct the proxy",
        _ => "see the log of what answers there",
    };
    findings.problem(GATEWAY, what, remedy);
    false
}

/// Why was there no answer?
async fn unreachable(gateway: &str, error: &OutboundError, findings: &mut Findings) {
    let Some((tls, host, port)) = host(gateway) else {
        let remedy = "write it whole, e.g. http://127.0.0.1:3636/gateway.do";
        findings.problem(GATEWAY, error.to_string(), remedy);
        return;
    };
    let at = tame(&format!("{host}:{port}"));
    let (what, remedy) = match error {
        OutboundError::Invalid(reason) => {
            ((*reason).to_owned(), "write it whole, e.g. http://127.0.0.1:3636/gateway.do")
        }
        OutboundError::ConnectTimeout => {
            (format!("no connection to {at} in time"), "check host, port and firewalls")
        }
        OutboundError::ResponseTimeout => {
            (format!("{at} does not answer in time"), "is it the gateway's port? is it overloaded?")
        }
        OutboundError::TooLarge | OutboundError::Forbidden => {
            ("what answers is not an OpenAPI gateway".to_owned(), "correct host and path")
        }
        OutboundError::Unreachable | OutboundError::CutOff | OutboundError::Failed => {
            dial(&host, port, tls, &at).await
        }
    };
    findings.problem(GATEWAY, what, remedy);
}

/// Tells a closed port from a wrong name from what fails after connecting.
async fn dial(host: &str, port: u16, tls: bool, at: &str) -> (String, &'static str) {
    if tokio::net::lookup_host((host, port)).await.is_err() {
        return (format!("the name of {at} does not resolve"), "correct the host, or DNS");
    }
    match TcpStream::connect((host, port)).await {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            (format!("{at} refuses connections"), "start the gateway, or correct the port")
        }
        Err(error) => (format!("no connection to {at}: {error}"), "check host, port and firewalls"),
        Ok(_) if tls => (
            format!("TLS with {at} fails"),
            "its certificate must be valid, for this name and of an authority this machine trusts; or the port speaks plain http",
        ),
        Ok(_) => (
            format!("{at} accepts the connection but does not speak http"),
            "the port may expect https, or belong to something else",
        ),
    }
}

/// Whether it is https, host without brackets, port.
fn host(url: &str) -> Option<(bool, String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let tls = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let default = if tls { 443 } else { 80 };
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(text) => text.parse().ok()?,
        None => default,
    };
    (!host.is_empty()).then(|| (tls, host.to_owned(), port))
}

/// What the signature of an answer says, and the certificate it names.
pub(super) fn signature(
    topic: &'static str,
    signature: Signature,
    theirs: Option<&str>,
    material: &Material,
    findings: &mut Findings,
) {
    let ours = material.alipay_cert.as_ref().map(wire::certificate::Certificate::sn);
    match signature {
        Signature::Good => findings.ok(topic, "its signature verifies under the gateway's key"),
        Signature::NoKey => findings.warning(
            topic,
            "its signature was not checked",
            "give --alipay-public-key, or --alipay-cert",
        ),
        Signature::Absent => findings.warning(
            topic,
            "it bears no signature",
            "hosted gateways leave some refusals unsigned: correct what is refused, then look again",
        ),
        Signature::Wrong => {
            let remedy = match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours != theirs => {
                    "the gateway signs with another certificate: download its current one"
                }
                _ => {
                    "configure this gateway's public key: not the application's, and not that of sandbox, production or another server"
                }
            };
            findings.problem(
                topic,
                "its signature does not verify under the alipay public key given",
                remedy,
            );
        }
    }
    if let (Signature::Good, Some(ours), Some(theirs)) = (signature, ours, theirs)
        && ours != theirs
    {
        let what = format!("signed with the certificate {}, given is {ours}", tame(theirs));
        findings.warning(topic, what, "download the gateway's current certificate");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_from_addresses() {
        let read = |url| host(url).map(|(tls, host, port)| format!("{tls} {host} {port}"));
        assert_eq!(read("http://127.0.0.1:3636/gateway.do").unwrap(), "false 127.0.0.1 3636");
        assert_eq!(read("HTTPS://a.example?x").unwrap(), "true a.example 443");
        assert_eq!(read("http://[::1]:80/").unwrap(), "false ::1 80");
        for odd in ["", "a.example/gateway.do", "ftp://a", "http://", "http://a:b/"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_clock_that_is_off_is_named() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for (date, level) in [
            ("Tue, 24 Nov 2026 08:00:20 GMT", "ok"),
            ("Tue, 24 Nov 2026 07:57:00 GMT", "warning"),
            ("Tue, 24 Nov 2026 00:00:00 GMT", "problem"),
        ] {
            let mut findings = Findings::default();
            let headers = vec![("date".to_owned(), date.to_owned())];
            clock(&Fetched { status: 200, headers, body: Vec::new() }, now, &mut findings);
            assert!(findings.to_string().starts_with(level), "{findings}");
        }
    }
}

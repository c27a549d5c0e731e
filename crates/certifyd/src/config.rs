//! The configuration: what the file says ([`raw`]), then what it means.
//!
//! All faults of a file are reported at once, each with file, line, key and remedy.

mod faults;
mod quiet;
mod raw;
mod resolve;
pub(crate) mod secret;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::AppId;
use engine::{App, Grant, Mode, OperatorToken, Policy};
use jiff::SignedDuration;
use server::AppKeys;
use wire::certificate::Certificate;
use wire::serverless::ClientSecret;
use wire::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

pub(crate) use faults::Faults;

/// What a configuration means.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: String,
    /// None: as listened on.
    pub(crate) public_url: Option<String>,
    pub(crate) mode: Mode,
    pub(crate) data_dir: PathBuf,
    pub(crate) store_url: String,
    /// The newest first; never none.
    pub(crate) master_key: Vec<MasterKey>,
    pub(crate) gateway: GatewayConfig,
    pub(crate) apps: Vec<(App, AppKeys)>,
    /// The gateways that certify for some of them.
    pub(crate) upstreams: BTreeMap<AppId, UpstreamConfig>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) spaces: Vec<SpaceConfig>,
    pub(crate) functions: FunctionsConfig,
    pub(crate) verifier: Option<VerifierName>,
    pub(crate) policy: Policy,
    /// Where notices may be sent.
    pub(crate) notify_reach: engine::Reach,
    /// What opens the operator's door, the newest first.
    pub(crate) operator: Vec<Operator>,
    pub(crate) log: LogConfig,
    /// Where numbers are told; none: nowhere.
    pub(crate) metrics: Option<String>,
    /// Where traces go; none: nowhere.
    pub(crate) traces: Option<TracesConfig>,
    /// `[limits]` and `trusted_proxies`.
    pub(crate) limits: server::Limits,
    /// What works, and should be looked at.
    pub(crate) warnings: Vec<String>,
}

/// `[apps.upstream]`, for an application whose `certifier` is there.
#[derive(Debug)]
pub(crate) struct UpstreamConfig {
    pub(crate) settings: upstream::Settings,
    /// Methods beyond identity that back ends and functions may call there.
    pub(crate) allow: Vec<String>,
    /// And pages.
    pub(crate) allow_pages: Vec<String>,
}

/// `[gateway]`.
#[derive(Debug)]
pub(crate) struct GatewayConfig {
    pub(crate) key: Option<PrivateKey>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) next_certificate: Option<Certificate>,
    pub(crate) root_sn: Option<String>,
    pub(crate) window: Option<SignedDuration>,
}

/// A space, before it is put behind a door.
#[derive(Debug)]
pub(crate) struct SpaceConfig {
    pub(crate) id: String,
    pub(crate) app: AppId,
    pub(crate) client_secrets: Vec<ClientSecret>,
    pub(crate) server_keys: Vec<PublicKey>,
    pub(crate) functions: Option<PathBuf>,
}

/// Where a key comes from that the secrets of the database are wrapped under.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum MasterKey {
    /// From the environment.
    Given(Zeroizing<[u8; 32]>),
    /// From a file; it is made with the database.
    InFile(PathBuf),
    /// From what a program prints: its name and its arguments. It runs when the key is needed.
    FromProgram(Vec<String>),
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The token of the operator's door.
pub(crate) struct Operator(Zeroizing<String>);

impl Operator {
    /// Reads a token: at least [`OperatorToken::SHORTEST`] characters, none that a header cannot
    /// carry.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let length = text.chars().count();
        if length < OperatorToken::SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "an operator's token has at least {} ASCII characters and no blanks; this one has \
                 {length} characters",
                OperatorToken::SHORTEST
            ));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for a header.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What recognises it.
    pub(crate) fn token(&self) -> Option<OperatorToken> {
        OperatorToken::new(&self.0)
    }
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Operator(…)")
    }
}

/// `[functions]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionsConfig {
    pub(crate) deadline: Duration,
    pub(crate) memory_bytes: usize,
    pub(crate) reach: engine::Reach,
    pub(crate) reload: bool,
}

/// Who decides about what people hand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerifierName {
    Simulated,
    Review,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogConfig {
    pub(crate) level: String,
    pub(crate) json: bool,
}

impl Config {
    /// Reads `path` and everything it refers to.
    ///
    /// # Errors
    /// Every fault found.
    pub(crate) fn load(path: &Path) -> Result<Self, Faults> {
        // Secrets may stand in it.
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| Faults::unreadable(path, &error))?;
        let raw =
            raw::RawConfig::parse(&text).map_err(|error| Faults::syntax(path, &text, &error))?;
        // Workers run in a folder of their own: what is relative here would be elsewhere there.
        let absolute =
            std::path::absolute(path).map_err(|error| Faults::unreadable(path, &error))?;
        let folder = absolute.parent().map(Path::to_owned).unwrap_or_default();
        resolve::resolve(path, folder, &text, &raw)
    }
}

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TracesConfig {
    /// The collector's address, without a slash at its end.
    pub(crate) otlp: String,
    /// How many of a hundred traces that begin here are sent, as a part of one.
    pub(crate) ratio: f64,
    /// What this program is called in them.
    pub(crate) service: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration with a secret in every place that has one, in place or in a file.
    fn secrets(folder: &Path) -> String {
        let pair = crate::keys::make_pair().unwrap();
        std::fs::write(folder.join("private.pem"), pair.pkcs8.as_bytes()).unwrap();
        std::fs::write(folder.join("aes.txt"), "c2VjcmV0LXNlY3JldC0xNg==").unwrap();
        std::fs::write(folder.join("operator"), "secret-of-the-operator").unwrap();
        let text = "[gateway]\nprivate_key = \"private.pem\"\n\
            [operator]\ntoken = \"operator\"\n\
            [[apps]]\nid = \"2021\"\nencrypt_key = [\"aes.txt\"]\n\
            [[authorizations]]\nisv_app = \"2021\"\napp = \"2021\"\ntoken = \"secret-of-a-grant\"\n\
            [[spaces]]\nid = \"s\"\napp = \"2021\"\nclient_secret = [\"secret-of-a-space\"]\n";
        std::fs::write(folder.join("certifyd.toml"), text).unwrap();
        text.to_owned()
    }

    #[test]
    fn no_secret_is_in_the_debug_output_of_what_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = secrets(folder.path());
        let raw = raw::RawConfig::parse(&text).unwrap();
        let config = Config::load(&folder.path().join("certifyd.toml")).unwrap();
        assert_eq!(config.warnings.len(), 3, "{:?}", config.warnings);
        let key = Zeroizing::new([0xab; 32]);
        let shown = format!("{raw:?} {config:?} {:?}", MasterKey::Given(key));
        // As they stand in files, and as lists of their bytes.
        let bytes = format!("{:?}", b"secret");
        let bytes = bytes.trim_matches(['[', ']']);
        for secret in ["secret-", "MII", "c2Vj", "171, 171", "abab", bytes] {
            assert!(!shown.contains(secret), "{secret}");
        }
        // What is no secret is there, so that this looks at something.
        assert!(shown.contains("2021") && shown.contains("ContentKey"), "{shown}");
    }
}

//! What the file says. Every value keeps its place, for messages.

use serde::Deserialize;
use toml::Spanned;

use super::quiet::{Quiet, Quiets};

type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) listen: Option<Text>,
    pub(super) public_url: Option<Text>,
    pub(super) data_dir: Option<Text>,
    pub(super) mode: Option<Text>,
    #[serde(default)]
    pub(super) store: RawStore,
    #[serde(default)]
    pub(super) gateway: RawGateway,
    #[serde(default)]
    pub(super) apps: Vec<RawApp>,
    #[serde(default)]
    pub(super) authorizations: Vec<RawAuthorization>,
    #[serde(default)]
    pub(super) authorization: RawTokens,
    #[serde(default)]
    pub(super) spaces: Vec<RawSpace>,
    #[serde(default)]
    pub(super) functions: RawFunctions,
    #[serde(default)]
    pub(super) verification: RawVerification,
    #[serde(default)]
    pub(super) retention: RawRetention,
    #[serde(default)]
    pub(super) notify: RawNotify,
    #[serde(default)]
    pub(super) operator: RawOperator,
    #[serde(default)]
    pub(super) log: RawLog,
    #[serde(default)]
    pub(super) limits: RawLimits,
    #[serde(default)]
    pub(super) metrics: RawMetrics,
    #[serde(default)]
    pub(super) telemetry: RawTelemetry,
    #[serde(default)]
    pub(super) trusted_proxies: Vec<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub(super) url: Option<Text>,
    pub(super) master_key: Option<Quiets>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGateway {
    pub(super) private_key: Option<Quiet>,
    pub(super) certificate: Option<Quiet>,
    pub(super) next_certificate: Option<Quiet>,
    pub(super) root_certificates: Option<Quiet>,
    pub(super) timestamp_window_seconds: Option<Spanned<i64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApp {
    pub(super) id: Text,
    pub(super) name: Option<Text>,
    pub(super) scenes: Option<Spanned<Vec<Text>>>,
    pub(super) profile: Option<Text>,
    pub(super) public_key: Option<Quiets>,
    pub(super) certificate: Option<Quiets>,
    pub(super) encrypt_key: Option<Quiets>,
    pub(super) allow_sha1: Option<bool>,
    #[serde(default)]
    pub(super) return_schemes: Vec<Text>,
    pub(super) notify_url: Option<Text>,
    pub(super) certifier: Option<Text>,
    pub(super) upstream: Option<RawUpstream>,
    pub(super) isv: Option<bool>,
    #[serde(default)]
    pub(super) authorize_redirects: Vec<Text>,
    pub(super) authorize_secret: Option<Quiet>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUpstream {
    pub(super) gateway: Option<Text>,
    pub(super) app_id: Option<Text>,
    pub(super) private_key: Quiet,
    pub(super) alipay_public_key: Option<Quiet>,
    pub(super) app_certificate: Option<Quiet>,
    pub(super) alipay_certificate: Option<Quiet>,
    pub(super) root_certificates: Option<Quiet>,
    pub(super) encrypt_key: Option<Quiet>,
    pub(super) timeout_seconds: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) allow: Vec<Text>,
    #[serde(default)]
    pub(super) allow_pages: Vec<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAuthorization {
    pub(super) isv_app: Text,
    pub(super) app: Text,
    pub(super) token: Quiet,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTokens {
    pub(super) token_days: Option<Spanned<i64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpace {
    pub(super) id: Text,
    pub(super) app: Text,
    pub(super) client_secret: Quiets,
    pub(super) server_public_key: Option<Quiets>,
    pub(super) functions: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFunctions {
    pub(super) timeout_seconds: Option<Spanned<i64>>,
    pub(super) memory_mb: Option<Spanned<i64>>,
    pub(super) reach: Option<Text>,
    pub(super) reload: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVerification {
    pub(super) verifier: Option<Text>,
    pub(super) known_device_days: Option<Spanned<i64>>,
    pub(super) evidence_days: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRetention {
    pub(super) identity_days: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotify {
    pub(super) reach: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    pub(super) token: Option<Quiets>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLog {
    pub(super) level: Option<Text>,
    pub(super) format: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetrics {
    pub(super) listen: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTelemetry {
    pub(super) otlp: Option<Text>,
    pub(super) sample_ratio: Option<Spanned<f64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    pub(super) connections: Option<Spanned<i64>>,
    pub(super) connections_per_address: Option<Spanned<i64>>,
    pub(super) header_seconds: Option<Spanned<i64>>,
    pub(super) idle_seconds: Option<Spanned<i64>>,
    pub(super) stall_seconds: Option<Spanned<i64>>,
    pub(super) calls_in_progress: Option<Spanned<i64>>,
    pub(super) body_memory_mb: Option<Spanned<i64>>,
    pub(super) app_calls_per_second: Option<Spanned<i64>>,
    pub(super) sign_ins_per_minute: Option<Spanned<i64>>,
    pub(super) page_requests_per_minute: Option<Spanned<i64>>,
    pub(super) failed_secrets_per_hour: Option<Spanned<i64>>,
    pub(super) same_person_per_hour: Option<Spanned<i64>>,
}

impl RawConfig {
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

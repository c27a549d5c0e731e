//! What handlers may reach.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::AppId;
use engine::{Engine, MovableClock, OperatorToken, Outbound, SystemClock};
use jiff::SignedDuration;
use wire::certificate::Certificate;
use wire::cipher::ContentKey;
use wire::serverless::ClientSecret;
use wire::{PrivateKey, PublicKey};

/// Everything behind the doors.
#[derive(Debug)]
pub struct AppState {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// Runs cloud functions.
    pub functions: functions::Runtime,
    /// Sends what functions send.
    pub outbound: Outbound,
    /// Serverless spaces by id.
    pub spaces: BTreeMap<String, Arc<Space>>,
    /// The OpenAPI gateway; none without a key to sign answers with.
    pub gateway: Option<Gateway>,
    /// Where people reach this server; no slash at the end.
    pub public_url: String,
    /// Opens the operator's door; without it that door is closed.
    pub operator: Option<OperatorToken>,
    /// The folder of worlds put aside, in test mode.
    pub snapshots: PathBuf,
    /// The clock scripts may move, in test mode.
    pub test_clock: Option<Arc<MovableClock<SystemClock>>>,
}

/// A Serverless space: where an application's functions live.
#[derive(Debug)]
pub struct Space {
    /// Its id on the wire.
    pub id: String,
    /// The application its users and functions act for.
    pub app: AppId,
    /// Key of `/client`.
    pub client_secret: ClientSecret,
    /// Key of `/server`; without it that door is closed for the space.
    pub server_key: Option<PublicKey>,
    /// The folder with one folder per function.
    pub functions: Option<PathBuf>,
}

/// The keys of the OpenAPI gateway.
#[derive(Debug)]
pub struct Gateway {
    /// Signs answers, and notices.
    pub key: Arc<PrivateKey>,
    /// Names the signing key to callers in certificate mode: the leaf, with its chain.
    pub certificate: Option<Certificate>,
    /// The one that will follow it; it can be downloaded already.
    pub next_certificate: Option<Certificate>,
    /// `alipay_root_cert_sn` of the roots callers in certificate mode trust.
    pub root_sn: Option<String>,
    /// What checks requests, by application.
    pub apps: BTreeMap<AppId, AppKeys>,
    /// How far a v2 timestamp may be from now; none: not looked at.
    pub window: Option<SignedDuration>,
}

/// The keys of one application.
#[derive(Debug, Default)]
pub struct AppKeys {
    /// In key mode.
    pub public_key: Option<PublicKey>,
    /// In certificate mode.
    pub certificate: Option<Certificate>,
    /// For encrypted content.
    pub encrypt_key: Option<ContentKey>,
    /// Whether requests may be signed with SHA-1 (`sign_type=RSA`) at `/gateway.do`.
    pub allow_sha1: bool,
}

impl AppState {
    /// Where every refusal is explained.
    pub(crate) fn errors_url(&self) -> String {
        format!("{}/docs/errors", self.public_url)
    }

    /// A text for developers, and where to read more.
    pub(crate) fn explained(&self, text: &str) -> String {
        format!("{text} ({})", self.errors_url())
    }

    /// The address of a person's page.
    pub(crate) fn verify_url(&self, link: &str) -> String {
        format!("{}/verify/{link}", self.public_url)
    }
}

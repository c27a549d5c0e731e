//! Who may knock at the doors, and with which keys: what a reload exchanges as one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::AppId;
use engine::{OperatorToken, Outbound};
use jiff::SignedDuration;
use wire::certificate::Certificate;
use wire::cipher::{ContentKey, EncryptType};
use wire::serverless::{Body, ClientSecret};
use wire::{Content, Failure, PrivateKey, PublicKey, SubCode};

use crate::metrics::AppCalls;
use crate::refusal;

/// Everything about callers that may change while the server runs. A call takes it once and keeps
/// it to its end, so that it never sees half of one configuration and half of the next.
///
/// Where there are lists, old and new are valid together: the first is the one to use.
#[derive(Debug)]
pub struct Keyring {
    /// Serverless spaces by id.
    pub spaces: BTreeMap<String, Arc<Space>>,
    /// The OpenAPI gateway; none without a key to sign answers with.
    pub gateway: Option<Gateway>,
    /// What opens the operator's door; without any that door is closed.
    pub operator: Vec<OperatorToken>,
    /// Sends what functions send.
    pub outbound: Outbound,
}

impl Keyring {
    /// Goes on counting where `before` has come to. To be called before anybody has this one.
    pub fn go_on_counting(&mut self, before: &Self) {
        for (id, space) in &mut self.spaces {
            let known = before.spaces.get(id).filter(|known| known.app == space.app);
            if let (Some(known), Some(space)) = (known, Arc::get_mut(space)) {
                space.calls = Arc::clone(&known.calls);
            }
        }
        let (Some(gateway), Some(before)) = (&mut self.gateway, &before.gateway) else { return };
        for (id, keys) in &mut gateway.apps {
            if let Some(known) = before.apps.get(id) {
                keys.calls = Arc::clone(&known.calls);
            }
        }
    }
}

/// A Serverless space: where an application's functions live.
#[derive(Debug)]
pub struct Space {
    /// Its id on the wire.
    pub id: String,
    /// The application its users and functions act for.
    pub app: AppId,
    /// Keys of `/client`.
    pub client_secrets: Vec<ClientSecret>,
    /// Keys of `/server`; without any that door is closed for the space.
    pub server_keys: Vec<PublicKey>,
    /// The folder with one folder per function.
    pub functions: Option<PathBuf>,
    /// Counts its calls.
    pub calls: Arc<AppCalls>,
}

impl Space {
    /// Whether a page signed this body. All secrets are tried, so that the time taken does not
    /// tell which is in use.
    pub(crate) fn client_signed(&self, body: &Body<'_>, sign: &str) -> bool {
        self.client_secrets.iter().fold(false, |found, secret| secret.verifies(body, sign) | found)
    }

    /// Whether a back end signed this body.
    pub(crate) fn server_signed(&self, body: &Body<'_>, sign: &str) -> bool {
        self.server_keys.iter().any(|key| key.verifies_body(body, sign))
    }
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
    pub public_keys: Vec<PublicKey>,
    /// In certificate mode, which any of them makes it; a request names the one it means.
    pub certificates: Vec<Certificate>,
    /// For encrypted content.
    pub encrypt_keys: Vec<ContentKey>,
    /// Whether requests may be signed with SHA-1 (`sign_type=RSA`) at `/gateway.do`.
    pub allow_sha1: bool,
    /// Counts its calls.
    pub calls: Arc<AppCalls>,
}

/// Content that was encrypted.
pub(crate) struct Opened<'k> {
    /// In clear, as it was written.
    pub(crate) text: String,
    /// The same, read.
    pub(crate) content: Content,
    /// What opened it.
    pub(crate) key: &'k ContentKey,
}

impl AppKeys {
    /// Opens encrypted content, and tells the key that did: the answer is for the same.
    ///
    /// Another key opens one text in some hundreds to nonsense, so what counts is that content
    /// comes out.
    pub(crate) fn open(
        &self,
        text: &str,
        encrypt_type: EncryptType,
    ) -> Result<Opened<'_>, Failure> {
        self.content_key()?;
        let mut refused = None;
        for key in &self.encrypt_keys {
            let clear = key.decrypt(text, encrypt_type).ok();
            let Some(text) = clear.and_then(|clear| String::from_utf8(clear).ok()) else {
                continue;
            };
            match Content::parse(&text) {
                Ok(content) => return Ok(Opened { text, content, key }),
                Err(error) => refused = refused.or(Some(refusal::unreadable(&error))),
            }
        }
        Err(refused.unwrap_or_else(|| Failure::plain(SubCode::DecryptionErrorUnknown)))
    }

    /// The key for what answers a request that had nothing to decrypt.
    pub(crate) fn content_key(&self) -> Result<&ContentKey, Failure> {
        self.encrypt_keys.first().ok_or_else(|| Failure::plain(SubCode::MissingEncryptKey))
    }
}

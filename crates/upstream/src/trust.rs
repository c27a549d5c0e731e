//! Under which key an answer is believed.
//!
//! In certificate mode an answer names its certificate by number. The configured one is at hand; after
//! a change of the gateway's certificate another number comes, and its certificate is fetched from the
//! gateway. Published clients believe what is fetched because it was fetched; here it must lead to one
//! of the configured roots, be valid now, and have the number that was asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use wire::PublicKey;
use wire::certificate::{Certificate, chain};

use crate::settings::{Certificates, Trust};

/// The method that gives certificates out.
pub(crate) const DOWNLOAD: &str = "alipay.open.app.alipaycert.download";
/// How long a number that leads nowhere is not asked for again.
const REFUSED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Numbers kept in memory. A gateway has one or two; this bounds what a broken one can fill.
const MOST_KEPT: usize = 16;

/// The key an answer is to be verified with.
#[derive(Debug)]
pub(crate) enum Known<'a> {
    /// Configured.
    Key(&'a PublicKey),
    /// Fetched.
    Fetched(Arc<Certificate>),
}

impl Known<'_> {
    pub(crate) fn key(&self) -> &PublicKey {
        match self {
            Self::Key(key) => key,
            Self::Fetched(certificate) => certificate.key(),
        }
    }
}

/// What is remembered of a number.
#[derive(Debug, Clone)]
enum Fetched {
    Good(Arc<Certificate>),
    Bad { until: Timestamp },
}

/// What was found without asking anybody.
#[derive(Debug)]
pub(crate) enum Lookup<'a> {
    Known(Known<'a>),
    /// It was asked for, and is not to be believed.
    Bad,
    /// Nothing is known of it.
    Missing,
}

/// The keys and certificates of one gateway.
#[derive(Debug)]
pub(crate) struct Keyring {
    trust: Trust,
    fetched: Mutex<BTreeMap<String, Fetched>>,
    /// Held by the one who fetches; whoever waits for it finds the answer afterwards. If the one who
    /// fetches is given up, the next one does it.
    fetching: tokio::sync::Mutex<()>,
}

impl Keyring {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, fetched: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// The key of the gateway, if nothing but one can be meant: in key mode, and for refusals that
    /// name no certificate.
    pub(crate) fn main_key(&self) -> &PublicKey {
        match &self.trust {
            Trust::Key(key) => key,
            Trust::Certificates(files) => files.alipay_cert.key(),
        }
    }

    /// Whether answers name certificates.
    pub(crate) fn by_certificate(&self) -> bool {
        matches!(self.trust, Trust::Certificates(_))
    }

    /// The certificate of this number, as far as it is at hand.
    pub(crate) fn look_up(&self, sn: &str, now: Timestamp) -> Lookup<'_> {
        let Trust::Certificates(files) = &self.trust else { return Lookup::Bad };
        if files.alipay_cert.sn() == sn {
            return Lookup::Known(Known::Key(files.alipay_cert.key()));
        }
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched.get(sn) {
            Some(Fetched::Good(certificate)) if certificate.is_valid_at(now) => {
                Lookup::Known(Known::Fetched(Arc::clone(certificate)))
            }
            Some(Fetched::Bad { until }) if now < *until => Lookup::Bad,
            Some(Fetched::Bad { .. }) | None if is_number(sn) => Lookup::Missing,
            Some(Fetched::Good(_) | Fetched::Bad { .. }) | None => Lookup::Bad,
        }
    }

    /// Waits until nobody else fetches, and keeps others from it while the guard lives.
    pub(crate) async fn fetching(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.fetching.lock().await
    }

    /// Judges what the gateway gave for a number and remembers the judgement.
    pub(crate) fn judge(&self, sn: &str, node: &str, now: Timestamp) -> Lookup<'_> {
        let Trust::Certificates(files) = &self.trust else { return Lookup::Bad };
        // A refusal says nothing of the certificate: it may come next time.
        let Some(pem) = given(node) else { return Lookup::Missing };
        let Some(certificate) = judged(files, sn, &pem, now) else {
            let until = now.saturating_add(REFUSED_FOR).unwrap_or(now);
            self.keep(sn, Fetched::Bad { until }, now);
            return Lookup::Bad;
        };
        let certificate = Arc::new(certificate);
        self.keep(sn, Fetched::Good(Arc::clone(&certificate)), now);
        Lookup::Known(Known::Fetched(certificate))
    }

    fn keep(&self, sn: &str, what: Fetched, now: Timestamp) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.retain(|_, one| !matches!(one, Fetched::Bad { until } if *until <= now));
        if fetched.len() >= MOST_KEPT {
            // Bad ones first; a good one that is forgotten is fetched again.
            let bad = fetched.iter().find(|(_, one)| matches!(one, Fetched::Bad { .. }));
            let victim = bad.or_else(|| fetched.iter().next()).map(|(sn, _)| sn.clone());
            victim.map(|sn| fetched.remove(&sn));
        }
        fetched.insert(sn.to_owned(), what);
    }
}

/// A number is a digest; anything else is not put into a call.
fn is_number(sn: &str) -> bool {
    sn.len() == 32 && sn.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The certificate, if there is one in `node`.
fn given(node: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Node {
        alipay_cert_content: String,
    }
    let node: Node = serde_json::from_str(node).ok()?;
    let pem = STANDARD.decode(node.alipay_cert_content.trim()).unwrap_or_default();
    Some(String::from_utf8(pem).unwrap_or_default())
}

/// The certificate, if it is the one of this number, valid, of the same holder as the configured
/// one, and vouched for by a root. Merchants' certificates lead to the same root: none of them may
/// speak for the gateway.
fn judged(files: &Certificates, sn: &str, pem: &str, now: Timestamp) -> Option<Certificate> {
    let certificate = Certificate::parse(pem).ok()?;
    let asked_for = certificate.sn() == sn && certificate.is_valid_at(now);
    let theirs = certificate.holder() == files.alipay_cert.holder()
        && certificate.key() != files.app_cert.key();
    let vouched = || chain::follow(pem, &[files.alipay_cert.pem()], &files.roots, now).is_ok();
    (asked_for && theirs && vouched()).then_some(certificate)
}

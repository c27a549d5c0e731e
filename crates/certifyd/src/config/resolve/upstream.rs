//! `certifier` of `[[apps]]`, and `[apps.upstream]`: the gateway that certifies in our place.

use std::time::Duration;

use domain::AppId;
use toml::Spanned;
use upstream::{Settings, Trust};
use url::{Host, Url};
use wire::certificate::Certificate;
use wire::cipher::ContentKey;
use wire::{PrivateKey, PublicKey};

use super::{Judge, text};
use crate::config::UpstreamConfig;
use crate::config::quiet::Quiet;
use crate::config::raw::{RawApp, RawUpstream};

/// Where the hosted gateway is.
const ALIPAY: &str = "https://openapi.alipay.com/gateway.do";

impl Judge<'_> {
    /// The gateway an application is certified by; none: this server does. What stands in
    /// `[apps.upstream]` is judged in both cases, so that the one line can be changed without fear.
    pub(super) fn upstream(&mut self, raw: &RawApp, id: &AppId) -> Option<UpstreamConfig> {
        let choices = [("builtin", false), ("alipay", true)];
        let elsewhere = self.choice(raw.certifier.as_ref(), "apps.certifier", &choices, false);
        let judged = raw.upstream.as_ref().and_then(|raw| self.upstream_table(raw, id));
        if let (true, None, Some(value)) = (elsewhere, &raw.upstream, &raw.certifier) {
            let text = "apps.certifier = \"alipay\" needs [apps.upstream] with private_key and \
                        alipay_public_key, or the files of certificate mode";
            self.fault(value.span(), text.to_owned());
        }
        judged.filter(|_| elsewhere)
    }

    fn upstream_table(&mut self, raw: &RawUpstream, id: &AppId) -> Option<UpstreamConfig> {
        let private_key =
            self.private_key(&raw.private_key, "apps.upstream.private_key", PrivateKey::parse);
        let trust = self.trust(raw);
        let encrypt_key = raw
            .encrypt_key
            .as_ref()
            .and_then(|key| self.private_key(key, "apps.upstream.encrypt_key", ContentKey::parse));
        let seconds = self.number(
            raw.timeout_seconds.as_ref(),
            "apps.upstream.timeout_seconds",
            1,
            30,
            upstream::ATTEMPT_TIMEOUT.as_secs(),
        );
        let gateway = text(raw.gateway.as_ref()).unwrap_or(ALIPAY).to_owned();
        let app_id = text(raw.app_id.as_ref()).unwrap_or(id.as_str()).to_owned();
        self.plain_gateway(raw.gateway.as_ref());
        let settings = Settings::new(gateway, app_id, private_key?, trust?);
        let settings =
            Settings { encrypt_key, attempt_timeout: Duration::from_secs(seconds), ..settings };
        if let Err(error) = settings.judge() {
            self.fault(raw.private_key.span(), format!("apps.upstream: {error}"));
            return None;
        }
        let list = |values: &[Spanned<String>]| {
            values.iter().map(|value| value.get_ref().clone()).collect()
        };
        let (allow, allow_pages) = (list(&raw.allow), list(&raw.allow_pages));
        Some(UpstreamConfig { settings, allow, allow_pages })
    }

    /// Tokens and identities travel there.
    fn plain_gateway(&mut self, value: Option<&Spanned<String>>) {
        let Some(url) = value.and_then(|value| Url::parse(value.get_ref()).ok()) else { return };
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if url.scheme() == "http" && !local {
            let text = "apps.upstream.gateway is http, not https: identities would travel in \
                        clear; only a gateway on this machine should be reached so";
            self.warnings.push(text.to_owned());
        }
    }

    fn trust(&mut self, raw: &RawUpstream) -> Option<Trust> {
        let files = [&raw.app_certificate, &raw.alipay_certificate, &raw.root_certificates];
        match (&raw.alipay_public_key, files) {
            (Some(key), [None, None, None]) => {
                let key = self.key(key, "apps.upstream.alipay_public_key", PublicKey::parse);
                key.map(Trust::Key)
            }
            (None, [Some(app), Some(alipay), Some(roots)]) => {
                let app = self.upstream_certificate(app, "apps.upstream.app_certificate");
                let alipay = self.upstream_certificate(alipay, "apps.upstream.alipay_certificate");
                let roots = self.key(roots, "apps.upstream.root_certificates", |text| {
                    Ok::<_, String>(text.to_owned())
                });
                Some(Trust::certificates(app?, alipay?, roots?))
            }
            _ => {
                let text = "apps.upstream needs either alipay_public_key, or app_certificate, \
                            alipay_certificate and root_certificates together";
                self.fault(raw.private_key.span(), text.to_owned());
                None
            }
        }
    }

    fn upstream_certificate(&mut self, value: &Quiet, key: &str) -> Option<Certificate> {
        self.key(value, key, Certificate::parse)
    }

    /// Two applications that are one there could see each other's certifications.
    pub(super) fn distinct_upstreams(&mut self, raw: &[RawApp]) {
        let elsewhere = raw.iter().filter(|app| text(app.certifier.as_ref()) == Some("alipay"));
        let ids = elsewhere.filter_map(|app| {
            let upstream = app.upstream.as_ref()?;
            let id = upstream.app_id.as_ref().unwrap_or(&app.id);
            let gateway = text(upstream.gateway.as_ref()).unwrap_or(ALIPAY);
            // Two spellings of one address are one gateway.
            let gateway = Url::parse(gateway).map_or_else(|_| gateway.to_owned(), String::from);
            Some(((gateway, id.get_ref().clone()), id.span()))
        });
        let ids: Vec<_> = ids.collect();
        self.unique(ids.into_iter(), "the application at one gateway (apps.upstream.app_id)");
    }
}

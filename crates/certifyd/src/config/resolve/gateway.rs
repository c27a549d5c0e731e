//! `[gateway]`, and what it and `[[apps]]` ask of each other.

use engine::App;
use jiff::SignedDuration;
use server::AppKeys;
use toml::Spanned;
use wire::PrivateKey;
use wire::certificate::root_sn;

use super::Judge;
use crate::config::raw::{RawApp, RawConfig, RawGateway};
use crate::config::{GatewayConfig, secret};

impl Judge<'_> {
    pub(super) fn gateway(&mut self, raw: &RawGateway) -> GatewayConfig {
        let key = raw
            .private_key
            .as_ref()
            .and_then(|key| self.key(key, "gateway.private_key", PrivateKey::parse));
        let certificate = self.certificate(raw.certificate.as_ref(), "gateway.certificate");
        let own = key.as_ref().and_then(|key| key.public_key().ok());
        if let (Some(certificate), Some(own), Some(value)) = (&certificate, own, &raw.certificate)
            && *certificate.key() != own
        {
            let text = "gateway.certificate is not of gateway.private_key: their keys differ";
            self.fault(value.span(), text.to_owned());
        }
        GatewayConfig {
            next_certificate: self
                .certificate(raw.next_certificate.as_ref(), "gateway.next_certificate"),
            root_sn: self.root_sn(raw.root_certificates.as_ref()),
            window: self.window(raw.timestamp_window_seconds.as_ref()),
            certificate,
            key,
        }
    }

    fn root_sn(&mut self, value: Option<&Spanned<String>>) -> Option<String> {
        let value = value?;
        let read = secret::key_text(&self.folder, value.get_ref())
            .and_then(|text| root_sn(&text).map_err(|error| error.to_string()));
        self.or_fault(read, value, "gateway.root_certificates")
    }

    /// Ten minutes, as the newer protocol has it; zero switches it off.
    fn window(&mut self, value: Option<&Spanned<i64>>) -> Option<SignedDuration> {
        let key = "gateway.timestamp_window_seconds";
        let seconds = self.number(value, key, 0, 86_400, 600);
        let window = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(600));
        (!window.is_zero()).then_some(window)
    }

    /// The commonest mistake of all: one pair's key in the place of the other's.
    pub(super) fn distinct_keys(
        &mut self,
        raw: &RawConfig,
        apps: &[(App, AppKeys)],
        gateway: Option<&PrivateKey>,
    ) {
        let Some(Ok(gateway)) = gateway.map(PrivateKey::public_key) else { return };
        let same = |app: &RawApp| {
            let id = app.id.get_ref();
            apps.iter().any(|(known, keys)| {
                known.id.as_str() == id && keys.public_key.as_ref() == Some(&gateway)
            })
        };
        for app in raw.apps.iter().filter(|app| same(app)) {
            let text = "apps.public_key is the gateway's own; it must be the application's, whose \
                        private half signs its requests";
            self.fault(app.public_key.as_ref().map_or(0..0, Spanned::span), text.to_owned());
        }
    }

    /// An application in certificate mode needs a gateway that has certificates too.
    pub(super) fn certificate_mode(&mut self, raw: &RawConfig, gateway: &GatewayConfig) {
        let ready = gateway.certificate.is_some() && gateway.root_sn.is_some();
        for value in raw.apps.iter().filter_map(|app| app.certificate.as_ref()) {
            if !ready {
                let text = "apps.certificate needs gateway.certificate and \
                            gateway.root_certificates too";
                self.fault(value.span(), text.to_owned());
            }
        }
    }

    /// A notice nobody can trust would be worse than none.
    pub(super) fn signed_notices(&mut self, raw: &RawConfig, gateway: &GatewayConfig) {
        for value in raw.apps.iter().filter_map(|app| app.notify_url.as_ref()) {
            if gateway.key.is_none() {
                let text = "apps.notify_url needs gateway.private_key: notices are signed with it";
                self.fault(value.span(), text.to_owned());
            }
        }
    }
}

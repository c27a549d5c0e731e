//! `[gateway]`, and what it and `[[apps]]` ask of each other.

use engine::App;
use jiff::SignedDuration;
use server::AppKeys;
use toml::Spanned;
use wire::PrivateKey;
use wire::certificate::{Certificate, root_sn};

use super::Judge;
use crate::config::GatewayConfig;
use crate::config::quiet::Quiet;
use crate::config::raw::{RawConfig, RawGateway};

impl Judge<'_> {
    pub(super) fn gateway(&mut self, raw: &RawGateway) -> GatewayConfig {
        let key = raw
            .private_key
            .as_ref()
            .and_then(|key| self.private_key(key, "gateway.private_key", PrivateKey::parse));
        let certificate = raw
            .certificate
            .as_ref()
            .and_then(|value| self.key(value, "gateway.certificate", Certificate::parse));
        let own = key.as_ref().and_then(|key| key.public_key().ok());
        if let (Some(certificate), Some(own), Some(value)) = (&certificate, own, &raw.certificate)
            && *certificate.key() != own
        {
            let text = "gateway.certificate is not of gateway.private_key: their keys differ";
            self.fault(value.span(), text.to_owned());
        }
        GatewayConfig {
            next_certificate: raw
                .next_certificate
                .as_ref()
                .and_then(|value| self.key(value, "gateway.next_certificate", Certificate::parse)),
            root_sn: raw
                .root_certificates
                .as_ref()
                .and_then(|value| self.key(value, "gateway.root_certificates", root_sn)),
            window: self.window(raw.timestamp_window_seconds.as_ref()),
            certificate,
            key,
        }
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
        for app in &raw.apps {
            let own = apps.iter().find(|(known, _)| known.id.as_str() == app.id.get_ref());
            if own.is_some_and(|(_, keys)| keys.public_keys.contains(&gateway)) {
                let text = "apps.public_key is the gateway's own; it must be the application's, \
                            whose private half signs its requests";
                let place = app.public_key.as_ref().and_then(|keys| keys.iter().next());
                self.fault(place.map_or(0..0, Quiet::span), text.to_owned());
            }
        }
    }

    /// An application in certificate mode needs a gateway that has certificates too.
    pub(super) fn certificate_mode(&mut self, raw: &RawConfig, gateway: &GatewayConfig) {
        let ready = gateway.certificate.is_some() && gateway.root_sn.is_some();
        for value in raw.apps.iter().filter_map(|app| app.certificate.as_ref()?.iter().next()) {
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

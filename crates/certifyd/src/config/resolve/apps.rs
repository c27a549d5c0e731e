//! `[[apps]]`, and `[[authorizations]]` between them.

use std::sync::Arc;

use std::collections::BTreeSet;

use domain::{AppId, BizCode, Contract, NotifyUrl, Profile};
use engine::{App, Certifier, Grant};
use server::AppKeys;
use toml::Spanned;
use wire::PublicKey;
use wire::certificate::Certificate;
use wire::cipher::ContentKey;

use super::{Judge, text};
use crate::config::raw::{RawApp, RawAuthorization};

impl Judge<'_> {
    pub(super) fn app(&mut self, raw: &RawApp) -> Option<(App, AppKeys)> {
        let id = self.app_id(&raw.id, "apps.id");
        let scenes = match &raw.scenes {
            None => BizCode::ALL.to_vec(),
            Some(scenes) => scenes.get_ref().iter().filter_map(|scene| self.scene(scene)).collect(),
        };
        let profiles = [("compatible", Profile::Compatible), ("strict", Profile::Strict)];
        let profile =
            self.choice(raw.profile.as_ref(), "apps.profile", &profiles, Profile::Compatible);
        let keys = self.app_keys(raw);
        let notify_url = self.notify_url(raw.notify_url.as_ref());
        if let (true, Some(value)) = (scenes.is_empty(), &raw.scenes) {
            let text =
                "apps.scenes is empty: every call would be refused; name the contracted ones";
            self.fault(value.span(), text.to_owned());
        }
        let id = id?;
        let name = text(raw.name.as_ref()).unwrap_or(id.as_str()).to_owned();
        let return_schemes = self.return_schemes(&raw.return_schemes);
        let contract = Contract { scenes };
        let (isv, authorizing) = (raw.isv.unwrap_or(false), self.authorizing(raw));
        let app = App {
            name,
            contract,
            profile,
            id,
            return_schemes,
            notify_url,
            isv,
            authorizing,
            certifier: Certifier::Builtin,
        };
        Some((app, keys))
    }

    fn app_keys(&mut self, raw: &RawApp) -> AppKeys {
        AppKeys {
            public_keys: self.keys(raw.public_key.as_ref(), "apps.public_key", PublicKey::parse),
            certificates: self.keys(
                raw.certificate.as_ref(),
                "apps.certificate",
                Certificate::parse,
            ),
            encrypt_keys: self.private_keys(
                raw.encrypt_key.as_ref(),
                "apps.encrypt_key",
                ContentKey::parse,
            ),
            allow_sha1: raw.allow_sha1.unwrap_or(false),
            calls: Arc::default(),
        }
    }

    fn scene(&mut self, value: &Spanned<String>) -> Option<BizCode> {
        let parsed = BizCode::parse(value.get_ref()).ok();
        if parsed.is_none() {
            let known: Vec<_> = BizCode::ALL.iter().map(|scene| scene.as_str()).collect();
            self.fault(value.span(), format!("apps.scenes must be of {}", known.join(", ")));
        }
        parsed
    }

    /// In lower case, as schemes are compared.
    fn return_schemes(&mut self, values: &[Spanned<String>]) -> Vec<String> {
        for value in values {
            let scheme = value.get_ref();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
            let good =
                scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
            let built_in = ["http", "https", "javascript", "data", "file", "blob", "about"];
            if !good || built_in.contains(&scheme.to_ascii_lowercase().as_str()) {
                let text = "apps.return_schemes must hold schemes of the merchant's own apps, \
                            e.g. \"myshop\" for myshop://…";
                self.fault(value.span(), text.to_owned());
            }
        }
        values.iter().map(|value| value.get_ref().to_ascii_lowercase()).collect()
    }

    fn notify_url(&mut self, value: Option<&Spanned<String>>) -> Option<NotifyUrl> {
        let value = value?;
        let read = NotifyUrl::parse(value.get_ref()).map_err(|rejected| rejected.en());
        self.or_fault(read, value.span(), "apps.notify_url")
    }

    pub(super) fn grant(
        &mut self,
        raw: &RawAuthorization,
        known: &BTreeSet<AppId>,
    ) -> Option<Grant> {
        let isv_app = self.known_app(&raw.isv_app, "authorizations.isv_app", known);
        let app = self.known_app(&raw.app, "authorizations.app", known);
        let token = self.secret(&raw.token, "authorizations.token")?;
        let length = token.chars().count();
        if !(1..=40).contains(&length) {
            let text = format!("authorizations.token has {length} characters; it may have 1 to 40");
            self.fault(raw.token.span(), text);
            return None;
        }
        Some(Grant { isv_app: isv_app?, app: app?, token })
    }
}

//! What the file means: values judged, keys read, references followed.

mod authorizing;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{AppId, BizCode, Contract, NotifyUrl, Profile};
use engine::{App, Certifier, Grant, Mode, Policy, Reach};
use jiff::SignedDuration;
use server::AppKeys;
use toml::Spanned;
use wire::certificate::{Certificate, root_sn};
use wire::cipher::ContentKey;
use wire::serverless::ClientSecret;
use wire::{KeyError, PrivateKey, PublicKey};

use super::raw::{
    RawApp, RawAuthorization, RawConfig, RawFunctions, RawGateway, RawLog, RawNotify, RawOperator,
    RawSpace, RawStore, RawVerification,
};
use super::{
    Config, Faults, FunctionsConfig, GatewayConfig, LogConfig, MasterKey, Operator, SpaceConfig,
    VerifierName, secret,
};

/// Where the values live that are being judged, and what is wrong with them so far.
struct Judge<'a> {
    folder: PathBuf,
    source: &'a str,
    faults: Faults,
}

/// `folder` is the absolute folder of the file at `path`.
pub(super) fn resolve(
    path: &Path,
    folder: PathBuf,
    source: &str,
    raw: &RawConfig,
) -> Result<Config, Faults> {
    let mut judge = Judge { folder, source, faults: Faults::none(path) };
    let data_dir = judge.folder.join(text(raw.data_dir.as_ref()).unwrap_or("data"));
    let apps: Vec<_> = raw.apps.iter().filter_map(|app| judge.app(app)).collect();
    judge.unique(raw.apps.iter().map(|app| &app.id), "apps.id");
    judge.unique(raw.spaces.iter().map(|space| &space.id), "spaces.id");
    judge.unique(raw.authorizations.iter().map(|grant| &grant.token), "authorizations.token");
    let known: BTreeSet<AppId> = apps.iter().map(|(app, _)| app.id.clone()).collect();
    if raw.apps.is_empty() {
        judge.faults.add(source, None, "no [[apps]]: nobody could call; add one".to_owned());
    }
    let gateway = judge.gateway(&raw.gateway);
    judge.distinct_keys(raw, &apps, gateway.key.as_ref());
    judge.certificate_mode(raw, &gateway);
    judge.signed_notices(raw, &gateway);
    let listen = judge.listen(raw.listen.as_ref());
    let mode = judge.mode(raw, &listen);
    let config = Config {
        mode,
        verifier: judge.verifier(raw.verification.verifier.as_ref(), mode),
        policy: Policy {
            token_days: judge.token_days(&raw.authorization),
            ..judge.policy(&raw.verification)
        },
        listen,
        public_url: judge.public_url(raw.public_url.as_ref()),
        store_url: judge.store_url(&raw.store, &data_dir),
        master_key: judge.master_key(&raw.store, &data_dir),
        gateway,
        grants: raw.authorizations.iter().filter_map(|g| judge.grant(g, &known)).collect(),
        spaces: raw.spaces.iter().filter_map(|space| judge.space(space, &known)).collect(),
        functions: judge.functions(&raw.functions),
        notify_reach: judge.notify_reach(&raw.notify, mode),
        operator: judge.operator(&raw.operator),
        log: judge.log(&raw.log),
        data_dir,
        apps,
    };
    if judge.faults.is_empty() { Ok(config) } else { Err(judge.faults) }
}

fn text(value: Option<&Spanned<String>>) -> Option<&str> {
    value.map(|value| value.get_ref().as_str())
}

impl Judge<'_> {
    fn fault(&mut self, span: Range<usize>, text: String) {
        self.faults.add(self.source, Some(span), text);
    }

    fn unique<'v>(&mut self, values: impl Iterator<Item = &'v Spanned<String>>, key: &str) {
        let mut seen = BTreeSet::new();
        for value in values {
            if !seen.insert(value.get_ref()) {
                self.fault(value.span(), format!("{key} is used twice; each must be its own"));
            }
        }
    }

    fn choice<T: Copy>(
        &mut self,
        value: Option<&Spanned<String>>,
        key: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> T {
        let Some(value) = value else { return default };
        let found = choices.iter().find(|(name, _)| name == value.get_ref());
        found.map_or_else(
            || {
                let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                self.fault(value.span(), format!("{key} must be {}", names.join(" or ")));
                default
            },
            |(_, choice)| *choice,
        )
    }

    fn listen(&mut self, value: Option<&Spanned<String>>) -> String {
        let Some(value) = value else { return "127.0.0.1:3636".to_owned() };
        let (host, port) = value.get_ref().rsplit_once(':').unwrap_or_default();
        if host.is_empty() || port.parse::<u16>().is_err() {
            let text = "listen must be HOST:PORT, e.g. 127.0.0.1:3636 or [::1]:3636";
            self.fault(value.span(), text.to_owned());
        }
        value.get_ref().clone()
    }

    /// Test mode opens a door that lets anyone choose outcomes. Unsaid, it is taken for a server
    /// that only this machine reaches.
    fn mode(&mut self, raw: &RawConfig, listen: &str) -> Mode {
        let value = raw.mode.as_ref();
        let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
        let local = host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let public = text(raw.public_url.as_ref()).is_some_and(|url| url.starts_with("https://"));
        if value.is_none() && (!local || public) {
            let text = "mode must be said for a server that others reach: \"test\" (anyone can \
                        choose outcomes) or \"live\"";
            self.faults.add(self.source, None, text.to_owned());
        }
        self.choice(value, "mode", &[("test", Mode::Test), ("live", Mode::Live)], Mode::Test)
    }

    fn public_url(&mut self, value: Option<&Spanned<String>>) -> Option<String> {
        let value = value?;
        let url = value.get_ref().trim_end_matches('/');
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
                Some(url.to_owned())
            }
            _ => {
                let text = "public_url must be http://HOST or https://HOST, without query";
                self.fault(value.span(), text.to_owned());
                None
            }
        }
    }

    /// The commonest mistake of all: one pair's key in the place of the other's.
    fn distinct_keys(
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

    fn store_url(&mut self, raw: &RawStore, data_dir: &Path) -> String {
        let Some(url) = &raw.url else {
            return format!("sqlite://{}", data_dir.join("certifyd.db").display());
        };
        match store::Location::parse(url.get_ref()) {
            Ok(store::Location::Memory) => url.get_ref().clone(),
            Ok(store::Location::File(path)) => {
                format!("sqlite://{}", self.folder.join(path).display())
            }
            Err(error) => {
                self.fault(url.span(), error.to_string());
                String::new()
            }
        }
    }

    fn master_key(&mut self, raw: &RawStore, data_dir: &Path) -> MasterKey {
        let Some(value) = &raw.master_key else {
            return MasterKey::InFile(data_dir.join("master.key"));
        };
        if !value.get_ref().starts_with("env:") {
            return MasterKey::InFile(self.folder.join(value.get_ref()));
        }
        let read =
            secret::secret(value.get_ref()).and_then(|text| crate::keys::parse_master_key(&text));
        match read {
            Ok(key) => MasterKey::Given(key),
            Err(reason) => {
                self.fault(value.span(), format!("store.master_key: {reason}"));
                MasterKey::InFile(data_dir.join("master.key"))
            }
        }
    }

    fn key<K>(
        &mut self,
        value: &Spanned<String>,
        key: &str,
        parse: impl Fn(&str) -> Result<K, KeyError>,
    ) -> Option<K> {
        let parsed = secret::key_text(&self.folder, value.get_ref())
            .and_then(|text| parse(&text).map_err(|error| error.to_string()));
        match parsed {
            Ok(parsed) => Some(parsed),
            Err(reason) => {
                self.fault(value.span(), format!("{key}: {reason}"));
                None
            }
        }
    }

    fn gateway(&mut self, raw: &RawGateway) -> GatewayConfig {
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

    fn certificate(&mut self, value: Option<&Spanned<String>>, key: &str) -> Option<Certificate> {
        let value = value?;
        let read = secret::key_text(&self.folder, value.get_ref())
            .and_then(|text| Certificate::parse(&text).map_err(|error| error.to_string()));
        self.or_fault(read, value, key)
    }

    fn root_sn(&mut self, value: Option<&Spanned<String>>) -> Option<String> {
        let value = value?;
        let read = secret::key_text(&self.folder, value.get_ref())
            .and_then(|text| root_sn(&text).map_err(|error| error.to_string()));
        self.or_fault(read, value, "gateway.root_certificates")
    }

    fn or_fault<T>(
        &mut self,
        read: Result<T, String>,
        value: &Spanned<String>,
        key: &str,
    ) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(reason) => {
                self.fault(value.span(), format!("{key}: {reason}"));
                None
            }
        }
    }

    /// Ten minutes, as the newer protocol has it; zero switches it off.
    fn window(&mut self, value: Option<&Spanned<i64>>) -> Option<SignedDuration> {
        let key = "gateway.timestamp_window_seconds";
        let seconds = self.number(value, key, 0, 86_400, 600);
        let window = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(600));
        (!window.is_zero()).then_some(window)
    }

    /// An application in certificate mode needs a gateway that has certificates too.
    fn certificate_mode(&mut self, raw: &RawConfig, gateway: &GatewayConfig) {
        let ready = gateway.certificate.is_some() && gateway.root_sn.is_some();
        for value in raw.apps.iter().filter_map(|app| app.certificate.as_ref()) {
            if !ready {
                let text = "apps.certificate needs gateway.certificate and \
                            gateway.root_certificates too";
                self.fault(value.span(), text.to_owned());
            }
        }
    }

    fn app_keys(&mut self, raw: &RawApp) -> AppKeys {
        let public_key = raw
            .public_key
            .as_ref()
            .and_then(|key| self.key(key, "apps.public_key", PublicKey::parse));
        let encrypt_key = raw.encrypt_key.as_ref().and_then(|value| {
            let read = secret::key_text(&self.folder, value.get_ref())
                .and_then(|text| ContentKey::parse(&text).map_err(|error| error.to_string()));
            self.or_fault(read, value, "apps.encrypt_key")
        });
        let certificate = self.certificate(raw.certificate.as_ref(), "apps.certificate");
        AppKeys {
            public_key,
            certificate,
            encrypt_key,
            allow_sha1: raw.allow_sha1.unwrap_or(false),
        }
    }

    fn app(&mut self, raw: &RawApp) -> Option<(App, AppKeys)> {
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
        let certifier = Certifier::Builtin;
        let app = App {
            name,
            contract,
            profile,
            id,
            return_schemes,
            notify_url,
            isv,
            authorizing,
            certifier,
        };
        Some((app, keys))
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

    /// Test mode plays through unless something else is said; in live mode nobody decides until
    /// somebody is named.
    fn verifier(&mut self, value: Option<&Spanned<String>>, mode: Mode) -> Option<VerifierName> {
        use VerifierName::{Review, Simulated};
        let choices = [("simulated", Some(Simulated)), ("review", Some(Review))];
        let default = (mode == Mode::Test).then_some(Simulated);
        let chosen = self.choice(value, "verification.verifier", &choices, default);
        if let (Some(Simulated), Mode::Live, Some(value)) = (chosen, mode, value) {
            let text = "verification.verifier = \"simulated\" verifies nobody and is for \
                        mode = \"test\" only; use \"review\"";
            self.fault(value.span(), text.to_owned());
        }
        chosen
    }

    fn policy(&mut self, raw: &RawVerification) -> Policy {
        let default = Policy::default();
        let mut days = |value, key, default: u16| {
            let days = self.number(value, key, 0, 3650, u64::from(default));
            u16::try_from(days).unwrap_or(default)
        };
        Policy {
            known_device_days: days(
                raw.known_device_days.as_ref(),
                "verification.known_device_days",
                default.known_device_days,
            ),
            evidence_days: days(
                raw.evidence_days.as_ref(),
                "verification.evidence_days",
                default.evidence_days,
            ),
            ..default
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

    fn app_id(&mut self, value: &Spanned<String>, key: &str) -> Option<AppId> {
        let parsed = AppId::parse(value.get_ref()).ok();
        if parsed.is_none() {
            let text = format!("{key} must be 1 to 32 letters, digits, - or _");
            self.fault(value.span(), text);
        }
        parsed
    }

    fn known_app(
        &mut self,
        value: &Spanned<String>,
        key: &str,
        known: &BTreeSet<AppId>,
    ) -> Option<AppId> {
        let id = self.app_id(value, key)?;
        if known.contains(&id) {
            return Some(id);
        }
        self.fault(value.span(), format!("{key} {id} is not the id of any [[apps]] entry"));
        None
    }

    fn grant(&mut self, raw: &RawAuthorization, known: &BTreeSet<AppId>) -> Option<Grant> {
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

    fn secret(&mut self, value: &Spanned<String>, key: &str) -> Option<String> {
        match secret::secret(value.get_ref()) {
            Ok(text) if !text.is_empty() => Some(text.to_string()),
            Ok(_) => {
                self.fault(value.span(), format!("{key} is empty"));
                None
            }
            Err(reason) => {
                self.fault(value.span(), format!("{key}: {reason}"));
                None
            }
        }
    }

    fn space(&mut self, raw: &RawSpace, known: &BTreeSet<AppId>) -> Option<SpaceConfig> {
        let app = self.known_app(&raw.app, "spaces.app", known);
        if raw.id.get_ref().is_empty() {
            self.fault(raw.id.span(), "spaces.id is empty".to_owned());
        }
        let client_secret = self.secret(&raw.client_secret, "spaces.client_secret");
        let server_key = raw
            .server_public_key
            .as_ref()
            .and_then(|key| self.key(key, "spaces.server_public_key", PublicKey::parse));
        let functions = raw.functions.as_ref().map(|dir| self.folder.join(dir.get_ref()));
        if let (Some(dir), Some(value)) = (&functions, &raw.functions)
            && !dir.is_dir()
        {
            let text = format!("spaces.functions: {} is not a folder", dir.display());
            self.fault(value.span(), text);
        }
        Some(SpaceConfig {
            id: raw.id.get_ref().clone(),
            app: app?,
            client_secret: ClientSecret::new(client_secret?),
            server_key,
            functions,
        })
    }

    fn functions(&mut self, raw: &RawFunctions) -> FunctionsConfig {
        let seconds =
            self.number(raw.timeout_seconds.as_ref(), "functions.timeout_seconds", 1, 600, 5);
        let megabytes = self.number(raw.memory_mb.as_ref(), "functions.memory_mb", 16, 3072, 128);
        let reaches = [("public", Reach::Public), ("any", Reach::Any)];
        FunctionsConfig {
            deadline: Duration::from_secs(seconds),
            memory_bytes: usize::try_from(megabytes).unwrap_or(128) * 1024 * 1024,
            reach: self.choice(raw.reach.as_ref(), "functions.reach", &reaches, Reach::Public),
            reload: raw.reload.unwrap_or(false),
        }
    }

    /// In test mode the receiver is mostly a program on the same desk.
    fn notify_reach(&mut self, raw: &RawNotify, mode: Mode) -> Reach {
        let reaches = [("public", Reach::Public), ("any", Reach::Any)];
        let usual = match mode {
            Mode::Test => Reach::Any,
            Mode::Live => Reach::Public,
        };
        self.choice(raw.reach.as_ref(), "notify.reach", &reaches, usual)
    }

    fn operator(&mut self, raw: &RawOperator) -> Option<Operator> {
        let value = raw.token.as_ref()?;
        let read =
            secret::key_text(&self.folder, value.get_ref()).and_then(|text| Operator::parse(&text));
        self.or_fault(read, value, "operator.token")
    }

    fn notify_url(&mut self, value: Option<&Spanned<String>>) -> Option<NotifyUrl> {
        let value = value?;
        let read = NotifyUrl::parse(value.get_ref()).map_err(|rejected| rejected.en());
        self.or_fault(read, value, "apps.notify_url")
    }

    /// A notice nobody can trust would be worse than none.
    fn signed_notices(&mut self, raw: &RawConfig, gateway: &GatewayConfig) {
        for value in raw.apps.iter().filter_map(|app| app.notify_url.as_ref()) {
            if gateway.key.is_none() {
                let text = "apps.notify_url needs gateway.private_key: notices are signed with it";
                self.fault(value.span(), text.to_owned());
            }
        }
    }

    fn number(
        &mut self,
        value: Option<&Spanned<i64>>,
        key: &str,
        min: i64,
        max: i64,
        default: u64,
    ) -> u64 {
        let Some(value) = value else { return default };
        let number = *value.get_ref();
        if (min..=max).contains(&number) {
            return u64::try_from(number).unwrap_or(default);
        }
        self.fault(value.span(), format!("{key} must be from {min} to {max}"));
        default
    }

    fn log(&mut self, raw: &RawLog) -> LogConfig {
        let json = self.choice(
            raw.format.as_ref(),
            "log.format",
            &[("text", false), ("json", true)],
            false,
        );
        let levels = ["error", "warn", "info", "debug"];
        let level = text(raw.level.as_ref()).unwrap_or("info");
        if let Some(value) = &raw.level
            && !levels.contains(&level)
        {
            self.fault(value.span(), format!("log.level must be one of {}", levels.join(", ")));
        }
        LogConfig { level: level.to_owned(), json }
    }
}

//! What the file means: values judged, keys read, references followed. One file per kind of
//! table; what all of them need is here.

mod apps;
mod gateway;
mod limits;
mod people;
mod running;
mod server;
mod spaces;
mod telemetry;
mod upstream;

mod authorizing;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use domain::AppId;
use engine::Policy;
use toml::Spanned;
use zeroize::Zeroizing;

use super::quiet::{Quiet, Quiets};
use super::raw::RawConfig;
use super::{Config, Faults, secret};

/// Where the values live that are being judged, and what is wrong with them so far.
struct Judge<'a> {
    folder: PathBuf,
    source: &'a str,
    faults: Faults,
    warnings: Vec<String>,
}

/// `folder` is the absolute folder of the file at `path`.
pub(super) fn resolve(
    path: &Path,
    folder: PathBuf,
    source: &str,
    raw: &RawConfig,
) -> Result<Config, Faults> {
    let mut judge = Judge { folder, source, faults: Faults::none(path), warnings: Vec::new() };
    let data_dir = judge.folder.join(text(raw.data_dir.as_ref()).unwrap_or("data"));
    let apps: Vec<_> = raw.apps.iter().filter_map(|app| judge.app(app)).collect();
    let id = |id: &'_ Spanned<String>| (id.get_ref().clone(), id.span());
    let upstreams = raw.apps.iter().filter_map(|app| {
        let id = AppId::parse(app.id.get_ref()).ok()?;
        judge.upstream(app, &id).map(|upstream| (id, upstream))
    });
    let upstreams = upstreams.collect();
    judge.distinct_upstreams(&raw.apps);
    judge.unique(raw.apps.iter().map(|app| id(&app.id)), "apps.id");
    judge.unique(raw.spaces.iter().map(|space| id(&space.id)), "spaces.id");
    let tokens = raw.authorizations.iter().map(|grant| (grant.token.text(), grant.token.span()));
    judge.unique(tokens, "authorizations.token");
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
    let proxies = judge.trusted_proxies(&raw.trusted_proxies);
    judge.proxy_is_named(&listen, text(raw.public_url.as_ref()), &proxies);
    let config = Config {
        mode,
        verifier: judge.verifier(raw.verification.verifier.as_ref(), mode),
        policy: Policy {
            token_days: judge.token_days(&raw.authorization),
            ..judge.policy(&raw.verification, &raw.retention)
        },
        listen,
        public_url: judge.public_url(raw.public_url.as_ref()),
        store_url: judge.store_url(&raw.store, &data_dir),
        master_key: judge.master_keys(&raw.store, &data_dir),
        gateway,
        grants: raw.authorizations.iter().filter_map(|g| judge.grant(g, &known)).collect(),
        spaces: raw.spaces.iter().filter_map(|space| judge.space(space, &known)).collect(),
        functions: judge.functions(&raw.functions),
        notify_reach: judge.notify_reach(&raw.notify, mode),
        operator: judge.operator(&raw.operator),
        log: judge.log(&raw.log),
        metrics: judge.metrics(&raw.metrics),
        traces: judge.traces(&raw.telemetry),
        limits: judge.limits(&raw.limits, proxies, mode),
        data_dir,
        apps,
        upstreams,
        warnings: judge.warnings,
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

    fn unique<T: Ord>(&mut self, values: impl Iterator<Item = (T, Range<usize>)>, key: &str) {
        let mut seen = BTreeSet::new();
        for (value, span) in values {
            if !seen.insert(value) {
                self.fault(span, format!("{key} is used twice; each must be its own"));
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

    /// What the file behind `value` holds.
    fn key<K, E: ToString>(
        &mut self,
        value: &Quiet,
        key: &str,
        parse: impl Fn(&str) -> Result<K, E>,
    ) -> Option<K> {
        let parsed = secret::key_text(&self.folder, value.text())
            .and_then(|text| parse(&text).map_err(|error| error.to_string()));
        self.or_fault(parsed, value.span(), key)
    }

    /// What each of the files holds; of keys that nobody else should see.
    fn private_keys<K, E: ToString>(
        &mut self,
        values: Option<&Quiets>,
        key: &str,
        parse: impl Fn(&str) -> Result<K, E>,
    ) -> Vec<K> {
        let values = values.into_iter().flat_map(Quiets::iter);
        values.filter_map(|value| self.private_key(value, key, &parse)).collect()
    }

    /// What the file behind `value` holds; of a key that nobody else should see.
    fn private_key<K, E: ToString>(
        &mut self,
        value: &Quiet,
        key: &str,
        parse: impl Fn(&str) -> Result<K, E>,
    ) -> Option<K> {
        self.guard(secret::key_file(&self.folder, value.text()), key);
        self.key(value, key, parse)
    }

    fn keys<K, E: ToString>(
        &mut self,
        values: Option<&Quiets>,
        key: &str,
        parse: impl Fn(&str) -> Result<K, E>,
    ) -> Vec<K> {
        let values = values.into_iter().flat_map(Quiets::iter);
        values.filter_map(|value| self.key(value, key, &parse)).collect()
    }

    /// Notes a file of secrets that others may read.
    fn guard(&mut self, file: Option<PathBuf>, key: &str) {
        if let Some(path) = file.filter(|path| secret::is_open_to_others(path)) {
            let path = path.display();
            let text = format!("{key}: others on this machine may read {path}; chmod 600 it");
            self.warnings.push(text);
        }
    }

    fn or_fault<T>(&mut self, read: Result<T, String>, span: Range<usize>, key: &str) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(reason) => {
                self.fault(span, format!("{key}: {reason}"));
                None
            }
        }
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

    /// A secret that may stand in the file itself.
    fn secret(&mut self, value: &Quiet, key: &str) -> Option<Zeroizing<String>> {
        self.guard(secret::secret_file(&self.folder, value.text()), key);
        let read = secret::secret(&self.folder, value.text());
        let read =
            read.and_then(
                |text| {
                    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text) }
                },
            );
        self.or_fault(read, value.span(), key)
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
}

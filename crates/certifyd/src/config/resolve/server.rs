//! The keys outside of tables, and `[store]`.

use std::net::IpAddr;
use std::path::Path;

use engine::Mode;
use toml::Spanned;

use super::{Judge, text};
use crate::config::quiet::Quiet;
use crate::config::raw::{RawConfig, RawMetrics, RawStore};
use crate::config::{MasterKey, secret};

/// Whether only this machine reaches what listens there.
pub(super) fn is_local(listen: &str) -> bool {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl Judge<'_> {
    pub(super) fn listen(&mut self, value: Option<&Spanned<String>>) -> String {
        let Some(value) = value else { return "127.0.0.1:3636".to_owned() };
        self.host_and_port(value, "listen", 3636)
    }

    pub(super) fn metrics(&mut self, raw: &RawMetrics) -> Option<String> {
        raw.listen.as_ref().map(|value| self.host_and_port(value, "metrics.listen", 9464))
    }

    fn host_and_port(&mut self, value: &Spanned<String>, key: &str, usual: u16) -> String {
        let (host, port) = value.get_ref().rsplit_once(':').unwrap_or_default();
        if host.is_empty() || port.parse::<u16>().is_err() {
            let text = format!("{key} must be HOST:PORT, e.g. 127.0.0.1:{usual} or [::1]:{usual}");
            self.fault(value.span(), text);
        }
        value.get_ref().clone()
    }

    /// Test mode opens a door that lets anyone choose outcomes. Unsaid, it is taken for a server
    /// that only this machine reaches.
    pub(super) fn mode(&mut self, raw: &RawConfig, listen: &str) -> Mode {
        let value = raw.mode.as_ref();
        let local = is_local(listen);
        let public = text(raw.public_url.as_ref()).is_some_and(|url| url.starts_with("https://"));
        if value.is_none() && (!local || public) {
            let text = "mode must be said for a server that others reach: \"test\" (anyone can \
                        choose outcomes) or \"live\"";
            self.faults.add(self.source, None, text.to_owned());
        }
        self.choice(value, "mode", &[("test", Mode::Test), ("live", Mode::Live)], Mode::Test)
    }

    pub(super) fn public_url(&mut self, value: Option<&Spanned<String>>) -> Option<String> {
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

    pub(super) fn store_url(&mut self, raw: &RawStore, data_dir: &Path) -> String {
        let Some(url) = &raw.url else {
            return format!("sqlite://{}", data_dir.join("certifyd.db").display());
        };
        self.guard(secret::secret_file(&self.folder, url.get_ref()), "store.url");
        let read = match secret::secret(&self.folder, url.get_ref()) {
            Ok(read) => read,
            Err(reason) => {
                self.fault(url.span(), format!("store.url: {reason}"));
                return String::new();
            }
        };
        match store::Location::parse(&read) {
            Ok(store::Location::Memory | store::Location::Postgres(_)) => read.to_string(),
            Ok(store::Location::File(path)) => {
                format!("sqlite://{}", self.folder.join(path).display())
            }
            Err(error) => {
                self.fault(url.span(), error.to_string());
                String::new()
            }
        }
    }

    pub(super) fn master_keys(&mut self, raw: &RawStore, data_dir: &Path) -> Vec<MasterKey> {
        match &raw.master_key {
            None => vec![MasterKey::InFile(data_dir.join("master.key"))],
            Some(values) => values.iter().filter_map(|value| self.master_key(value)).collect(),
        }
    }

    fn master_key(&mut self, value: &Quiet) -> Option<MasterKey> {
        const KEY: &str = "store.master_key";
        if let Some(command) = value.text().strip_prefix("cmd:") {
            let words = self.command(command).ok_or_else(|| "cmd: needs a program".to_owned());
            return self.or_fault(words.map(MasterKey::FromProgram), value.span(), KEY);
        }
        if secret::looks_like_a_master_key(value.text()) {
            let text = "this is a key itself; write it, as 64 hexadecimal digits, to a file and \
                        name the file here";
            self.fault(value.span(), format!("{KEY}: {text}"));
            return None;
        }
        if let Some(path) = secret::key_file(&self.folder, value.text()) {
            self.guard(Some(path.clone()), KEY);
            return Some(MasterKey::InFile(path));
        }
        self.key(value, KEY, crate::keys::parse_master_key).map(MasterKey::Given)
    }

    /// The words of a command. A program with a path counts from the folder, as files do; others
    /// are looked for where programs are.
    fn command(&self, text: &str) -> Option<Vec<String>> {
        let mut words = text.split_whitespace().map(str::to_owned);
        let program = words.next()?;
        let program = match self.folder.join(&program).to_str() {
            Some(path) if program.contains('/') => path.to_owned(),
            _ => program,
        };
        Some([program].into_iter().chain(words).collect())
    }
}

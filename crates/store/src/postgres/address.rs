//! `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. It holds a password, and never shows it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::StoreError;

const CONNECTING: Duration = Duration::from_secs(5);
/// When a server that acknowledges nothing is taken for lost.
const SILENCE: Duration = Duration::from_secs(15);

/// How the server's certificate is judged.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// No TLS: a socket, this machine, or so chosen.
    Unencrypted,
    /// By what the system trusts.
    System,
    /// By the certificates of this file alone.
    File(PathBuf),
}

/// Where a PostgreSQL database is, and how to get in.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Arc<Config>,
    trust: Trust,
}

impl Address {
    /// Reads an address.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let (rest, ours) = split(url)?;
        let wrong = "a postgres:// address must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, \
                     with special characters of user and password as %XX";
        let mut config = Config::from_str(&rest).map_err(|_| StoreError::Url(wrong))?;
        if config.get_hosts().is_empty() {
            return Err(StoreError::Url("a postgres:// address must name a host"));
        }
        let trust = trust(&config, ours)?;
        config.ssl_mode(match trust {
            Trust::Unencrypted => SslMode::Disable,
            Trust::System | Trust::File(_) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("certifyd");
        }
        Ok(Self { config: Arc::new(config), trust })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }
}

/// What the address says of TLS; the library knows fewer words for it.
#[derive(Default)]
struct Ours {
    mode: Option<String>,
    root: Option<PathBuf>,
}

fn split(url: &str) -> Result<(String, Ours), StoreError> {
    let mut ours = Ours::default();
    let Some((front, query)) = url.split_once('?') else { return Ok((url.to_owned(), ours)) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => ours.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) if path.contains('%') => {
                return Err(StoreError::Url("sslrootcert must be a path without '%'"));
            }
            Some(("sslrootcert", path)) => ours.root = Some(PathBuf::from(path)),
            _ => rest.push(pair),
        }
    }
    if rest.is_empty() {
        Ok((front.to_owned(), ours))
    } else {
        Ok((format!("{front}?{}", rest.join("&")), ours))
    }
}

fn trust(config: &Config, ours: Ours) -> Result<Trust, StoreError> {
    let near = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    let encrypted = ours.root.map_or(Trust::System, Trust::File);
    match ours.mode.as_deref() {
        Some("disable") => Ok(Trust::Unencrypted),
        None if near && encrypted == Trust::System => Ok(Trust::Unencrypted),
        None | Some("require" | "verify-full") => Ok(encrypted),
        // The others encrypt for whoever answers, which protects nothing.
        Some(_) => Err(StoreError::Url(
            "sslmode must be \"verify-full\" (what \"require\" means here too: the certificate is \
             verified, by sslrootcert=PATH if given) or \"disable\"",
        )),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        for (n, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            let ports = self.config.get_ports();
            if let Some(port) = ports.get(n).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! `[limits]` and `trusted_proxies`.

use std::time::Duration;

use engine::Mode;
use server::{Limits, Proxies, Rate};
use toml::Spanned;

use super::Judge;
use crate::config::raw::RawLimits;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

impl Judge<'_> {
    /// In test mode an application may do what it likes: it is mostly a test that is in a hurry, and
    /// about one person.
    pub(super) fn limits(
        &mut self,
        raw: &RawLimits,
        trusted_proxies: Proxies,
        mode: Mode,
    ) -> Limits {
        let usual = Limits::default();
        let in_live = |number| if mode == Mode::Live { number } else { 0 };
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let body_mb = of(usual.body_memory / (1024 * 1024));
        let body_mb =
            self.number(raw.body_memory_mb.as_ref(), "limits.body_memory_mb", 8, 4095, body_mb);
        let mut count = |value, key, usual: usize| {
            let number = self.number(value, key, 1, 1_000_000, of(usual));
            usize::try_from(number).unwrap_or(usual)
        };
        let connections = count(raw.connections.as_ref(), "limits.connections", usual.connections);
        let each = raw.connections_per_address.as_ref();
        let each = count(each, "limits.connections_per_address", usual.connections_per_address);
        let in_progress = raw.calls_in_progress.as_ref();
        let in_progress = count(in_progress, "limits.calls_in_progress", usual.in_progress);
        Limits {
            connections,
            connections_per_address: each,
            in_progress,
            body_memory: usize::try_from(body_mb * 1024 * 1024).unwrap_or(usual.body_memory),
            header_timeout: self.seconds(
                raw.header_seconds.as_ref(),
                "limits.header_seconds",
                usual.header_timeout,
            ),
            idle_timeout: self.seconds(
                raw.idle_seconds.as_ref(),
                "limits.idle_seconds",
                usual.idle_timeout,
            ),
            stall_timeout: self.seconds(
                raw.stall_seconds.as_ref(),
                "limits.stall_seconds",
                usual.stall_timeout,
            ),
            app_calls: self.rate(
                raw.app_calls_per_second.as_ref(),
                "limits.app_calls_per_second",
                (in_live(1000), SECOND),
            ),
            sign_ins: self.rate(
                raw.sign_ins_per_minute.as_ref(),
                "limits.sign_ins_per_minute",
                (120, MINUTE),
            ),
            page_requests: self.rate(
                raw.page_requests_per_minute.as_ref(),
                "limits.page_requests_per_minute",
                (600, MINUTE),
            ),
            failed_secrets: self.rate(
                raw.failed_secrets_per_hour.as_ref(),
                "limits.failed_secrets_per_hour",
                (20, HOUR),
            ),
            same_person: self.rate(
                raw.same_person_per_hour.as_ref(),
                "limits.same_person_per_hour",
                (in_live(20), HOUR),
            ),
            trusted_proxies,
        }
    }

    fn seconds(&mut self, value: Option<&Spanned<i64>>, key: &str, usual: Duration) -> Duration {
        Duration::from_secs(self.number(value, key, 1, 3600, usual.as_secs()))
    }

    fn rate(
        &mut self,
        value: Option<&Spanned<i64>>,
        key: &str,
        (usual, period): (u64, Duration),
    ) -> Option<Rate> {
        let number = self.number(value, key, 0, 1_000_000, usual);
        Rate::new(u32::try_from(number).unwrap_or(u32::MAX), period)
    }

    pub(super) fn trusted_proxies(&mut self, values: &[Spanned<String>]) -> Proxies {
        let mut proxies = Proxies::default();
        for value in values {
            if let Err(reason) = proxies.add(value.get_ref()) {
                self.fault(value.span(), format!("trusted_proxies {reason}"));
            }
        }
        proxies
    }

    /// What is listened for on this machine alone and reached by TLS is behind a proxy.
    pub(super) fn proxy_is_named(
        &mut self,
        listen: &str,
        public_url: Option<&str>,
        proxies: &Proxies,
    ) {
        let local = super::server::is_local(listen);
        if local && proxies.is_empty() && public_url.is_some_and(|url| url.starts_with("https://"))
        {
            let text = "trusted_proxies is empty: the proxy of public_url is not believed, so \
                        limits by address do not hold; name it, e.g. [\"127.0.0.1\"]";
            self.warnings.push(text.to_owned());
        }
    }
}

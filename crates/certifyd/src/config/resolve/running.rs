//! `[functions]` and `[log]`.

use std::time::Duration;

use engine::Reach;

use super::{Judge, text};
use crate::config::raw::{RawFunctions, RawLog};
use crate::config::{FunctionsConfig, LogConfig};

impl Judge<'_> {
    pub(super) fn functions(&mut self, raw: &RawFunctions) -> FunctionsConfig {
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

    pub(super) fn log(&mut self, raw: &RawLog) -> LogConfig {
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

//! The numbers as Prometheus reads them: the text format, version 0.0.4.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use engine::NoticeState;

use super::{BOUNDS, Histogram, Process};
use crate::state::AppState;

/// Most notices that are looked at to count them.
const MOST_NOTICES: u32 = 1000;

/// Everything, as it is now.
pub(crate) async fn exposition(state: &AppState, process: Option<Process>) -> String {
    let mut page = Page(String::with_capacity(16 * 1024));
    page.requests(state);
    page.bounds(state);
    page.ends(state);
    page.functions(state);
    page.notices(state).await;
    page.keys(state).await;
    let suspended = state.engine.suspended_upstreams();
    page.family("certifyd_upstream_suspended", "gauge", "Gateways elsewhere that are left alone.");
    page.value("certifyd_upstream_suspended", "", suspended.len());
    page.family("certifyd_build_info", "gauge", "Always 1; the version is in the label.");
    let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    page.value("certifyd_build_info", version, 1);
    if let Some(process) = process {
        page.process(process);
    }
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.value(name, "", value);
    }

    fn requests(&mut self, state: &AppState) {
        let name = "http_server_request_duration_seconds";
        self.family(name, "histogram", "Time until the head of an answer, by door.");
        for ([door, verb, code], histogram) in state.metrics.seen() {
            let labels = format!("door=\"{door}\",method=\"{verb}\",code=\"{code}\"");
            self.histogram(name, &labels, histogram);
        }
    }

    fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let mut below = 0;
        let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&histogram.counts) {
            below += count.load(Ordering::Relaxed);
            let labels = format!("{{{labels},le=\"{bound}\"}}");
            self.value(&format!("{name}_bucket"), &labels, below);
        }
        let sum = seconds(histogram.sum_micros.load(Ordering::Relaxed));
        self.value(&format!("{name}_sum"), &format!("{{{labels}}}"), sum);
        self.value(&format!("{name}_count"), &format!("{{{labels}}}"), below);
    }

    fn bounds(&mut self, state: &AppState) {
        let (bounds, limits) = (&state.bounds, &state.bounds.limits);
        let name = "certifyd_connections";
        self.single(name, "gauge", "Connections that are open.", bounds.connections.taken());
        let name = "certifyd_connections_limit";
        self.single(name, "gauge", "Connections that may be open.", limits.connections);
        let name = "certifyd_calls_in_progress";
        self.single(name, "gauge", "Calls that are worked on.", bounds.calls_now());
        let name = "certifyd_calls_in_progress_limit";
        self.single(name, "gauge", "Calls that may be worked on.", limits.in_progress);
        let name = "certifyd_refused_total";
        self.family(name, "counter", "What was refused for a limit.");
        for (limit, count) in bounds.refused() {
            self.value(name, &format!("{{limit=\"{limit}\"}}"), count);
        }
    }

    fn ends(&mut self, state: &AppState) {
        let tallied = state.engine.tallied();
        let name = "certifyd_certifications_total";
        self.family(name, "counter", "Certifications that have ended since the start.");
        for (outcome, count) in
            [("passed", tallied.passed), ("failed", tallied.failed), ("expired", tallied.expired)]
        {
            self.value(name, &format!("{{outcome=\"{outcome}\"}}"), count);
        }
        let name = "certifyd_notices_total";
        self.family(name, "counter", "Tries of notices since the start.");
        for (outcome, count) in [
            ("delivered", tallied.delivered),
            ("not_taken", tallied.not_taken),
            ("given_up", tallied.given_up),
        ] {
            self.value(name, &format!("{{state=\"{outcome}\"}}"), count);
        }
    }

    fn functions(&mut self, state: &AppState) {
        let usage = state.functions.usage();
        let name = "certifyd_function_calls_total";
        self.family(name, "counter", "Calls of functions that have ended since the start.");
        for (result, count) in
            [("succeeded", usage.succeeded), ("failed", usage.failed), ("refused", usage.refused)]
        {
            self.value(name, &format!("{{result=\"{result}\"}}"), count);
        }
        let name = "certifyd_function_cold_starts_total";
        self.single(name, "counter", "Workers that had to be started.", usage.cold_starts);
        let name = "certifyd_function_calls_under_way";
        self.single(name, "gauge", "Calls of functions that run or wait.", usage.under_way);
    }

    /// Nothing is said if the store cannot be asked.
    async fn notices(&mut self, state: &AppState) {
        if let Ok(pending) = state.engine.notices(NoticeState::Pending, MOST_NOTICES).await {
            let help = "Notices that are to be sent, counted up to 1000.";
            self.single("certifyd_notices_pending", "gauge", help, pending.len());
        }
    }

    /// As of notices.
    async fn keys(&mut self, state: &AppState) {
        if let Ok(left) = state.engine.to_be_sealed_again().await {
            let help = "Rows under older keys that are to be sealed again, counted up to 100000.";
            self.single("certifyd_to_be_sealed_again", "gauge", help, left);
        }
    }

    fn process(&mut self, process: Process) {
        let Process { resident_bytes, open_fds, started } = process;
        let name = "process_resident_memory_bytes";
        self.single(name, "gauge", "Resident memory size in bytes.", resident_bytes);
        self.single("process_open_fds", "gauge", "Number of open file descriptors.", open_fds);
        let help = "Start time of the process since unix epoch in seconds.";
        self.single("process_start_time_seconds", "gauge", help, started);
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

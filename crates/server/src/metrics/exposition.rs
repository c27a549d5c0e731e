//! The numbers as Prometheus reads them: the text format, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::AppId;
use engine::{Mode, NoticeState, Timed, Timings, UnitsOfWork};

use super::calls::Kind;
use super::{AppCalls, Process};
use crate::state::AppState;

/// Most notices that are looked at to count them.
const MOST_NOTICES: u32 = 1000;

/// Everything, as it is now.
pub(crate) async fn exposition(state: &AppState, process: Option<Process>) -> String {
    let mut page = Page(String::with_capacity(16 * 1024));
    page.requests(state);
    page.calls(state);
    page.bounds(state);
    page.ends(state);
    page.store(state);
    page.upstreams(state);
    page.functions(state);
    page.notices(state).await;
    page.keys(state).await;
    page.build(state);
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
        for ([door, verb, code], timed) in state.metrics.seen() {
            let labels = format!("door=\"{door}\",method=\"{verb}\",code=\"{code}\"");
            self.histogram(name, &labels, &timed);
        }
    }

    /// By the application whose key a call was signed with. Only configured ones have keys.
    fn calls(&mut self, state: &AppState) {
        let keyring = state.keyring.get();
        let apps = keyring.gateway.iter().flat_map(|gateway| &gateway.apps);
        let spaces = keyring.spaces.values().map(|space| (&space.app, &*space.calls));
        // An application may have several spaces.
        let mut counts: BTreeMap<(&AppId, Kind), u64> = BTreeMap::new();
        for (app, calls) in apps.map(|(app, keys)| (app, &*keys.calls)).chain(spaces) {
            for (kind, count) in AppCalls::seen(calls) {
                *counts.entry((app, kind)).or_default() += count;
            }
        }
        let name = "certifyd_app_calls_total";
        self.family(name, "counter", "Calls whose signature was an application's, by its id.");
        for ((app, [door, method, outcome]), count) in counts {
            let labels = format!(
                "{{app_id=\"{app}\",door=\"{door}\",method=\"{method}\",outcome=\"{outcome}\"}}"
            );
            self.value(name, &labels, count);
        }
    }

    fn histogram(&mut self, name: &str, labels: &str, timed: &Timed) {
        let mut below = 0;
        let bounds = Timings::BOUNDS.iter().map(|bound| seconds(*bound));
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(timed.counts) {
            below += count;
            let labels = format!("{{{labels},le=\"{bound}\"}}");
            self.value(&format!("{name}_bucket"), &labels, below);
        }
        let sum = seconds(timed.sum_micros);
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
        let name = "certifyd_upstream_orders_total";
        self.family(name, "counter", "Tries of orders at gateways elsewhere since the start.");
        for (outcome, count) in [
            ("opened", tallied.opened_elsewhere),
            ("not_opened", tallied.not_opened_elsewhere),
            ("in_doubt", tallied.in_doubt_elsewhere),
        ] {
            self.value(name, &format!("{{outcome=\"{outcome}\"}}"), count);
        }
    }

    fn store(&mut self, state: &AppState) {
        let usage = state.engine.store_usage();
        let kinds: [(&str, UnitsOfWork); 2] = [("read", usage.reads), ("write", usage.writes)];
        let name = "certifyd_store_unit_duration_seconds";
        self.family(name, "histogram", "Units of work of the store, writes until their commit.");
        for (kind, units) in &kinds {
            self.histogram(name, &format!("kind=\"{kind}\""), &units.timed);
        }
        let name = "certifyd_store_faults_total";
        self.family(name, "counter", "Units of work that ended with a fault of the store.");
        for (kind, units) in &kinds {
            for (fault, count) in units.faults {
                self.value(name, &format!("{{kind=\"{kind}\",fault=\"{fault}\"}}"), count);
            }
        }
    }

    fn upstreams(&mut self, state: &AppState) {
        let upstreams = state.engine.upstreams();
        let suspended = upstreams.iter().filter(|(_, _, suspended)| *suspended).count();
        let name = "certifyd_upstream_suspended";
        self.single(name, "gauge", "Gateways elsewhere that are left alone.", suspended);
        let name = "certifyd_upstream_breaker_open";
        self.family(name, "gauge", "1 while the gateway of an application is left alone.");
        for (app, _, suspended) in &upstreams {
            self.value(name, &format!("{{app_id=\"{app}\"}}"), u8::from(*suspended));
        }
        let name = "certifyd_upstream_attempts_total";
        self.family(name, "counter", "Attempts at gateways elsewhere, by what they came to.");
        for (app, usage, _) in &upstreams {
            for (outcome, count) in &usage.outcomes {
                self.value(name, &format!("{{app_id=\"{app}\",outcome=\"{outcome}\"}}"), count);
            }
        }
        let name = "certifyd_upstream_attempt_duration_seconds";
        self.family(name, "histogram", "Attempts at gateways elsewhere, until their answer.");
        for (app, usage, _) in &upstreams {
            self.histogram(name, &format!("app_id=\"{app}\""), &usage.timed);
        }
    }

    fn build(&mut self, state: &AppState) {
        let name = "certifyd_build_info";
        self.family(name, "gauge", "Always 1; what runs is in the labels.");
        let mode = match state.engine.mode() {
            Mode::Test => "test",
            Mode::Live => "live",
        };
        let version = state.metrics.version;
        self.value(name, &format!("{{version=\"{version}\",mode=\"{mode}\"}}"), 1);
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
        let name = "certifyd_function_workers";
        self.family(name, "gauge", "Worker processes that are there.");
        for (state, count) in [("idle", usage.idle), ("busy", usage.busy)] {
            self.value(name, &format!("{{state=\"{state}\"}}"), count);
        }
        let name = "certifyd_function_workers_ended_total";
        self.family(name, "counter", "Worker processes that were ended, by reason.");
        for (reason, count) in usage.ended {
            self.value(name, &format!("{{reason=\"{reason}\"}}"), count);
        }
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
        let Process { resident_bytes, open_fds, max_fds, cpu_millis, started } = process;
        let cpu = seconds(cpu_millis.saturating_mul(1000));
        let name = "process_cpu_seconds_total";
        self.single(name, "counter", "Total user and system CPU time spent in seconds.", cpu);
        let name = "process_resident_memory_bytes";
        self.single(name, "gauge", "Resident memory size in bytes.", resident_bytes);
        self.single("process_open_fds", "gauge", "Number of open file descriptors.", open_fds);
        if let Some(most) = max_fds {
            let help = "Maximum number of open file descriptors.";
            self.single("process_max_fds", "gauge", help, most);
        }
        let help = "Start time of the process since unix epoch in seconds.";
        self.single("process_start_time_seconds", "gauge", help, started);
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

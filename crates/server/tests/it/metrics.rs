//! What goes on, in numbers, and the dashboard made for them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    NotSent, Timings, Unknown, Upstream, UpstreamCall, UpstreamFault, UpstreamGateway,
    UpstreamReply, UpstreamUsage,
};
use serde_json::Value;
use server::Process;
use testkit::{COMPATIBLE, RELAYED, SPACE_APP, STRICT, TestServer, signed};
use tokio::net::TcpListener;

use crate::answer::{INITIALIZE, QUERY, content, open};
use crate::page::person::{Person, begun};
use crate::serverless::sign_in;

/// The numbers of `server`, as Prometheus gets them.
async fn numbers(server: &TestServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let process = || {
        let (resident_bytes, open_fds, started) = (7, 8, 9);
        let (max_fds, cpu_millis) = (Some(1024), 1250);
        Some(Process { resident_bytes, open_fds, max_fds, cpu_millis, started })
    };
    let serving = tokio::spawn(server::serve_metrics(Arc::clone(&server.state), listener, process));
    let reply = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = reply.text().await.unwrap();
    serving.abort();
    text
}

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{series} ")));
    assert!(line.is_some(), "{series} in {text}");
    line.unwrap().parse().unwrap()
}

fn families(text: &str) -> BTreeSet<&str> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap()).collect()
}

#[tokio::test]
async fn what_happens_is_counted_and_nobody_is_named() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", "11000019900307001X").await;
    let id = open(&server, "metrics1").await;
    let path = format!("/test/certifications/{id}");
    let chosen = serde_json::json!({ "outcome": "failed", "reason": "FACE_NOT_MATCH" });
    assert_eq!(server.post_json(&path, &chosen).await.status, 200);
    Person::new(&server, &link).open().await;
    server.get("/nothing/here").await;
    let text = numbers(&server).await;
    let request = "http_server_request_duration_seconds_count";
    for (door, verb, code, count) in [
        ("gateway", "POST", "2xx", 2.0),
        ("gateway", "GET", "3xx", 1.0),
        ("verify", "GET", "2xx", 1.0),
        ("other", "GET", "4xx", 1.0),
    ] {
        let series = format!("{request}{{door=\"{door}\",method=\"{verb}\",code=\"{code}\"}}");
        assert!((value(&text, &series) - count).abs() < 0.1, "{series} {text}");
    }
    for (series, count) in [
        ("certifyd_certifications_total{outcome=\"failed\"}", 1.0),
        ("certifyd_certifications_total{outcome=\"passed\"}", 0.0),
        ("certifyd_refused_total{limit=\"connections\"}", 0.0),
        ("certifyd_notices_pending", 0.0),
        ("certifyd_upstream_suspended", 0.0),
        ("certifyd_to_be_sealed_again", 0.0),
        ("process_resident_memory_bytes", 7.0),
        ("certifyd_build_info{version=\"0.0.0\",mode=\"test\"}", 1.0),
        ("certifyd_store_faults_total{kind=\"write\",fault=\"busy\"}", 0.0),
        ("certifyd_function_workers{state=\"busy\"}", 0.0),
        ("process_cpu_seconds_total", 1.25),
        ("process_max_fds", 1024.0),
        ("process_start_time_seconds", 9.0),
    ] {
        assert!((value(&text, series) - count).abs() < 0.1, "{series} {text}");
    }
    assert!(value(&text, "certifyd_connections") > 0.5);
    for kind in ["read", "write"] {
        let series = format!("certifyd_store_unit_duration_seconds_count{{kind=\"{kind}\"}}");
        assert!(value(&text, &series) > 1.5, "{text}");
    }
    let person = content("x")["identity_param"].clone();
    let secrets = [person["cert_name"].as_str().unwrap(), person["cert_no"].as_str().unwrap()];
    for secret in [secrets[0], secrets[1], &id, &link, "metrics1", "nothing", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// The number of calls of `app` of this kind.
fn calls(text: &str, app: &str, door: &str, method: &str, outcome: &str) -> f64 {
    let labels = format!("app_id=\"{app}\",door=\"{door}\",method=\"{method}\"");
    value(text, &format!("certifyd_app_calls_total{{{labels},outcome=\"{outcome}\"}}"))
}

#[tokio::test]
async fn calls_count_for_the_application_whose_key_signed_them_and_for_no_other() {
    let server = TestServer::start().await;
    open(&server, "counted1").await;
    // Without a content it is refused, and whose call it was is known all the same.
    server.gateway(&signed(COMPATIBLE, INITIALIZE, "{}")).await;
    server.gateway(&signed(STRICT, "alipay.trade.create", "{}")).await;
    // What anybody may write counts for nobody.
    let mut forged = signed(COMPATIBLE, QUERY, "{}");
    forged.set("sign", "AAAA");
    server.gateway(&forged).await;
    server.gateway(&signed("2099000000000000", QUERY, "{}")).await;
    sign_in(&server).await;
    let text = numbers(&server).await;
    for (app, door, method, outcome) in [
        (COMPATIBLE, "gateway", INITIALIZE, "succeeded"),
        (COMPATIBLE, "gateway", INITIALIZE, "refused"),
        (STRICT, "gateway", "other", "refused"),
        (SPACE_APP, "client", "sign_in", "succeeded"),
    ] {
        assert!((calls(&text, app, door, method, outcome) - 1.0).abs() < 0.1, "{text}");
    }
    let series = text.lines().filter(|line| line.starts_with("certifyd_app_calls_total{"));
    assert_eq!(series.count(), 4, "{text}");
    assert!(!text.contains("2099000000000000") && !text.contains("alipay.trade"), "{text}");
}

#[tokio::test]
async fn what_was_counted_goes_on_over_an_exchange_of_keys() {
    let server = TestServer::start().await;
    open(&server, "counted2").await;
    sign_in(&server).await;
    let mut keyring = TestServer::fresh_keyring();
    keyring.go_on_counting(&server.state.keyring.get());
    server.state.keyring.exchange(keyring);
    open(&server, "counted3").await;
    let text = numbers(&server).await;
    let initialized = calls(&text, COMPATIBLE, "gateway", INITIALIZE, "succeeded");
    assert!((initialized - 2.0).abs() < 0.1, "{text}");
    assert!((calls(&text, SPACE_APP, "client", "sign_in", "succeeded") - 1.0).abs() < 0.1);
}

/// A gateway elsewhere that has fared so and so.
#[derive(Debug)]
struct Fared;

#[async_trait::async_trait]
impl UpstreamGateway for Fared {
    async fn call(&self, _: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault> {
        Err(UpstreamFault::Unknown(Unknown::TimedOut))
    }

    fn page(&self, _: &UpstreamCall<'_>) -> Result<String, UpstreamFault> {
        Err(UpstreamFault::NotSent(NotSent::Unsigned))
    }

    fn place(&self) -> String {
        "a gateway that is slow".to_owned()
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn is_suspended(&self) -> bool {
        true
    }

    fn usage(&self) -> UpstreamUsage {
        let timings = Timings::default();
        timings.add(Duration::from_millis(40));
        UpstreamUsage { outcomes: vec![("timed_out", 3)], timed: timings.timed() }
    }
}

#[tokio::test]
async fn how_gateways_elsewhere_fare_is_told_by_application() {
    let gateway = Arc::new(Fared);
    let upstream = Arc::new(Upstream { gateway, allow: Vec::new(), allow_pages: Vec::new() });
    let server = TestServer::with_upstream(&upstream).await;
    server.gateway(&signed(RELAYED, INITIALIZE, &content("doubted1").to_string())).await;
    let text = numbers(&server).await;
    let app = format!("app_id=\"{RELAYED}\"");
    for (series, count) in [
        (format!("certifyd_upstream_attempts_total{{{app},outcome=\"timed_out\"}}"), 3.0),
        (format!("certifyd_upstream_breaker_open{{{app}}}"), 1.0),
        (format!("certifyd_upstream_attempt_duration_seconds_count{{{app}}}"), 1.0),
        (format!("certifyd_upstream_attempt_duration_seconds_sum{{{app}}}"), 0.04),
        ("certifyd_upstream_orders_total{outcome=\"in_doubt\"}".to_owned(), 1.0),
        ("certifyd_upstream_suspended".to_owned(), 1.0),
    ] {
        assert!((value(&text, &series) - count).abs() < 0.001, "{series} {text}");
    }
    let failed = calls(&text, RELAYED, "gateway", INITIALIZE, "failed");
    assert!((failed - 1.0).abs() < 0.1, "{text}");
}

/// The form: every series has its family before it, and the parts of a histogram fit together.
#[tokio::test]
async fn every_line_is_as_the_format_has_it() {
    let server = TestServer::start().await;
    server.get("/healthz").await;
    let text = numbers(&server).await;
    let mut family = "";
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("# HELP ") {
            family = named.split(' ').next().unwrap();
        } else if !line.starts_with("# TYPE ") {
            let (series, number) = line.rsplit_once(' ').unwrap();
            assert!(series.starts_with(family) && number.parse::<f64>().is_ok(), "{line}");
        }
    }
    let of = |part: &str| {
        format!(
            "http_server_request_duration_seconds_{part}{{door=\"other\",method=\"GET\",code=\"2xx\""
        )
    };
    let all = value(&text, &format!("{},le=\"+Inf\"}}", of("bucket")));
    assert!((all - value(&text, &format!("{}}}", of("count")))).abs() < 0.1 && all > 0.5);
}

/// Names in an expression that look like names of series.
fn named(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| {
        ["certifyd_", "http_", "process_"].iter().any(|begin| word.starts_with(begin))
    })
}

fn expressions<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "expr" || name == "query" => found.push(text),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_dashboard_asks_for_all_that_is_told_and_for_nothing_else() {
    let server = TestServer::start().await;
    server.get("/healthz").await;
    let text = numbers(&server).await;
    let told = families(&text);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let mut asked = BTreeSet::new();
    for name in found.iter().flat_map(|expression| named(expression)) {
        let parts = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        asked.insert(parts.filter(|family| told.contains(family)).unwrap_or(name));
    }
    assert_eq!(asked, told);
}

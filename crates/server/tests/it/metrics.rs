//! What goes on, in numbers, and the dashboard made for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use server::Process;
use testkit::TestServer;
use tokio::net::TcpListener;

use crate::answer::{content, open};
use crate::page::person::{Person, begun};

/// The numbers of `server`, as Prometheus gets them.
async fn numbers(server: &TestServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let process = || Some(Process { resident_bytes: 7, open_fds: 8, started: 9 });
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
        ("process_start_time_seconds", 9.0),
    ] {
        assert!((value(&text, series) - count).abs() < 0.1, "{series} {text}");
    }
    assert!(value(&text, "certifyd_connections") > 0.5);
    let person = content("x")["identity_param"].clone();
    let secrets = [person["cert_name"].as_str().unwrap(), person["cert_no"].as_str().unwrap()];
    for secret in [secrets[0], secrets[1], &id, &link, "metrics1", "nothing", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
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

//! Traces, as a collector receives them.

#![cfg(feature = "otel")]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;

use crate::nodes::order;
use crate::program::Program;
use crate::reload;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const FORM: &str = "content-type: application/x-www-form-urlencoded;charset=utf-8\r\n";
/// Whose certification is opened, for which order, and what else callers write.
const MARKS: [&str; 6] =
    ["张三", "11010519491231002X", "order-marked", "merchant.example.com", "canary", "李四"];

/// A collector that keeps the bodies it receives.
struct Collector {
    address: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || receive(connection, &kept));
            }
        });
        Self { address, bodies }
    }

    /// Everything received, and what was decoded of it.
    fn received(&self) -> (Vec<u8>, Vec<ExportTraceServiceRequest>) {
        let bodies = self.bodies.lock().unwrap();
        let decoded =
            bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        (bodies.concat(), decoded.collect())
    }
}

/// Answers requests of one connection, as long as they come.
fn receive(connection: TcpStream, kept: &Mutex<Vec<Vec<u8>>>) {
    let mut reader = BufReader::new(connection);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            head.push_str(&std::mem::take(&mut line).to_lowercase());
        }
        if head.is_empty() {
            return;
        }
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        kept.lock().unwrap().push(body);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(answer).unwrap();
    }
}

/// A project whose function asks for an identity call, and whose traces go to `address`.
fn project(dir: &Path, address: &str) -> Program {
    let function = dir.join("functions/asks");
    std::fs::create_dir_all(&function).unwrap();
    let source = "module.exports = async ({ args, cloud }) => { \
                  await cloud.member.identification.query({ certifyId: args.id }); \
                  return 'asked'; };";
    std::fs::write(function.join("index.js"), source).unwrap();
    // Made once, so that there is a configuration to write into.
    drop(Program::dev(dir));
    let config = dir.join(".certifyd/certifyd.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let written =
        text.replace("# otlp = \"http://127.0.0.1:4318\"", &format!("otlp = \"{address}\""));
    assert_ne!(text, written);
    std::fs::write(&config, written).unwrap();
    Program::dev(dir)
}

fn call(program: &Program, order_no: &str, traceparent: &str) {
    let headers = format!(
        "{FORM}traceparent: {traceparent}\r\ntracestate: a=canary\r\nbaggage: who=canary\r\n\
         user-agent: canary\r\n"
    );
    let answer = program.post("/gateway.do", &headers, &order(program, order_no));
    assert!(answer.contains("certify_id"), "{answer}");
}

/// Opens a page that is not there; its address has what no address should have.
fn look(program: &Program, path: &str) {
    let host = program.get("endpoint").trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: canary\r\nconnection: close\r\n\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    connection.read_to_string(&mut String::new()).unwrap();
}

/// All that was sent by the time the program has ended.
fn sent(mut program: Program, collector: &Collector) -> (Vec<u8>, Vec<Span>) {
    program.signal("TERM");
    assert!(program.ended().success());
    let (bytes, requests) = collector.received();
    let resources = requests.into_iter().flat_map(|request| request.resource_spans);
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    (bytes, scopes.flat_map(|scope| scope.spans).collect())
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let shown = |value: &Option<opentelemetry_proto::tonic::common::v1::AnyValue>| {
        use opentelemetry_proto::tonic::common::v1::any_value::Value;
        match value.as_ref().unwrap().value.as_ref().unwrap() {
            Value::StringValue(text) => text.clone(),
            Value::IntValue(number) => number.to_string(),
            other => panic!("{other:?}"),
        }
    };
    span.attributes.iter().map(|pair| (pair.key.as_str(), shown(&pair.value))).collect()
}

/// How a text could be written.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let written = |unit: fn(&mut String, u8)| {
        let mut out = String::new();
        text.bytes().for_each(|byte| unit(&mut out, byte));
        out.into_bytes()
    };
    let mut escaped = String::new();
    text.encode_utf16().for_each(|unit| write!(escaped, "\\u{unit:04x}").unwrap());
    let mut forms = vec![
        text.as_bytes().to_vec(),
        text.to_lowercase().into_bytes(),
        hex::encode(text).into_bytes(),
        written(|out, byte| write!(out, "%{byte:02X}").unwrap()),
        written(|out, byte| write!(out, "%{byte:02x}").unwrap()),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        escaped.into_bytes(),
    ];
    // Wherever in a longer text it begins: what does not depend on its neighbours.
    for skipped in 0..3 {
        let bytes = &text.as_bytes()[skipped..];
        let whole = &bytes[..bytes.len() / 3 * 3];
        forms.push(base64::engine::general_purpose::STANDARD.encode(whole).into_bytes());
    }
    forms
}

fn child<'s>(spans: &'s [Span], parent: &Span, name: &str) -> &'s Span {
    let names: Vec<_> = spans.iter().map(|span| (&span.name, hex::encode(&span.span_id))).collect();
    let found =
        spans.iter().find(|span| span.parent_span_id == parent.span_id && span.name == name);
    assert!(found.is_some(), "{name} below {} in {names:?}", parent.name);
    found.unwrap()
}

#[test]
fn a_callers_trace_is_continued_down_to_the_store_and_nobody_is_named() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::new());
    let program = project(dir.path(), &collector.address);
    let app = program.get("app_id").to_owned();
    call(&program, "order-marked-1", &format!("00-{TRACE}-{PARENT}-01"));
    call(&program, "order-marked-2", "00-11111111111111111111111111111111-2222222222222222-00");
    look(&program, "/verify/canary?name=%E6%9D%8E%E5%9B%9B&no=11010519491231002X");
    look(&program, "/gateway.do?app_id=canary&method=canary&biz_content=%E5%BC%A0%E4%B8%89");
    look(&program, "/canary");
    let (bytes, spans) = sent(program, &collector);
    let call = spans.iter().find(|span| span.name == "POST /gateway.do").unwrap();
    assert_eq!(hex::encode(&call.trace_id), TRACE);
    assert_eq!(hex::encode(&call.parent_span_id), PARENT);
    assert_eq!(call.kind, SpanKind::Server as i32);
    let told = attributes(call);
    assert_eq!(told["certifyd.request_id"].len(), 32);
    let told: Vec<_> = told.iter().filter(|(key, _)| **key != "certifyd.request_id").collect();
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("http.route", "/gateway.do"),
        ("server.address", "127.0.0.1"),
    ];
    let told: Vec<_> = told.into_iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(told, expected);
    let use_case = child(&spans, call, "alipay.user.certify.open.initialize");
    let told = attributes(use_case);
    assert_eq!(told["certifyd.outcome"], "succeeded");
    assert_eq!(told["certifyd.app_id"], app);
    let unit = spans.iter().find(|span| span.parent_span_id == use_case.span_id).unwrap();
    let told = attributes(unit);
    assert!(unit.name.starts_with("write ") || unit.name.starts_with("read "), "{}", unit.name);
    assert_eq!((told["db.system.name"].as_str(), unit.kind), ("sqlite", SpanKind::Client as i32));
    assert!(unit.name.ends_with(&told["db.operation.name"]), "{told:?}");
    // Pages are spans by their route; what is nowhere has none.
    assert!(spans.iter().any(|span| span.name == "GET /verify/{link}"));
    assert!(spans.iter().any(|span| span.name == "GET"));
    // What the caller does not want to be sent is not, and what nobody called for is no trace.
    assert!(spans.iter().all(|span| hex::encode(&span.trace_id) != "1".repeat(32)));
    let roots = spans.iter().filter(|span| span.parent_span_id.is_empty());
    assert!(roots.clone().count() > 0);
    assert!(roots.into_iter().all(|span| span.kind == SpanKind::Server as i32));
    assert!(spans.iter().all(|span| span.events.is_empty() && span.links.is_empty()));
    for mark in MARKS {
        for form in spellings(mark).iter().filter(|form| !form.is_empty()) {
            let found = bytes.windows(form.len()).any(|window| window == form.as_slice());
            assert!(!found, "{mark} as {}", String::from_utf8_lossy(form));
        }
    }
    assert!(bytes.windows(8).any(|window| window == b"certifyd"), "the scan looks at something");
}

#[test]
fn a_function_and_what_it_asks_for_are_one_trace() {
    let (dir, collector) = (tempfile::tempdir().unwrap(), Collector::new());
    let program = project(dir.path(), &collector.address);
    let secret = program.get("client_secret").to_owned();
    let method = "serverless.auth.user.anonymousAuthorize";
    let signed_in = reload::client(&program, &secret, None, method, &json!({}));
    let token = signed_in["data"]["accessToken"].as_str().unwrap();
    let invoke = "serverless.function.runtime.invoke";
    for (function, says) in [("asks", "asked"), ("canary", "no function")] {
        let args = json!({ "functionTarget": function, "functionArgs": { "id": "canary" } });
        let answer = reload::client(&program, &secret, Some(token), invoke, &args);
        assert!(answer.to_string().contains(says), "{answer}");
    }
    let (bytes, spans) = sent(program, &collector);
    let function = spans.iter().find(|span| attributes(span).contains_key("faas.invoked_name"));
    let function = function.unwrap();
    assert_eq!(
        (function.name.as_str(), &*attributes(function)["faas.invoked_name"]),
        ("function", "asks")
    );
    let call = spans.iter().find(|span| span.span_id == function.parent_span_id).unwrap();
    assert_eq!(call.name, "POST /client");
    let asked = child(&spans, function, "alipay.user.certify.open.query");
    assert_eq!(attributes(asked)["certifyd.outcome"], "refused");
    assert_eq!(asked.trace_id, call.trace_id);
    // A function that is not there was named by a caller.
    let unknown = spans
        .iter()
        .find(|span| attributes(span).get("error.type").is_some_and(|kind| kind == "not_found"));
    assert!(!attributes(unknown.unwrap()).contains_key("faas.invoked_name"));
    assert!(!bytes.windows(6).any(|window| window == b"canary"));
}

#[test]
fn a_collector_that_is_away_is_told_of_and_costs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there any more.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut program = project(dir.path(), &format!("http://{address}"));
    call(&program, "order-marked-3", &format!("00-{TRACE}-{PARENT}-01"));
    program.signal("TERM");
    program.logs_until("the collector does not take traces");
    assert!(program.ended().success());
}

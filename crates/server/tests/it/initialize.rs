//! Wrong input of every field of `initialize`, under both profiles: the documented code, the
//! field's name, both languages, and never the value.

use base64::Engine as _;
use serde_json::{Value, json};
use testkit::{COMPATIBLE, STRICT, TestServer};

use crate::answer::{Answer, INITIALIZE, call, content};
use crate::page::person::jpeg;

/// Who refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Both profiles.
    Both,
    /// Strict; compatible accepts and records a warning.
    Strict,
}
use By::{Both, Strict};

const ILLEGAL: &str = "ILLEGAL_ARGUMENT_FORMAT";
const UNKNOWN: &str = "UNKNOWN_ERROR";

/// A field by its path, a value for it (none removes it), who refuses and how.
type Row = (&'static str, Option<Value>, By, &'static str);

fn changed(order_no: &str, path: &str, value: Option<Value>) -> Value {
    let mut content = content(order_no);
    let (parent, leaf) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { &mut content } else { &mut content[parent] };
    let members = parent.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(leaf.to_owned(), value),
        None => members.remove(leaf),
    };
    content
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Texts long enough that their presence cannot be chance.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.chars().count() >= 4 && !text.trim().is_empty() => {
            found.push(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn assert_refused(answer: &Answer, row: &Row, app: &str) {
    let (path, value, _, sub_code) = row;
    let what = format!("{app} {path} {value:.60?} {}", answer.node);
    assert_eq!(answer.codes(), ("40004", *sub_code), "{what}");
    let sub_msg = answer.text("sub_msg");
    let (zh, en) = sub_msg.split_once(" / ").unwrap();
    for half in [zh, en] {
        assert!(half.contains(path), "no field name: {what}");
    }
    assert!(is_chinese(zh) && !is_chinese(en) && en.split(' ').count() > 4, "{what}");
    let mut secrets = Vec::new();
    texts(value.as_ref().unwrap_or(&Value::Null), &mut secrets);
    for secret in secrets {
        assert!(!sub_msg.contains(&secret), "shows the value: {what}");
    }
}

async fn assert_row(server: &TestServer, n: usize, row: &Row) {
    let (path, value, by, _) = row;
    let content = changed(&format!("row{n}"), path, value.clone());
    assert_refused(&call(server, STRICT, INITIALIZE, &content).await, row, "strict");
    let compatible = call(server, COMPATIBLE, INITIALIZE, &content).await;
    if *by == Both {
        assert_refused(&compatible, row, "compatible");
        return;
    }
    let id = compatible.certify_id();
    let status = server.get(&format!("/test/certifications/{id}")).await.json();
    let warnings = status["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{path} {status}");
    assert!(warnings[0].as_str().unwrap().contains(path), "{path} {status}");
}

async fn assert_rows(rows: Vec<Row>) {
    let server = TestServer::start().await;
    for (n, row) in rows.iter().enumerate() {
        assert_row(&server, n, row).await;
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a row holds an option")]
fn text(text: &str) -> Option<Value> {
    Some(Value::from(text))
}

/// Values that no text field takes.
fn no_texts(path: &'static str) -> Vec<Row> {
    let values =
        [json!(true), json!(1.5), json!(-1), json!([]), json!({}), json!({ "a": "secret value" })];
    let mut rows: Vec<Row> =
        values.into_iter().map(|value| (path, Some(value), Both, ILLEGAL)).collect();
    rows.push((path, Some(Value::Null), Both, ILLEGAL));
    rows.push((path, None, Both, ILLEGAL));
    rows
}

#[tokio::test]
async fn outer_order_no() {
    let path = "outer_order_no";
    let mut rows = no_texts(path);
    for value in
        ["", "   ", "\u{3000}", "line\nbreak", "null\u{0}byte", "esc\u{1b}[0m", &"x".repeat(65)]
    {
        rows.push((path, text(value), Both, ILLEGAL));
    }
    let uuid = "1ec0e7b2-53a1-4b2c-9d3e-5f60718293a4";
    for value in [uuid, &"x".repeat(33), "with-dash", "with space", "订单号一二三四"] {
        rows.push((path, text(value), Strict, ILLEGAL));
    }
    let server = TestServer::start().await;
    for row in &rows {
        // The field under test is the one that tells rows apart; each is used once.
        assert_row(&server, 0, row).await;
    }
}

#[tokio::test]
async fn biz_code() {
    let path = "biz_code";
    let mut rows = no_texts(path);
    for value in ["", "face", "FACE ", "FACE_SDK", "人脸认证", "CERT_PHOTO,FACE", &"F".repeat(5000)]
    {
        rows.push((path, text(value), Both, ILLEGAL));
    }
    assert_rows(rows).await;
}

#[tokio::test]
async fn identity_type_and_cert_type() {
    for path in ["identity_param.identity_type", "identity_param.cert_type"] {
        let mut rows = no_texts(path);
        for value in ["", "cert_info", "PASSPORT_OF_MARS", "身份证件", "IDENTITY_CARD\u{0}"] {
            rows.push((path, text(value), Both, ILLEGAL));
        }
        assert_rows(rows).await;
    }
}

#[tokio::test]
async fn cert_name() {
    let path = "identity_param.cert_name";
    let mut rows = no_texts(path);
    for value in ["", "  ", "欧阳\n小明", "欧阳\u{0}小明", &"明".repeat(65)] {
        rows.push((path, text(value), Both, ILLEGAL));
    }
    for value in [
        "欧阳小明3",
        "·欧阳小明",
        "<script>alert(1)</script>",
        "11000019900307001X",
        &"明".repeat(33),
    ] {
        rows.push((path, text(value), Strict, ILLEGAL));
    }
    assert_rows(rows).await;
}

#[tokio::test]
async fn cert_no() {
    let path = "identity_param.cert_no";
    let mut rows = no_texts(path);
    for value in ["", "  ", "1100001990\n0307001X", "1100001990\u{0}", &"1".repeat(65)] {
        rows.push((path, text(value), Both, ILLEGAL));
    }
    for value in [
        "5139011988090987631",
        "110000199003070019",
        "110105194902301234",
        "110105209901011234",
        "中中中中中中",
        "１１００００１９９００３０７００１Ｘ",
        " 11000019900307001X",
        "1100001990030700",
        "H08510702",
        "11000019900307001Y",
    ] {
        rows.push((path, text(value), Strict, ILLEGAL));
    }
    assert_rows(rows).await;
}

/// Values that are neither an object nor JSON text of one.
fn no_objects(path: &'static str) -> Vec<Row> {
    let own = content("x")[path].to_string();
    let twice = Value::from(own.clone()).to_string();
    let over_escaped = own.replace('"', "\\\"");
    let padded = format!("{{\"padding\":\"{}\"}}", "p".repeat(4100));
    vec![
        (path, None, Both, ILLEGAL),
        (path, Some(Value::Null), Both, ILLEGAL),
        (path, Some(json!(7)), Both, ILLEGAL),
        (path, Some(json!(true)), Both, ILLEGAL),
        (path, Some(json!(["secret value"])), Both, ILLEGAL),
        (path, text("[\"secret value\"]"), Both, ILLEGAL),
        (path, text("7"), Both, ILLEGAL),
        (path, text(&padded), Both, ILLEGAL),
        (path, Some(json!({ "padding": "p".repeat(4100) })), Both, ILLEGAL),
        (path, text(""), Both, UNKNOWN),
        (path, text("{\"cut\": \"secret va"), Both, UNKNOWN),
        (path, text("{'quoted': 'secret value'}"), Both, UNKNOWN),
        (path, text("secret value"), Both, UNKNOWN),
        (path, text(&twice), Both, UNKNOWN),
        (path, text(&over_escaped), Both, UNKNOWN),
    ]
}

#[tokio::test]
async fn identity_param() {
    assert_rows(no_objects("identity_param")).await;
}

#[tokio::test]
async fn merchant_config() {
    assert_rows(no_objects("merchant_config")).await;
}

#[tokio::test]
async fn an_empty_identity_param_names_the_member_that_is_missing() {
    let server = TestServer::start().await;
    for empty in [json!({}), Value::from("{}")] {
        let content = changed("order1", "identity_param", Some(empty));
        let refused = call(&server, COMPATIBLE, INITIALIZE, &content).await;
        assert_eq!(refused.codes(), ("40004", ILLEGAL));
        assert!(refused.text("sub_msg").contains("identity_param.identity_type"));
    }
}

#[tokio::test]
async fn return_url() {
    let path = "merchant_config.return_url";
    let mut rows = no_texts(path);
    for value in [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "vbscript:x(1)",
        "file:///etc/passwd",
        "https://user:pw@evil.example/",
        "https://merchant.example@evil.example/",
        "https://merchant.example\\@evil.example",
        "https://merchant.example/\r\nSet-Cookie: a=b",
        "java\tscript:alert(1)",
        &format!("https://merchant.example/{}", "x".repeat(1024)),
    ] {
        rows.push((path, text(value), Both, ILLEGAL));
    }
    for value in
        ["", "not an address", "https:///nohost", "nowhere-at-all", " https://merchant.example"]
    {
        rows.push((path, text(value), Strict, ILLEGAL));
    }
    assert_rows(rows).await;
}

#[tokio::test]
async fn face_contrast_picture() {
    let path = "face_contrast_picture";
    let mut rows: Vec<Row> = [json!({}), json!(true), json!(["secret value"])]
        .into_iter()
        .map(|value| (path, Some(value), Both, ILLEGAL))
        .collect();
    rows.push((path, text(&"A".repeat(1_048_577)), Both, ILLEGAL));
    assert_rows(rows).await;
}

#[tokio::test]
async fn what_production_is_known_to_accept_is_accepted_by_the_compatible_profile() {
    let server = TestServer::start().await;
    for (n, (path, value)) in [
        ("outer_order_no", "1ec0e7b2-53a1-4b2c-9d3e-5f60718293a4"),
        ("outer_order_no", "piwei1690000000000"),
        ("identity_param.cert_no", "5139011988090987631"),
        ("identity_param.cert_no", "260104197909275964"),
        ("identity_param.cert_no", "829297191402263571"),
        ("merchant_config.return_url", "www.taobao.com"),
        ("merchant_config.return_url", ""),
        ("merchant_config.return_url", "alipays://platformapi/startapp?appId=20000067"),
    ]
    .into_iter()
    .enumerate()
    {
        let content = changed(&format!("known{n}"), path, Some(Value::from(value)));
        assert_eq!(call(&server, COMPATIBLE, INITIALIZE, &content).await.text("code"), "10000");
    }
}

#[tokio::test]
async fn what_the_documents_show_is_accepted_by_the_strict_profile() {
    let server = TestServer::start().await;
    let picture = base64::engine::general_purpose::STANDARD.encode(jpeg(300, 300));
    for (n, (path, value)) in [
        ("biz_code", "CERT_PHOTO"),
        ("biz_code", "CERT_PHOTO_FACE"),
        ("biz_code", "SMART_FACE"),
        ("identity_param.identity_type", "AGENT_CERT_INFO"),
        ("identity_param.cert_no", "11000019900307001x"),
        ("identity_param.cert_name", "阿卜杜拉·买买提"),
        ("merchant_config.return_url", "www.taobao.com"),
        ("merchant_config.return_url", "registered://done"),
        ("face_contrast_picture", &picture),
    ]
    .into_iter()
    .enumerate()
    {
        let content = changed(&format!("strict{n}"), path, Some(Value::from(value)));
        let answer = call(&server, STRICT, INITIALIZE, &content).await;
        assert_eq!(answer.text("code"), "10000", "{path} {value} {}", answer.node);
    }
}

#[tokio::test]
async fn a_swapped_name_and_number_crash_nothing() {
    let server = TestServer::start().await;
    let mut content = content("swap1");
    content["identity_param"]["cert_name"] = "11000019900307001X".into();
    content["identity_param"]["cert_no"] = "试用甲试用甲试用甲试用甲试用甲试用甲".into();
    let refused = call(&server, STRICT, INITIALIZE, &content).await;
    assert_eq!(refused.codes(), ("40004", ILLEGAL));
    call(&server, COMPATIBLE, INITIALIZE, &content).await.certify_id();
    assert!(server.is_serving());
}

#[tokio::test]
async fn two_spellings_that_disagree_are_named_and_two_that_agree_are_taken() {
    let server = TestServer::start().await;
    for (path, camel) in [("outer_order_no", "outerOrderNo"), ("biz_code", "bizCode")] {
        let mut content = content("spelled1");
        content[camel] = content[path].clone();
        assert_eq!(call(&server, COMPATIBLE, INITIALIZE, &content).await.text("code"), "10000");
        content[camel] = "CERT_PHOTO".into();
        let refused = call(&server, COMPATIBLE, INITIALIZE, &content).await;
        assert_eq!(refused.codes(), ("40004", ILLEGAL), "{path}");
        assert!(refused.text("sub_msg").contains(path), "{path} {}", refused.node);
    }
}

//! `ctx.httpclient`.

use functions::HostFailure;
use serde_json::{Value, json};

use crate::folder::Folder;

/// Runs `expression` with the answer; gives its value and what the host was asked.
async fn request(expression: &str, answer: Result<&str, HostFailure>) -> (Value, Value) {
    let source = format!("module.exports = async ({{ httpclient }}) => {expression};");
    let folder = Folder::with(&source);
    folder.host.will_answer(answer);
    let result = folder.call().await.unwrap_or_else(|error| json!(error.message()).to_string());
    let asked = folder.host.asked.lock().unwrap();
    let asked = asked.first().map_or(Value::Null, |(op, payload)| {
        assert_eq!(op, "http");
        serde_json::from_str(payload).unwrap()
    });
    (serde_json::from_str(&result).unwrap(), asked)
}

const EMPTY: Result<&str, HostFailure> = Ok(r#"{"status":200,"headers":{},"body":""}"#);

#[tokio::test]
async fn requests_are_built_like_urllib_builds_them() {
    for (call, asked) in [
        (
            "httpclient.request('http://a/')",
            json!({"url": "http://a/", "method": "GET", "headers": {}, "timeoutMs": 5000}),
        ),
        (
            "httpclient.curl('a.b/c', { data: { x: 1, y: ['ä', 2] } })",
            json!({"url": "http://a.b/c?x=1&y=%C3%A4&y=2", "method": "GET", "headers": {}, "timeoutMs": 5000}),
        ),
        (
            "httpclient.request('http://a/?q=1#h', { data: { x: 1 }, timeout: [100, 200] })",
            json!({"url": "http://a/?q=1&x=1", "method": "GET", "headers": {}, "timeoutMs": 200}),
        ),
        (
            "httpclient.request('http://a/', { method: 'post', data: { x: 'a b' }, timeout: 9 })",
            json!({"url": "http://a/", "method": "POST", "headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "eD1hJTIwYg==", "timeoutMs": 9}),
        ),
        (
            "httpclient.request('http://a/', { method: 'POST', contentType: 'json', data: { x: 1 }, headers: { 'X-A': 1 } })",
            json!({"url": "http://a/", "method": "POST", "headers": {"x-a": "1", "content-type": "application/json"}, "body": "eyJ4IjoxfQ==", "timeoutMs": 5000}),
        ),
        (
            "httpclient.request('http://a/', { method: 'POST', headers: { 'Content-Type': 'application/json; charset=utf-8' }, data: { x: 1 } })",
            json!({"url": "http://a/", "method": "POST", "headers": {"content-type": "application/json; charset=utf-8"}, "body": "eyJ4IjoxfQ==", "timeoutMs": 5000}),
        ),
        (
            "httpclient.request(new URL('https://a/'), { method: 'PUT', content: Buffer.from([255]), data: { no: 1 }, dataType: 'json' })",
            json!({"url": "https://a/", "method": "PUT", "headers": {"accept": "application/json"}, "body": "/w==", "timeoutMs": 5000}),
        ),
        (
            "httpclient.request('http://a/', { method: 'POST', data: 'raw é', auth: 'u:p' })",
            json!({"url": "http://a/", "method": "POST", "headers": {"authorization": "Basic dTpw"}, "body": "cmF3IMOp", "timeoutMs": 5000}),
        ),
    ] {
        let (_, seen) = request(call, EMPTY).await;
        assert_eq!(seen, asked, "{call}");
    }
}

#[tokio::test]
async fn responses_are_decoded_as_asked() {
    let reply = r#"{"status":201,"headers":{"Content-Type":"application/json","Set-Cookie":["a","b"]},"body":"eyJ4IjoxfQ=="}"#;
    let shape = "(r) => [r.status, r.headers, Buffer.isBuffer(r.data) ? r.data.toString() : r.data, r.res.statusCode, r.res.size]";
    let headers = json!({"content-type": "application/json", "set-cookie": ["a", "b"]});
    for (options, data) in [
        ("{}", json!("{\"x\":1}")),
        ("{ dataType: 'text' }", json!("{\"x\":1}")),
        ("{ dataType: 'json' }", json!({"x": 1})),
    ] {
        let call = format!("httpclient.request('http://a/', {options}).then({shape})");
        let (result, _) = request(&call, Ok(reply)).await;
        assert_eq!(result, json!([201, headers, data, 201, 7]), "{options}");
    }
    let (empty, _) =
        request("httpclient.request('http://a/', { dataType: 'json' }).then((r) => r.data)", EMPTY)
            .await;
    assert_eq!(empty, Value::Null);
}

#[tokio::test]
async fn failures_have_the_names_that_urllib_gives() {
    let call = "httpclient.request('http://a/', { dataType: 'json' }).catch((e) => [e.name, e.code, e.status, e.message])";
    for (code, name) in [
        ("ConnectionTimeout", "ConnectionTimeoutError"),
        ("ResponseTimeout", "ResponseTimeoutError"),
        ("ECONNREFUSED", "RequestError"),
    ] {
        let (result, _) = request(call, Err(HostFailure::new(code, "sorry"))).await;
        assert_eq!(result, json!([name, code, -1, "sorry, GET http://a/ -1"]));
    }
    let (broken, _) = request(call, Ok(r#"{"status":200,"headers":{},"body":"eA=="}"#)).await;
    assert_eq!(broken[0], "JSONResponseFormatError");
    assert_eq!(broken[2], 200);
}

#[tokio::test]
async fn callbacks_work_too() {
    let call = "new Promise((done) => httpclient.request('http://a/', { dataType: 'text' }, (e, data, res) => done([e, data, res.status])))";
    let (result, _) = request(call, Ok(r#"{"status":200,"headers":{},"body":"aGk="}"#)).await;
    assert_eq!(result, json!([null, "hi", 200]));
}

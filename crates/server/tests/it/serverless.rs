//! `/client` and `/server`: HTTP 200 always, sessions, both spellings, refusals by code.

use serde_json::{Value, json};
use testkit::{
    CLOSED_SPACE, MERCHANT_TOKEN, Reply, SPACE_TOKEN, TestServer, client_signature, keys,
};

use crate::answer::content;

pub(crate) fn body(method: &str, params: &Value) -> Value {
    json!({
        "spaceId": keys::serverless("spaceId"),
        "method": method,
        "params": params.to_string(),
        "timestamp": 1_795_509_231_498_u64,
    })
}

fn code(reply: &Reply) -> String {
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Where every refusal is explained, as it stands at the end of a text.
fn address(server: &TestServer) -> String {
    format!(" ({})", server.url("/docs/errors"))
}

#[tokio::test]
async fn a_refusal_at_either_door_ends_with_the_address_that_explains_and_has_two_members() {
    let server = TestServer::start().await;
    for path in ["/client", "/server"] {
        for text in ["{", "{}", r#"{"spaceId":"nowhere"}"#] {
            let reply = server.send(server.request("POST", path).body(text)).await.json();
            assert_eq!(reply["success"], Value::Bool(false));
            let error = reply["error"].as_object().unwrap();
            assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message"], "{path} {text}");
            let message = error["message"].as_str().unwrap();
            assert_eq!(message.matches(&address(&server)).count(), 1, "{message}");
            assert!(message.ends_with(&address(&server)), "{message}");
        }
    }
    let reply = cloud(&server, "alipay.trade.create", &json!({})).await.json();
    assert!(reply["error"]["message"].as_str().unwrap().ends_with(&address(&server)), "{reply}");
}

#[tokio::test]
async fn nothing_is_added_to_the_failure_of_a_function() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    let invoke = json!({ "functionTarget": "hello", "functionArgs": {} });
    let method = "serverless.function.runtime.invoke";
    let reply = with_token(&server, &token, method, &invoke).await;
    assert_eq!(code(&reply), "FunctionBizError");
    assert!(!reply.body.contains("/docs/errors"), "{}", reply.body);
}

pub(crate) async fn sign_in(server: &TestServer) -> String {
    let reply =
        server.client_call(&body("serverless.auth.user.anonymousAuthorize", &json!({}))).await;
    reply.json()["data"]["accessToken"].as_str().unwrap().to_owned()
}

pub(crate) async fn with_token(
    server: &TestServer,
    token: &str,
    method: &str,
    params: &Value,
) -> Reply {
    let mut body = body(method, params);
    body["token"] = token.into();
    server.client_call(&body).await
}

pub(crate) async fn cloud(server: &TestServer, method: &str, params: &Value) -> Reply {
    let token = sign_in(server).await;
    let args = json!({ "method": method, "params": params });
    let params = json!({ "functionTarget": "alipay-openapi", "functionArgs": args });
    with_token(server, &token, "serverless.function.runtime.invoke", &params).await
}

#[tokio::test]
async fn a_page_gets_both_spellings_in_and_out() {
    let server = TestServer::start().await;
    let camel = json!({
        "$config": {},
        "outerOrderNo": "page1", "bizCode": "FACE",
        "identityParam": { "identityType": "CERT_INFO", "certType": "IDENTITY_CARD",
            "certName": "试用甲", "certNo": "11000019900307001X" },
        "merchantConfig": { "returnUrl": "https://merchant.example/done?a=1&b=2" },
    });
    let method = "alipay.user.certify.open.initialize";
    let by_camel = cloud(&server, method, &camel).await.json()["data"].clone();
    let by_snake = cloud(&server, method, &content("page1")).await.json()["data"].clone();
    assert_eq!(by_camel, by_snake);
    assert_eq!(by_camel["code"], "10000");
    let id = by_camel["certifyId"].as_str().unwrap();
    assert_eq!(by_camel["certify_id"], id);

    for params in [json!({ "certify_id": id }), json!({ "certifyId": id })] {
        let link = cloud(&server, "alipay.user.certify.open.certify", &params).await;
        let link = link.json()["data"].as_str().unwrap().to_owned();
        assert!(link.starts_with(&server.url("/verify/")), "{link}");
        let answer = cloud(&server, "alipay.user.certify.open.query", &params).await;
        let data = answer.json()["data"].clone();
        assert_eq!(data["passed"], "F");
        assert_eq!((&data["materialInfo"], &data["material_info"]), (&json!("{}"), &json!("{}")));
    }
}

#[tokio::test]
async fn a_business_refusal_is_a_success_of_the_transport_in_both_spellings() {
    let server = TestServer::start().await;
    let reply = cloud(&server, "alipay.user.certify.open.initialize", &json!({})).await;
    let reply = reply.json();
    assert_eq!((&reply["success"], &reply["data"]["code"]), (&json!(true), &json!("40004")));
    for (camel, snake) in [("subCode", "sub_code"), ("subMsg", "sub_msg")] {
        assert_eq!(reply["data"][camel], reply["data"][snake]);
        assert!(reply["data"][camel].is_string());
    }
    for spelling in ["subMsg", "sub_msg"] {
        assert!(reply["data"][spelling].as_str().unwrap().ends_with(&address(&server)), "{reply}");
    }
}

#[tokio::test]
async fn a_token_from_a_page_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    for place in ["$config", "params"] {
        let mut params = content("page1");
        if place == "params" {
            params["appAuthToken"] = SPACE_TOKEN.into();
        } else {
            params["$config"] = json!({ "appAuthToken": SPACE_TOKEN });
        }
        let reply = cloud(&server, "alipay.user.certify.open.initialize", &params).await;
        let data = reply.json()["data"].clone();
        assert_eq!(data["sub_code"], "aop.invalid-app-auth-token", "{data}");
        assert!(data["sub_msg"].as_str().unwrap().contains("云函数"), "{data}");
        assert!(!reply.body.contains(SPACE_TOKEN) && !reply.body.contains(MERCHANT_TOKEN));
    }
}

#[tokio::test]
async fn other_methods_are_refused_by_code() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    for method in [
        "serverless.db.default.execute",
        "serverless.file.resource.delete",
        "serverless.what.ever",
        "x",
    ] {
        let reply = with_token(&server, &token, method, &json!({})).await;
        assert_eq!(code(&reply), "MethodNotSupported", "{method}");
    }
    let reply = cloud(&server, "alipay.trade.create", &json!({})).await;
    assert_eq!(code(&reply), "MethodNotSupported");
    let invoke = |target: &str| json!({ "functionTarget": target, "functionArgs": {} });
    for (target, expected) in [
        ("alicloud-dysms", "MethodNotSupported"),
        ("hello", "FunctionBizError"),
        ("../secret", "ParamInvalid"),
        ("", "ParamInvalid"),
        ("1abc", "ParamInvalid"),
    ] {
        let method = "serverless.function.runtime.invoke";
        let reply = with_token(&server, &token, method, &invoke(target)).await;
        assert_eq!(code(&reply), expected, "{target} {}", reply.body);
    }
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_by_code() {
    let server = TestServer::start().await;
    let space = keys::serverless("spaceId");
    let signed = |value: Value| value.to_string();
    for (text, expected) in [
        (String::new(), "InvalidBody.Format"),
        ("[]".to_owned(), "InvalidBody.Format"),
        ("{".to_owned(), "InvalidBody.Format"),
        (r#"{"spaceId":"a","spaceId":"b"}"#.to_owned(), "InvalidBody.Format"),
        (r#"{"spaceId":{}}"#.to_owned(), "InvalidBody.Format"),
        (signed(json!({})), "InvalidSpaceId.NotFound"),
        (signed(json!({ "spaceId": "nowhere" })), "InvalidSpaceId.NotFound"),
        (signed(json!({ "spaceId": space })), "MissingMethod"),
        (
            signed(json!({ "spaceId": space, "method": "serverless.auth.user.authorize" })),
            "MissingParams",
        ),
        (signed(body("serverless.auth.user.authorize", &json!([]))), "InvalidParams.Format"),
        (signed(body("serverless.auth.user.authorize", &json!({}))), "InvalidParams.Format"),
        (
            signed(body(
                "serverless.auth.user.authorize",
                &json!({ "authProvider": "nobody", "authCode": "c" }),
            )),
            "ParamInvalid",
        ),
        (
            signed(body(
                "serverless.auth.user.authorize",
                &json!({ "authProvider": "alipay_openapi", "authCode": "" }),
            )),
            "ParamInvalid",
        ),
        (signed(body("serverless.auth.user.getProfileInfo", &json!({}))), "GATEWAY_INVALID_TOKEN"),
    ] {
        let sign = wire::serverless::Body::parse(text.as_bytes())
            .map(|_| client_signature(&keys::serverless("clientSecret"), &text));
        let request = server
            .request("POST", "/client")
            .header("x-serverless-sign", sign.unwrap_or_default())
            .body(text.clone());
        let reply = server.send(request).await;
        assert_eq!(code(&reply), expected, "{text} {}", reply.body);
    }
}

async fn signed_with(server: &TestServer, path: &str, sign: Option<&str>, body: &Value) -> Reply {
    let mut request = server.request("POST", path).body(body.to_string());
    if let Some(sign) = sign {
        request = request.header("x-serverless-sign", sign);
    }
    server.send(request).await
}

#[tokio::test]
async fn a_missing_or_foreign_signature_is_refused_and_the_right_one_never_shown() {
    let server = TestServer::start().await;
    let body = body("serverless.auth.user.anonymousAuthorize", &json!({}));
    let right = client_signature(&keys::serverless("clientSecret"), &body.to_string());
    let foreign = client_signature("another secret", &body.to_string());
    for (path, sign) in [
        ("/client", None),
        ("/client", Some("")),
        ("/client", Some("zz")),
        ("/client", Some(foreign.as_str())),
        // The client's signature does not open the back end's door.
        ("/server", Some(right.as_str())),
    ] {
        let reply = signed_with(&server, path, sign, &body).await;
        assert_eq!(code(&reply), "SignatureNotMatch", "{path} {sign:?}");
        assert!(!reply.body.contains(&right));
    }
    assert_eq!(code(&signed_with(&server, "/client", Some(&right), &body).await), "");
}

#[tokio::test]
async fn the_back_ends_door_is_closed_for_a_space_without_its_key() {
    let server = TestServer::start().await;
    let mut body = body("serverless.auth.user.anonymousAuthorize", &json!({}));
    body["spaceId"] = CLOSED_SPACE.into();
    let sign = client_signature("secret of the closed space", &body.to_string());
    assert_eq!(code(&signed_with(&server, "/client", Some(&sign), &body).await), "");
    let reply = signed_with(&server, "/server", Some(&sign), &body).await;
    assert_eq!(code(&reply), "SignatureNotMatch");
}

#[tokio::test]
async fn a_session_of_one_space_is_none_in_another() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    let mut body = body("serverless.auth.user.getProfileInfo", &json!({}));
    body["token"] = token.into();
    assert_eq!(code(&server.client_call(&body).await), "");
    body["spaceId"] = CLOSED_SPACE.into();
    let sign = client_signature("secret of the closed space", &body.to_string());
    let reply = signed_with(&server, "/client", Some(&sign), &body).await;
    assert_eq!(code(&reply), "GATEWAY_INVALID_TOKEN");
}

#[tokio::test]
async fn a_session_ends_ten_minutes_unused_and_thirty_after_a_use() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    let profile = "serverless.auth.user.getProfileInfo";
    for (seconds, expected) in
        [(599, ""), (1799, ""), (1800, "GATEWAY_INVALID_TOKEN"), (0, "GATEWAY_INVALID_TOKEN")]
    {
        server.clock.advance(jiff::SignedDuration::from_secs(seconds));
        let reply = with_token(&server, &token, profile, &json!({})).await;
        assert_eq!(code(&reply), expected, "{seconds}");
    }
}

#[tokio::test]
async fn an_auth_code_names_the_same_user_each_time() {
    let server = TestServer::start().await;
    let authorize = json!({ "authProvider": "alipay_openapi", "authCode": "code-1" });
    let mut users = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let reply = server.client_call(&body("serverless.auth.user.authorize", &authorize)).await;
        let token = reply.json()["data"]["accessToken"].as_str().unwrap().to_owned();
        let profile = "serverless.auth.user.getProfileInfo";
        let reply = with_token(&server, &token, profile, &json!({})).await;
        let user = reply.json()["data"]["user"].clone();
        assert!(user["oAuthUserId"].as_str().unwrap().starts_with("2088"), "{user}");
        users.insert(user["userId"].as_str().unwrap().to_owned());
    }
    assert_eq!(users.len(), 1);
}

#[tokio::test]
async fn a_user_id_in_a_clients_body_makes_nobody_of_it() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    let profile = "serverless.auth.user.getProfileInfo";
    let reply = with_token(&server, &token, profile, &json!({})).await;
    let own = reply.json()["data"]["user"]["userId"].clone();
    let mut with_user = body(profile, &json!({}));
    with_user["userId"] = own;
    assert_eq!(code(&server.client_call(&with_user).await), "GATEWAY_INVALID_TOKEN");
}

#[tokio::test]
async fn cloud_calls_that_are_none_are_refused_by_code() {
    let server = TestServer::start().await;
    let token = sign_in(&server).await;
    for args in [
        json!([]),
        json!({}),
        json!({ "method": 1 }),
        json!({ "method": "alipay.user.certify.open.query", "params": [] }),
    ] {
        let params = json!({ "functionTarget": "alipay-openapi", "functionArgs": args });
        let invoke = "serverless.function.runtime.invoke";
        let reply = with_token(&server, &token, invoke, &params).await;
        assert_eq!(code(&reply), "ParamInvalid", "{args}");
    }
}

//! An application for which a gateway elsewhere certifies: the same calls at the same doors.

use std::sync::Arc;

use engine::{Meaning, NotSent, Unknown, UpstreamFault};
use serde_json::{Value, json};
use testkit::{RELAYED, ScriptedUpstream, TestServer, resigned, signed};

use crate::answer::{Answer, CERTIFY, INITIALIZE, QUERY, content};
use crate::serverless::{body, cloud, sign_in, with_token};

const THEIR_ID: &str = "OC201809253000000393900404029253";

fn scripted() -> Arc<ScriptedUpstream> {
    Arc::new(ScriptedUpstream::default())
}

fn call(method: &str, content: &Value) -> wire::gateway::Parameters {
    signed(RELAYED, method, &content.to_string())
}

#[tokio::test]
async fn the_three_calls_are_passed_on_and_their_answers_back() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    there.open(THEIR_ID);
    let mut content = content("relayed1");
    content["identity_param"] = content["identity_param"].to_string().into();
    let answer = Answer::of(&server.gateway(&call(INITIALIZE, &content)).await);
    assert_eq!(answer.certify_id(), THEIR_ID);
    let again = Answer::of(&server.gateway(&call(INITIALIZE, &content)).await);
    assert_eq!(again.node, answer.node);
    let asked = there.asked();
    assert_eq!(asked.len(), 1);
    let sent: Value = serde_json::from_str(asked[0].biz_content.as_deref().unwrap()).unwrap();
    assert!(sent["identity_param"].is_object() && sent["merchant_config"].is_object(), "{sent}");

    let query = json!({ "certify_id": THEIR_ID });
    let node = r#"{"code":"10000","msg":"Success","passed":"T","material_info":"{}","new":[1]}"#;
    there.answer(Ok((Meaning::Done, node)));
    let answer = Answer::of(&server.gateway(&call(QUERY, &query)).await);
    assert_eq!(answer.node.to_string(), serde_json::from_str::<Value>(node).unwrap().to_string());
    assert!(there.asked()[1].repeatable);

    let page = server.gateway(&call(CERTIFY, &query)).await;
    assert_eq!(page.status, 303);
    assert!(page.header("location").starts_with("https://elsewhere.example/gateway.do?"));
}

#[tokio::test]
async fn a_refusal_keeps_the_gateways_words_and_gets_a_remedy() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    let refusal = r#"{"code":"40004","msg":"Business Failed","sub_code":"CERTIFY_ID_EXPIRED","sub_msg":"认证已失效 trace 1"}"#;
    there.answer(Ok((Meaning::Refused, refusal)));
    let query = json!({ "certify_id": THEIR_ID });
    let answer = Answer::of(&server.gateway(&call(QUERY, &query)).await);
    assert_eq!(answer.codes(), ("40004", "CERTIFY_ID_EXPIRED"));
    assert!(answer.text("sub_msg").starts_with("认证已失效 trace 1 / "));
    assert!(answer.text("sub_msg").contains("initialize a new one"));

    let own = r#"{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-signature","sub_msg":"验签出错"}"#;
    there.answer(Ok((Meaning::Refused, own)));
    let answer = Answer::of(&server.gateway(&call(INITIALIZE, &content("relayed2"))).await);
    assert_eq!(answer.codes(), ("40002", "isv.invalid-signature"));
    assert!(answer.text("sub_msg").contains("private_key of [apps.upstream]"));
}

#[tokio::test]
async fn no_answer_is_a_retryable_error_and_an_order_in_doubt_says_so() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    let initialize = call(INITIALIZE, &content("relayed3"));
    let query = call(QUERY, &json!({ "certify_id": THEIR_ID }));
    let cases = [
        (UpstreamFault::NotSent(NotSent::Unreachable), "nothing reached the hosted gateway"),
        (UpstreamFault::Unknown(Unknown::TimedOut), "gave no usable answer"),
        (UpstreamFault::Unknown(Unknown::NotTheirs), "check the gateway's key"),
        (UpstreamFault::NotSent(NotSent::Unsigned), "check that key"),
    ];
    for (fault, text) in cases {
        there.answer(Err(fault));
        let answer = Answer::of(&server.gateway(&query).await);
        assert_eq!(answer.codes(), ("20000", "isp.unknow-error"));
        assert!(answer.text("sub_msg").contains(text), "{}", answer.node);
    }
    there.answer(Err(UpstreamFault::Unknown(Unknown::TimedOut)));
    let answer = Answer::of(&server.gateway(&initialize).await);
    assert_eq!(answer.codes(), ("20000", "isp.unknow-error"));
    assert!(answer.text("sub_msg").contains("no second certification is opened under it"));
    there.open(THEIR_ID);
    assert_eq!(Answer::of(&server.gateway(&initialize).await).certify_id(), THEIR_ID);
}

#[tokio::test]
async fn what_cannot_be_sent_on_is_refused_here() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    let mut nameless = content("x");
    nameless.as_object_mut().unwrap().remove("outer_order_no");
    let mut unreadable = content("relayed4");
    unreadable["merchant_config"] = "{".into();
    for (method, content, sub_code) in [
        (INITIALIZE, nameless, "ILLEGAL_ARGUMENT_FORMAT"),
        (INITIALIZE, unreadable, "UNKNOWN_ERROR"),
        (QUERY, json!({}), "ILLEGAL_ARGUMENT_FORMAT"),
        ("certifyd.certification.status", json!({}), "isv.invalid-method"),
        ("alipay.trade.pay", json!({}), "isv.invalid-method"),
    ] {
        let answer = Answer::of(&server.gateway(&call(method, &content)).await);
        assert_eq!(answer.codes().1, sub_code, "{method}");
    }
    assert!(there.asked().is_empty());
}

#[tokio::test]
async fn listed_methods_go_through_with_their_tokens_and_parameters() {
    let there = scripted();
    let upstream = there.upstream_allowing(&["alipay.trade.*"], &[]);
    let server = TestServer::with_upstream(&upstream).await;
    let node =
        r#"{"code":"10000","msg":"Success","trade_no":"7","fund_bill_list":[{"amount":"1.50"}]}"#;
    there.answer(Ok((Meaning::Done, node)));
    let mut parameters = call("alipay.trade.query", &json!({ "outTradeNo": "1" }));
    for (name, value) in [
        ("app_auth_token", "merchant-token"),
        ("auth_token", "user-token"),
        ("notify_url", "https://m.example/n"),
        ("terminal_type", "web"),
    ] {
        parameters.set(name, value);
    }
    let answer = Answer::of(&server.gateway(&resigned(parameters)).await);
    assert_eq!(answer.node["fund_bill_list"][0]["amount"], "1.50");
    let asked = there.asked().remove(0);
    assert_eq!(asked.biz_content.as_deref(), Some(r#"{"outTradeNo":"1"}"#));
    assert_eq!(asked.app_auth_token.as_deref(), Some("merchant-token"));
    assert_eq!(asked.auth_token.as_deref(), Some("user-token"));
    let parameters = asked.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let parameters: Vec<_> = parameters.collect();
    assert_eq!(parameters, [("notify_url", "https://m.example/n"), ("terminal_type", "web")]);
    assert!(asked.repeatable);
}

#[tokio::test]
async fn pages_may_call_what_is_listed_for_pages_only() {
    let there = scripted();
    let upstream = there.upstream_allowing(&["alipay.trade.*"], &["alipay.open.app.qrcode.create"]);
    let server = TestServer::with_upstream(&upstream).await;
    for method in ["alipay.trade.create", "alipay.system.oauth.token"] {
        let reply = cloud(&server, method, &json!({ "code": "c" })).await.json();
        assert_eq!(reply["error"]["code"], "MethodNotSupported", "{reply}");
        assert!(reply["error"]["message"].as_str().unwrap().contains("allow_pages"), "{reply}");
    }
    let reply = cloud(&server, "alipay.open.auth.token.app", &json!({ "code": "c" })).await.json();
    assert_eq!(reply["data"]["sub_code"], "aop.invalid-app-auth-token", "{reply}");
    assert!(there.asked().is_empty());
    let node = r#"{"code":"10000","msg":"Success","qr_code_url":"https://qr"}"#;
    there.answer(Ok((Meaning::Done, node)));
    let params = json!({ "urlParam": "p", "notifyUrl": "https://evil.example/" });
    let reply = cloud(&server, "alipay.open.app.qrcode.create", &params).await.json();
    let data = &reply["data"];
    assert_eq!(
        (&data["qrCodeUrl"], &data["qr_code_url"]),
        (&json!("https://qr"), &json!("https://qr"))
    );
    let asked = there.asked().remove(0);
    assert_eq!(asked.biz_content.as_deref(), Some(r#"{"url_param":"p"}"#));
    assert!(asked.parameters.is_empty());
}

#[tokio::test]
async fn a_page_opens_certifies_and_queries_in_both_spellings() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    there.open(THEIR_ID);
    let order = json!({ "outerOrderNo": "page1", "bizCode": "FACE",
        "identityParam": { "certName": "张三" }, "merchantConfig": { "returnUrl": "" } });
    let reply = cloud(&server, INITIALIZE, &order).await.json();
    assert_eq!(reply["data"]["certifyId"], THEIR_ID);
    let sent = there.asked().remove(0).biz_content.unwrap();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent["identity_param"]["cert_name"], "张三");
    let certify = json!({ "certifyId": THEIR_ID, "pageExec": "get" });
    let reply = cloud(&server, CERTIFY, &certify).await.json();
    assert!(reply["data"].as_str().unwrap().starts_with("https://elsewhere.example/"));
    there.answer(Ok((Meaning::Done, r#"{"code":"10000","passed":"F","fail_reason":"Z1147"}"#)));
    let reply = cloud(&server, QUERY, &json!({ "certifyId": THEIR_ID })).await.json();
    assert_eq!(reply["data"]["failReason"], "Z1147");
}

#[tokio::test]
async fn an_auth_code_is_exchanged_where_the_users_are_known() {
    let there = scripted();
    let server = TestServer::live_with_upstream(&there.upstream(), None).await;
    let answers = [
        r#"{"user_id":"2088000000000077","access_token":"a"}"#,
        r#"{"open_id":"0.open","access_token":"a"}"#,
    ];
    let authorize = json!({ "authProvider": "alipay_openapi", "clientIdentifier": RELAYED,
        "authCode": "code-1" });
    for (node, user) in answers.into_iter().zip(["2088000000000077", "0.open"]) {
        there.answer(Ok((Meaning::Done, node)));
        let authorized = body("serverless.auth.user.authorize", &authorize);
        let reply = server.client_call(&authorized).await.json();
        let token = reply["data"]["accessToken"].as_str().unwrap();
        let profile =
            with_token(&server, token, "serverless.auth.user.getProfileInfo", &json!({})).await;
        assert_eq!(profile.json()["data"]["user"]["oAuthUserId"], user);
    }
    let asked = there.asked();
    let parameters = [("grant_type", "authorization_code"), ("code", "code-1")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(
        (asked[0].biz_content.as_deref(), &asked[0].parameters[..]),
        (None, &parameters[..])
    );
    let refused = r#"{"code":"40002","sub_code":"isv.code-invalid","sub_msg":"授权码code-1无效"}"#;
    there.answer(Ok((Meaning::Refused, refused)));
    let reply = server.client_call(&body("serverless.auth.user.authorize", &authorize)).await;
    assert_eq!(reply.json()["error"]["code"], "ParamInvalid");
    assert!(reply.body.contains("isv.code-invalid") && !reply.body.contains("code-1"));
    let reply = server.client_call(&body("serverless.auth.user.authorize", &authorize)).await;
    assert_eq!(reply.json()["error"]["code"], "InternalError");
    sign_in_anonymously(&server).await;
}

async fn sign_in_anonymously(server: &TestServer) {
    assert!(!sign_in(server).await.is_empty());
}

#[tokio::test]
async fn a_test_user_is_behind_every_code_and_refreshes() {
    let server = TestServer::start().await;
    let exchange = |parameters: [(&str, String); 2]| {
        let mut call = signed(testkit::COMPATIBLE, "alipay.system.oauth.token", "");
        for (name, value) in &parameters {
            call.set(name, value);
        }
        resigned(call)
    };
    let code =
        |code: &str| exchange([("grant_type", "authorization_code".into()), ("code", code.into())]);
    let first = Answer::of(&server.gateway(&code("c1")).await);
    assert_eq!(first.name, "alipay_system_oauth_token_response");
    assert!(first.node.get("code").is_none() && first.text("user_id").starts_with("2088"));
    assert_eq!(Answer::of(&server.gateway(&code("c1")).await).node, first.node);
    assert_ne!(Answer::of(&server.gateway(&code("c2")).await).node, first.node);
    let refresh = |token: &str| {
        exchange([("grant_type", "refresh_token".into()), ("refresh_token", token.into())])
    };
    let again = Answer::of(&server.gateway(&refresh(first.text("refresh_token"))).await);
    assert_eq!(again.node, first.node);
    let mut forged = first.text("refresh_token").to_owned();
    forged.replace_range(8..12, "2089");
    let refused = Answer::of(&server.gateway(&refresh(&forged)).await);
    assert_eq!(refused.codes(), ("40002", "isv.refresh-token-invalid"));
}

#[tokio::test]
async fn no_token_gets_into_an_address() {
    let there = scripted();
    let upstream = there.upstream_allowing(&["alipay.trade.*"], &[]);
    let server = TestServer::with_upstream(&upstream).await;
    let mut certify = call(CERTIFY, &json!({ "certify_id": THEIR_ID }));
    certify.set("app_auth_token", "merchant-token");
    let page = server.gateway(&resigned(certify)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("isv.invalid-parameter"), "{}", page.body);
    assert!(!page.body.contains("merchant-token"));
    assert!(there.asked().is_empty());
}

#[tokio::test]
async fn an_order_in_doubt_stays_one_when_the_next_attempt_is_not_sent() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream()).await;
    let initialize = call(INITIALIZE, &content("relayed5"));
    there.answer(Err(UpstreamFault::Unknown(Unknown::TimedOut)));
    there.answer(Err(UpstreamFault::NotSent(NotSent::Suspended)));
    for _ in 0..2 {
        let answer = Answer::of(&server.gateway(&initialize).await);
        assert!(answer.text("sub_msg").contains("is not known yet"), "{}", answer.node);
    }
}

#[tokio::test]
async fn a_page_never_gets_the_tokens_of_a_user_whatever_is_listed() {
    let there = scripted();
    let server = TestServer::with_upstream(&there.upstream_allowing(&[], &["alipay.*"])).await;
    let reply = cloud(&server, "alipay.system.oauth.token", &json!({ "code": "c" })).await.json();
    assert_eq!(reply["error"]["code"], "MethodNotSupported", "{reply}");
    assert!(there.asked().is_empty());
}

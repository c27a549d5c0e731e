//! `/gateway.do`: HTTP 200 always, every answer signed, every refusal under its documented code.

use serde_json::{Value, json};
use testkit::{
    COMPATIBLE, KEYLESS, MERCHANT, MERCHANT_TOKEN, STRICT, TestServer, encoded, keys, resigned,
    signed,
};
use wire::gateway::Parameters;

use crate::answer::{Answer, CERTIFY, INITIALIZE, QUERY, call, content, link, open, query};

pub(crate) fn good(order_no: &str) -> Parameters {
    signed(COMPATIBLE, INITIALIZE, &content(order_no).to_string())
}

/// The same without `name`, signed anew.
pub(crate) fn without(parameters: &Parameters, name: &str) -> Parameters {
    let mut rest = Parameters::default();
    for (kept, value) in parameters.iter().filter(|(kept, _)| *kept != name && *kept != "sign") {
        rest.set(kept, value);
    }
    resigned(rest)
}

/// The same with another value, signed anew.
pub(crate) fn with(parameters: &Parameters, name: &str, value: &str) -> Parameters {
    let mut changed = without(parameters, "sign");
    changed.set(name, value);
    without(&changed, "sign")
}

#[tokio::test]
async fn initialize_query_and_certify_work_by_post_and_by_get() {
    let server = TestServer::start().await;
    let by_post = Answer::of(&server.gateway(&good("order1")).await);
    assert_eq!(by_post.name, "alipay_user_certify_open_initialize_response");
    let by_get = Answer::of(&server.gateway_by_get(&good("order1")).await);
    assert_eq!(by_post.node, by_get.node);
    let id = by_post.certify_id();
    assert!(id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    let answer = query(&server, COMPATIBLE, &id).await;
    assert_eq!(answer.name, "alipay_user_certify_open_query_response");
    let expected = json!({
        "code": "10000", "msg": "Success", "passed": "F", "material_info": "{}",
    });
    assert_eq!(answer.node, expected);
    assert!(link(&server, &id).await.starts_with("/verify/"));
}

#[tokio::test]
async fn parameters_may_be_split_between_query_and_form() {
    let server = TestServer::start().await;
    let parameters = good("order1");
    let in_form = |(name, _): &(&str, &str)| *name == "biz_content" || *name == "app_auth_token";
    let (form, query): (Vec<_>, Vec<_>) = parameters.iter().partition(in_form);
    let path = format!("/gateway.do?{}", encoded(query.into_iter()));
    let answer = Answer::of(&server.post_form(&path, &form).await);
    assert_eq!(answer.text("code"), "10000");
}

#[tokio::test]
async fn no_success_carries_a_sub_code_and_no_failure_a_result() {
    let server = TestServer::start().await;
    let id = open(&server, "order1").await;
    for answer in
        [Answer::of(&server.gateway(&good("order1")).await), query(&server, COMPATIBLE, &id).await]
    {
        assert!(answer.node.get("sub_code").is_none() && answer.node.get("sub_msg").is_none());
    }
    let refused = query(&server, COMPATIBLE, &"0".repeat(32)).await;
    let members: Vec<&String> = refused.node.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "msg", "sub_code", "sub_msg"]);
}

#[tokio::test]
async fn every_absent_or_wrong_public_parameter_has_its_own_code() {
    let server = TestServer::start().await;
    let good = good("refused1");
    let absent = |name| without(&good, name);
    let wrong = |name, value| with(&good, name, value);
    let mut unsigned = good.clone();
    unsigned.set("sign", "");
    let mut forged = good.clone();
    forged.set("sign", &"A".repeat(344));
    let mut changed = good.clone();
    changed.set("biz_content", "{}");
    for (parameters, code, sub_code) in [
        (absent("app_id"), "40001", "isv.missing-app-id"),
        (wrong("app_id", "2099"), "40002", "isv.invalid-app-id"),
        (wrong("app_id", "no app"), "40002", "isv.invalid-app-id"),
        (wrong("app_id", KEYLESS), "40001", "isv.missing-signature-key"),
        (unsigned, "40001", "isv.missing-signature"),
        (forged, "40002", "isv.invalid-signature"),
        (changed, "40002", "isv.invalid-signature"),
        (absent("sign_type"), "40001", "isv.missing-signature-type"),
        (wrong("sign_type", "RSA"), "40002", "isv.invalid-signature-type"),
        (wrong("sign_type", "SM2"), "40002", "isv.invalid-signature-type"),
        (absent("method"), "40001", "isv.missing-method"),
        (wrong("method", "alipay.trade.pay"), "40002", "isv.invalid-method"),
        (wrong("format", "XML"), "40002", "isv.invalid-format"),
        (wrong("charset", "latin1"), "40002", "isv.invalid-charset"),
        (absent("version"), "40001", "isv.missing-version"),
        (wrong("version", "2.0"), "40002", "isv.invalid-version"),
        (absent("timestamp"), "40001", "isv.missing-timestamp"),
        (wrong("timestamp", "1795509231498"), "40002", "isv.invalid-timestamp"),
        (wrong("timestamp", "2026-02-30 00:00:00"), "40002", "isv.invalid-timestamp"),
        (wrong("encrypt_type", "DES"), "40002", "isv.invalid-encrypt-type"),
        (wrong("encrypt_type", "AES"), "40001", "isv.missing-encrypt-key"),
        (wrong("app_auth_token", "unknown"), "20001", "aop.invalid-app-auth-token"),
        (wrong("biz_content", "{"), "40002", "isv.illegal-json"),
        (wrong("biz_content", "[]"), "40002", "isv.illegal-json"),
    ] {
        let by_post = Answer::of(&server.gateway(&parameters).await);
        let by_get = Answer::of(&server.gateway_by_get(&parameters).await);
        assert_eq!(by_post.codes(), (code, sub_code), "{}", by_post.node);
        assert_eq!(by_post.node, by_get.node);
        assert_ne!(by_post.text("msg"), "");
        assert!(by_post.text("sub_msg").contains(" / "), "{}", by_post.node);
    }
}

#[tokio::test]
async fn optional_and_unknown_public_parameters_do_no_harm() {
    let server = TestServer::start().await;
    let good = good("order1");
    for parameters in [
        without(&good, "format"),
        with(&good, "format", "json"),
        with(&good, "charset", "UTF-8"),
        with(&good, "notify_url", ""),
        with(&good, "alipay_sdk", "alipay-sdk-nodejs-4.0.0"),
        with(&good, "auth_token", "composeB"),
    ] {
        assert_eq!(Answer::of(&server.gateway(&parameters).await).text("code"), "10000");
    }
}

#[tokio::test]
async fn an_unknown_application_stays_unknown_even_unsigned() {
    let server = TestServer::start().await;
    let answer = Answer::of(
        &server.post_form("/gateway.do", &[("app_id", "2099"), ("method", QUERY)]).await,
    );
    assert_eq!(answer.codes(), ("40002", "isv.invalid-app-id"));
    assert_eq!(answer.name, "alipay_user_certify_open_query_response");
}

#[tokio::test]
async fn the_key_of_an_application_opens_no_other() {
    let server = TestServer::start().await;
    // Signed with the gateway's own key instead of the application's.
    let mut parameters = good("order1");
    let key = wire::PrivateKey::parse(&keys::gateway("alipay_private_pkcs1.pem")).unwrap();
    let text = wire::gateway::canonical(&parameters, true);
    parameters.set("sign", &key.sign(text.as_bytes()).unwrap());
    let answer = Answer::of(&server.gateway(&parameters).await);
    assert_eq!(answer.codes(), ("40002", "isv.invalid-signature"));
}

/// What is raw in the query and the body of a call that names its method in the query.
async fn raw(server: &TestServer, query: &str, kind: &str, body: &str) -> Answer {
    let path = format!("/gateway.do?method={INITIALIZE}&{query}");
    let request = server.request("POST", &path).header("content-type", kind);
    Answer::of(&server.send(request.body(body.to_owned())).await)
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn what_cannot_be_read_at_all_has_its_own_code() {
    let server = TestServer::start().await;
    for (query, kind, body, sub_code) in [
        ("app_id=1&app_id=1", FORM, "", "isv.invalid-parameter"),
        ("app_id=1", FORM, "app_id=2", "isv.invalid-parameter"),
        ("", FORM, "sign=&sign=", "isv.invalid-parameter"),
        ("", FORM, "biz_content=%D5%C5", "isv.invalid-encoding"),
        ("charset=utf-8", FORM, "biz_content=%D5%C5", "isv.invalid-encoding"),
        ("charset=latin1", FORM, "biz_content=%D5%C5", "isv.invalid-charset"),
        ("", "application/json", "{}", "isv.invalid-parameter"),
    ] {
        let answer = raw(&server, query, kind, body).await;
        assert_eq!(answer.codes(), ("40002", sub_code), "{query} {body} {}", answer.node);
    }
}

/// Dossier, section 2, emission rule 2: every answer, errors included, stands under the method's
/// node; Node.js clients cannot read a signed `error_response`.
#[tokio::test]
async fn what_cannot_be_read_is_refused_under_the_methods_node_all_the_same() {
    let server = TestServer::start().await;
    for (query, body) in [("app_id=1", "app_id=2"), ("", "biz_content=%D5%C5")] {
        let answer = raw(&server, query, FORM, body).await;
        assert_eq!(answer.name, "alipay_user_certify_open_initialize_response", "{query} {body}");
    }
}

#[tokio::test]
async fn a_method_that_cannot_name_a_node_is_refused_under_the_error_node() {
    let server = TestServer::start().await;
    for method in ["", "A.b", "x\"y", "<script>", "alipay.user.certify2"] {
        let parameters = with(&good("order1"), "method", method);
        let answer = Answer::of(&server.gateway(&parameters).await);
        assert_eq!(answer.name, "error_response", "{method}");
    }
}

#[tokio::test]
async fn an_unknown_plain_method_is_refused_under_its_own_node() {
    let server = TestServer::start().await;
    let answer = call(&server, COMPATIBLE, "alipay.trade.pay", &json!({})).await;
    assert_eq!(answer.name, "alipay_trade_pay_response");
    assert_eq!(answer.codes(), ("40002", "isv.invalid-method"));
}

#[tokio::test]
async fn an_isv_acts_for_its_merchant_by_token_and_for_nobody_else() {
    let server = TestServer::start().await;
    let parameters = with(&good("isv1"), "app_auth_token", MERCHANT_TOKEN);
    let id = Answer::of(&server.gateway(&parameters).await).certify_id();
    assert_eq!(query(&server, MERCHANT, &id).await.text("passed"), "F");
    for app in [COMPATIBLE, STRICT] {
        let refused = query(&server, app, &id).await;
        assert_eq!(refused.codes(), ("40004", "OPEN_CERTIFY_BILL_NOT_EXIST"));
    }
    let stolen = signed(STRICT, QUERY, &json!({ "certify_id": id }).to_string());
    let stolen = with(&stolen, "app_auth_token", MERCHANT_TOKEN);
    let refused = Answer::of(&server.gateway(&stolen).await);
    assert_eq!(refused.codes(), ("20001", "aop.invalid-app-auth-token"));
    assert!(!refused.text("sub_msg").contains(MERCHANT_TOKEN));
}

#[tokio::test]
async fn an_unknown_id_and_anothers_id_are_refused_with_the_same_words() {
    let server = TestServer::start().await;
    let id = open(&server, "order1").await;
    let anothers = query(&server, STRICT, &id).await;
    let unknown = query(&server, STRICT, &"0".repeat(32)).await;
    let of_another_form = query(&server, STRICT, "OC201806253000000393756").await;
    assert_eq!(anothers.codes(), ("40004", "OPEN_CERTIFY_BILL_NOT_EXIST"));
    assert_eq!(anothers.node, unknown.node);
    assert_eq!(anothers.node, of_another_form.node);
}

#[tokio::test]
async fn a_certify_id_that_is_none_is_named() {
    let server = TestServer::start().await;
    for content in [
        json!({}),
        json!({ "certify_id": "" }),
        json!({ "certify_id": null }),
        json!({ "certify_id": {} }),
        json!({ "certify_id": "a".repeat(33) }),
    ] {
        let refused = call(&server, COMPATIBLE, QUERY, &content).await;
        assert_eq!(refused.codes(), ("40004", "ILLEGAL_ARGUMENT_FORMAT"), "{content}");
        assert!(refused.text("sub_msg").contains("certify_id"), "{content}");
    }
}

#[tokio::test]
async fn a_query_tells_passed_failed_and_expired() {
    let server = TestServer::start().await;
    for (outcome, passed) in [("passed", "T"), ("failed", "F"), ("left", "F")] {
        let id = open(&server, &format!("order{outcome}")).await;
        let path = format!("/test/certifications/{id}");
        server.post_json(&path, &json!({ "outcome": outcome })).await;
        let answer = query(&server, COMPATIBLE, &id).await;
        assert_eq!(answer.node["passed"], Value::from(passed), "{outcome}");
        let identity = answer.node.get("identity_info").is_some();
        assert_eq!(identity, outcome == "passed", "{}", answer.node);
        assert_eq!(answer.text("material_info"), "{}");
    }
    let id = open(&server, "order-late").await;
    server.clock.advance(jiff::SignedDuration::from_hours(23));
    let expired = query(&server, COMPATIBLE, &id).await;
    assert_eq!(expired.codes(), ("40004", "CERTIFY_ID_EXPIRED"));
    assert!(expired.text("sub_msg").contains("认证已失效"));
}

#[tokio::test]
async fn a_repeated_order_gives_the_same_answer_byte_for_byte_and_other_content_a_refusal() {
    let server = TestServer::start().await;
    let first = server.gateway(&good("order1")).await.body;
    assert_eq!(server.gateway(&good("order1")).await.body, first);
    // The same content in the other spelling and as text inside text is the same content.
    let camel = json!({
        "bizCode": "FACE",
        "outerOrderNo": "order1",
        "merchantConfig": r#"{"returnUrl":"https://merchant.example/done?a=1&b=2"}"#,
        "identityParam": { "certNo": "11000019900307001x", "certName": "试用甲",
            "certType": "IDENTITY_CARD", "identityType": "CERT_INFO" },
    });
    let again = server.gateway(&signed(COMPATIBLE, INITIALIZE, &camel.to_string())).await.body;
    assert_eq!(again, first);
    let mut other = content("order1");
    other["identity_param"]["cert_name"] = "试用乙".into();
    let refused = call(&server, COMPATIBLE, INITIALIZE, &other).await;
    assert_eq!(refused.codes(), ("40004", "ILLEGAL_ARGUMENT_FORMAT"));
    assert!(refused.text("sub_msg").contains("outer_order_no"));
}

#[tokio::test]
async fn a_scene_that_is_not_contracted_is_refused_by_name() {
    let server = TestServer::start().await;
    let mut content = content("order1");
    content["biz_code"] = "CERT_PHOTO".into();
    let refused = call(&server, testkit::FACE_ONLY, INITIALIZE, &content).await;
    assert_eq!(refused.codes(), ("40004", "ARRANGEMENT_STATUS_ERROR"));
    assert!(refused.text("sub_msg").contains("CERT_PHOTO"));
}

#[tokio::test]
async fn certify_refuses_with_a_page_because_a_browser_asks() {
    let server = TestServer::start().await;
    let unknown = json!({ "certify_id": "0".repeat(32) }).to_string();
    let mut forged = signed(COMPATIBLE, CERTIFY, &unknown);
    forged.set("sign", "AAAA");
    for (parameters, code) in [
        (signed(COMPATIBLE, CERTIFY, &unknown), "OPEN_CERTIFY_BILL_NOT_EXIST"),
        (forged, "isv.invalid-signature"),
    ] {
        let reply = server.gateway_by_get(&parameters).await;
        assert_eq!(reply.status, 200);
        assert!(reply.header("content-type").starts_with("text/html"));
        assert!(reply.body.contains(code) && reply.body.contains("<h1>"), "{}", reply.body);
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_answered_unsigned_as_if_it_were_the_gateway() {
    let server = TestServer::without_gateway().await;
    let reply = server.gateway(&good("order1")).await;
    assert!(reply.body.contains("isp.unknow-error") && !reply.body.contains("certify_id"));
}

#[tokio::test]
async fn sixty_four_parallel_calls_of_one_order_get_the_same_bytes() {
    let server = std::sync::Arc::new(TestServer::start().await);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { server.gateway(&good("order1")).await.body })
        })
        .collect();
    let mut bodies = std::collections::BTreeSet::new();
    for task in tasks {
        bodies.insert(task.await.unwrap());
    }
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn the_return_address_of_the_page_call_wins_and_a_dangerous_one_is_refused() {
    let server = TestServer::start().await;
    let id = open(&server, "order1").await;
    let call = signed(COMPATIBLE, CERTIFY, &json!({ "certify_id": id }).to_string());
    let address = "https://merchant.example/back?x=1";
    let reply = server.gateway_by_get(&with(&call, "return_url", address)).await;
    let path = reply.header("location").strip_prefix(&server.url("")).unwrap().to_owned();
    server.post_form(&path, &[("outcome", "passed")]).await;
    assert!(server.get(&path).await.body.contains("href=\"https://merchant.example/back?x=1\""));
    for address in ["javascript:alert(1)", "https://merchant.example@evil.example/"] {
        let reply = server.gateway_by_get(&with(&call, "return_url", address)).await;
        assert_eq!(reply.status, 200, "{address}");
        assert!(reply.body.contains("ILLEGAL_ARGUMENT_FORMAT"), "{address} {}", reply.body);
        assert!(!reply.body.contains(address));
    }
}

//! Applications that act for merchants: their tokens through every door, and what they may see.

use domain::AppId;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{
    COMPATIBLE, FIXED_TOKEN, ISV, ISV_SPACE, MERCHANT, OPERATOR_TOKEN, OTHER_ISV, OTHER_MERCHANT,
    Reply, TestServer, client_signature, keys, resigned, signed,
};
use wire::PrivateKey;
use wire::gateway::Parameters;
use wire::rest::signed_request;

use crate::answer::{Answer, CERTIFY, INITIALIZE, QUERY, call, content};

pub(crate) const TOKEN: &str = "alipay.open.auth.token.app";
pub(crate) const TOKEN_QUERY: &str = "alipay.open.auth.token.app.query";
const STATUS: &str = "certifyd.certification.status";

/// What the merchant's agreement gives.
pub(crate) async fn code(server: &TestServer, isv: &str, app: &str) -> String {
    let id = |text| AppId::parse(text).unwrap();
    server.state.engine.grant_code(&id(isv), &id(app)).await.unwrap()
}

/// A token of `isv` for `app`, and its refresh token.
pub(crate) async fn tokens(server: &TestServer, isv: &str, app: &str) -> (String, String) {
    let code = code(server, isv, app).await;
    let content = json!({ "grant_type": "authorization_code", "code": code });
    let answer = call(server, isv, TOKEN, &content).await;
    assert_eq!(answer.text("code"), "10000", "{}", answer.node);
    (answer.text("app_auth_token").to_owned(), answer.text("app_refresh_token").to_owned())
}

/// The parameters of a call for a merchant.
pub(crate) fn acting(isv: &str, method: &str, content: &Value, token: &str) -> Parameters {
    let mut parameters = signed(isv, method, &content.to_string());
    parameters.set("app_auth_token", token);
    resigned(parameters)
}

async fn act(server: &TestServer, isv: &str, method: &str, content: &Value, token: &str) -> Answer {
    Answer::of(&server.gateway(&acting(isv, method, content, token)).await)
}

#[tokio::test]
async fn a_code_is_exchanged_the_token_used_and_refreshed() {
    let server = TestServer::start().await;
    let code = code(&server, ISV, MERCHANT).await;
    let content_of = json!({ "grant_type": "authorization_code", "code": code });
    let given = call(&server, ISV, TOKEN, &content_of).await;
    assert_eq!(given.text("auth_app_id"), MERCHANT);
    let lives = (given.text("expires_in"), given.text("re_expires_in"));
    assert_eq!(lives, ("31536000", "32140800"));
    assert!(given.text("user_id").starts_with("2088"));
    let listed = given.node["tokens"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    for name in [
        "app_auth_token",
        "app_refresh_token",
        "auth_app_id",
        "expires_in",
        "re_expires_in",
        "user_id",
    ] {
        assert_eq!(listed[0][name], given.node[name], "{name}");
    }
    let token = given.text("app_auth_token");
    let id = act(&server, ISV, INITIALIZE, &content("a1"), token).await.certify_id();
    let query = json!({ "certify_id": id });
    assert_eq!(call(&server, MERCHANT, QUERY, &query).await.text("passed"), "F");

    let refresh =
        json!({ "grantType": "refresh_token", "refreshToken": given.text("app_refresh_token") });
    let next = call(&server, ISV, TOKEN, &refresh).await;
    assert_eq!(next.text("user_id"), given.text("user_id"));
    assert_eq!(
        act(&server, ISV, QUERY, &query, next.text("app_auth_token")).await.text("passed"),
        "F"
    );
    assert_eq!(act(&server, ISV, QUERY, &query, token).await.text("passed"), "F");
    server.clock.advance(SignedDuration::from_mins(10));
    let ended = act(&server, ISV, QUERY, &query, token).await;
    assert_eq!(ended.codes(), ("20001", "aop.invalid-app-auth-token"));
}

#[tokio::test]
async fn a_token_is_told_about_until_and_after_its_end() {
    let policy = engine::Policy { token_days: 30, ..engine::Policy::default() };
    let server = TestServer::with_policy(policy).await;
    let (token, _) = tokens(&server, ISV, MERCHANT).await;
    server.clock.advance(SignedDuration::from_secs(60));
    let query = json!({ "app_auth_token": token });
    let told = call(&server, ISV, TOKEN_QUERY, &query).await;
    assert_eq!(told.node["expires_in"], json!(30 * 86_400 - 60));
    assert_eq!(told.node["is_by_app_auth"], json!(true));
    assert_eq!(told.node["auth_methods"], json!([INITIALIZE, CERTIFY, QUERY, STATUS]));
    let times = (told.text("auth_start"), told.text("auth_end"), told.text("status"));
    assert_eq!(times, ("2026-11-24 16:00:00", "2026-12-24 16:00:00", "valid"));
    assert_eq!(told.text("auth_app_id"), MERCHANT);
    server.clock.advance(SignedDuration::from_hours(24 * 30));
    let told = call(&server, ISV, TOKEN_QUERY, &query).await;
    assert_eq!((told.text("status"), &told.node["expires_in"]), ("invalid", &json!(0)));
    assert_eq!(told.text("auth_end"), "2026-12-24 16:00:00");

    let server = TestServer::start().await;
    let (token, _) = tokens(&server, ISV, MERCHANT).await;
    let told = call(&server, ISV, TOKEN_QUERY, &json!({ "appAuthToken": token })).await;
    assert_eq!(told.node["expires_in"], json!(31_536_000));
    let fixed = json!({ "app_auth_token": FIXED_TOKEN });
    let fixed = call(&server, OTHER_ISV, TOKEN_QUERY, &fixed).await;
    assert_eq!((fixed.text("status"), fixed.node.get("auth_start")), ("valid", None));
    // Where a caller knows one place for tokens only.
    let told = act(&server, ISV, TOKEN_QUERY, &json!({}), &token).await;
    assert_eq!(told.text("status"), "valid");
}

#[tokio::test]
async fn a_token_opens_one_merchants_certifications_and_nothing_else() {
    let server = TestServer::start().await;
    // Every application with every token it could send, and none.
    let mut callers: Vec<(&str, &str, String)> = Vec::new();
    for isv in [ISV, OTHER_ISV] {
        for app in [MERCHANT, OTHER_MERCHANT] {
            callers.push((isv, app, tokens(&server, isv, app).await.0));
        }
    }
    for owner in [MERCHANT, OTHER_MERCHANT] {
        let order = content(&format!("matrix{owner}"));
        let id = call(&server, owner, INITIALIZE, &order).await.certify_id();
        let (known, unknown) =
            (json!({ "certify_id": id }), json!({ "certify_id": "0".repeat(32) }));
        for (isv, app, token) in &callers {
            for method in [QUERY, STATUS] {
                let found = act(&server, isv, method, &known, token).await;
                if *app == owner {
                    assert_eq!(found.text("code"), "10000", "{isv} for {app}");
                    continue;
                }
                let missing = act(&server, isv, method, &unknown, token).await;
                assert_eq!(found.node.to_string(), missing.node.to_string());
                assert_eq!(found.codes().1, "OPEN_CERTIFY_BILL_NOT_EXIST");
            }
            let page = server.gateway_by_get(&acting(isv, CERTIFY, &known, token)).await;
            let missing = server.gateway_by_get(&acting(isv, CERTIFY, &unknown, token)).await;
            assert_eq!(page.status == 303, *app == owner, "{isv} for {app}");
            assert!(*app == owner || page.body == missing.body);
            // The same token in the hands of anybody else.
            for other in [COMPATIBLE, MERCHANT, OTHER_MERCHANT, ISV, OTHER_ISV] {
                if other != *isv {
                    let refused = act(&server, other, QUERY, &known, token).await;
                    assert_eq!(refused.codes(), ("20001", "aop.invalid-app-auth-token"), "{other}");
                }
            }
        }
    }
}

#[tokio::test]
async fn one_order_of_two_merchants_is_two_certifications() {
    let server = TestServer::start().await;
    let (first, _) = tokens(&server, ISV, MERCHANT).await;
    let (second, _) = tokens(&server, ISV, OTHER_MERCHANT).await;
    let one = act(&server, ISV, INITIALIZE, &content("same"), &first).await.certify_id();
    let two = act(&server, ISV, INITIALIZE, &content("same"), &second).await.certify_id();
    assert_ne!(one, two);
    assert_eq!(call(&server, MERCHANT, INITIALIZE, &content("same")).await.certify_id(), one);
}

/// A call of version 3.
pub(crate) async fn rest(
    server: &TestServer,
    app: &str,
    path: &str,
    body: &Value,
    token: Option<&str>,
    nonce: &str,
) -> Reply {
    let timestamp = server.state.engine.now().as_millisecond();
    let auth = format!("app_id={app},nonce={nonce},timestamp={timestamp}");
    let body = body.to_string();
    let text = signed_request(&auth, "POST", path, body.as_bytes(), token);
    let key = PrivateKey::parse(&keys::gateway("app_private_pkcs1.pem")).unwrap();
    let sign = key.sign(&text).unwrap();
    let request = server
        .request("POST", path)
        .header("authorization", format!("ALIPAY-SHA256withRSA {auth},sign={sign}"))
        .header("content-type", "application/json");
    let request = match token {
        Some(token) => request.header("alipay-app-auth-token", token),
        None => request,
    };
    server.send(request.body(body)).await
}

#[tokio::test]
async fn version_3_gives_and_takes_the_same_tokens() {
    let server = TestServer::start().await;
    let (path, about) = ("/v3/alipay/open/auth/token/app", "/v3/alipay/open/auth/token/app/query");
    let code = code(&server, ISV, MERCHANT).await;
    let exchange = json!({ "grant_type": "authorization_code", "code": code });
    let given = rest(&server, ISV, path, &exchange, None, "n1").await;
    assert_eq!(given.status, 200, "{}", given.body);
    let token = given.json()["app_auth_token"].as_str().unwrap().to_owned();
    assert!(given.json().get("code").is_none());
    let again = rest(&server, ISV, path, &exchange, None, "n2").await;
    assert_eq!((again.status, &again.json()["code"]), (400, &json!("AUTH_CODE_NOT_VALID")));
    let told = rest(&server, ISV, about, &json!({ "app_auth_token": token }), None, "n3").await;
    assert_eq!(told.json()["status"], "valid", "{}", told.body);
    let initialize = "/v3/alipay/user/certify/open/initialize";
    let opened = rest(&server, ISV, initialize, &content("v3"), Some(&token), "n4").await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let refused = rest(&server, ISV, initialize, &content("v3"), None, "n5").await;
    assert_eq!((refused.status, &refused.json()["code"]), (401, &json!("self-invoke-forbidden")));
}

/// A cloud call of a page of the space of [`ISV`].
async fn from_page(server: &TestServer, method: &str, params: &Value) -> Value {
    let send = async |body: Value| {
        let text = body.to_string();
        let sign = client_signature(&keys::serverless("clientSecret"), &text);
        let request = server.request("POST", "/client").header("x-serverless-sign", sign);
        server.send(request.body(text)).await.json()
    };
    let body = |method: &str, params: &Value| {
        json!({ "spaceId": ISV_SPACE, "method": method, "params": params.to_string(),
                "timestamp": 1_795_509_231_498_u64 })
    };
    let session = send(body("serverless.auth.user.anonymousAuthorize", &json!({}))).await;
    let args = json!({ "method": method, "params": params });
    let params = json!({ "functionTarget": "alipay-openapi", "functionArgs": args });
    let mut call = body("serverless.function.runtime.invoke", &params);
    call["token"] = session["data"]["accessToken"].clone();
    send(call).await["data"].clone()
}

#[tokio::test]
async fn a_page_gets_no_token_and_an_application_for_merchants_needs_one() {
    let server = TestServer::start().await;
    let (token, _) = tokens(&server, ISV, MERCHANT).await;
    let code = code(&server, ISV, MERCHANT).await;
    let exchange = json!({ "grant_type": "authorization_code", "code": code });
    for (method, params) in [(TOKEN, &exchange), (TOKEN_QUERY, &json!({ "app_auth_token": token }))]
    {
        let data = from_page(&server, method, params).await;
        assert_eq!(data["sub_code"], "aop.invalid-app-auth-token", "{data}");
        assert!(data["sub_msg"].as_str().unwrap().contains("云函数"), "{data}");
    }
    // The code is still good.
    assert_eq!(call(&server, ISV, TOKEN, &exchange).await.text("code"), "10000");
    let data = from_page(&server, INITIALIZE, &content("page")).await;
    assert_eq!(
        (&data["code"], &data["subCode"]),
        (&json!("40006"), &json!("isv.self-invoke-forbidden"))
    );
    let refused = call(&server, ISV, INITIALIZE, &content("self")).await;
    assert_eq!(refused.codes(), ("40006", "isv.self-invoke-forbidden"));
    assert!(refused.text("sub_msg").starts_with("此用户不允许自调用"));
}

async fn operator(server: &TestServer, verb: &str, path: &str, body: Value) -> Reply {
    let request = server.request(verb, &format!("/operator/authorizations{path}"));
    server.send(request.bearer_auth(OPERATOR_TOKEN).body(body.to_string())).await
}

#[tokio::test]
async fn operators_authorise_list_and_revoke_in_live_mode_too() {
    let server = TestServer::live().await;
    let pair = json!({ "isv_app_id": ISV, "app_id": MERCHANT });
    let given = operator(&server, "POST", "", pair.clone()).await;
    assert_eq!((given.status, given.header("cache-control")), (200, "no-store"));
    let token = given.json()["app_auth_token"].as_str().unwrap().to_owned();
    let opened = act(&server, ISV, INITIALIZE, &content("operator"), &token).await;
    assert_eq!(opened.text("code"), "10000");

    let listed = operator(&server, "GET", "", json!({})).await;
    let first = &listed.json()["authorizations"][0];
    assert_eq!((&first["isv_app_id"], &first["app_id"]), (&json!(ISV), &json!(MERCHANT)));
    assert_eq!((&first["since"], &first["ends"]), (&json!("2026-11-24T08:00:00Z"), &Value::Null));
    assert!(!listed.body.contains(&token));

    let with_code = json!({ "isv_app_id": ISV, "app_id": OTHER_MERCHANT, "code": true });
    let code = operator(&server, "POST", "", with_code).await.json()["app_auth_code"].clone();
    let exchange = json!({ "grant_type": "authorization_code", "code": code });
    assert_eq!(call(&server, ISV, TOKEN, &exchange).await.text("auth_app_id"), OTHER_MERCHANT);

    assert_eq!(operator(&server, "POST", "/revoke", pair.clone()).await.status, 200);
    let refused = act(&server, ISV, INITIALIZE, &content("operator"), &token).await;
    assert_eq!(refused.codes(), ("20001", "aop.invalid-app-auth-token"));
    let again = operator(&server, "POST", "/revoke", pair).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (404, &json!("NOT_AUTHORISED")));
}

#[tokio::test]
async fn operators_are_told_what_cannot_be_authorised() {
    let server = TestServer::start().await;
    for (isv, app, status, code) in [
        (MERCHANT, OTHER_MERCHANT, 409, "CANNOT_AUTHORISE"),
        (ISV, OTHER_ISV, 409, "CANNOT_AUTHORISE"),
        (ISV, "nobody", 404, "NO_SUCH_APP"),
        ("no id", MERCHANT, 404, "NO_SUCH_APP"),
    ] {
        let reply =
            operator(&server, "POST", "", json!({ "isv_app_id": isv, "app_id": app })).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(code)));
    }
    let reply = operator(&server, "POST", "", json!({ "isv": ISV })).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (422, &json!("INVALID")));
    for (verb, path) in [("GET", ""), ("POST", ""), ("POST", "/revoke")] {
        let request = server.request(verb, &format!("/operator/authorizations{path}"));
        assert_eq!(server.send(request).await.status, 401, "{verb} {path}");
    }
}

//! Promises 22 and 24: applications cannot see each other, and a token is worth what it was
//! given for.

use domain::{Answer, AppId, CertifyId};
use engine::{Acting, Caller, EngineError};
use testkit::{
    COMPATIBLE, FACE_ONLY, KEYLESS, MERCHANT, MERCHANT_TOKEN, SPACE_APP, SPACE_TOKEN, STRICT,
    TestEngine, orders,
};

const APPS: [&str; 6] = [COMPATIBLE, STRICT, FACE_ONLY, MERCHANT, KEYLESS, SPACE_APP];

async fn by_token(world: &TestEngine, app: &str, token: &str) -> Result<Acting, EngineError> {
    let app = AppId::parse(app).unwrap();
    world
        .engine
        .authorize(&Caller { app: &app, app_auth_token: Some(token), from_page: false })
        .await
}

#[test]
fn an_application_acts_for_itself() {
    let world = TestEngine::in_memory();
    for app in APPS {
        let acting = world.acting(app);
        assert_eq!((acting.owner.id.as_str(), acting.isv), (app, None));
    }
}

#[tokio::test]
async fn an_unknown_application_acts_for_nobody() {
    let world = TestEngine::in_memory();
    let app = AppId::parse("9999").unwrap();
    for app_auth_token in [None, Some(MERCHANT_TOKEN)] {
        let caller = Caller { app: &app, app_auth_token, from_page: false };
        assert_eq!(world.engine.authorize(&caller).await.unwrap_err(), EngineError::NoSuchApp);
    }
}

#[tokio::test]
async fn a_valid_token_makes_the_merchant_the_owner() {
    let world = TestEngine::in_memory();
    for (isv, token) in [(COMPATIBLE, MERCHANT_TOKEN), (SPACE_APP, SPACE_TOKEN)] {
        let acting = by_token(&world, isv, token).await.unwrap();
        assert_eq!(acting.owner.id.as_str(), MERCHANT);
        assert_eq!(acting.isv, Some(AppId::parse(isv).unwrap()));
    }
}

#[tokio::test]
async fn any_other_token_is_refused() {
    let world = TestEngine::in_memory();
    let shorter = MERCHANT_TOKEN.split_at(MERCHANT_TOKEN.len() - 1).0;
    let longer = format!("{MERCHANT_TOKEN}1");
    let lower = MERCHANT_TOKEN.to_lowercase();
    for token in ["", "unknown", shorter, &longer, &lower, SPACE_TOKEN] {
        let refused = by_token(&world, COMPATIBLE, token).await.unwrap_err();
        assert_eq!(refused, EngineError::InvalidAppAuthToken, "{token}");
    }
    // The merchant itself was given no token, and neither was anybody else.
    for app in [STRICT, FACE_ONLY, MERCHANT, KEYLESS, SPACE_APP] {
        let refused = by_token(&world, app, MERCHANT_TOKEN).await.unwrap_err();
        assert_eq!(refused, EngineError::InvalidAppAuthToken, "{app}");
    }
}

#[tokio::test]
async fn a_token_from_a_page_is_refused_whether_it_is_valid_or_not() {
    let world = TestEngine::in_memory();
    let app = AppId::parse(COMPATIBLE).unwrap();
    for token in [MERCHANT_TOKEN, "unknown"] {
        let caller = Caller { app: &app, app_auth_token: Some(token), from_page: true };
        assert_eq!(world.engine.authorize(&caller).await.unwrap_err(), EngineError::TokenFromPage);
    }
    let caller = Caller { app: &app, app_auth_token: None, from_page: true };
    assert!(world.engine.authorize(&caller).await.is_ok());
}

async fn assert_unknown(world: &TestEngine, acting: &Acting, id: CertifyId) {
    let query = world.engine.query(acting, id).await;
    assert_eq!(query, Err(EngineError::NoSuchCertification), "{acting:?}");
    let certify = world.engine.certify(acting, id, None).await;
    assert_eq!(certify, Err(EngineError::NoSuchCertification), "{acting:?}");
}

#[tokio::test]
async fn another_applications_id_is_an_unknown_id() {
    let world = TestEngine::in_memory();
    for (owner, n) in APPS.into_iter().zip(1..) {
        let order = orders::order(&format!("order{n}"));
        let id = world.engine.initialize(world.acting(owner), order).await.unwrap();
        for app in APPS {
            if app == owner {
                let acting = world.acting(app);
                assert_eq!(world.engine.query(&acting, id).await, Ok(Answer::Pending));
            } else {
                assert_unknown(&world, &world.acting(app), id).await;
            }
        }
    }
    assert_unknown(&world, &world.acting(COMPATIBLE), CertifyId::from_bytes([3; 16])).await;
}

#[tokio::test]
async fn what_an_isv_opened_belongs_to_the_merchant() {
    let world = TestEngine::in_memory();
    let isv = by_token(&world, COMPATIBLE, MERCHANT_TOKEN).await.unwrap();
    let id = world.engine.initialize(isv.clone(), orders::order("isv1")).await.unwrap();
    // The merchant, its ISV and its other ISV may ask; the ISV on its own may not.
    let other_isv = by_token(&world, SPACE_APP, SPACE_TOKEN).await.unwrap();
    for acting in [&isv, &other_isv, &world.acting(MERCHANT)] {
        assert_eq!(world.engine.query(acting, id).await, Ok(Answer::Pending));
        assert!(world.engine.certify(acting, id, None).await.is_ok());
    }
    for app in [COMPATIBLE, SPACE_APP, STRICT] {
        assert_unknown(&world, &world.acting(app), id).await;
    }
    // And the order number is the merchant's.
    let again = world.engine.initialize(world.acting(MERCHANT), orders::order("isv1")).await;
    assert_eq!(again, Ok(id));
}

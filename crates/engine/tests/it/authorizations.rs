//! How one application comes to act for another, and for how long: to the millisecond.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::AppId;
use engine::{AuthorizationFault, Caller, EngineError, Issued, Policy, RedirectAddress, TokenInfo};
use jiff::SignedDuration;
use testkit::{
    Blueprint, CALLBACK, COMPATIBLE, FIXED_TOKEN, ISV, MERCHANT, MERCHANT_SECRET, OTHER_ISV,
    OTHER_MERCHANT, STRICT, TestEngine,
};

const MS: SignedDuration = SignedDuration::from_millis(1);

fn id(app: &str) -> AppId {
    AppId::parse(app).unwrap()
}

fn fault<T>(answer: Result<T, EngineError>) -> AuthorizationFault {
    let fault = answer.err().and_then(|error| match error {
        EngineError::Authorization(fault) => Some(fault),
        _ => None,
    });
    fault.unwrap()
}

fn world(token_days: u16) -> TestEngine {
    TestEngine::made_of(&Blueprint::default().policy(Policy { token_days, ..Policy::default() }))
}

async fn code(world: &TestEngine, app: &str) -> String {
    world.engine.grant_code(&id(ISV), &id(app)).await.unwrap()
}

async fn issued(world: &TestEngine, app: &str) -> Issued {
    world.engine.exchange_code(&id(ISV), &code(world, app).await).await.unwrap()
}

/// For whom `isv` acts with this token.
async fn acts(world: &TestEngine, isv: &str, token: &str) -> Result<String, EngineError> {
    let app = id(isv);
    let caller = Caller { app: &app, app_auth_token: Some(token), from_page: false };
    world.engine.authorize(&caller).await.map(|acting| acting.owner.id.to_string())
}

async fn info(world: &TestEngine, token: &str) -> TokenInfo {
    world.engine.token_info(&id(ISV), token).await.unwrap()
}

#[tokio::test]
async fn a_code_gives_a_token_of_the_known_form_once() {
    let world = world(0);
    let code = code(&world, MERCHANT).await;
    assert_eq!(code.len(), 32);
    let issued = world.engine.exchange_code(&id(ISV), &code).await.unwrap();
    for text in [&issued.token, &issued.refresh_token] {
        let (month, hex) = text.split_once("BB").unwrap();
        assert_eq!((text.len(), month), (40, "202611"));
        assert!(hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{text}");
    }
    assert_ne!(issued.token, issued.refresh_token);
    assert_eq!((issued.expires_in, issued.refresh_expires_in), (None, None));
    assert!(issued.user_id.starts_with("2088") && issued.user_id.len() == 16);
    assert_eq!(acts(&world, ISV, &issued.token).await.as_deref(), Ok(MERCHANT));
    let again = world.engine.exchange_code(&id(ISV), &code).await;
    assert_eq!(fault(again), AuthorizationFault::CodeOver);
    assert!(!format!("{issued:?}").contains(&issued.token));
}

#[tokio::test]
async fn the_month_of_a_token_is_the_one_in_china() {
    let world = world(0);
    world.clock.set("2026-11-30T16:00:00Z".parse().unwrap());
    assert!(issued(&world, MERCHANT).await.token.starts_with("202612BB"));
}

#[tokio::test]
async fn a_code_lives_24_hours_to_the_millisecond() {
    let world = world(0);
    for (life, lives) in
        [(SignedDuration::from_hours(24) - MS, true), (SignedDuration::from_hours(24), false)]
    {
        let code = code(&world, MERCHANT).await;
        world.clock.advance(life);
        let exchanged = world.engine.exchange_code(&id(ISV), &code).await;
        assert_eq!(exchanged.is_ok(), lives, "{life}");
        assert!(lives || fault(exchanged) == AuthorizationFault::CodeOver);
    }
}

#[tokio::test]
async fn a_refreshed_token_lives_ten_more_minutes_to_the_millisecond() {
    let world = world(0);
    let first = issued(&world, MERCHANT).await;
    let second = world.engine.refresh(&id(ISV), &first.refresh_token).await.unwrap();
    assert_eq!((&second.app, &second.user_id), (&first.app, &first.user_id));
    world.clock.advance(SignedDuration::from_mins(10) - MS);
    assert_eq!(acts(&world, ISV, &first.token).await.as_deref(), Ok(MERCHANT));
    assert!(info(&world, &first.token).await.valid);
    world.clock.advance(MS);
    assert_eq!(acts(&world, ISV, &first.token).await, Err(EngineError::InvalidAppAuthToken));
    assert!(!info(&world, &first.token).await.valid);
    assert_eq!(acts(&world, ISV, &second.token).await.as_deref(), Ok(MERCHANT));
    let again = world.engine.refresh(&id(ISV), &first.refresh_token).await;
    assert_eq!(fault(again), AuthorizationFault::RefreshTokenUsed);
    world.engine.refresh(&id(ISV), &second.refresh_token).await.unwrap();
}

#[tokio::test]
async fn agreeing_anew_and_withdrawing_end_a_token_at_once() {
    let world = world(0);
    let first = issued(&world, MERCHANT).await;
    let beside = issued(&world, OTHER_MERCHANT).await;
    let grace = world.engine.refresh(&id(ISV), &first.refresh_token).await.unwrap();
    let second = issued(&world, MERCHANT).await;
    for ended in [&first, &grace] {
        assert_eq!(acts(&world, ISV, &ended.token).await, Err(EngineError::InvalidAppAuthToken));
    }
    let refreshed = world.engine.refresh(&id(ISV), &grace.refresh_token).await;
    assert_eq!(fault(refreshed), AuthorizationFault::Withdrawn);
    assert_eq!(acts(&world, ISV, &second.token).await.as_deref(), Ok(MERCHANT));

    let pending = code(&world, MERCHANT).await;
    world.engine.revoke(&id(ISV), &id(MERCHANT)).await.unwrap();
    assert_eq!(acts(&world, ISV, &second.token).await, Err(EngineError::InvalidAppAuthToken));
    let refreshed = world.engine.refresh(&id(ISV), &second.refresh_token).await;
    assert_eq!(fault(refreshed), AuthorizationFault::Withdrawn);
    let exchanged = world.engine.exchange_code(&id(ISV), &pending).await;
    assert_eq!(fault(exchanged), AuthorizationFault::CodeOver);
    let again = world.engine.revoke(&id(ISV), &id(MERCHANT)).await;
    assert_eq!(fault(again), AuthorizationFault::NothingAuthorised);
    assert_eq!(acts(&world, ISV, &beside.token).await.as_deref(), Ok(OTHER_MERCHANT));
}

#[tokio::test]
async fn an_older_code_does_not_end_what_a_newer_one_gave() {
    let world = world(0);
    let older = code(&world, MERCHANT).await;
    world.clock.advance(MS);
    let newer = issued(&world, MERCHANT).await;
    let exchanged = world.engine.exchange_code(&id(ISV), &older).await;
    assert_eq!(fault(exchanged), AuthorizationFault::CodeOver);
    assert_eq!(acts(&world, ISV, &newer.token).await.as_deref(), Ok(MERCHANT));
}

#[tokio::test]
async fn tokens_live_their_days_and_refresh_tokens_seven_more() {
    let second = SignedDuration::from_secs(1);
    let day = SignedDuration::from_hours(24);
    let world = world(30);
    let token = issued(&world, MERCHANT).await;
    assert_eq!(token.expires_in, Some(30 * 86_400));
    assert_eq!(token.refresh_expires_in, Some(37 * 86_400));
    world.clock.advance(day * 30 - second);
    assert_eq!(acts(&world, ISV, &token.token).await.as_deref(), Ok(MERCHANT));
    world.clock.advance(second - MS);
    assert_eq!(acts(&world, ISV, &token.token).await.as_deref(), Ok(MERCHANT));
    world.clock.advance(MS);
    assert_eq!(acts(&world, ISV, &token.token).await, Err(EngineError::AppAuthTokenTimeOut));
    assert!(!info(&world, &token.token).await.valid);

    world.clock.advance(day * 7 - second);
    let next = world.engine.refresh(&id(ISV), &token.refresh_token).await.unwrap();
    assert_eq!(acts(&world, ISV, &next.token).await.as_deref(), Ok(MERCHANT));
    world.clock.advance(day * 37);
    let over = world.engine.refresh(&id(ISV), &next.refresh_token).await;
    assert_eq!(fault(over), AuthorizationFault::RefreshTokenOver);
}

#[tokio::test]
async fn the_last_ten_minutes_do_not_prolong_a_token() {
    let world = world(1);
    let token = issued(&world, MERCHANT).await;
    world.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_mins(1));
    world.engine.refresh(&id(ISV), &token.refresh_token).await.unwrap();
    world.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(acts(&world, ISV, &token.token).await, Err(EngineError::AppAuthTokenTimeOut));
    world.clock.advance(SignedDuration::from_mins(9));
    assert_eq!(acts(&world, ISV, &token.token).await, Err(EngineError::InvalidAppAuthToken));
}

#[tokio::test]
async fn what_another_application_was_given_is_of_no_use() {
    let world = world(0);
    let engine = &world.engine;
    let token = issued(&world, MERCHANT).await;
    let pending = code(&world, MERCHANT).await;
    assert_eq!(acts(&world, OTHER_ISV, &token.token).await, Err(EngineError::InvalidAppAuthToken));
    let other = id(OTHER_ISV);
    let exchanged = engine.exchange_code(&other, &pending).await;
    assert_eq!(fault(exchanged), AuthorizationFault::AnotherApps);
    let refreshed = engine.refresh(&other, &token.refresh_token).await;
    assert_eq!(fault(refreshed), AuthorizationFault::AnotherApps);
    let told = engine.token_info(&other, &token.token).await;
    assert_eq!(fault(told), AuthorizationFault::AnotherAppsToken);
    // And it did no harm.
    assert_eq!(acts(&world, ISV, &token.token).await.as_deref(), Ok(MERCHANT));
    engine.exchange_code(&id(ISV), &pending).await.unwrap();
}

#[tokio::test]
async fn what_nobody_was_given_is_unknown() {
    let world = world(0);
    let engine = &world.engine;
    let token = issued(&world, MERCHANT).await;
    let longer = format!("{}0", token.token);
    for text in ["", "x", longer.as_str(), &token.refresh_token, &token.token.to_uppercase()] {
        assert_eq!(acts(&world, ISV, text).await, Err(EngineError::InvalidAppAuthToken), "{text}");
        let told = engine.token_info(&id(ISV), text).await;
        assert_eq!(fault(told), AuthorizationFault::NoSuchToken);
        let exchanged = engine.exchange_code(&id(ISV), text).await;
        assert_eq!(fault(exchanged), AuthorizationFault::NoSuchCode);
    }
    let refreshed = engine.refresh(&id(ISV), &token.token).await;
    assert_eq!(fault(refreshed), AuthorizationFault::NoSuchRefreshToken);
}

#[tokio::test]
async fn only_those_who_act_for_merchants_are_authorised_and_only_by_merchants() {
    let world = world(0);
    let engine = &world.engine;
    let token = issued(&world, MERCHANT).await;
    let granted = engine.grant_code(&id(COMPATIBLE), &id(MERCHANT)).await;
    assert_eq!(fault(granted), AuthorizationFault::NotIsv);
    let granted = engine.grant_code(&id(ISV), &id(OTHER_ISV)).await;
    assert_eq!(fault(granted), AuthorizationFault::NotAMerchant);
    for (isv, app) in [("nobody", MERCHANT), (ISV, "nobody")] {
        assert_eq!(engine.grant_code(&id(isv), &id(app)).await, Err(EngineError::NoSuchApp));
    }
    let merchant = id(MERCHANT);
    assert_eq!(fault(engine.exchange_code(&merchant, "x").await), AuthorizationFault::NotIsv);
    assert_eq!(fault(engine.refresh(&merchant, "x").await), AuthorizationFault::NotIsv);
    assert_eq!(fault(engine.token_info(&merchant, "x").await), AuthorizationFault::NotIsv);
    let unused = acts(&world, COMPATIBLE, &token.token).await;
    assert_eq!(unused, Err(EngineError::InvalidAppAuthToken));
}

#[tokio::test]
async fn who_acts_for_merchants_only_needs_a_token() {
    let world = world(0);
    let authorize = async |app: &str, from_page| {
        let app = id(app);
        let caller = Caller { app: &app, app_auth_token: None, from_page };
        world.engine.authorize(&caller).await.map(|acting| acting.owner.id.to_string())
    };
    for from_page in [false, true] {
        assert_eq!(authorize(ISV, from_page).await, Err(EngineError::SelfInvokeForbidden));
        assert_eq!(authorize(STRICT, from_page).await.as_deref(), Ok(STRICT));
    }
}

#[tokio::test]
async fn authorisations_are_listed_and_told_of() {
    let world = world(30);
    let began = world.engine.now();
    let token = issued(&world, MERCHANT).await;
    world.clock.advance(MS);
    issued(&world, OTHER_MERCHANT).await;
    let listed = world.engine.authorizations(None).await.unwrap();
    let apps: Vec<_> = listed.iter().map(|one| one.app.as_str()).collect();
    assert_eq!(apps, [OTHER_MERCHANT, MERCHANT]);
    assert_eq!(listed.last().unwrap().since, began);
    assert!(world.engine.authorizations(Some(&id(OTHER_ISV))).await.unwrap().is_empty());
    let told = info(&world, &token.token).await;
    assert_eq!((told.since, told.valid), (Some(began), true));
    assert_eq!(told.ends, listed.last().unwrap().ends);
}

#[tokio::test]
async fn a_token_of_the_configuration_stays_whatever_the_merchant_does() {
    let world = world(1);
    let isv = id(OTHER_ISV);
    let code = world.engine.grant_code(&isv, &id(MERCHANT)).await.unwrap();
    world.engine.exchange_code(&isv, &code).await.unwrap();
    world.engine.revoke(&isv, &id(MERCHANT)).await.unwrap();
    world.clock.advance(SignedDuration::from_hours(24 * 400));
    assert_eq!(acts(&world, OTHER_ISV, FIXED_TOKEN).await.as_deref(), Ok(MERCHANT));
    let told = world.engine.token_info(&isv, FIXED_TOKEN).await.unwrap();
    assert_eq!((told.app, told.since, told.ends, told.valid), (id(MERCHANT), None, None, true));
    assert_eq!(acts(&world, ISV, FIXED_TOKEN).await, Err(EngineError::InvalidAppAuthToken));
    let foreign = world.engine.token_info(&id(ISV), FIXED_TOKEN).await;
    assert_eq!(fault(foreign), AuthorizationFault::NoSuchToken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_exchange_or_refresh_at_once_one_wins() {
    let world = TestEngine::in_folder();
    let code = code(&world, MERCHANT).await;
    let mut refresh_token = None;
    for refreshing in [false, true] {
        let secret = refresh_token.clone().unwrap_or_else(|| code.clone());
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (engine, secret) = (Arc::clone(&world.engine), secret.clone());
                tokio::spawn(async move {
                    if refreshing {
                        engine.refresh(&id(ISV), &secret).await
                    } else {
                        engine.exchange_code(&id(ISV), &secret).await
                    }
                })
            })
            .collect();
        let mut won = Vec::new();
        let mut lost = BTreeSet::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(issued) => won.push(issued),
                Err(error) => {
                    lost.insert(error.to_string());
                }
            }
        }
        let one = won.pop().unwrap();
        assert!(won.is_empty() && lost.len() == 1, "{lost:?}");
        assert_eq!(acts(&world, ISV, &one.token).await.as_deref(), Ok(MERCHANT));
        refresh_token = Some(one.refresh_token);
    }
}

#[tokio::test]
async fn authorisations_outlive_a_restart_and_are_nowhere_in_clear() {
    let world = TestEngine::in_folder();
    let token = issued(&world, MERCHANT).await;
    let pending = code(&world, OTHER_MERCHANT).await;
    for name in ["certifyd.db", "certifyd.db-wal"] {
        let kept = std::fs::read(world.folder().join(name)).unwrap_or_default();
        for secret in [&token.token, &token.refresh_token, &pending] {
            let hex = &secret[secret.len() - 32..];
            let raw = hex::decode(hex).unwrap();
            assert!(!kept.windows(32).any(|part| part == hex.as_bytes()), "{name}");
            assert!(!kept.windows(16).any(|part| part == raw), "{name}");
        }
    }
    let world = world.reopened();
    assert_eq!(acts(&world, ISV, &token.token).await.as_deref(), Ok(MERCHANT));
    world.engine.exchange_code(&id(ISV), &pending).await.unwrap();
}

#[tokio::test]
async fn a_merchant_proves_itself_by_its_secret_and_others_cannot() {
    let world = world(0);
    let proven = |app: &str, secret: &str| world.engine.proven_merchant(app, secret);
    assert_eq!(proven(MERCHANT, MERCHANT_SECRET), Some(id(MERCHANT)));
    let nothing = String::from_utf8(vec![0; 32]).unwrap();
    for (app, secret) in [
        (MERCHANT, "secret-of-the-merchantS"),
        (MERCHANT, ""),
        (COMPATIBLE, MERCHANT_SECRET),
        (COMPATIBLE, ""),
        (COMPATIBLE, nothing.as_str()),
        (ISV, MERCHANT_SECRET),
        ("nobody", MERCHANT_SECRET),
        ("not an id", MERCHANT_SECRET),
    ] {
        assert_eq!(proven(app, secret), None, "{app}");
    }
}

#[tokio::test]
async fn answers_go_where_the_application_has_registered() {
    let test = world(0);
    let live = TestEngine::made_of(&Blueprint::default().mode(engine::Mode::Live));
    let allowed = |world: &TestEngine, isv: &str, address: &str| {
        let isv = world.engine.app(isv).unwrap();
        world.engine.authorize_redirect(&isv, address)
    };
    let with_query = format!("{CALLBACK}?shop=7");
    for world in [&test, &live] {
        assert!(allowed(world, ISV, CALLBACK).is_some());
        assert_eq!(allowed(world, ISV, &with_query), RedirectAddress::parse(&with_query));
        for other in ["http://localhost:3000/", "https://evil.example/callback", "nonsense"] {
            assert!(allowed(world, ISV, other).is_none(), "{other}");
        }
        assert!(allowed(world, OTHER_ISV, CALLBACK).is_none());
    }
    assert!(allowed(&test, OTHER_ISV, "http://localhost:3000/cb").is_some());
    assert!(allowed(&live, OTHER_ISV, "http://localhost:3000/cb").is_none());
}

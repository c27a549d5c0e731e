//! Sessions: 10 minutes unused, 30 minutes from each use, exact to the second.

use engine::{EngineError, Mode, SignedIn};
use jiff::SignedDuration;
use testkit::{Blueprint, TestEngine};

const SPACE: &str = "space";

async fn anonymous(world: &TestEngine) -> SignedIn {
    world.engine.sign_in_anonymously(SPACE).await.unwrap()
}

async fn by_code(world: &TestEngine, code: &str) -> SignedIn {
    world.engine.sign_in_with(SPACE, "alipay_openapi", code).await.unwrap()
}

/// The user's id, if the session is valid. Asking is a use.
async fn user_id(world: &TestEngine, token: &str) -> Result<String, EngineError> {
    world.engine.session(SPACE, token).await.map(|user| user.user_id.clone())
}

fn wait(world: &TestEngine, seconds: i64) {
    world.clock.advance(SignedDuration::from_secs(seconds));
}

#[tokio::test]
async fn a_session_that_is_never_used_ends_after_ten_minutes_to_the_second() {
    let world = TestEngine::in_memory();
    let (early, late) = (anonymous(&world).await, anonymous(&world).await);
    assert_eq!(early.expires_in_second, 600);
    wait(&world, 599);
    assert!(user_id(&world, &early.access_token).await.is_ok());
    wait(&world, 1);
    assert_eq!(user_id(&world, &late.access_token).await, Err(EngineError::InvalidToken));
    wait(&world, 1);
    assert_eq!(user_id(&world, &late.access_token).await, Err(EngineError::InvalidToken));
    assert!(user_id(&world, &early.access_token).await.is_ok());
}

#[tokio::test]
async fn each_use_prolongs_to_thirty_minutes_to_the_second() {
    for uses in [1, 2, 5] {
        let world = TestEngine::in_memory();
        let token = anonymous(&world).await.access_token;
        for _ in 0..uses {
            assert!(user_id(&world, &token).await.is_ok());
            wait(&world, 1799);
        }
        assert!(user_id(&world, &token).await.is_ok());
        wait(&world, 1800);
        assert_eq!(user_id(&world, &token).await, Err(EngineError::InvalidToken));
    }
}

#[tokio::test]
async fn uses_a_second_apart_prolong_to_the_second_too() {
    let world = TestEngine::in_memory();
    let token = anonymous(&world).await.access_token;
    for _ in 0..40 {
        assert!(user_id(&world, &token).await.is_ok());
        wait(&world, 1);
    }
    wait(&world, 1798);
    assert!(user_id(&world, &token).await.is_ok());
    wait(&world, 1800);
    assert_eq!(user_id(&world, &token).await, Err(EngineError::InvalidToken));
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    let world = TestEngine::in_memory();
    let token = anonymous(&world).await.access_token;
    assert!(user_id(&world, &token).await.is_ok());
    wait(&world, 1800);
    for _ in 0..3 {
        assert_eq!(user_id(&world, &token).await, Err(EngineError::InvalidToken));
    }
}

#[tokio::test]
async fn unknown_tokens_and_those_of_another_space_are_refused_alike() {
    let world = TestEngine::in_memory();
    let token = anonymous(&world).await.access_token;
    for wrong in ["", "x", &token.to_uppercase(), &format!("{token}0")] {
        assert_eq!(user_id(&world, wrong).await, Err(EngineError::InvalidToken), "{wrong}");
    }
    let other = world.engine.session("other", &token).await;
    assert_eq!(other, Err(EngineError::InvalidToken));
    assert!(user_id(&world, &token).await.is_ok());
}

#[tokio::test]
async fn a_use_from_another_space_does_not_prolong() {
    let world = TestEngine::in_memory();
    let token = anonymous(&world).await.access_token;
    wait(&world, 599);
    assert!(world.engine.session("other", &token).await.is_err());
    wait(&world, 1);
    assert_eq!(user_id(&world, &token).await, Err(EngineError::InvalidToken));
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_when_they_would_have() {
    let world = TestEngine::in_folder();
    let (used, unused) = (anonymous(&world).await, anonymous(&world).await);
    let first = user_id(&world, &used.access_token).await;
    let world = world.reopened();
    wait(&world, 599);
    assert_eq!(user_id(&world, &used.access_token).await, first);
    wait(&world, 1);
    assert_eq!(user_id(&world, &unused.access_token).await, Err(EngineError::InvalidToken));
    let world = world.reopened();
    wait(&world, 1798);
    assert_eq!(user_id(&world, &used.access_token).await, first);
    let world = world.reopened();
    wait(&world, 1800);
    assert_eq!(user_id(&world, &used.access_token).await, Err(EngineError::InvalidToken));
}

/// The written end may lag 15 seconds behind the exact one, and never runs ahead of it.
#[tokio::test]
async fn after_a_restart_a_session_may_end_fifteen_seconds_early_and_never_late() {
    let world = TestEngine::in_folder();
    let token = anonymous(&world).await.access_token;
    assert!(user_id(&world, &token).await.is_ok());
    wait(&world, 14);
    assert!(user_id(&world, &token).await.is_ok());
    let world = world.reopened();
    wait(&world, 1785);
    assert!(user_id(&world, &token).await.is_ok());
    let world = TestEngine::in_folder();
    let token = anonymous(&world).await.access_token;
    assert!(user_id(&world, &token).await.is_ok());
    wait(&world, 14);
    assert!(user_id(&world, &token).await.is_ok());
    let world = world.reopened();
    wait(&world, 1800);
    assert_eq!(user_id(&world, &token).await, Err(EngineError::InvalidToken));
}

#[tokio::test]
async fn the_same_auth_code_is_the_same_user_and_revokes_nothing() {
    let world = TestEngine::in_memory();
    let first = by_code(&world, "code-a").await;
    let user = user_id(&world, &first.access_token).await.unwrap();
    wait(&world, 60);
    let second = by_code(&world, "code-a").await;
    assert_ne!(first.access_token, second.access_token);
    for token in [&first.access_token, &second.access_token] {
        assert_eq!(user_id(&world, token).await.as_ref(), Ok(&user));
    }
    let other = by_code(&world, "code-b").await;
    assert_ne!(user_id(&world, &other.access_token).await, Ok(user));
}

#[tokio::test]
async fn a_user_by_auth_code_has_a_platform_id_of_its_form_and_an_anonymous_one_has_none() {
    let world = TestEngine::in_memory();
    let token = by_code(&world, "code-a").await.access_token;
    let user = world.engine.session(SPACE, &token).await.unwrap();
    let id = user.provider_user_id.as_deref().unwrap();
    assert!(id.starts_with("2088") && id.len() == 16 && id.bytes().all(|b| b.is_ascii_digit()));
    let token = anonymous(&world).await.access_token;
    assert_eq!(world.engine.session(SPACE, &token).await.unwrap().provider_user_id, None);
}

#[tokio::test]
async fn an_anonymous_sign_in_is_another_user_each_time() {
    let world = TestEngine::in_memory();
    let mut users = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let token = anonymous(&world).await.access_token;
        users.insert(user_id(&world, &token).await.unwrap());
    }
    assert_eq!(users.len(), 20);
}

#[tokio::test]
async fn a_user_is_found_in_its_own_space_only() {
    let world = TestEngine::in_memory();
    let token = anonymous(&world).await.access_token;
    let user = world.engine.session(SPACE, &token).await.unwrap();
    let found = world.engine.user(SPACE, &user.user_id).await;
    assert_eq!(found, Ok(Some((*user).clone())));
    assert_eq!(world.engine.user("other", &user.user_id).await, Ok(None));
    assert_eq!(world.engine.user(SPACE, "nobody").await, Ok(None));
}

#[tokio::test]
async fn no_auth_code_is_believed_in_live_mode() {
    let world = TestEngine::made_of(&Blueprint::default().mode(Mode::Live));
    let refused = world.engine.sign_in_with(SPACE, "alipay_openapi", "code").await;
    assert!(matches!(refused, Err(EngineError::SignInUnavailable(_))), "{refused:?}");
    assert!(world.engine.sign_in_anonymously(SPACE).await.is_ok());
}

#[tokio::test]
async fn sessions_are_forgotten_a_day_after_their_end() {
    let world = TestEngine::in_memory();
    anonymous(&world).await;
    wait(&world, 600 + 24 * 3600);
    assert_eq!(world.engine.forget_old_sessions().await, Ok(0));
    wait(&world, 1);
    assert_eq!(world.engine.forget_old_sessions().await, Ok(1));
}

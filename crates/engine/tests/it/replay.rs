//! Promise 4: a run replays from its seed.

use engine::Chosen;
use testkit::{Blueprint, COMPATIBLE, TestEngine, orders};

/// Everything that came out of chance in a short run.
async fn run(seed: u64) -> Vec<String> {
    let world = TestEngine::made_of(&Blueprint::default().seed(seed));
    let mut told = Vec::new();
    for n in 0..20 {
        let id = world.open(orders::order(&format!("replay{n}"))).await;
        let link = world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap();
        let signed_in = world.engine.sign_in_anonymously("space").await.unwrap();
        let user = world.engine.session("space", &signed_in.access_token).await.unwrap();
        world.engine.choose(id, Chosen::Passed).await.unwrap();
        told.extend([id.to_string(), link, signed_in.access_token, user.user_id.clone()]);
        world.clock.advance(jiff::SignedDuration::from_millis(1234));
    }
    told
}

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_ids_links_tokens_and_users() {
    let first = run(42).await;
    assert_eq!(first, run(42).await);
    let other = run(43).await;
    assert!(first.iter().zip(&other).all(|(one, two)| one != two));
}

#[tokio::test]
async fn ids_begin_with_the_time_and_grow_with_it() {
    let world = TestEngine::in_memory();
    let mut last = None;
    for n in 0..50 {
        let id = world.open(orders::order(&format!("order{n}"))).await;
        let text = id.to_string();
        let millis = i64::from_str_radix(text.get(..12).unwrap(), 16).unwrap();
        assert_eq!(millis, world.engine.now().as_millisecond());
        assert!(text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert!(last < Some(id));
        last = Some(id);
        world.clock.advance(jiff::SignedDuration::from_millis(1));
    }
}

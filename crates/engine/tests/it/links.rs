//! A link opens what it was made for, and nobody can make one.

use domain::{BizCode, CertifyId, Profile, ReturnUrl};
use engine::{Chosen, EngineError, View};
use testkit::{COMPATIBLE, TestEngine, orders};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

async fn link(world: &TestEngine, order_no: &str) -> (CertifyId, String) {
    let id = world.open(orders::order(order_no)).await;
    (id, world.engine.certify(&world.acting(COMPATIBLE), id, None).await.unwrap())
}

#[tokio::test]
async fn the_page_shows_who_asks_and_a_masked_person() {
    let world = TestEngine::in_memory();
    let (id, link) = link(&world, "link1").await;
    assert_eq!(link.len(), 43);
    assert!(link.chars().all(|c| ALPHABET.contains(c)));
    let opened: View = world.engine.view(&link, None).await.unwrap();
    assert_eq!((opened.id, opened.biz_code), (id, BizCode::Face));
    assert_eq!(opened.masked_name, "*用甲");
    assert_eq!(opened.masked_no, "1100**********001X");
    assert_eq!(opened.return_to.as_deref(), Some(orders::RETURN_URL));
    assert_eq!((opened.status.state, opened.status.test), ("in_progress", true));
}

#[tokio::test]
async fn asking_for_a_link_changes_nothing_and_gives_the_same_link() {
    let world = TestEngine::in_memory();
    let (id, first) = link(&world, "link1").await;
    assert_eq!(world.engine.test_status(id).await.unwrap().state, "created");
    assert_eq!(world.engine.certify(&world.acting(COMPATIBLE), id, None).await, Ok(first));
}

#[tokio::test]
async fn opening_again_and_after_the_end_shows_the_state() {
    let world = TestEngine::in_memory();
    let (_, link) = link(&world, "link1").await;
    for _ in 0..2 {
        assert_eq!(world.engine.view(&link, None).await.unwrap().status.state, "in_progress");
    }
    world.engine.choose_by_link(&link, None, Chosen::Passed).await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.engine.view(&link, None).await.unwrap().status.state, "passed");
    }
}

/// A link whose caller said where to return.
async fn link_returning_to(world: &TestEngine, order_no: &str, address: &str) -> String {
    let id = world.open(orders::order(order_no)).await;
    let address = ReturnUrl::parse(address, Profile::Compatible).unwrap().value;
    world.engine.certify(&world.acting(COMPATIBLE), id, Some(&address)).await.unwrap()
}

#[tokio::test]
async fn an_address_in_the_link_wins_over_the_one_given_to_init() {
    let world = TestEngine::in_memory();
    let other = "https://merchant.example/other?订单=1";
    let link = link_returning_to(&world, "link1", other).await;
    let opened = world.engine.view(&link, None).await.unwrap();
    let expected = "https://merchant.example/other?%E8%AE%A2%E5%8D%95=1";
    assert_eq!(opened.return_to.as_deref(), Some(expected));
    let plain = world.engine.certify(&world.acting(COMPATIBLE), opened.id, None).await.unwrap();
    let opened = world.engine.view(&plain, None).await.unwrap();
    assert_eq!(opened.return_to.as_deref(), Some(orders::RETURN_URL));
}

#[tokio::test]
async fn an_address_in_the_link_that_leads_nowhere_leaves_the_one_given_to_init() {
    let world = TestEngine::in_memory();
    let link = link_returning_to(&world, "link1", "").await;
    let opened = world.engine.view(&link, None).await.unwrap();
    assert_eq!(opened.return_to.as_deref(), Some(orders::RETURN_URL));
}

#[tokio::test]
async fn no_address_can_be_put_into_a_link_or_changed_in_it() {
    let world = TestEngine::in_memory();
    let (_, plain) = link(&world, "link1").await;
    let with = link_returning_to(&world, "link1", "https://merchant.example/other").await;
    // The address of the one behind id and tag of the other, and the reverse.
    assert_no_link(&world, &format!("{plain}{}", with.split_at(43).1)).await;
    assert_no_link(&world, with.split_at(43).0).await;
    assert_every_change_is_no_link(&world, &with).await;
}

async fn assert_no_link(world: &TestEngine, link: &str) {
    assert_eq!(world.engine.view(link, None).await, Err(EngineError::NoSuchLink), "{link}");
    let chosen = world.engine.choose_by_link(link, None, Chosen::Passed).await;
    assert_eq!(chosen, Err(EngineError::NoSuchLink), "{link}");
}

async fn assert_every_change_is_no_link(world: &TestEngine, link: &str) {
    for position in 0..link.len() {
        let (before, rest) = link.split_at(position);
        let (old, after) = rest.split_at(1);
        for new in ALPHABET.split("").filter(|new| !new.is_empty() && *new != old) {
            assert_no_link(world, &format!("{before}{new}{after}")).await;
        }
    }
}

#[tokio::test]
async fn a_link_with_any_character_changed_is_no_link() {
    let world = TestEngine::in_memory();
    let (id, link) = link(&world, "link1").await;
    assert_every_change_is_no_link(&world, &link).await;
    assert_eq!(world.engine.test_status(id).await.unwrap().state, "created");
}

#[tokio::test]
async fn what_only_looks_like_a_link_is_none() {
    let world = TestEngine::in_memory();
    let (id, link) = link(&world, "link1").await;
    let (_, other) = self::link(&world, "link2").await;
    let spliced = format!("{}{}", link.split_at(21).0, other.split_at(21).1);
    let cut = link.split_at(42).0;
    let (id_only, long) = (link.split_at(22).0, format!("{link}AA"));
    let padded = format!("{link}=");
    let no_tag = "A".repeat(22);
    let hex = id.to_string();
    for wrong in ["", "x", "中文", "../..", &spliced, cut, id_only, &long, &padded, &no_tag, &hex]
    {
        assert_no_link(&world, wrong).await;
    }
}

#[tokio::test]
async fn a_link_made_under_another_master_key_is_no_link() {
    let world = TestEngine::in_memory();
    let (id, link) = link(&world, "link1").await;
    let blueprint = testkit::Blueprint::default();
    let other = engine::Engine::new(engine::Parts {
        store: store::Store::open("sqlite::memory:").unwrap(),
        clock: blueprint.clock.clone(),
        chance: std::sync::Arc::new(testkit::SeededChance::new(1)),
        vault: engine::Vault::new(&[8; 32]).unwrap(),
        mode: engine::Mode::Test,
        apps: testkit::apps(),
        grants: Vec::new(),
        verifier: None,
        policy: engine::Policy::default(),
        notices: None,
        graveyard: None,
    });
    let same = other.initialize(world.acting(COMPATIBLE), orders::order("link1")).await.unwrap();
    assert_eq!(same, id);
    assert_eq!(other.view(&link, None).await, Err(EngineError::NoSuchLink));
}

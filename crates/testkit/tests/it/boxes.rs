//! Time and chance of tests are what they promise.

use engine::{Chance as _, Clock as _};
use jiff::SignedDuration;
use testkit::{FixedClock, SeededChance, keys};

#[test]
fn a_fixed_clock_moves_only_when_it_is_moved() {
    let clock = FixedClock::at("2026-11-24T08:00:00Z");
    assert_eq!(clock.now(), clock.now());
    clock.advance(SignedDuration::from_secs(61));
    assert_eq!(clock.now().to_string(), "2026-11-24T08:01:01Z");
    clock.set("2026-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| {
        let chance = SeededChance::new(seed);
        let (mut first, mut second) = ([0; 12], [0; 3]);
        chance.fill(&mut first);
        chance.fill(&mut second);
        (first, second)
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn the_recorded_keys_are_there() {
    assert!(keys::gateway("app_public.pem").contains("PUBLIC KEY"));
    assert!(keys::serverless("serverPrivateKey").contains("PRIVATE KEY"));
    assert_eq!(keys::serverless("spaceId").len(), 36);
}

//! Promise: the keys under which everything lies can be changed while calls are answered, nothing is
//! lost by it, and nothing erased comes back.

use std::sync::Arc;

use domain::{Answer, CertifyId, Sealed};
use engine::{
    Acting, AuditTrail, Chosen, Engine, EngineError, Erasable, NoticeState, Policy, Reach,
    VAULT_FINGERPRINT, Vault, VaultFault,
};
use jiff::SignedDuration;
use store::{SealedIn, Store};
use testkit::{Blueprint, COMPATIBLE, Receiver, master_keys, orders};

use crate::notices::desk;
use crate::server::{self, Schema};

/// A database: on the PostgreSQL server that is named, or a file.
struct Database {
    dir: tempfile::TempDir,
    schema: Option<Schema>,
    blueprint: Blueprint,
}

impl Database {
    fn new() -> Self {
        Self { schema: Schema::new(), ..Self::with_file() }
    }

    fn with_file() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, schema: None, blueprint: Blueprint::default() }
    }

    fn url(&self) -> String {
        let file = || format!("sqlite://{}/certifyd.db", self.dir.path().display());
        self.schema.as_ref().map_or_else(file, Schema::url)
    }

    fn store(&self) -> Store {
        Store::open(&self.url()).unwrap()
    }

    fn poke(&self, sql: &str) {
        if let Some(schema) = &self.schema {
            server::run(&schema.url(), sql);
        } else {
            let file = self.dir.path().join("certifyd.db");
            rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
        }
    }

    /// A node under these master keys, with chance of its own.
    async fn node(&self, seed: u64, masters: &[u8]) -> Result<Arc<Engine>, VaultFault> {
        let blueprint = Blueprint {
            seed,
            clock: Arc::clone(&self.blueprint.clock),
            verifier: self.blueprint.verifier.clone(),
            notices: self.blueprint.notices.clone(),
            policy: self.blueprint.policy,
            ..Blueprint::default()
        };
        blueprint.engine_under(self.store(), masters).await.map(Arc::new)
    }

    fn pass(&self, minutes: i64) {
        self.blueprint.clock.advance(SignedDuration::from_mins(minutes));
    }

    async fn left(&self, generation: u32) -> i64 {
        self.store().count_sealed_under(SealedIn::DataKeys, generation, 9999).await.unwrap()
    }
}

fn acting(engine: &Engine) -> Acting {
    Acting::for_itself(engine.app(COMPATIBLE).unwrap())
}

async fn open(engine: &Engine, order_no: &str) -> CertifyId {
    engine.initialize(acting(engine), orders::order(order_no)).await.unwrap()
}

async fn open_many(engine: &Engine, name: &str, count: usize) -> Vec<CertifyId> {
    let mut ids = Vec::with_capacity(count);
    for n in 0..count {
        ids.push(open(engine, &format!("{name}{n}")).await);
    }
    ids
}

async fn read(engine: &Engine, id: CertifyId) -> Result<(), EngineError> {
    let link = engine.certify(&acting(engine), id, None).await?;
    let view = engine.view(&link, None).await?;
    assert!(view.masked_name.ends_with('甲'));
    Ok(())
}

async fn actions(engine: &Engine) -> Vec<(String, String, Option<String>)> {
    let mut lines = Vec::new();
    for (chain, _) in engine.audit_chains().await.unwrap() {
        lines.extend(engine.audit(&chain, 1, 1000).await.unwrap());
    }
    lines.sort_by_key(|line| line.at);
    let keys = lines.into_iter().filter(|line| line.object.ends_with(" key"));
    keys.map(|line| (line.who, line.action, line.detail)).collect()
}

#[tokio::test]
async fn a_database_from_before_goes_on_beside_the_earlier_program() {
    let database = Database::new();
    let before = Vault::new(&[7; 32]).unwrap();
    let store = database.store();
    store.remember_first(VAULT_FINGERPRINT, &before.fingerprint()).await.unwrap();
    // What the earlier program has: its master key is everything.
    let known = Vault::known(&store, &master_keys(&[7])).await.unwrap().unwrap();
    assert_eq!(known.fingerprint(), before.fingerprint());
    assert!(store.root_keys().await.unwrap().is_empty(), "who only reads makes nothing");
    for wrong in [&[8][..], &[]] {
        assert_eq!(database.node(1, wrong).await.unwrap_err(), VaultFault::OtherKey);
    }
    let engine = database.node(1, &[7]).await.unwrap();
    let id = open(&engine, "old1").await;
    let kept = store.data_key(id).await.unwrap().unwrap();
    assert_eq!(kept.as_bytes()[0], 1, "as the earlier program seals");
    read(&engine, id).await.unwrap();
    assert_eq!(store.recall(VAULT_FINGERPRINT).await.unwrap(), Some(before.fingerprint()));
    let trail = AuditTrail::new(&store, &before).verify(&[]).await.unwrap();
    assert!(trail.faults.is_empty() && trail.rows > 0, "{trail:?}");
    for wrong in [&[8][..], &[9, 8]] {
        assert_eq!(database.node(2, wrong).await.unwrap_err(), VaultFault::OtherKey);
        let known = Vault::known(&store, &master_keys(wrong)).await;
        assert_eq!(known.unwrap_err(), VaultFault::OtherKey);
    }
}

#[tokio::test]
async fn a_new_database_has_secrets_of_its_own_and_nodes_that_make_them_agree() {
    let database = Database::new();
    let starting = (1..=4).map(|seed| database.node(seed, &[7]));
    let mut nodes = Vec::new();
    for node in futures(starting).await {
        nodes.push(node.unwrap());
    }
    let id = open(&nodes[0], "new1").await;
    for node in &nodes {
        read(node, id).await.unwrap();
    }
    let store = database.store();
    let fingerprint = store.recall(VAULT_FINGERPRINT).await.unwrap().unwrap();
    assert_ne!(fingerprint, Vault::new(&[7; 32]).unwrap().fingerprint());
    // Secrets of another database do not fit, also under the same master key.
    database.poke("UPDATE settings SET text = 'other' WHERE name = 'vault_fingerprint'");
    assert_eq!(database.node(9, &[7]).await.unwrap_err(), VaultFault::OtherKey);
}

/// All of them at once.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).map(Some).collect();
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            let Some(waiting) = future else { continue };
            if let std::task::Poll::Ready(value) = waiting.as_mut().poll(context) {
                (*done, *future) = (Some(value), None);
            }
        }
        if all.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_master_key_is_exchanged_at_a_start_and_while_running() {
    let database = Database::new();
    let engine = database.node(1, &[7]).await.unwrap();
    let id = open(&engine, "master1").await;
    let copy = database.store().root_keys().await.unwrap();
    // At a start: from 7 to 8.
    let other = database.node(2, &[8, 7]).await.unwrap();
    read(&other, id).await.unwrap();
    assert_eq!(database.node(3, &[7]).await.unwrap_err(), VaultFault::OtherKey);
    read(&database.node(3, &[8]).await.unwrap(), id).await.unwrap();
    // While running: from 8 to 9. A node with the old one only must not make what others cannot
    // open.
    assert!(matches!(engine.rotate_keys("Ann").await, Err(EngineError::Internal(_))));
    let refused = other.exchange_master_keys(&master_keys(&[9])).await;
    assert_eq!(refused, Err(VaultFault::OtherKey));
    assert_eq!(other.exchange_master_keys(&master_keys(&[9, 8])).await, Ok(true));
    assert_eq!(other.exchange_master_keys(&master_keys(&[9, 8])).await, Ok(false));
    assert_eq!(engine.exchange_master_keys(&master_keys(&[9])).await, Ok(false));
    // What comes later is told later, whichever chain of the audit it is in.
    database.pass(1);
    assert_eq!(engine.rotate_keys("Ann").await, Ok(2));
    read(&database.node(4, &[9]).await.unwrap(), id).await.unwrap();
    let exchanged = ("system".to_owned(), "master_key_exchanged".to_owned(), None);
    let begun = ("operator:Ann".to_owned(), "key_rotation_begun".to_owned());
    let rows = actions(&other).await;
    assert_eq!(rows[..2], [exchanged.clone(), exchanged]);
    assert_eq!((rows[2].0.clone(), rows[2].1.clone()), begun);
    assert_eq!((rows.len(), rows[2].2.as_deref()), (3, Some("generation 2")));
    let known = Vault::known(&database.store(), &master_keys(&[9])).await.unwrap().unwrap();
    let report = AuditTrail::new(&database.store(), &known).verify(&[]).await.unwrap();
    assert!(report.faults.is_empty(), "{report:?}");
    // What is kept under the old ones is nowhere any more.
    let now = database.store().root_keys().await.unwrap();
    assert!(copy.iter().all(|old| now.iter().all(|new| new.wrapped != old.wrapped)));
}

#[tokio::test]
async fn what_is_sealed_is_sealed_again_while_two_nodes_answer_and_nothing_erased_comes_back() {
    let database = Database::new();
    let nodes = [database.node(1, &[7]).await.unwrap(), database.node(2, &[7]).await.unwrap()];
    let before = open_many(&nodes[0], "before", 300).await;
    assert_eq!(nodes[1].rotate_keys("Ann").await, Ok(2));
    let mut tasks = tokio::task::JoinSet::new();
    for (n, node) in nodes.iter().enumerate() {
        let (opening, reading, erasing) = (Arc::clone(node), Arc::clone(node), Arc::clone(node));
        let (tending, before) = (Arc::clone(node), before.clone());
        tasks.spawn(async move { open_many(&opening, &format!("during{n}x"), 60).await });
        let ids = before.clone();
        tasks.spawn(async move {
            for id in ids.iter().skip(n).step_by(2) {
                match read(&reading, *id).await {
                    Ok(()) | Err(EngineError::Erased) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Vec::new()
        });
        tasks.spawn(async move {
            for id in before.iter().skip(n).step_by(6) {
                erasing.erase(Erasable::Id(*id), "Ann", "asked for").await.unwrap();
            }
            Vec::new()
        });
        tasks.spawn(async move {
            tending.tend_keys().await.unwrap();
            Vec::new()
        });
    }
    let during: Vec<CertifyId> = tasks.join_all().await.concat();
    nodes[0].tend_keys().await.unwrap();
    assert_eq!((during.len(), database.left(1).await), (120, 0));
    // Both learned of the key long ago; then the old one goes.
    database.pass(60);
    nodes[0].tend_keys().await.unwrap();
    nodes[1].tend_keys().await.unwrap();
    assert_eq!(nodes[1].key_generations().await.unwrap()[0].retired_at, Some(nodes[0].now()));
    let fresh = database.node(3, &[7]).await.unwrap();
    for node in nodes.iter().chain([&fresh]) {
        for (n, id) in before.iter().enumerate() {
            let gone = n % 6 == 0 || n % 6 == 1;
            let expected = if gone { Err(EngineError::Erased) } else { Ok(()) };
            assert_eq!(read(node, *id).await, expected, "{n}");
        }
        for id in &during {
            read(node, *id).await.unwrap();
        }
    }
    assert_eq!(fresh.query(&acting(&fresh), before[5]).await, Ok(Answer::Pending));
    let names: Vec<String> = actions(&fresh).await.into_iter().map(|row| row.1).collect();
    assert_eq!(names, ["key_rotation_begun", "key_rotation_finished"]);
}

#[tokio::test]
async fn whoever_stops_in_the_middle_goes_on_there() {
    let database = Database::new();
    let engine = database.node(1, &[7]).await.unwrap();
    let ids = open_many(&engine, "crash", 450).await;
    engine.rotate_keys("Ann").await.unwrap();
    assert_eq!(engine.to_be_sealed_again().await, Ok(450));
    let mut pass = engine.begin_key_pass().await.unwrap();
    while pass.sealed() == 0 {
        assert!(engine.seal_some_again(&mut pass).await.unwrap());
    }
    assert_eq!((pass.sealed(), database.left(1).await), (200, 250));
    drop(engine);
    let engine = database.node(2, &[7]).await.unwrap();
    for id in &ids {
        read(&engine, *id).await.unwrap();
    }
    let pass = engine.tend_keys().await.unwrap();
    assert_eq!((pass.sealed(), engine.to_be_sealed_again().await), (250, Ok(0)));
    for id in &ids {
        read(&engine, *id).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_is_destroyed_when_nothing_needs_it_and_every_node_had_an_hour() {
    let database = Database::new();
    let engine = database.node(1, &[7]).await.unwrap();
    let late = database.node(2, &[7]).await.unwrap();
    let id = open(&engine, "hour1").await;
    engine.rotate_keys("Ann").await.unwrap();
    database.pass(59);
    // The hour is that of the newer key; who has sealed something looks once more.
    assert_eq!(engine.tend_keys().await.unwrap().sealed(), 1);
    engine.tend_keys().await.unwrap();
    let is_there = async || engine.key_generations().await.unwrap()[0].retired_at.is_none();
    assert!(is_there().await);
    // A node that has not looked for long looks before it seals.
    let after = open(&late, "hour2").await;
    assert_eq!(database.left(1).await, 0);
    database.pass(1);
    engine.tend_keys().await.unwrap();
    assert!(!is_there().await);
    for node in [&engine, &late] {
        read(node, id).await.unwrap();
        read(node, after).await.unwrap();
    }
    let kept = database.store().root_keys().await.unwrap();
    assert_eq!(kept[1].wrapped, Sealed::new(Vec::new()));
    // And so on: the third follows the second.
    assert_eq!(late.rotate_keys("Ann").await, Ok(3));
    read(&engine, open(&late, "hour3").await).await.unwrap();
    late.tend_keys().await.unwrap();
    database.pass(60);
    late.tend_keys().await.unwrap();
    let alive = late.key_generations().await.unwrap();
    let alive: Vec<u32> =
        alive.iter().filter(|key| key.retired_at.is_none()).map(|key| key.generation).collect();
    assert_eq!(alive, [3]);
    read(&database.node(3, &[7]).await.unwrap(), id).await.unwrap();
}

#[tokio::test]
async fn whoever_stood_still_while_a_key_was_destroyed_stores_nothing_under_it() {
    let mut database = Database::new();
    database.blueprint = Blueprint::default().notices(desk(Reach::Any));
    let engine = database.node(1, &[7]).await.unwrap();
    let late = database.node(2, &[7]).await.unwrap();
    let mut order = orders::order("still0");
    order.notify_url = Some(domain::NotifyUrl::parse("https://r.example.com/").unwrap());
    let told = late.initialize(acting(&late), order).await.unwrap();
    engine.rotate_keys("Ann").await.unwrap();
    // What takes an hour has happened within one moment of the other node's.
    database.poke("UPDATE root_keys SET made_at = made_at - 3600000 WHERE generation = 2");
    for _ in 0..2 {
        engine.tend_keys().await.unwrap();
    }
    assert!(engine.key_generations().await.unwrap()[0].retired_at.is_some());
    let refused = late.initialize(acting(&late), orders::order("still1")).await;
    assert!(matches!(refused, Err(EngineError::Busy(_))), "{refused:?}");
    read(&engine, open(&late, "still1").await).await.unwrap();
    late.choose(told, Chosen::Passed).await.unwrap();
    let notices = database.store().count_sealed_under(SealedIn::Notices, 2, 9).await;
    assert_eq!((database.left(1).await, notices), (0, Ok(1)));
}

#[tokio::test]
async fn of_many_that_have_not_looked_for_long_one_looks() {
    let database = Database::new();
    let store = database.store();
    let engine = database.blueprint.engine_under(store.clone(), &[7]).await.unwrap();
    open(&engine, "many0").await;
    database.pass(11);
    let looks = |store: &Store| store.usage().reads.timed.counts.iter().sum::<u64>();
    let before = looks(&store);
    let names: Vec<String> = (1..=8).map(|n| format!("many{n}")).collect();
    futures(names.iter().map(|name| open(&engine, name))).await;
    assert_eq!(looks(&store), before + 1);
}

#[tokio::test]
async fn what_has_no_key_of_its_own_keeps_the_first_key_until_it_is_forgotten() {
    let mut database = Database::new();
    database.blueprint =
        Blueprint::default().policy(Policy { identity_days: 10, ..Policy::default() });
    let engine = database.node(1, &[7]).await.unwrap();
    let id = open(&engine, "unkeyed1").await;
    // As a certification from before there were keys for each: there is none in the row.
    let nothing = if database.schema.is_some() { "''::bytea" } else { "x''" };
    database.poke(&format!("UPDATE data_keys SET wrapped = {nothing}"));
    engine.rotate_keys("Ann").await.unwrap();
    database.pass(61);
    // The first time it gets the number that says so.
    for moved in [1, 0, 0] {
        assert_eq!(engine.tend_keys().await.unwrap().sealed(), moved);
    }
    let first = engine.key_generations().await.unwrap().remove(0);
    assert_eq!((first.without_key, first.movable(), first.retired_at), (1, 0, None));
    engine.choose(id, Chosen::Passed).await.unwrap();
    database.pass(10 * 24 * 60);
    assert_eq!(engine.sweep().await.unwrap().forgotten, 1);
    engine.tend_keys().await.unwrap();
    let first = engine.key_generations().await.unwrap().remove(0);
    assert_eq!((first.without_key, first.retired_at), (0, Some(engine.now())));
}

#[tokio::test]
async fn notices_reach_their_receivers_across_a_rotation() {
    let mut database = Database::new();
    database.blueprint = Blueprint::default().notices(desk(Reach::Any));
    let receiver = Receiver::willing().await;
    let engine = database.node(1, &[7]).await.unwrap();
    let mut opened = Vec::new();
    for order_no in ["told1", "told2"] {
        let mut order = orders::order(order_no);
        order.notify_url = Some(domain::NotifyUrl::parse(&receiver.url("/told")).unwrap());
        opened.push(engine.initialize(acting(&engine), order).await.unwrap());
        engine.choose(opened[opened.len() - 1], Chosen::Passed).await.unwrap();
    }
    engine.erase(Erasable::Id(opened[1]), "Ann", "asked for").await.unwrap();
    engine.rotate_keys("Ann").await.unwrap();
    let notices = async |generation| {
        database.store().count_sealed_under(SealedIn::Notices, generation, 9).await.unwrap()
    };
    assert_eq!((notices(1).await, engine.to_be_sealed_again().await), (2, Ok(3)));
    engine.tend_keys().await.unwrap();
    assert_eq!((notices(1).await, notices(2).await), (0, 2));
    database.pass(60);
    engine.tend_keys().await.unwrap();
    assert!(engine.key_generations().await.unwrap()[0].retired_at.is_some());
    let [erased] = &engine.notices(NoticeState::Dead, 9).await.unwrap()[..] else { panic!() };
    assert!(erased.address.as_bytes().is_empty());
    assert_eq!(engine.deliver_due().await, Ok(1));
    assert!(receiver.arrived()[0].head.starts_with("POST /told "));
}

#[tokio::test]
async fn a_copy_from_before_does_not_open_under_the_new_master_key() {
    let database = Database::with_file();
    let engine = database.node(1, &[7]).await.unwrap();
    let (erased, stays) = (open(&engine, "copy1").await, open(&engine, "copy2").await);
    let copy = database.dir.path().join("copy.db");
    database.store().snapshot(&copy).await.unwrap();
    let old_root = database.store().root_keys().await.unwrap().remove(1);
    engine.erase(Erasable::Id(erased), "Ann", "asked for").await.unwrap();
    engine.rotate_keys("Ann").await.unwrap();
    engine.tend_keys().await.unwrap();
    database.pass(60);
    engine.tend_keys().await.unwrap();
    assert_eq!(engine.exchange_master_keys(&master_keys(&[8, 7])).await, Ok(true));
    drop(engine);
    let copied = Store::open(&format!("sqlite://{}", copy.display())).unwrap();
    let refused = database.blueprint.engine_under(copied, &[8]).await.unwrap_err();
    assert_eq!(refused, VaultFault::OtherKey);
    // Nor does the old secret, put back, open anything here, though the old master key were known.
    let hex = hex::encode(old_root.wrapped.as_bytes());
    database.poke(&format!(
        "UPDATE root_keys SET wrapped = x'{hex}', retired_at = NULL \
         WHERE purpose = 'seal' AND generation = 1"
    ));
    let engine = database.node(2, &[8, 7]).await.unwrap();
    assert_eq!(read(&engine, erased).await, Err(EngineError::Erased));
    read(&engine, stays).await.unwrap();
    assert_eq!(database.left(1).await, 0);
}

#[tokio::test]
async fn the_test_world_keeps_its_keys_when_it_is_emptied_and_taken_back() {
    let database = Database::new();
    let engine = database.node(1, &[7]).await.unwrap();
    let id = open(&engine, "world1").await;
    let aside = database.dir.path().join("aside.db");
    engine.put_aside(&aside).await.unwrap();
    engine.rotate_keys("Ann").await.unwrap();
    engine.tend_keys().await.unwrap();
    database.pass(60);
    engine.tend_keys().await.unwrap();
    assert!(engine.key_generations().await.unwrap()[0].retired_at.is_some());
    engine.empty().await.unwrap();
    read(&engine, open(&engine, "world2").await).await.unwrap();
    engine.take_back(&aside).await.unwrap();
    // It is sealed under the key that was destroyed since, which the copy had with it.
    read(&engine, id).await.unwrap();
    let again = database.node(2, &[7]).await.unwrap();
    read(&again, id).await.unwrap();
    again.tend_keys().await.unwrap();
    again.tend_keys().await.unwrap();
    read(&again, id).await.unwrap();
    assert_eq!((database.left(1).await, database.left(2).await), (0, 1));
}

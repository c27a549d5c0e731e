//! A database carried to another, and the list of tables that all of this stands on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use domain::{Assurance, NotifyId, Part, Sealed, Source, State, Way};
use store::{
    Consent, Exhibit, Inserted, MoveError, NewEvent, NewNotice, NewPicture, NewUser, Store,
    Transition, Visit,
};

use crate::folder::{Folder, at, id, record};

const NOW: &str = "2026-11-24T09:00:00Z";

fn event(kind: &'static str) -> NewEvent {
    NewEvent { at: at(NOW), kind, detail: Some("细节".to_owned()) }
}

fn visit() -> Visit {
    Visit {
        id: id(1),
        session_hash: [1; 32],
        observer_hash: None,
        device_hash: None,
        consent: Consent {
            version: "1".into(),
            language: "zh".into(),
            guardian: true,
            at: at(NOW),
        },
        way: Way::Scene,
        attempt: 1,
        challenge: None,
        challenges: 0,
        handover: None,
        submitted_at: None,
        version: 1,
    }
}

fn picture() -> NewPicture {
    let part = Part::CertFront;
    let exhibit =
        Exhibit { part, source: Source::Camera, width: 6, height: 4, received_at: at(NOW) };
    NewPicture { exhibit, sealed: Sealed::new(vec![0, 255, 7]) }
}

/// More than one batch of certifications and of pictures, and something in other tables.
async fn filled(folder: &Folder) -> Arc<Store> {
    let store = Arc::new(folder.open());
    let mut inserts = tokio::task::JoinSet::new();
    for n in 0..1150 {
        let store = Arc::clone(&store);
        inserts.spawn(async move {
            if n < 1100 {
                return store.insert_certification(record(n)).await;
            }
            let mut record = record(n);
            record.certification.order_no = domain::OrderNo::restore(format!("图{n}"));
            store.insert_certification_with_picture(record, picture()).await
        });
    }
    for inserted in inserts.join_all().await {
        assert_eq!(inserted, Ok(Inserted::New));
    }
    assert_eq!(store.begin_visit(visit(), event("consented")).await, Ok(true));
    assert_eq!(store.keep_picture(id(1), 1, picture()).await, Ok(true));
    let mut next = record(2).certification;
    (next.state, next.version) =
        (State::Passed { at: at(NOW), assurance: Assurance::simulated() }, 2);
    let notice = NewNotice {
        id: NotifyId::new(1, [0; 10]),
        made_at: at(NOW),
        address: Sealed::new(vec![3]),
        receiver: "r:443".into(),
    };
    let event = event("passed");
    let passed = Transition { next, expected: 1, event, ended: None, notice: Some(notice) };
    assert_eq!(store.transit(passed).await, Ok(true));
    for (n, provider) in [(1, None), (2, Some(("alipay".to_owned(), "2088".to_owned())))] {
        let user = NewUser {
            space_id: "space".to_owned(),
            user_id: format!("u{n}"),
            provider,
            at: at(NOW),
        };
        store.open_session(user, [n; 32], at(NOW)).await.unwrap();
    }
    store.remember("vault_fingerprint", "f").await.unwrap();
    store.remember_first("mode", "live").await.unwrap();
    store.check().await.unwrap();
    store
}

async fn same(one: &Store, two: &Store) {
    for n in [0, 1, 2, 499, 500, 501, 1099, 1149] {
        let found = one.certification(id(n)).await;
        assert!(matches!(found, Ok(Some(_))), "{n}");
        assert_eq!(two.certification(id(n)).await, found);
    }
    assert_eq!(two.visit(id(1)).await, Ok(Some(visit())));
    assert_eq!(two.events(id(2)).await, one.events(id(2)).await);
    assert_eq!(two.session([2; 32]).await, one.session([2; 32]).await);
    let kept = two.picture(id(1), 1, Part::CertFront).await.unwrap().unwrap();
    assert_eq!(kept.as_bytes(), [0, 255, 7]);
    assert_eq!(two.recall("vault_fingerprint").await, Ok(Some("f".to_owned())));
    assert_eq!(two.recall("mode").await, Ok(Some("live".to_owned())));
    assert_eq!(two.moving_from().await, Ok(None));
}

#[tokio::test]
async fn everything_arrives_from_a_file_and_from_there_in_another() {
    let (file, folder, back) = (Folder::with_file(), Folder::new(), Folder::with_file());
    let (source, target) = (filled(&file).await, folder.open());
    target.check().await.unwrap();
    let told = Mutex::new(BTreeMap::new());
    let tell = |moving: store::Moving| {
        told.lock().unwrap().insert(moving.table, (moving.done, moving.of, moving.comparing));
    };
    let moved = source.move_into(&target, &tell).await.unwrap();
    // Each certification has a data key.
    assert_eq!(moved, 1150 + 1150 + 51 + 1 + 2 + 2 + 2 + 1 + 2);
    same(&source, &target).await;
    let told = told.into_inner().unwrap();
    assert_eq!(told.get("certifications"), Some(&(1150, 1150, true)));
    assert_eq!(told.get("evidence"), Some(&(51, 51, true)));
    // What has arrived is in use now.
    let again = source.move_into(&target, &|_| {}).await;
    assert_eq!(again, Err(MoveError::Occupied("settings")));
    let third = back.open();
    assert_eq!(target.move_into(&third, &|_| {}).await, Ok(moved));
    same(&source, &third).await;
}

#[tokio::test]
async fn an_interrupted_move_goes_on_where_it_was() {
    let (file, folder) = (Folder::with_file(), Folder::new());
    let (source, target) = (filled(&file).await, folder.open());
    // Interrupted when the first batch is there.
    let interrupted = tokio::task::spawn({
        let (from, to) = (file.url(), folder.url());
        async move {
            let (source, target) = (Store::open(&from).unwrap(), Store::open(&to).unwrap());
            let stop = |moving: store::Moving| {
                assert!(moving.table != "certifications" || moving.done < 500, "stop here");
            };
            source.move_into(&target, &stop).await
        }
    });
    assert!(interrupted.await.unwrap_err().is_panic());
    assert_eq!(target.moving_from().await, Ok(Some(format!("sqlite://{}", file.file().display()))));
    assert_eq!(folder.number("SELECT COUNT(*) FROM certifications"), 500);
    // From elsewhere nothing may come in between.
    let other = Folder::with_file();
    let refused = other.open().move_into(&target, &|_| {}).await;
    assert!(matches!(refused, Err(MoveError::Begun(_))), "{refused:?}");
    let first = Mutex::new(None);
    let tell = |moving: store::Moving| {
        if moving.table == "certifications" {
            first.lock().unwrap().get_or_insert(moving.done);
        }
    };
    source.move_into(&target, &tell).await.unwrap();
    assert_eq!(*first.lock().unwrap(), Some(500));
    same(&source, &target).await;
}

#[tokio::test]
async fn what_does_not_arrive_as_it_was_is_found() {
    let (file, folder) = (Folder::with_file(), Folder::new());
    let (source, target) = (filled(&file).await, folder.open());
    let meddle = |moving: store::Moving| {
        if moving.table == "certifications" && moving.comparing {
            folder
                .poke("UPDATE certifications SET warnings = '[1]' WHERE outer_order_no = 'order7'");
        }
    };
    let moved = source.move_into(&target, &meddle).await;
    assert_eq!(moved, Err(MoveError::Differs("certifications")));
    assert!(target.moving_from().await.unwrap().is_some(), "no server starts on it");
}

#[tokio::test]
async fn a_target_with_anything_in_it_is_refused() {
    let (file, folder) = (Folder::with_file(), Folder::new());
    let (source, target) = (file.open(), folder.open());
    target.use_nonce([1; 32], at(NOW)).await.unwrap();
    let refused = source.move_into(&target, &|_| {}).await;
    assert_eq!(refused, Err(MoveError::Occupied("nonces")));
    assert_eq!(target.moving_from().await, Ok(None));
}

/// Both engines have the same tables with the same columns, and the list knows all of them: what
/// it misses would be left behind.
#[test]
fn the_list_of_tables_is_complete() {
    let folder = Folder::with_file();
    drop(folder.open());
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    let texts = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let names = texts(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migrations'",
    );
    // The columns of the primary key first, in its order: rows are read along it.
    let found: BTreeSet<String> = names
        .into_iter()
        .map(|name| {
            let info = format!("pragma_table_info('{name}') ORDER BY pk = 0, pk, cid");
            let columns = texts(&format!("SELECT name FROM {info}"));
            let keys = texts(&format!("SELECT name FROM {info}").replace("')", "') WHERE pk > 0"));
            format!("{name} {} / {}", columns.join(" "), keys.len())
        })
        .collect();
    assert_eq!(found, store::tables().into_iter().collect());
}

/// As [`the_list_of_tables_is_complete`], of the engine the tests run on.
#[test]
fn the_other_engine_has_the_same_columns() {
    let folder = Folder::new();
    drop(folder.open());
    let listed: i64 = store::tables()
        .iter()
        .map(|table| i64::try_from(table.split(' ').count() - 3).unwrap())
        .sum();
    let sql = if folder.url().starts_with("sqlite") {
        "SELECT COUNT(*) FROM sqlite_master m, pragma_table_info(m.name) WHERE m.type = 'table'"
    } else {
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema()"
    };
    assert_eq!(folder.number(sql), listed + 1, "schema_migrations has one column");
}

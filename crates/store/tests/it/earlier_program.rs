//! A program of before that goes on beside this one, on a shared database. On SQLite there is none.

use domain::Sealed;
use store::{Inserted, RootKey, RootPurpose};
use tokio_postgres::{Client, NoTls};

use crate::folder::{Folder, at, record};

/// As the schema was before there were secrets under the master key.
const BEFORE: &str = "DROP TABLE root_keys; \
     ALTER TABLE notices DROP COLUMN generation; ALTER TABLE data_keys DROP COLUMN generation; \
     DELETE FROM schema_migrations WHERE version >= 9";

/// What it says to the server.
struct Earlier {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Earlier {
    fn on(folder: &Folder) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&folder.url(), NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        Self { runtime, client }
    }

    fn says(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }
}

fn is_shared(folder: &Folder) -> bool {
    !folder.url().starts_with("sqlite")
}

#[test]
fn it_ends_what_it_has_begun_while_the_schema_becomes_that_of_the_later_one() {
    let folder = Folder::new();
    if !is_shared(&folder) {
        return;
    }
    let changes = "UPDATE certifications SET version = version";
    // It ends a certification; it erases one.
    for [first, second] in [["notices", "data_keys"], ["data_keys", "notices"]] {
        drop(folder.open());
        folder.poke(BEFORE);
        let earlier = Earlier::on(&folder);
        earlier.says(&format!("BEGIN; {changes}; DELETE FROM {first}")).unwrap();
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| folder.try_open().map(|store| store.migrated().from));
            folder.until_one_waits();
            earlier.says(&format!("SELECT COUNT(*) FROM {second}")).unwrap();
            earlier.says(&format!("DELETE FROM {second}; COMMIT")).unwrap();
            assert_eq!(opening.join().unwrap(), Ok(8), "{first} before {second}");
        });
    }
}

fn root(purpose: RootPurpose, generation: u32) -> RootKey {
    let (wrapped, made_at) = (Sealed::new(vec![4, 1]), at("2026-11-24T09:00:00Z"));
    RootKey { purpose, generation, wrapped, made_at, retired_at: None }
}

#[test]
fn it_is_refused_from_the_first_rotation_on() {
    let folder = Folder::new();
    if !is_shared(&folder) {
        return;
    }
    let (store, earlier) = (folder.open(), Earlier::on(&folder));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = vec![root(RootPurpose::Mac, 1), root(RootPurpose::Seal, 1)];
    runtime.block_on(store.found_root_keys(first, "vault_fingerprint", "1")).unwrap();
    let keep = |byte| {
        let values = format!("'\\{byte}'::bytea, '\\x01'::bytea");
        earlier.says(&format!("INSERT INTO data_keys (certify_id, wrapped) VALUES ({values})"))
    };
    keep("x01").unwrap();
    // One that does not follow changes nothing.
    let wrapped = Sealed::new(vec![4, 1]);
    let third = store.add_root_key(root(RootPurpose::Seal, 3), wrapped.clone());
    assert_eq!(runtime.block_on(third), Ok(false));
    keep("x02").unwrap();
    let second = store.add_root_key(root(RootPurpose::Seal, 2), wrapped);
    assert_eq!(runtime.block_on(second), Ok(true));
    let refused = keep("x03").unwrap_err();
    assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::NOT_NULL_VIOLATION));
    let with_default = "SELECT COUNT(*) FROM information_schema.columns \
         WHERE table_schema = current_schema() AND column_name = 'generation' \
         AND column_default IS NOT NULL";
    assert_eq!(folder.number(with_default), 0);
    assert_eq!(runtime.block_on(store.insert_certification(record(1))), Ok(Inserted::New));
}

#[test]
fn a_key_is_not_destroyed_while_another_node_stores_something_under_it() {
    let folder = Folder::new();
    if !is_shared(&folder) {
        return;
    }
    let (store, other) = (folder.open(), Earlier::on(&folder));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = vec![root(RootPurpose::Mac, 1), root(RootPurpose::Seal, 1)];
    runtime.block_on(store.found_root_keys(first, "vault_fingerprint", "1")).unwrap();
    let second = store.add_root_key(root(RootPurpose::Seal, 2), Sealed::new(vec![4, 1]));
    assert_eq!(runtime.block_on(second), Ok(true));
    let keep =
        "INSERT INTO data_keys (certify_id, wrapped, generation) VALUES ('\\x01', '\\x01', 1)";
    other.says(&format!("BEGIN; UPDATE certifications SET version = version; {keep}")).unwrap();
    let retire = || runtime.block_on(store.retire_root_key(1, at("2026-11-24T10:00:00Z")));
    let retired = std::thread::scope(|scope| {
        let url = folder.url();
        let retiring = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let store = store::Store::open(&url).unwrap();
            runtime.block_on(store.retire_root_key(1, at("2026-11-24T10:00:00Z")))
        });
        folder.until_one_waits();
        other.says("COMMIT").unwrap();
        retiring.join().unwrap()
    });
    assert_eq!(retired, Ok(false));
    folder.poke("DELETE FROM data_keys");
    assert_eq!(retire(), Ok(true));
}

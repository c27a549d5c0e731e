//! A program of before that goes on beside this one, on a shared database. On SQLite there is none.

use store::Store;
use tokio_postgres::{Client, NoTls};

use crate::folder::Folder;

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

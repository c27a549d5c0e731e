//! Connections that end under a store. On SQLite there are none, and nothing to lose.

use std::sync::mpsc::{Sender, channel};

use store::Inserted;
use tokio_postgres::NoTls;

use crate::folder::{Folder, id, record};
use crate::server::{Schema, run};

/// Stores say who they are; the schema's name tells those of this test.
const OF_THIS_TEST: &str = "application_name = current_schema() AND pid <> pg_backend_pid()";

impl Schema {
    pub(crate) fn end_connections(&self) {
        let end = format!(
            "SELECT COUNT(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity \
             WHERE {OF_THIS_TEST}"
        );
        run(&self.url(), &end);
    }

    pub(crate) fn until_one_waits(&self) {
        let waits = format!(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE {OF_THIS_TEST} AND wait_event_type = 'Lock'"
        );
        while run(&self.url(), &waits).unwrap() == "0" {}
    }
}

/// A lock, held by another connection.
pub(crate) enum Lock {
    File { _holds: rusqlite::Connection },
    Server { release: Option<Sender<()>>, thread: Option<std::thread::JoinHandle<()>> },
}

impl Lock {
    pub(crate) fn on_file(file: &std::path::Path) -> Self {
        let connection = rusqlite::Connection::open(file).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self::File { _holds: connection }
    }

    pub(crate) fn on_server(schema: &Schema) -> Self {
        // Without the name, or it would be ended with the others.
        let url = schema.url().split("&application_name").next().unwrap().to_owned();
        let (release, released) = channel();
        let (held, holding) = channel();
        let lock = "BEGIN; LOCK TABLE certifications IN EXCLUSIVE MODE";
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                let connection = tokio::spawn(connection);
                client.batch_execute(lock).await.unwrap();
                held.send(()).unwrap();
                tokio::task::spawn_blocking(move || released.recv()).await.unwrap().unwrap_err();
                drop(client);
                connection.await.unwrap().unwrap();
            });
        });
        holding.recv().unwrap();
        Self::Server { release: Some(release), thread: Some(thread) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Self::Server { release, thread } = self {
            *release = None;
            thread.take().unwrap().join().unwrap();
        }
    }
}

#[tokio::test]
async fn connections_that_were_ended_are_made_anew() {
    let folder = Folder::new();
    let store = folder.open();
    for n in 1..4 {
        assert_eq!(store.insert_certification(record(n)).await, Ok(Inserted::New));
        assert_eq!(store.certification(id(n)).await, Ok(Some(record(n))));
        folder.end_connections();
    }
    assert_eq!(store.certification(id(3)).await, Ok(Some(record(3))));
}

/// What waits for a lock when its connection ends was not committed, and is done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_was_ended_in_the_middle_is_done_again() {
    let folder = Folder::new();
    let store = std::sync::Arc::new(folder.open());
    let lock = folder.lock();
    let waiting = {
        let store = std::sync::Arc::clone(&store);
        tokio::spawn(async move { store.insert_certification(record(1)).await })
    };
    folder.until_one_waits();
    folder.end_connections();
    drop(lock);
    assert_eq!(waiting.await.unwrap(), Ok(Inserted::New));
    assert_eq!(store.certification(id(1)).await, Ok(Some(record(1))));
}

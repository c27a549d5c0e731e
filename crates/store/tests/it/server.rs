//! A schema of its own on a PostgreSQL server that is there.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use tokio_postgres::{NoTls, SimpleQueryMessage};

const VARIABLE: &str = "CERTIFYD_TEST_POSTGRES";

/// A schema that goes with the test.
pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// None: the tests run on SQLite.
    #[expect(clippy::disallowed_methods, reason = "tells which engine the tests are to run on")]
    pub(crate) fn new() -> Option<Self> {
        let server = std::env::var(VARIABLE).ok()?;
        // Folders have names of their own; so has what is named like one.
        let folder = tempfile::Builder::new().prefix("").tempdir().unwrap();
        let own = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        let name = format!("test_{}_{own}", std::process::id());
        run(&server, &format!("CREATE SCHEMA \"{name}\""));
        Some(Self { server, name })
    }

    pub(crate) fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        let name = &self.name;
        let path = format!("options=-csearch_path%3D%22{name}%22");
        format!("{}{mark}{path}&application_name={name}", self.server)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP SCHEMA \"{}\" CASCADE", self.name));
    }
}

/// Runs statements; the first value of the last row, if there is one. On a thread of its own,
/// since the caller may have a runtime already.
pub(crate) fn run(url: &str, sql: &str) -> Option<String> {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    let work = async move {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let messages = client.simple_query(&sql).await.unwrap();
        messages.into_iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    };
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work)
    });
    thread.join().unwrap()
}

//! Facts about the database itself: a name, a text.

use async_trait::async_trait;

use crate::{Conn, Store, StoreError, Work};

impl Store {
    /// Commits a write: for readiness checks, which must not say yes on a full disk.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.write(Check).await
    }

    /// The text kept under `name`.
    pub async fn recall(&self, name: &'static str) -> Result<Option<String>, StoreError> {
        self.read(Recall(name)).await
    }

    /// Keeps `text` under `name`, in place of an earlier one.
    pub async fn remember(&self, name: &'static str, text: &str) -> Result<(), StoreError> {
        self.write(Remember { name, text: text.to_owned() }).await
    }

    /// Keeps `text` under `name` unless something is kept there; tells what is.
    pub async fn remember_first(
        &self,
        name: &'static str,
        text: &str,
    ) -> Result<String, StoreError> {
        self.write(RememberFirst { name, text: text.to_owned() }).await
    }
}

struct Check;

#[async_trait]
impl Work for Check {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        // Another text each time: an engine may skip a write that changes nothing.
        conn.execute(
            "INSERT INTO settings (name, text) VALUES ('checked', 'even') \
             ON CONFLICT (name) DO UPDATE SET \
             text = CASE settings.text WHEN 'even' THEN 'odd' ELSE 'even' END",
            &[],
        )
        .await?;
        Ok(())
    }
}

struct Recall(&'static str);

#[async_trait]
impl Work for Recall {
    type Output = Option<String>;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError> {
        recall(conn, self.0).await
    }
}

pub(crate) async fn recall(conn: &mut Conn<'_>, name: &str) -> Result<Option<String>, StoreError> {
    conn.query_opt("SELECT text FROM settings WHERE name = $1", &[name.into()], |row| {
        row.get(0, "settings", "text")
    })
    .await
}

struct Remember {
    name: &'static str,
    text: String,
}

#[async_trait]
impl Work for Remember {
    type Output = ();

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute(
            "INSERT INTO settings (name, text) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET text = excluded.text",
            &[self.name.into(), self.text.as_str().into()],
        )
        .await?;
        Ok(())
    }
}

struct RememberFirst {
    name: &'static str,
    text: String,
}

#[async_trait]
impl Work for RememberFirst {
    type Output = String;

    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<String, StoreError> {
        conn.execute(
            "INSERT INTO settings (name, text) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[self.name.into(), self.text.as_str().into()],
        )
        .await?;
        recall(conn, self.name)
            .await?
            .ok_or(StoreError::Corrupt { table: "settings", column: "name" })
    }
}

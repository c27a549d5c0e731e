//! Every table, for what moves whole databases: put aside, taken back, carried to another engine.

use std::sync::LazyLock;

use crate::conn::{Param, Row};
use crate::{Conn, StoreError};

/// Where facts about the database itself are.
pub(crate) const SETTINGS: &str = "settings";
/// Where the secrets are that the program holds. A database that is emptied, or takes an earlier state
/// back, keeps its own.
pub(crate) use crate::root_keys::TABLE as ROOT_KEYS;
/// How rows of an earlier state join them: what was destroyed since is needed again.
pub(crate) const JOIN_ROOT_KEYS: &str = "ON CONFLICT (purpose, generation) DO UPDATE \
     SET wrapped = excluded.wrapped, retired_at = NULL \
     WHERE root_keys.retired_at IS NOT NULL AND excluded.retired_at IS NULL";
/// Rows read or written at a time.
const BATCH: i64 = 500;
/// The same of pictures, which are large.
const FEW: i64 = 16;

/// Name, columns of the primary key, other columns; a table stands behind those it refers to. A
/// test compares this with both databases.
const ALL: &[(&str, &str, &str)] = &[
    ("settings", "name", "text"),
    (ROOT_KEYS, "purpose generation", "wrapped made_at retired_at"),
    (
        "certifications",
        "certify_id",
        "app_id outer_order_no isv_app_id biz_code state state_at state_detail created_at \
         content_digest subject warnings version",
    ),
    ("users", "space_id user_id", "provider provider_user_id created_at last_seen_at"),
    ("sessions", "token_hash", "space_id user_id expires_at"),
    ("nonces", "nonce_hash", "expires_at"),
    (
        "visits",
        "certify_id",
        "session_hash observer_hash device_hash consent_version consent_language \
         consent_guardian consented_at way attempt challenge challenge_hash challenge_ends \
         challenges handover_hash handover_ends submitted_at version",
    ),
    ("evidence", "certify_id attempt part", "picture source width height received_at delete_at"),
    ("reviews", "certify_id attempt", "queued_at decision decided_by decided_at reason"),
    ("events", "certify_id seq", "at kind detail"),
    ("devices", "device_hash subject_digest", "passed_at"),
    ("test_outcomes", "app_id outer_order_no", "outcome"),
    (
        "notices",
        "notify_id",
        "certify_id seq app_id isv_app_id outer_order_no biz_code outcome outcome_at \
         outcome_detail opened_at made_at address receiver state tries due_at settled_at fault \
         generation",
    ),
    ("app_auth_codes", "code_hash", "isv_app_id app_id granted_at ends spent_at"),
    (
        "app_auth_tokens",
        "token_hash",
        "refresh_hash isv_app_id app_id auth_time ends refresh_ends replaced_at revoked_at",
    ),
    (
        "upstream_orders",
        "owner outer_order_no",
        "content_digest state attempt doubted sending_until certify_id changed_at",
    ),
    ("audit", "chain seq", "at who action object detail prev_hash hash"),
    ("audit_heads", "chain", "seq hash"),
    ("data_keys", "certify_id", "wrapped ended_at generation"),
    ("erasures", "certify_id", "at erased_by why"),
];

/// A value as it is stored.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(crate) fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) if own == text)
    }

    pub(crate) fn param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(value) => Param::Int(*value),
            Self::Text(value) => Param::Text(value),
            Self::Blob(value) => Param::Blob(value),
        }
    }
}

pub(crate) type Values = Vec<Value>;

/// A table and the statements for all of it.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// So many columns, the first ones, are its primary key.
    pub(crate) key: usize,
    pub(crate) columns: Vec<&'static str>,
    batch: i64,
    first: String,
    next: String,
    last: String,
    insert: String,
    count: String,
    delete: String,
}

/// All tables, those before that are referred to.
pub(crate) static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| ALL.iter().map(|(name, key, rest)| Table::new(name, key, rest)).collect());

/// `$1, $2, …`
fn places(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|n| format!("${n}")).collect();
    places.join(", ")
}

impl Table {
    fn new(name: &'static str, key: &'static str, rest: &'static str) -> Self {
        let keys: Vec<&str> = key.split_whitespace().collect();
        let columns: Vec<&str> = keys.iter().copied().chain(rest.split_whitespace()).collect();
        let (all, order, after) = (columns.join(", "), keys.join(", "), places(keys.len()));
        let limit = keys.len() + 1;
        Self {
            name,
            key: keys.len(),
            batch: if name == "evidence" { FEW } else { BATCH },
            first: format!("SELECT {all} FROM {name} ORDER BY {order} LIMIT $1"),
            next: format!(
                "SELECT {all} FROM {name} WHERE ({order}) > ({after}) ORDER BY {order} \
                 LIMIT ${limit}"
            ),
            last: format!(
                "SELECT {order} FROM {name} ORDER BY {} DESC LIMIT 1",
                keys.join(" DESC, ")
            ),
            insert: format!(
                "INSERT INTO {name} ({all}) VALUES ({}) {}",
                places(columns.len()),
                if name == ROOT_KEYS { JOIN_ROOT_KEYS } else { "" }
            ),
            count: format!("SELECT COUNT(*) FROM {name}"),
            delete: format!("DELETE FROM {name}"),
            columns,
        }
    }

    /// The next rows in the order of the key, behind `after`.
    pub(crate) async fn read(
        &'static self,
        conn: &mut Conn<'_>,
        after: Option<&[Value]>,
    ) -> Result<Vec<Values>, StoreError> {
        let width = self.columns.len();
        let mut params: Vec<Param<'_>> =
            after.unwrap_or_default().iter().map(Value::param).collect();
        params.push(self.batch.into());
        let sql = if after.is_some() { &self.next } else { &self.first };
        conn.query_all(sql, &params, |row| self.values(row, width)).await
    }

    /// The key of the last row.
    pub(crate) async fn last(
        &'static self,
        conn: &mut Conn<'_>,
    ) -> Result<Option<Values>, StoreError> {
        conn.query_opt(&self.last, &[], |row| self.values(row, self.key)).await
    }

    fn values(&self, row: &Row<'_>, width: usize) -> Result<Values, StoreError> {
        self.columns
            .iter()
            .take(width)
            .enumerate()
            .map(|(index, column)| row.value(index, self.name, column))
            .collect()
    }

    pub(crate) async fn insert(
        &'static self,
        conn: &mut Conn<'_>,
        rows: &[Values],
    ) -> Result<(), StoreError> {
        for row in rows {
            let params: Vec<Param<'_>> = row.iter().map(Value::param).collect();
            conn.execute(&self.insert, &params).await?;
        }
        Ok(())
    }

    pub(crate) async fn count(&'static self, conn: &mut Conn<'_>) -> Result<i64, StoreError> {
        let count = conn.query_opt(&self.count, &[], |row| row.get(0, self.name, "COUNT(*)"));
        Ok(count.await?.unwrap_or(0))
    }

    pub(crate) async fn delete(&'static self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        conn.execute(&self.delete, &[]).await.map(|_| ())
    }

    /// The key of the last of some rows.
    pub(crate) fn key_of<'v>(&self, rows: &'v [Values]) -> Option<&'v [Value]> {
        rows.last().and_then(|row| row.get(..self.key))
    }
}

/// Copies all rows of all tables.
pub(crate) async fn copy_all(from: &mut Conn<'_>, to: &mut Conn<'_>) -> Result<(), StoreError> {
    for table in TABLES.iter() {
        let mut rows = table.read(from, None).await?;
        while let Some(key) = table.key_of(&rows) {
            table.insert(to, &rows).await?;
            rows = table.read(from, Some(key)).await?;
        }
    }
    Ok(())
}

/// Every table with its columns, as `name column column … / columns of the key`: for a test that compares them with what
/// is there.
#[doc(hidden)]
pub fn tables() -> Vec<String> {
    TABLES
        .iter()
        .map(|table| format!("{} {} / {}", table.name, table.columns.join(" "), table.key))
        .collect()
}

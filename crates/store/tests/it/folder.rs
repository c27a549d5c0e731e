//! A store of its own, and records to put into it.

use std::path::PathBuf;

use domain::{AppId, BizCode, Certification, CertifyId, OrderNo, Sealed, State};
use jiff::Timestamp;
use store::{CertificationRecord, Store, StoreError};
use tempfile::TempDir;

use crate::lost_server::Lock;
use crate::server::{self, Schema};

pub(crate) const OWNER: &str = "2021000000000001";

/// A folder with one database file, or a schema on a PostgreSQL server in its place.
pub(crate) struct Folder {
    pub(crate) dir: TempDir,
    schema: Option<Schema>,
}

impl Folder {
    /// On the server that `CERTIFYD_TEST_POSTGRES` names (`scripts/with-postgres` sets it), or on
    /// SQLite.
    pub(crate) fn new() -> Self {
        Self { schema: Schema::new(), ..Self::with_file() }
    }

    /// On SQLite, whatever the others are on.
    pub(crate) fn with_file() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), schema: None }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("some.db")
    }

    pub(crate) fn url(&self) -> String {
        match &self.schema {
            Some(schema) => schema.url(),
            None => format!("sqlite://{}", self.file().display()),
        }
    }

    pub(crate) fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&self.url())
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    /// Changes the database behind the store's back.
    pub(crate) fn poke(&self, sql: &str) {
        match &self.schema {
            Some(schema) => drop(server::run(&schema.url(), sql)),
            None => rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap(),
        }
    }

    /// Ends the connections of the stores on this database, if stores have connections.
    pub(crate) fn end_connections(&self) {
        if let Some(schema) = &self.schema {
            schema.end_connections();
        }
    }

    /// Keeps stores from writing certifications until it is dropped.
    pub(crate) fn lock(&self) -> Lock {
        self.schema.as_ref().map_or_else(|| Lock::on_file(&self.file()), Lock::on_server)
    }

    /// Returns when a unit waits for a lock.
    pub(crate) fn until_one_waits(&self) {
        if let Some(schema) = &self.schema {
            schema.until_one_waits();
        }
    }

    /// The number that `sql` selects.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        if let Some(schema) = &self.schema {
            return server::run(&schema.url(), sql).unwrap().parse().unwrap();
        }
        let connection = rusqlite::Connection::open(self.file()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn id(number: u64) -> CertifyId {
    CertifyId::new(number, [0xab; 10])
}

/// A new certification; id and order number are made from `number`.
pub(crate) fn record(number: u64) -> CertificationRecord {
    CertificationRecord {
        certification: Certification {
            id: id(number),
            owner: AppId::parse(OWNER).unwrap(),
            isv: None,
            order_no: OrderNo::restore(format!("order{number}")),
            biz_code: BizCode::Face,
            state: State::Created,
            created_at: at("2026-11-24T08:00:00.123Z"),
            version: 1,
        },
        content_digest: [7; 32],
        subject: Sealed::new(vec![1, 2, 3, 0, 255]),
        data_key: Some(Sealed::new(vec![4, 0, 5])),
        warnings: "[]".to_owned(),
    }
}

/// The same for an owner of one's choice.
pub(crate) fn record_of(owner: &str, number: u64, order_no: &str) -> CertificationRecord {
    let mut record = record(number);
    record.certification.owner = AppId::parse(owner).unwrap();
    record.certification.order_no = OrderNo::restore(order_no.to_owned());
    record
}

//! A store in a folder of its own, and records to put into it.

use std::path::PathBuf;

use domain::{AppId, BizCode, Certification, CertifyId, OrderNo, Sealed, State};
use jiff::Timestamp;
use store::{CertificationRecord, Store, StoreError};
use tempfile::TempDir;

pub(crate) const OWNER: &str = "2021000000000001";

/// A folder with one database file.
pub(crate) struct Folder {
    pub(crate) dir: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("some.db")
    }

    pub(crate) fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&format!("sqlite://{}", self.file().display()))
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    /// Changes the file behind the store's back.
    pub(crate) fn poke(&self, sql: &str) {
        rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
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

//! One connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::fault::{self, Fault};
use super::{Address, tls};
use crate::StoreError;
use crate::conn::Param;

/// How every connection is to be. The limits end what a lost node has left behind. Nothing is
/// written outside a transaction: were a BEGIN to fail, the statements sent behind it would be
/// carried out one by one. Commits that are not flushed are turned off only where they are on:
/// stronger choices stay.
const SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '8s'; \
     SET idle_in_transaction_session_timeout = '15s'; \
     SET default_transaction_isolation = 'read committed'; \
     SET default_transaction_read_only = on; \
     SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'";

/// A connection, its prepared statements, and what went wrong last.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
    fault: Mutex<Option<Fault>>,
    abandoned: AtomicBool,
    strand: u32,
}

/// Chains of the audit that the connections of all nodes share out among them.
const STRANDS: i32 = 16;

impl Session {
    pub(super) async fn open(address: &Address, tls: &tls::Connector) -> Result<Self, StoreError> {
        let connected = address.config().connect(tls.clone()).await;
        let (client, connection) = connected.map_err(|error| fault::of_connecting(&error))?;
        // It ends with its client, or tells the client when the server ends.
        tokio::spawn(connection);
        let mut session = Self {
            client,
            statements: Mutex::default(),
            fault: Mutex::default(),
            abandoned: AtomicBool::new(false),
            strand: 0,
        };
        session.command(SETTINGS).await.map_err(|fault| fault.error)?;
        // The server counts its processes, which spreads the connections of every node.
        let own = session.query("SELECT pg_backend_pid()", &[]).await?;
        let own: i32 = own.first().map_or(Ok(0), |row| row.try_get(0)).unwrap_or_default();
        session.strand = own.rem_euclid(STRANDS).unsigned_abs();
        Ok(session)
    }

    /// Which of the audit's chains this connection writes.
    pub(crate) fn strand(&self) -> u32 {
        self.strand
    }

    /// It cannot be used any more.
    pub(super) fn is_closed(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || self.client.is_closed()
    }

    /// Makes sure that it is not used again.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// What went wrong since this was last asked.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Runs text that has no parameters and gives no rows.
    pub(super) async fn command(&self, sql: &str) -> Result<(), Fault> {
        self.client.batch_execute(sql).await.map_err(Fault::from)
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) async fn execute(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<usize, StoreError> {
        let statement = self.prepared(sql).await?;
        let changed = self.client.execute(&statement, &references(params)).await;
        Ok(usize::try_from(self.noted(changed)?).unwrap_or(usize::MAX))
    }

    /// Runs a query.
    pub(crate) async fn query(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql).await?;
        let rows = self.client.query(&statement, &references(params)).await;
        self.noted(rows)
    }

    async fn prepared(&self, sql: &'static str) -> Result<Statement, StoreError> {
        let known = self.statements().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let prepared = self.client.prepare(sql).await;
        let statement = self.noted(prepared)?;
        self.statements().insert(sql, statement.clone());
        Ok(statement)
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first fault: a unit sees only its text, and the later ones follow from it.
    fn noted<T>(&self, result: Result<T, tokio_postgres::Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            let fault = Fault::from(error);
            let error = fault.error.clone();
            self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
            error
        })
    }
}

fn references<'a>(params: &'a [Param<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

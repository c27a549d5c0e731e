//! One connection, whichever engine is behind it. The only file that knows two.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, Type};

use crate::StoreError;
use crate::audit::Ends;
use crate::postgres::Session;
use crate::tables::Value;

/// A connection inside a unit of work.
#[derive(Debug)]
pub(crate) struct Conn<'c> {
    on: On<'c>,
    /// The ends of the audit's chains, where this transaction is the only one that moves them.
    ends: Option<&'c mut Ends>,
}

#[derive(Debug)]
enum On<'c> {
    /// Exclusive although shared access would do: only so may it cross threads with its unit.
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(&'c Session),
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// Never its value, which may be about a person.
impl std::fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Param(…)")
    }
}

impl tokio_postgres::types::ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (*self, kind) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(value), &Type::INT8) => out.extend_from_slice(&value.to_be_bytes()),
            (Self::Text(value), &Type::TEXT) => out.extend_from_slice(value.as_bytes()),
            (Self::Blob(value), &Type::BYTEA) => out.extend_from_slice(value),
            _ => return Err("a parameter of another type than its column".into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// One row of a result.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A value a column can hold.
pub(crate) trait Column:
    rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a>
{
}
impl Column for i64 {}
impl Column for String {}
impl Column for Vec<u8> {}
impl<T: Column> Column for Option<T> {}

impl Row<'_> {
    /// The value at `index`, in the order of the SELECT list.
    pub(crate) fn get<T: Column>(
        &self,
        index: usize,
        table: &'static str,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let corrupt = StoreError::Corrupt { table, column };
        match self {
            Self::Sqlite(row) => row.get(index).map_err(|_| corrupt),
            Self::Postgres(row) => row.try_get(index).map_err(|_| corrupt),
        }
    }
}

impl Row<'_> {
    /// The value at `index`, of whatever kind.
    pub(crate) fn value(
        &self,
        index: usize,
        table: &'static str,
        column: &'static str,
    ) -> Result<Value, StoreError> {
        let corrupt = StoreError::Corrupt { table, column };
        match self {
            Self::Sqlite(row) => match row.get_ref(index)? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(value) => Ok(Value::Int(value)),
                ValueRef::Blob(value) => Ok(Value::Blob(value.to_vec())),
                ValueRef::Text(value) => {
                    String::from_utf8(value.to_vec()).map(Value::Text).map_err(|_| corrupt)
                }
                ValueRef::Real(_) => Err(corrupt),
            },
            Self::Postgres(row) => {
                let found = match row.columns().get(index).map(tokio_postgres::Column::type_) {
                    Some(&Type::INT8) => row.try_get(index).map(|value| of(value, Value::Int)),
                    Some(&Type::TEXT) => row.try_get(index).map(|value| of(value, Value::Text)),
                    Some(&Type::BYTEA) => row.try_get(index).map(|value| of(value, Value::Blob)),
                    _ => return Err(corrupt),
                };
                found.map_err(|_| corrupt)
            }
        }
    }
}

fn of<T>(value: Option<T>, kind: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, kind)
}

/// Names under which SQLite knows `$1`, `$2`, …: to it they are names, not numbers.
const NAMES: [&str; 24] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24",
];

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Param<'_>]) -> Result<(), StoreError> {
    for (name, param) in NAMES.iter().zip(params) {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, param)?;
        }
    }
    Ok(())
}

impl<'c> Conn<'c> {
    /// On SQLite, for what adds nothing to the audit, or is alone in its transaction.
    pub(crate) fn sqlite(connection: &'c mut rusqlite::Connection) -> Self {
        Self { on: On::Sqlite(connection), ends: None }
    }

    /// On SQLite, in a transaction of several units.
    pub(crate) fn in_group(connection: &'c mut rusqlite::Connection, ends: &'c mut Ends) -> Self {
        Self { on: On::Sqlite(connection), ends: Some(ends) }
    }

    /// On PostgreSQL, in a transaction of its own.
    pub(crate) fn postgres(session: &'c Session) -> Self {
        Self { on: On::Postgres(session), ends: None }
    }

    /// What this transaction knows of the chains' ends.
    pub(crate) fn ends(&mut self) -> Option<&mut Ends> {
        self.ends.as_deref_mut()
    }

    /// Which of several chains to write; none where there is one writer. Writers that share a chain
    /// wait for each other's commits.
    pub(crate) fn strand(&self) -> Option<u32> {
        match &self.on {
            On::Sqlite(_) => None,
            On::Postgres(session) => Some(session.strand()),
        }
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<usize, StoreError> {
        match &mut self.on {
            On::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                Ok(statement.raw_execute()?)
            }
            On::Postgres(session) => session.execute(sql, params).await,
        }
    }

    /// Runs two statements of which neither needs the other's answer: on a network in one
    /// exchange.
    pub(crate) async fn execute_both(
        &mut self,
        first: (&'static str, &[Param<'_>]),
        second: (&'static str, &[Param<'_>]),
    ) -> Result<(), StoreError> {
        if let On::Postgres(session) = &self.on {
            let (first, second) = tokio::join!(
                session.execute(first.0, first.1),
                session.execute(second.0, second.1)
            );
            return first.and(second).map(|_| ());
        }
        self.execute(first.0, first.1).await?;
        self.execute(second.0, second.1).await.map(|_| ())
    }

    /// Runs a query of at most one row.
    pub(crate) async fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        match &mut self.on {
            On::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            On::Postgres(session) => {
                let rows = session.query(sql, params).await?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// Runs a query and reads every row. The statement must bound their number.
    pub(crate) async fn query_all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        match &mut self.on {
            On::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(read(&Row::Sqlite(row))?);
                }
                Ok(found)
            }
            On::Postgres(session) => {
                let rows = session.query(sql, params).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Keeps other units from changing the rows that `sql` selects until this one has ended, or other
    /// programs from what it does not allow; what is read afterwards is as they have left it. On
    /// SQLite there is one writer of one program, and no need.
    pub(crate) async fn hold(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<(), StoreError> {
        match &mut self.on {
            On::Sqlite(_) => Ok(()),
            On::Postgres(session) => session.query(sql, params).await.map(|_| ()),
        }
    }
}

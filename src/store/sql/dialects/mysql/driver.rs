//! The driver of MySQL and MariaDB.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use mysql_async::prelude::{Protocol, Queryable as _};
use mysql_async::{Conn, Error as MysqlError, Params, QueryResult};

use super::address::MysqlAddress;
use super::failure::{from_connecting, from_statement, is_without_encryption, other_names};
use super::grammar::MysqlGrammar;
use super::table::{collation, new_table};
use super::tls::MysqlSslMode;
use super::values::{bound, found};
use crate::store::contract::{Finding, Notices};
use crate::store::sql::dialects::server::{
    MOST_ROWS, connect_in_time, too_many_rows, unverified, verified, with_password_source,
};
use crate::store::sql::dialects::silence::{BoundedConnection, SilenceLimit, Traffic};
use crate::store::sql::driver::{Connection, Driver, DriverSettings, Replay, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::statement::{SqlFragment, SqlRow, SqlValue, Statement};

/// A server's largest `max_allowed_packet` is 1 GB; this leaves room for the rest of the message.
const DOCUMENT_LIMIT: u64 = (1 << 30) - 1_000_000;

/// Begins a snapshot in one round trip. Where READ COMMITTED is the default, the second statement alone would not begin
/// one.
const BEGIN_SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, \
                              READ ONLY";

/// The longest password, with its terminating zero, that fits into one block of the 2,048-bit RSA key that MySQL
/// generates. Without TLS the password is encrypted with that key, and the library panics if it does not fit.
const PLAIN_PASSWORD_LIMIT: usize = 213;

/// Opens connections to one MySQL or MariaDB database.
pub(super) struct MysqlDriver {
    address: MysqlAddress,
    echo: Option<Notices>,
    silence: SilenceLimit,
}

impl fmt::Debug for MysqlDriver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The library's Debug shows the password.
        formatter.debug_struct("MysqlDriver").finish_non_exhaustive()
    }
}

impl MysqlDriver {
    /// Returns a driver for the database at `address` with these settings. Does not connect.
    pub(super) fn new(address: MysqlAddress, settings: DriverSettings) -> Self {
        let DriverSettings { echo, notices, response_timeout } = settings;
        Self { address, echo, silence: SilenceLimit::new(response_timeout, notices) }
    }

    async fn open(&self) -> Result<Conn, SqlFailure> {
        if self.address.mode != MysqlSslMode::Disabled {
            // The library uses the process-wide provider. One that is already installed is fine.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let result = match self.address.mode {
            MysqlSslMode::Disabled => return self.open_plain().await,
            MysqlSslMode::Preferred => match Conn::new(self.address.options(true)).await {
                Err(error) if is_without_encryption(&error) => return self.open_plain().await,
                result => result,
            },
            MysqlSslMode::VerifyCa => match Conn::new(self.address.options(true)).await {
                // The library should accept any name, but does not know rustls's newer error for a wrong name. The
                // issuer has been verified by then, and is verified again on the second attempt.
                Err(error) => match other_names(&error).into_iter().next() {
                    Some(name) => Conn::new(self.address.options_for(name)).await,
                    None => Err(error),
                },
                result => result,
            },
            MysqlSslMode::Required | MysqlSslMode::VerifyIdentity => Conn::new(self.address.options(true)).await,
        };
        result.map_err(|error| from_connecting(&error))
    }

    async fn open_plain(&self) -> Result<Conn, SqlFailure> {
        let options = self.address.options(false);
        // A socket needs no key.
        if options.socket().is_none() && options.pass().is_some_and(|password| password.len() > PLAIN_PASSWORD_LIMIT) {
            let reason = format!("without encryption a password has at most {PLAIN_PASSWORD_LIMIT} bytes");
            return Err(SqlFailure::new(FailureClass::Untrusted, reason));
        }
        Conn::new(options).await.map_err(|error| from_connecting(&error))
    }
}

#[async_trait]
impl Driver for MysqlDriver {
    fn grammar(&self) -> &'static dyn Grammar {
        &MysqlGrammar
    }

    fn is_ephemeral(&self) -> bool {
        false
    }

    fn document_limit(&self) -> u64 {
        DOCUMENT_LIMIT
    }

    fn local_findings(&self) -> Vec<Finding> {
        vec![match self.address.mode {
            // The check of encryption tells it.
            MysqlSslMode::Disabled => return Vec::new(),
            MysqlSslMode::Preferred | MysqlSslMode::Required => {
                unverified("on a network, verify it: `ssl_mode=VERIFY_IDENTITY` in `connection_url`")
            }
            MysqlSslMode::VerifyCa | MysqlSslMode::VerifyIdentity => verified(self.address.ca.as_deref()),
        }]
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let opening = async {
            let mut connection = self.open().await?;
            let limit = connection.query_first("SELECT @@max_allowed_packet").await;
            Ok((connection, limit.map_err(|error| from_connecting(&error))?.unwrap_or(u64::MAX)))
        };
        let opened = connect_in_time(self.address.timeout, opening).await;
        let (connection, packet_limit) = opened
            .map_err(|failure| with_password_source(failure, self.address.password_variable.map(str::to_owned)))?;
        let (traffic, echo) = (Traffic::new(), self.echo.clone());
        let session = MysqlSession {
            connection,
            traffic: traffic.clone(),
            packet_limit,
            echo,
            is_busy: false,
            has_snapshot: false,
        };
        Ok(Box::new(BoundedConnection::new(session, self.silence.clone(), traffic)))
    }

    async fn create_database(&self) -> Result<(), SqlFailure> {
        Ok(())
    }
}

/// An open connection.
struct MysqlSession {
    connection: Conn,
    /// The library does not show its bytes.
    traffic: Traffic,
    /// The server's `max_allowed_packet`. The server closes the connection on a larger packet.
    packet_limit: u64,
    echo: Option<Notices>,
    /// Whether a call is running, or has failed in an unknown state.
    is_busy: bool,
    /// Whether the transaction of a snapshot is open, or may be.
    has_snapshot: bool,
}

#[async_trait]
impl Connection for MysqlSession {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.is_busy = true;
        let result = self.load(&statement).await;
        self.done(result)
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        self.is_busy = true;
        self.has_snapshot = true;
        let result = self.script(BEGIN_SNAPSHOT).await;
        self.done(result).map(|()| SnapshotKind::Lasting)
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        if self.is_busy {
            return Err(SqlFailure::new(FailureClass::ConnectionLost, "the connection is gone"));
        }
        self.is_busy = true;
        let result = self.script("COMMIT").await;
        self.has_snapshot = result.is_err();
        self.done(result)
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        self.is_busy = true;
        let result = self.run(&steps).await;
        self.done(result)
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        self.is_busy = true;
        let result = self.make(table).await;
        self.done(result)
    }

    async fn check(&mut self) -> Result<(), SqlFailure> {
        self.read(Statement::new("SELECT 1")).await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.is_busy || self.has_snapshot || self.connection.is_disconnected()
    }
}

impl MysqlSession {
    /// Begins a statement.
    fn show(&self, text: &str) {
        self.traffic.begin_answer();
        if let Some(notices) = &self.echo {
            notices.statement(text);
        }
    }

    /// Ends a call. The connection can be reused unless it may be lost.
    fn done<T>(&mut self, result: Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        self.is_busy = result.as_ref().is_err_and(|failure| {
            !failure.class.is_answer() && !matches!(failure.class, FailureClass::Denied | FailureClass::Other)
        });
        result
    }

    async fn script(&mut self, statement: &str) -> Result<(), SqlFailure> {
        self.show(statement);
        self.connection.query_drop(statement).await.map_err(|error| from_statement(&error))
    }

    async fn load(&mut self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        let text = statement.text(|number| MysqlGrammar.placeholder(number));
        self.show(&text);
        let values = values(statement);
        let rows = match values {
            // Without values there is nothing to prepare.
            Params::Empty => rows_of(self.connection.query_iter(text).await).await,
            values => rows_of(self.connection.exec_iter(text, values).await).await,
        };
        let rows = rows.map_err(|error| from_statement(&error))?;
        if rows.len() > MOST_ROWS { Err(too_many_rows()) } else { Ok(rows) }
    }

    async fn change(&mut self, statement: &Statement) -> Result<u64, SqlFailure> {
        let text = statement.text(|number| MysqlGrammar.placeholder(number));
        self.show(&text);
        let size = size_of(statement);
        if size >= self.packet_limit {
            let limit = self.packet_limit;
            let reason =
                format!("with its document it has {size} bytes, and `max_allowed_packet` of the server is {limit}");
            return Err(SqlFailure::new(FailureClass::TooLarge, reason));
        }
        match self.connection.exec_drop(text, values(statement)).await {
            Ok(()) => Ok(self.connection.affected_rows()),
            Err(error) => Err(match from_statement(&error) {
                // The server reports text that was cut in the middle of a character as an invalid character.
                SqlFailure { class: FailureClass::UnsupportedValue, .. } if holds_more_than_text(statement) => {
                    let reason = "the document has more than 65,535 bytes, and its column is of type TEXT";
                    SqlFailure::new(FailureClass::TooLarge, reason)
                }
                failure => failure,
            }),
        }
    }

    async fn make(&mut self, table: &str) -> Result<(), SqlFailure> {
        let version = self.load(&Statement::new("SELECT VERSION()")).await?;
        let version = version.first().and_then(|row| row.first()).and_then(|value| value.as_str()).unwrap_or_default();
        let statement = new_table(table, collation(version));
        self.script(&statement).await
    }

    async fn run(&mut self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        // A single idempotent step needs no explicit transaction.
        if let [step] = steps
            && step.again == Replay::Idempotent
        {
            return Ok(vec![self.run_step(step).await?]);
        }
        self.script("START TRANSACTION").await?;
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            match self.run_step(step).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(failure) => {
                    // After a deadlock there is nothing to undo. If the rollback fails, the connection is lost; the
                    // first failure is the reason to report.
                    let _ = self.script("ROLLBACK").await;
                    return Err(failure);
                }
            }
        }
        match self.script("COMMIT").await {
            Ok(()) => Ok(outcomes),
            Err(failure) => Err(SqlFailure { undecided: outcomes, ..failure }),
        }
    }

    /// A refused row undoes only its statement, so the transaction can go on.
    async fn run_step(&mut self, step: &WriteStep) -> Result<StepOutcome, SqlFailure> {
        let mut refused = None;
        for statement in &step.statements {
            match self.change(statement).await {
                Ok(0) => refused = None,
                Ok(rows) => return Ok(StepOutcome::Changed(rows)),
                Err(failure) if failure.class == FailureClass::Duplicate => refused = Some(failure),
                Err(failure) if failure.class.is_refusal() => return Ok(StepOutcome::Refused(failure)),
                Err(failure) => return Err(failure),
            }
        }
        Ok(refused.map_or(StepOutcome::Changed(0), StepOutcome::Refused))
    }
}

/// Reads the rows of a result, and one more than there may be.
async fn rows_of<P: Protocol>(result: Result<QueryResult<'_, '_, P>, MysqlError>) -> Result<Vec<SqlRow>, MysqlError> {
    let mut result = result?;
    // A missing result set is not an empty one: it must not make a store look empty.
    if result.columns_ref().is_empty() {
        return Err(MysqlError::Other("it has not answered the query".into()));
    }
    let mut rows = Vec::new();
    while rows.len() <= MOST_ROWS
        && let Some(row) = result.next().await?
    {
        rows.push(row.unwrap_raw().into_iter().map(|value| value.map_or(SqlValue::Null, found)).collect());
    }
    if rows.len() <= MOST_ROWS {
        result.drop_result().await?;
    }
    Ok(rows)
}

/// Estimates the packet size of a statement: its values and some overhead.
fn size_of(statement: &Statement) -> u64 {
    let texts = statement.pieces().iter().map(|piece| match piece {
        SqlFragment::Bind(value) => value.as_str().map_or(16, |text| text.len() as u64 + 16),
        SqlFragment::Sql(_) => 0,
    });
    1_024 + texts.sum::<u64>()
}

/// Whether a value is longer than a column of MySQL's type TEXT.
fn holds_more_than_text(statement: &Statement) -> bool {
    let is_long = |value: &SqlValue| value.as_str().is_some_and(|text| text.len() > 65_535);
    statement.pieces().iter().any(|piece| matches!(piece, SqlFragment::Bind(value) if is_long(value)))
}

fn values(statement: &Statement) -> Params {
    let values: Vec<_> = statement
        .pieces()
        .iter()
        .filter_map(|piece| match piece {
            SqlFragment::Sql(_) => None,
            SqlFragment::Bind(value) => Some(bound(value)),
        })
        .collect();
    if values.is_empty() { Params::Empty } else { Params::Positional(values) }
}

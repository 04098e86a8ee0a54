//! The SQL Server driver.
//!
//! A save is one batch and one round trip: a transaction that updates the row or else inserts it. Several saves share a
//! transaction with one batch each, so that a refused save does not affect the others.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use tiberius::error::Error as TdsError;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Query, QueryItem, QueryStream};

use super::address::MssqlAddress;
use super::batch::{BEGIN, BEGIN_SNAPSHOT, COMMIT, END_SNAPSHOT, ROLLBACK, SESSION, SqlBatch};
use super::failure::{from_sign_in, from_statement, is_fatal, is_there_already};
use super::grammar::MssqlGrammar;
use super::handshake;
use super::table::new_table;
use super::tds::{AnswerBudget, TdsStream};
use super::tls::MssqlEncryption;
use super::values::{bound, found};
use crate::store::contract::{Finding, Notices};
use crate::store::sql::dialects::server::{MOST_ROWS, connect_in_time, too_many_rows, unverified, verified};
use crate::store::sql::dialects::silence::{BoundedConnection, SilenceLimit, Traffic};
use crate::store::sql::driver::{Connection, Driver, DriverSettings, Replay, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::statement::{SqlRow, SqlValue, Statement};

/// `NVARCHAR(MAX)` holds 2 GB, with two bytes per ASCII character; this leaves room for the rest.
const DOCUMENT_LIMIT: u64 = (1 << 30) - 1_000_000;

/// The packet size in bytes, as in Microsoft's own drivers. Encrypted packets must stay below 16 KB.
const PACKET: u32 = 8_000;

/// Maximum number of redirections.
const REDIRECTIONS: u32 = 3;

/// Opens connections to one database.
#[derive(Debug)]
pub(super) struct MssqlDriver {
    address: MssqlAddress,
    echo: Option<Notices>,
    silence: SilenceLimit,
}

impl MssqlDriver {
    /// Returns a driver for the database at `address` with these settings. Does not connect.
    pub(super) fn new(address: MssqlAddress, settings: DriverSettings) -> Self {
        let DriverSettings { echo, notices, response_timeout } = settings;
        Self { address, echo, silence: SilenceLimit::new(response_timeout, notices) }
    }

    fn config(&self, host: &str, port: u16) -> Config {
        let MssqlAddress { database, user, password, reads_only, application, .. } = &self.address;
        let mut config = Config::new();
        config.host(host);
        config.port(port);
        if let Some(database) = database {
            config.database(database);
        }
        config.authentication(AuthMethod::sql_server(user, password.expose()));
        config.application_name(application);
        config.readonly(*reads_only);
        config.packet_size(PACKET);
        // The stream is already encrypted.
        config.encryption(EncryptionLevel::NotSupported);
        config.handshake_timeout(None);
        // Each call is bounded as on the other databases.
        config.command_timeout(None);
        config
    }

    async fn session(&self, traffic: &Traffic) -> Result<MssqlSession, SqlFailure> {
        let (mut host, mut port) = (self.address.host.clone(), self.address.port);
        for _ in 0..=REDIRECTIONS {
            let budget = AnswerBudget::default();
            let tls = handshake::connect(&self.address, &host, port).await?;
            let wire = TdsStream::new(tls, traffic.clone(), budget.clone());
            match Client::connect(self.config(&host, port), wire).await {
                Ok(client) => {
                    let (traffic, echo) = (traffic.clone(), self.echo.clone());
                    let (is_busy, is_lost, has_snapshot) = (false, false, false);
                    let mut session = MssqlSession { client, traffic, budget, echo, is_busy, is_lost, has_snapshot };
                    session.script(SESSION).await?;
                    return Ok(session);
                }
                // Azure's gateway redirects to the machine with the database.
                Err(TdsError::Routing { host: next, port: next_port }) => (host, port) = (next, next_port),
                Err(error) => return Err(from_sign_in(&format!("{host}:{port}"), &error)),
            }
        }
        let reason = format!("more than {REDIRECTIONS} redirects, beginning at {}", self.address.host);
        Err(SqlFailure::new(FailureClass::Unreachable, reason))
    }
}

#[async_trait]
impl Driver for MssqlDriver {
    fn grammar(&self) -> &'static dyn Grammar {
        &MssqlGrammar
    }

    fn is_ephemeral(&self) -> bool {
        false
    }

    fn document_limit(&self) -> u64 {
        DOCUMENT_LIMIT
    }

    fn local_findings(&self) -> Vec<Finding> {
        let MssqlAddress { encryption, trust, .. } = &self.address;
        let encrypted = Finding::good(
            "encryption",
            match encryption {
                MssqlEncryption::Negotiated => "every connection is encrypted, before the login",
                MssqlEncryption::Strict => "every connection is encrypted from the first byte on (TDS 8.0)",
            },
        );
        let certificates = match trust.anybody {
            true => unverified("on a network, leave out TrustServerCertificate=yes in `connection_url`"),
            false => verified(trust.root.as_deref()),
        };
        vec![encrypted, certificates]
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let traffic = Traffic::new();
        let session = connect_in_time(self.address.timeout, self.session(&traffic)).await?;
        Ok(Box::new(BoundedConnection::new(session, self.silence.clone(), traffic)))
    }

    async fn create_database(&self) -> Result<(), SqlFailure> {
        Ok(())
    }
}

/// An open connection.
struct MssqlSession {
    client: Client<TdsStream>,
    traffic: Traffic,
    budget: AnswerBudget,
    echo: Option<Notices>,
    /// Whether a call is running. If its caller is dropped, a transaction may stay open.
    is_busy: bool,
    is_lost: bool,
    /// Whether the transaction of a snapshot is open, or may be.
    has_snapshot: bool,
}

#[async_trait]
impl Connection for MssqlSession {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        if self.is_lost {
            return Err(gone());
        }
        self.is_busy = true;
        let rows = self.rows(SqlBatch::of(&statement)).await;
        self.is_busy = false;
        // An error ends the transaction, and later reads would be outside the snapshot.
        self.is_lost |= self.has_snapshot && rows.is_err();
        // A missing result set is not an empty one: it must not make a store look empty.
        rows.map_err(|error| from_statement(&error))?
            .ok_or_else(|| SqlFailure::new(FailureClass::Other, "the server has not answered the query"))
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        self.is_busy = true;
        self.has_snapshot = true;
        let begun = self.run(BEGIN_SNAPSHOT).await;
        self.is_busy = false;
        // Not a parameterized call: a transaction that begins in one must end in it.
        let rows = begun.map_err(|error| from_statement(&error))?;
        match rows.iter().flatten().next() {
            Some(SqlValue::Integer(1)) => Ok(SnapshotKind::Lasting),
            Some(SqlValue::Integer(_)) => Ok(SnapshotKind::Brief),
            _ => Err(SqlFailure::new(FailureClass::Other, "the server has not said whether it keeps snapshots")),
        }
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        if self.is_busy || self.is_lost {
            return Err(gone());
        }
        self.is_busy = true;
        let ended = self.script(END_SNAPSHOT).await;
        self.has_snapshot = ended.is_err();
        self.is_busy = false;
        ended
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        self.is_busy = true;
        let result = match steps.as_slice() {
            // A removal needs the longer way, which reports the row count before the commit: if the reply to the commit
            // is lost, the count is still known.
            [step] if step.again != Replay::Removal => self.run_alone(step).await,
            steps => self.run_together(steps).await,
        };
        if result.is_err() && !self.is_lost {
            // If the rollback fails, the connection is lost; the first failure is the reason to report.
            let _ = self.script(ROLLBACK).await;
        }
        self.is_busy = false;
        result
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        self.is_busy = true;
        let made = self.run(&new_table(table)).await;
        if made.is_err() && !self.is_lost {
            let _ = self.script(ROLLBACK).await;
        }
        self.is_busy = false;
        match made {
            Err(error) if is_there_already(&error) => Ok(()),
            made => made.map(drop).map_err(|error| from_statement(&error)),
        }
    }

    async fn check(&mut self) -> Result<(), SqlFailure> {
        self.read(Statement::new("SELECT 1")).await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.is_busy || self.is_lost || self.has_snapshot
    }
}

impl MssqlSession {
    /// Begins a statement.
    fn show(&self, text: &str) {
        self.traffic.begin_answer();
        if let Some(notices) = &self.echo {
            notices.statement(text);
        }
    }

    /// Runs a batch without values. Returns the rows of its last result set.
    async fn run(&mut self, batch: &str) -> Result<Vec<SqlRow>, TdsError> {
        self.show(batch);
        self.budget.expect_messages();
        let ran = async { last_rows(self.client.simple_query(batch).await?, &self.budget).await }.await;
        self.note(&ran);
        Ok(ran?.unwrap_or_default())
    }

    async fn script(&mut self, batch: &str) -> Result<(), SqlFailure> {
        self.run(batch).await.map(drop).map_err(|error| from_statement(&error))
    }

    /// Returns the rows of a batch's last result set; `None` if it has none.
    async fn rows(&mut self, script: SqlBatch<'_>) -> Result<Option<Vec<SqlRow>>, TdsError> {
        self.show(&script.text);
        let mut query = Query::new(script.text);
        for value in script.values {
            query.bind(bound(value));
        }
        self.budget.expect_messages();
        let found_rows = async { last_rows(query.query(&mut self.client).await?, &self.budget).await }.await;
        self.note(&found_rows);
        found_rows
    }

    fn note<T>(&mut self, result: &Result<T, TdsError>) {
        self.is_lost |= result.as_ref().err().is_some_and(is_fatal);
    }

    /// Runs a step in its own transaction. Its first error undoes it.
    async fn run_alone(&mut self, step: &WriteStep) -> Result<Vec<StepOutcome>, SqlFailure> {
        match self.changed(step, true).await {
            Ok(rows) => Ok(vec![StepOutcome::Changed(rows)]),
            Err(failure) if failure.class.is_refusal() => {
                self.script(ROLLBACK).await?;
                Ok(vec![StepOutcome::Refused(failure)])
            }
            Err(failure) => Err(failure),
        }
    }

    /// Runs steps in one transaction.
    async fn run_together(&mut self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        self.script(BEGIN).await?;
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            outcomes.push(match self.changed(step, false).await {
                Ok(rows) => StepOutcome::Changed(rows),
                // A refused row undoes only its statement.
                Err(failure) if failure.class.is_refusal() => StepOutcome::Refused(failure),
                Err(failure) => return Err(failure),
            });
        }
        match self.script(COMMIT).await {
            Ok(()) => Ok(outcomes),
            Err(mut failure) => {
                failure.undecided = outcomes;
                Err(failure)
            }
        }
    }

    async fn changed(&mut self, step: &WriteStep, is_alone: bool) -> Result<u64, SqlFailure> {
        let rows = self.rows(SqlBatch::step(step, is_alone)).await.map_err(|error| from_statement(&error))?;
        match rows.iter().flatten().flatten().next() {
            Some(SqlValue::Integer(count)) => Ok(u64::try_from(*count).unwrap_or_default()),
            _ => Err(SqlFailure::new(FailureClass::Other, "the server has not said how many rows it changed")),
        }
    }
}

/// Returns the rows of the last result set; `None` if there is none.
async fn last_rows(mut results: QueryStream<'_>, budget: &AnswerBudget) -> Result<Option<Vec<SqlRow>>, TdsError> {
    let (mut rows, mut items) = (None, 0);
    while let Some(item) = results.try_next().await? {
        items += 1;
        // A step has some result sets besides its rows.
        if items > MOST_ROWS {
            return Err(TdsError::Protocol(too_many_rows().reason.into()));
        }
        match item {
            QueryItem::Metadata(_) => {
                budget.expect_rows();
                rows = Some(Vec::new());
            }
            QueryItem::Row(row) => rows.get_or_insert_default().push(row.into_iter().map(found).collect()),
        }
    }
    Ok(rows)
}

fn gone() -> SqlFailure {
    SqlFailure::new(FailureClass::ConnectionLost, "the connection is gone")
}

//! The diesel connection to a file, as the worker thread uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::sqlite::SqliteConnection;

use super::failure::from_diesel;
use super::grammar::SqliteGrammar;
use super::values::{SqliteQuery, SqliteRow};
use crate::random;
use crate::store::contract::Notices;
use crate::store::sql::driver::WriteStep;
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar as _;
use crate::store::sql::statement::{SqlRow, Statement};

/// How long to try for the exclusive lock that switching to WAL needs. Without WAL everything works, only slower.
const WAL_TIMEOUT: Duration = Duration::from_secs(2);

/// After this time the user is told that a lock is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(1);

/// How to wait for a lock that another process holds.
pub(super) struct LockWait {
    /// The longest wait.
    pub(super) timeout: Duration,
    /// The file, for the user.
    pub(super) path: String,
    /// The receiver of warnings.
    pub(super) notices: Notices,
    /// Whether the user has been told, by this or another connection.
    pub(super) is_told: Arc<AtomicBool>,
}

/// The diesel connection, used on the worker thread.
pub(super) struct DieselSession {
    connection: SqliteConnection,
    echo: Option<Notices>,
    wait: LockWait,
}

impl DieselSession {
    /// Returns a session on an open connection.
    pub(super) fn new(connection: SqliteConnection, echo: Option<Notices>, wait: LockWait) -> Result<Self, SqlFailure> {
        let mut session = Self { connection, echo, wait };
        session.set_timeout(TOLD_AFTER.min(session.wait.timeout))?;
        Ok(session)
    }

    /// Goes on with another connection to the same file.
    pub(super) fn replace(&mut self, connection: SqliteConnection) {
        self.connection = connection;
    }

    /// Whether a transaction is open that can be neither committed nor undone.
    pub(super) fn is_stuck(&mut self) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(&mut self.connection)
    }

    /// Runs `work`, which may wait for a lock. After a moment the user is told what is waited for.
    fn waiting<T>(&mut self, work: impl Fn(&mut Self) -> Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        let started = Instant::now();
        let result = work(self);
        let left = self.wait.timeout.saturating_sub(started.elapsed());
        match result {
            // SQLite does not wait where waiting cannot help.
            Err(failure)
                if failure.class == FailureClass::Busy && started.elapsed() >= TOLD_AFTER && !left.is_zero() =>
            {
                if !self.wait.is_told.swap(true, Ordering::Relaxed) {
                    self.wait.notices.warn(&format!(
                        "{} is locked by another process; waiting for it, for at most {} s",
                        self.wait.path,
                        self.wait.timeout.as_secs_f64()
                    ));
                }
                self.set_timeout(left)?;
                let result = work(self);
                self.set_timeout(TOLD_AFTER.min(self.wait.timeout))?;
                result
            }
            result => result,
        }
    }

    fn set_timeout(&mut self, timeout: Duration) -> Result<(), SqlFailure> {
        let statement = format!("PRAGMA busy_timeout = {}", timeout.as_millis());
        self.connection.batch_execute(&statement).map_err(|error| from_diesel(&error))
    }

    fn show(&self, text: impl FnOnce() -> String) {
        if let Some(notices) = &self.echo {
            notices.statement(&text());
        }
    }

    /// Runs statements without values.
    pub(super) fn script(&mut self, statements: &str) -> Result<(), SqlFailure> {
        self.show(|| statements.to_owned());
        self.connection.batch_execute(statements).map_err(|error| from_diesel(&error))
    }

    /// Runs a statement that reads.
    pub(super) fn load(&mut self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.show(|| statement.text(|number| SqliteGrammar.placeholder(number)));
        let rows: Vec<SqliteRow> = self.waiting(|session| {
            SqliteQuery(statement).load(&mut session.connection).map_err(|error| from_diesel(&error))
        })?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn change(&mut self, statement: &Statement) -> Result<usize, SqlFailure> {
        self.show(|| statement.text(|number| SqliteGrammar.placeholder(number)));
        SqliteQuery(statement).execute(&mut self.connection).map_err(|error| from_diesel(&error))
    }

    /// Begins a transaction.
    pub(super) fn begin(&mut self, statement: &str) -> Result<(), SqlFailure> {
        self.show(|| statement.to_owned());
        self.waiting(|session| {
            AnsiTransactionManager::begin_transaction_sql(&mut session.connection, statement)
                .map_err(|error| from_diesel(&error))
        })
    }

    /// Commits the transaction.
    pub(super) fn commit(&mut self) -> Result<(), SqlFailure> {
        self.show(|| "COMMIT".to_owned());
        // diesel rolls back a commit that fails.
        AnsiTransactionManager::commit_transaction(&mut self.connection).map_err(|error| from_diesel(&error))
    }

    /// Runs `work` in a transaction that takes the write lock first, so that it cannot fail halfway for lack of the
    /// lock.
    pub(super) fn immediately<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, SqlFailure>,
    ) -> Result<T, SqlFailure> {
        self.begin("BEGIN IMMEDIATE")?;
        // Without a write-ahead log the commit waits for readers, and cannot be tried again.
        self.set_timeout(self.wait.timeout)?;
        let result = match work(self) {
            Ok(value) => self.commit().map(|()| value),
            Err(failure) => {
                self.show(|| "ROLLBACK".to_owned());
                // If the rollback fails, the connection counts as broken; the first failure is the reason to report.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.connection);
                Err(failure)
            }
        };
        self.set_timeout(TOLD_AFTER.min(self.wait.timeout))?;
        result
    }

    /// A constraint that refuses a row undoes only that statement, so the transaction can go on.
    pub(super) fn run_step(&mut self, step: &WriteStep) -> Result<StepOutcome, SqlFailure> {
        for statement in &step.statements {
            match self.change(statement) {
                Ok(0) => {}
                Ok(rows) => return Ok(StepOutcome::Changed(rows as u64)),
                Err(failure) if failure.class.is_refusal() => return Ok(StepOutcome::Refused(failure)),
                Err(failure) => return Err(failure),
            }
        }
        Ok(StepOutcome::Changed(0))
    }

    /// Switches the file to a write-ahead log, with which readers and the writer do not block each other. The switch
    /// needs exclusive access, and SQLite does not always wait for that; if it fails, the journal mode stays as it is.
    pub(super) fn switch_to_wal(&mut self) {
        let started = Instant::now();
        loop {
            let switched: Result<Vec<SqliteRow>, _> = SqliteQuery(&Statement::new("PRAGMA journal_mode = WAL"))
                .load(&mut self.connection)
                .map_err(|error| from_diesel(&error));
            match switched {
                Err(failure) if failure.class == FailureClass::Busy && started.elapsed() < WAL_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(1) + random::pause_up_to(Duration::from_millis(20)));
                }
                // The statement that follows meets any other failure too, and reports it.
                _ => return,
            }
        }
    }
}

//! The diesel connection to a file, as the driver uses it.

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

/// The diesel connection.
pub(super) struct DieselSession {
    connection: SqliteConnection,
    echo: Option<Notices>,
    wait: LockWait,
    /// Whether locks of other processes are waited for.
    is_waiting: bool,
}

impl DieselSession {
    /// Returns a session on an open connection, whose own timeout for locks is 0.
    pub(super) fn new(connection: SqliteConnection, echo: Option<Notices>, wait: LockWait) -> Self {
        Self { connection, echo, wait, is_waiting: true }
    }

    /// Sets whether locks of other processes are waited for from now on. Without, work that meets one fails at once.
    pub(super) fn set_waiting(&mut self, is_waiting: bool) {
        self.is_waiting = is_waiting;
    }

    /// Goes on with another connection to the same file.
    pub(super) fn replace(&mut self, connection: SqliteConnection) {
        self.connection = connection;
    }

    /// Whether a transaction is open that can be neither committed nor undone.
    pub(super) fn is_stuck(&mut self) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(&mut self.connection)
    }

    /// Runs `work`, which may meet a lock that is waited for.
    fn waiting<T>(&mut self, work: impl Fn(&mut Self) -> Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        match work(self) {
            Err(failure) if failure.class == FailureClass::Busy && self.is_waiting => self.wait_for_lock(work),
            result => result,
        }
    }

    /// Runs `work` as soon as a lock is free. After a moment the user is told what is waited for.
    fn wait_for_lock<T>(&mut self, work: impl Fn(&mut Self) -> Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        let started = Instant::now();
        self.set_timeout(TOLD_AFTER.min(self.wait.timeout))?;
        let mut result = work(self);
        let is_busy = result.as_ref().is_err_and(|failure| failure.class == FailureClass::Busy);
        let left = self.wait.timeout.saturating_sub(started.elapsed());
        // SQLite does not wait where waiting cannot help.
        if is_busy && started.elapsed() >= TOLD_AFTER && !left.is_zero() {
            if !self.wait.is_told.swap(true, Ordering::Relaxed) {
                self.wait.notices.warn(&format!(
                    "{} is locked by another process; waiting for it, for at most {} s",
                    self.wait.path,
                    self.wait.timeout.as_secs_f64()
                ));
            }
            self.set_timeout(left)?;
            result = work(self);
        }
        self.set_timeout(Duration::ZERO)?;
        result
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
        if self.is_waiting {
            self.set_timeout(self.wait.timeout)?;
        }
        let result = match work(self) {
            Ok(value) => self.commit().map(|()| value),
            Err(failure) => {
                self.show(|| "ROLLBACK".to_owned());
                // If the rollback fails, the connection counts as broken; the first failure is the reason to report.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.connection);
                Err(failure)
            }
        };
        if self.is_waiting {
            self.set_timeout(Duration::ZERO)?;
        }
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
    ///
    /// # Errors
    /// [`Busy`](FailureClass::Busy) if locks are not waited for.
    pub(super) fn switch_to_wal(&mut self) -> Result<(), SqlFailure> {
        let started = Instant::now();
        loop {
            let switched: Result<Vec<SqliteRow>, _> = SqliteQuery(&Statement::new("PRAGMA journal_mode = WAL"))
                .load(&mut self.connection)
                .map_err(|error| from_diesel(&error));
            match switched {
                Err(failure) if failure.class == FailureClass::Busy && !self.is_waiting => return Err(failure),
                Err(failure) if failure.class == FailureClass::Busy && started.elapsed() < WAL_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(1) + random::pause_up_to(Duration::from_millis(20)));
                }
                // The statement that follows meets any other failure too, and reports it.
                _ => return Ok(()),
            }
        }
    }
}

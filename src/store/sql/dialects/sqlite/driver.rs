//! The SQLite driver.
//!
//! Plain diesel inside `spawn_blocking`, not diesel-async's `SyncConnectionWrapper`. A whole transaction is one hop to
//! a thread and runs to its end even if the caller is dropped. The wrapper hops for every statement: a save dropped
//! between two of them would leave `BEGIN IMMEDIATE` open on a pooled connection and lock out all other processes.
//! Plain diesel also neither copies bound values nor duplicates rows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};

use super::address::SqliteAddress;
use super::failure::{from_connecting, from_diesel, from_file};
use super::file_identity::{DatabaseFiles, FileIdentity};
use super::grammar::SqliteGrammar;
use super::table::{new_table, table_exists};
use super::values::{SqliteQuery, SqliteRow};
use crate::random;
use crate::store::contract::Notices;
use crate::store::sql::driver::{Connection, Driver, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::statement::{SqlRow, Statement};

/// SQLite's limit, `SQLITE_MAX_LENGTH`, applies to the whole row; this leaves room for the other columns.
const DOCUMENT_LIMIT: u64 = 1_000_000_000 - 1_000_000;

/// How long to try for the exclusive lock that switching to WAL needs. Without WAL everything works, only slower.
const WAL_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens connections to one SQLite file, or to memory.
#[derive(Debug)]
pub(super) struct SqliteDriver {
    file: SqliteAddress,
    echo: Option<Notices>,
    notices: Notices,
    /// Whether a connection has found another file at its path, and the user has not been warned yet.
    is_moved: Arc<AtomicBool>,
}

impl SqliteDriver {
    /// Returns a driver for `file` that shows statements through `echo` and warns through `notices`. Opens nothing.
    pub(super) fn new(file: SqliteAddress, echo: Option<Notices>, notices: Notices) -> Self {
        Self { file, echo, notices, is_moved: Arc::default() }
    }

    /// Warns if the file at the path is not the one that was open before.
    fn tell_if_moved(&self) {
        if self.is_moved.swap(false, Ordering::Relaxed)
            && let Some(path) = self.file.path()
        {
            self.notices.warn(&format!(
                "{} was removed or replaced while it was in use; results that were in it before may be gone",
                path.display()
            ));
        }
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    fn grammar(&self) -> &'static dyn Grammar {
        &SqliteGrammar
    }

    fn is_ephemeral(&self) -> bool {
        self.file.path().is_none()
    }

    fn document_limit(&self) -> u64 {
        DOCUMENT_LIMIT
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let (file, echo, is_moved) = (self.file.clone(), self.echo.clone(), Arc::clone(&self.is_moved));
        let connection = blocking(move || open(&file, echo, is_moved)).await?;
        self.tell_if_moved();
        Ok(Box::new(connection))
    }

    async fn create_database(&self) -> Result<(), SqlFailure> {
        let Some(path) = self.file.path().map(Path::to_owned) else { return Ok(()) };
        if self.file.is_read_only() {
            return Err(SqlFailure::new(FailureClass::MissingDatabase, "the file does not exist"));
        }
        blocking(move || create_file(&path)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SqlFailure> + Send + 'static,
) -> Result<T, SqlFailure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(SqlFailure::new(FailureClass::Other, format!("the worker thread failed: {error}"))))
}

fn create_file(path: &Path) -> Result<(), SqlFailure> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory).map_err(|error| from_file(&error))?;
    }
    // An empty file is an empty database. Opening to append never truncates another process's data.
    std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(|error| from_file(&error))?;
    if let Some(directory) = directory.and_then(|directory| std::fs::File::open(directory).ok()) {
        // The directory entry must be as durable as the rows. Not every system can sync a directory.
        let _ = directory.sync_all();
    }
    Ok(())
}

fn open(file: &SqliteAddress, echo: Option<Notices>, is_moved: Arc<AtomicBool>) -> Result<SqliteSession, SqlFailure> {
    let identify = || file.path().map(FileIdentity::at).transpose().map_err(|error| from_file(&error));
    let mut opened = identify()?;
    let connection = loop {
        let connection =
            SqliteConnection::establish(&file.uri()).map_err(|error| from_connecting(&error, file.path()))?;
        let after = identify()?;
        if after == opened {
            break connection;
        }
        // The file was replaced in between, and it is unknown which one is open.
        opened = after;
    };
    let mut session = DieselSession { connection, echo };
    session.script(&format!("PRAGMA busy_timeout = {}", file.busy_timeout().as_millis()))?;
    // FULL, because a completed save must survive a power failure; the default does not guarantee that in WAL mode.
    session.script("PRAGMA synchronous = FULL")?;
    let files = file.path().zip(opened).map(|(path, id)| DatabaseFiles::new(path, id));
    Ok(SqliteSession {
        journal_mode_is_set: Arc::new(AtomicBool::new(files.is_none() || file.is_read_only())),
        has_snapshot: false,
        shared: Arc::new(SharedSession {
            session: Mutex::new(session),
            broken: AtomicBool::new(false),
            files,
            is_moved,
        }),
    })
}

/// An open SQLite connection.
///
/// The inner session is shared with the worker thread: when a caller is dropped, the thread finishes its work, and the
/// next user of the connection waits for it.
struct SqliteSession {
    shared: Arc<SharedSession>,
    journal_mode_is_set: Arc<AtomicBool>,
    /// Whether the transaction of a snapshot is open, or may be.
    has_snapshot: bool,
}

struct SharedSession {
    session: Mutex<DieselSession>,
    broken: AtomicBool,
    /// `None` for memory.
    files: Option<DatabaseFiles>,
    /// Shared with the driver.
    is_moved: Arc<AtomicBool>,
}

impl SharedSession {
    /// Whether the open file is still the one at its path.
    fn is_in_place(&self) -> bool {
        let Some(files) = &self.files else { return true };
        if !files.has_its_file() {
            self.is_moved.store(true, Ordering::Relaxed);
        }
        files.are_in_place()
    }

    /// Fails if the open file is no longer the one at its path.
    fn confirm_place(&self) -> Result<(), SqlFailure> {
        if self.is_in_place() {
            return Ok(());
        }
        let reason = "the file, or the write-ahead log beside it, was removed or replaced while it was open";
        Err(SqlFailure::new(FailureClass::ConnectionLost, reason))
    }
}

impl SqliteSession {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DieselSession, &SharedSession) -> Result<T, SqlFailure> + Send + 'static,
    ) -> Result<T, SqlFailure> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let mut session = shared.session.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut session, &shared);
            if let Err(failure) = &result {
                let lost = matches!(failure.class, FailureClass::Corrupt | FailureClass::InputOutput);
                let stuck = AnsiTransactionManager::is_broken_transaction_manager(&mut session.connection);
                if lost || stuck || failure.class.is_outage() {
                    shared.broken.store(true, Ordering::Relaxed);
                }
            }
            result
        })
        .await
    }
}

#[async_trait]
impl Connection for SqliteSession {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        let has_snapshot = self.has_snapshot;
        self.run(move |session, shared| {
            // A snapshot stays valid when its file is removed.
            if !has_snapshot {
                shared.confirm_place()?;
            }
            session.load(&statement)
        })
        .await
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        if self.shared.files.is_none() {
            // An in-memory database has only this connection.
            return Ok(SnapshotKind::Brief);
        }
        self.has_snapshot = true;
        self.run(|session, shared| {
            shared.confirm_place()?;
            let mode = session.load(&Statement::new("PRAGMA journal_mode"))?;
            session.begin("BEGIN")?;
            let is_wal = mode.iter().flatten().any(|mode| mode.as_str() == Some("wal"));
            Ok(if is_wal { SnapshotKind::Lasting } else { SnapshotKind::Brief })
        })
        .await
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        if self.has_snapshot {
            self.run(|session, _| session.commit()).await?;
            self.has_snapshot = false;
        }
        Ok(())
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        let journal_mode_is_set = Arc::clone(&self.journal_mode_is_set);
        self.run(move |session, shared| {
            if !journal_mode_is_set.swap(true, Ordering::Relaxed) {
                session.switch_to_wal();
            }
            let outcomes = session.immediately(|session| {
                if let Some(files) = &shared.files {
                    files.remember_log();
                }
                shared.confirm_place()?;
                steps.iter().map(|step| session.run_step(step)).collect::<Result<Vec<_>, _>>()
            })?;
            match shared.confirm_place() {
                Ok(()) => Ok(outcomes),
                Err(failure) => Err(SqlFailure { undecided: outcomes, ..failure }),
            }
        })
        .await
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        let table = table.to_owned();
        self.run(move |session, _| {
            session.immediately(|session| {
                // Checked inside the transaction: a table that Python has created meanwhile must not get indexes of the
                // store.
                if session.load(&table_exists(&table))?.is_empty() {
                    session.script(&new_table(&table))?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn check(&mut self) -> Result<(), SqlFailure> {
        // `SELECT 1` alone would not read the file.
        self.read(Statement::new("SELECT 1 FROM (SELECT count(*) FROM sqlite_schema)")).await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.has_snapshot || self.shared.broken.load(Ordering::Relaxed) || !self.shared.is_in_place()
    }
}

/// The diesel connection, used on the worker thread.
struct DieselSession {
    connection: SqliteConnection,
    echo: Option<Notices>,
}

impl DieselSession {
    fn show(&self, text: impl FnOnce() -> String) {
        if let Some(notices) = &self.echo {
            notices.statement(&text());
        }
    }

    fn script(&mut self, statements: &str) -> Result<(), SqlFailure> {
        self.show(|| statements.to_owned());
        self.connection.batch_execute(statements).map_err(|error| from_diesel(&error))
    }

    fn load(&mut self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.show(|| statement.text(|number| SqliteGrammar.placeholder(number)));
        let rows: Vec<SqliteRow> =
            SqliteQuery(statement).load(&mut self.connection).map_err(|error| from_diesel(&error))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn change(&mut self, statement: &Statement) -> Result<usize, SqlFailure> {
        self.show(|| statement.text(|number| SqliteGrammar.placeholder(number)));
        SqliteQuery(statement).execute(&mut self.connection).map_err(|error| from_diesel(&error))
    }

    fn begin(&mut self, statement: &str) -> Result<(), SqlFailure> {
        self.show(|| statement.to_owned());
        AnsiTransactionManager::begin_transaction_sql(&mut self.connection, statement)
            .map_err(|error| from_diesel(&error))
    }

    fn commit(&mut self) -> Result<(), SqlFailure> {
        self.show(|| "COMMIT".to_owned());
        // diesel rolls back a commit that fails.
        AnsiTransactionManager::commit_transaction(&mut self.connection).map_err(|error| from_diesel(&error))
    }

    /// Runs `work` in a transaction that takes the write lock first, so that it cannot fail halfway for lack of the
    /// lock.
    fn immediately<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        self.begin("BEGIN IMMEDIATE")?;
        match work(self) {
            Ok(value) => self.commit().map(|()| value),
            Err(failure) => {
                self.show(|| "ROLLBACK".to_owned());
                // If the rollback fails, the connection counts as broken; the first failure is the reason to report.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.connection);
                Err(failure)
            }
        }
    }

    /// A constraint that refuses a row undoes only that statement, so the transaction can go on.
    fn run_step(&mut self, step: &WriteStep) -> Result<StepOutcome, SqlFailure> {
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
    fn switch_to_wal(&mut self) {
        let started = Instant::now();
        loop {
            match self.load(&Statement::new("PRAGMA journal_mode = WAL")) {
                Err(failure) if failure.class == FailureClass::Busy && started.elapsed() < WAL_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(1) + random::pause_up_to(Duration::from_millis(20)));
                }
                // The statement that follows meets any other failure too, and reports it.
                _ => return,
            }
        }
    }
}

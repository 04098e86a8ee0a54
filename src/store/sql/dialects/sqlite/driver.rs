//! The SQLite driver.
//!
//! Plain diesel, not diesel-async's `SyncConnectionWrapper`. A whole transaction is one piece of work, which runs to its
//! end even if the caller is dropped. The wrapper hops to a thread for every statement: a save dropped between two of them
//! would leave `BEGIN IMMEDIATE` open on a pooled connection and lock out all other processes. Plain diesel also neither
//! copies bound values nor duplicates rows.
//!
//! Short work runs on the thread of the caller: it takes less time than to start a thread. Where a lock is in its way, and
//! for work that may take long, there is a thread, so that the process answers to signals meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use async_trait::async_trait;
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

use super::address::SqliteAddress;
use super::diesel_session::{DieselSession, LockWait};
use super::failure::{from_connecting, from_file};
use super::file_identity::{DatabaseFiles, FileIdentity};
use super::file_state::{FileStamp, confirm_content, has_no_bytes, name_a_full_disk, settled_content};
use super::grammar::SqliteGrammar;
use super::new_file::{create_file, obstacle};
use super::table::{new_table, table_exists};
use crate::store::contract::{Finding, Notices};
use crate::store::sql::driver::{Connection, Driver, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::statement::{SqlRow, Statement};

/// SQLite's limit, `SQLITE_MAX_LENGTH`, applies to the whole row; this leaves room for the other columns.
const DOCUMENT_LIMIT: u64 = 1_000_000_000 - 1_000_000;

/// The settings of a connection that writes.
///
/// FULL, because a completed save must survive a power failure; the default does not guarantee that in WAL mode. The log
/// is written into the database after 4,000 pages and not after 1,000: many saves change the same pages of the indexes.
const SETTINGS: &str = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000";

/// Bytes of the values in a save that is short work.
const SHORT_SAVE: usize = 256 * 1024;

/// Opens connections to one SQLite file, or to memory.
#[derive(Debug)]
pub(super) struct SqliteDriver {
    file: SqliteAddress,
    echo: Option<Notices>,
    notices: Notices,
    /// Whether a connection has found another file at its path, and the user has not been warned yet.
    is_moved: Arc<AtomicBool>,
    /// Whether the user has been told that a lock is waited for.
    is_told_of_lock: Arc<AtomicBool>,
}

impl SqliteDriver {
    /// Returns a driver for `file` that shows statements through `echo` and warns through `notices`. Opens nothing.
    pub(super) fn new(file: SqliteAddress, echo: Option<Notices>, notices: Notices) -> Self {
        Self { file, echo, notices, is_moved: Arc::default(), is_told_of_lock: Arc::default() }
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

    fn local_findings(&self) -> Vec<Finding> {
        let path = self.file.path().filter(|_| !self.file.is_read_only());
        path.and_then(obstacle).into_iter().collect()
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let (file, echo, is_moved) = (self.file.clone(), self.echo.clone(), Arc::clone(&self.is_moved));
        let wait = LockWait {
            timeout: file.busy_timeout(),
            path: file.path().map(|path| path.display().to_string()).unwrap_or_default(),
            notices: self.notices.clone(),
            is_told: Arc::clone(&self.is_told_of_lock),
        };
        // The content of an empty file is waited for.
        let connection = match file.path().is_some_and(has_no_bytes) {
            true => blocking(move || open(&file, echo, is_moved, wait)).await?,
            false => open(&file, echo, is_moved, wait)?,
        };
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

fn open(
    file: &SqliteAddress,
    echo: Option<Notices>,
    is_moved: Arc<AtomicBool>,
    wait: LockWait,
) -> Result<SqliteSession, SqlFailure> {
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
    let notices = wait.notices.clone();
    let session = DieselSession::new(connection, echo, wait);
    if let Some(path) = file.path() {
        settled_content(path);
    }
    let files = file.path().zip(opened).map(|(path, id)| DatabaseFiles::new(path, id));
    Ok(SqliteSession {
        has_snapshot: false,
        shared: Arc::new(SharedSession {
            session: Mutex::new(session),
            is_set_up: AtomicBool::new(files.is_none() || file.is_read_only()),
            broken: AtomicBool::new(false),
            files,
            is_moved,
            uri_as_it_lies: file.uri_as_it_lies(),
            stamp: Mutex::new(None),
            notices,
        }),
    })
}

/// An open SQLite connection.
///
/// The inner session is shared with the worker thread: when a caller is dropped, the thread finishes its work, and the
/// next user of the connection waits for it.
struct SqliteSession {
    shared: Arc<SharedSession>,
    /// Whether the transaction of a snapshot is open, or may be.
    has_snapshot: bool,
}

struct SharedSession {
    session: Mutex<DieselSession>,
    /// Whether the connection is set up for writing. The settings need files beside the database, which reading may have to
    /// do without.
    is_set_up: AtomicBool,
    broken: AtomicBool,
    /// `None` for memory.
    files: Option<DatabaseFiles>,
    /// Shared with the driver.
    is_moved: Arc<AtomicBool>,
    /// Opens the file for reading alone, without a file beside it.
    uri_as_it_lies: String,
    /// How the file was when it was opened in that way.
    stamp: Mutex<Option<FileStamp>>,
    notices: Notices,
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

impl SharedSession {
    /// Reads, and where SQLite cannot create the files beside the database that it needs even for reading, because the
    /// disk is full or must not be written, reads the file as it lies.
    fn read<T>(
        &self,
        session: &mut DieselSession,
        work: impl Fn(&mut DieselSession) -> Result<T, SqlFailure>,
    ) -> Result<T, SqlFailure> {
        if let Some(files) = &self.files {
            confirm_content(files.path())?;
        }
        let result = match work(session) {
            Err(failure) if is_of_the_disk(&failure) && self.lay_open(session) => work(session).map_err(|_| failure),
            result => result,
        };
        let stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*stamp, &self.files) {
            (Some(stamp), Some(files)) if FileStamp::of(files.path()).as_ref() != Some(stamp) => {
                Err(SqlFailure::new(FailureClass::ConnectionLost, "the file was changed while it was read"))
            }
            _ => result,
        }
    }

    /// Opens the file again, for reading alone, if the file holds all that was written. This connection is not used
    /// again.
    fn lay_open(&self, session: &mut DieselSession) -> bool {
        let mut stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(files) = self.files.as_ref().filter(|_| stamp.is_none()) else { return false };
        let Some(now) = FileStamp::of(files.path()) else { return false };
        let Ok(connection) = SqliteConnection::establish(&self.uri_as_it_lies) else { return false };
        session.replace(connection);
        *stamp = Some(now);
        self.broken.store(true, Ordering::Relaxed);
        true
    }
}

fn is_of_the_disk(failure: &SqlFailure) -> bool {
    matches!(failure.class, FailureClass::Denied | FailureClass::InputOutput | FailureClass::Full)
}

impl SharedSession {
    /// Runs `work` now, unless the session is in use or a lock is in the way. A transaction that met a lock is undone.
    fn try_now<T>(
        &self,
        work: impl Fn(&mut DieselSession, &Self) -> Result<T, SqlFailure>,
    ) -> Option<Result<T, SqlFailure>> {
        let mut session = match self.session.try_lock() {
            Ok(session) => session,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        session.set_waiting(false);
        let result = work(&mut session, self);
        let is_locked = result.as_ref().is_err_and(|failure| failure.class == FailureClass::Busy);
        (!is_locked || session.is_stuck()).then(|| self.ended(&mut session, result))
    }

    /// Runs `work`, and waits for locks. Blocks.
    fn run<T>(&self, work: impl Fn(&mut DieselSession, &Self) -> Result<T, SqlFailure>) -> Result<T, SqlFailure> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.set_waiting(true);
        let result = work(&mut session, self);
        self.ended(&mut session, result)
    }

    fn ended<T>(
        &self,
        session: &mut MutexGuard<'_, DieselSession>,
        result: Result<T, SqlFailure>,
    ) -> Result<T, SqlFailure> {
        result.map_err(|failure| {
            let lost = matches!(failure.class, FailureClass::Corrupt | FailureClass::InputOutput);
            if lost || session.is_stuck() || failure.class.is_outage() {
                self.broken.store(true, Ordering::Relaxed);
            }
            match &self.files {
                Some(files) => name_a_full_disk(failure, files.path()),
                None => failure,
            }
        })
    }
}

impl SqliteSession {
    /// Runs `work`, on a thread unless it `is_short`.
    async fn run<T: Send + 'static>(
        &self,
        is_short: bool,
        work: impl Fn(&mut DieselSession, &SharedSession) -> Result<T, SqlFailure> + Send + 'static,
    ) -> Result<T, SqlFailure> {
        if is_short {
            // A list is many pieces of short work, between which signals must be noticed.
            tokio::task::yield_now().await;
            if let Some(result) = self.shared.try_now(&work) {
                return result;
            }
        }
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.run(work)).await
    }
}

#[async_trait]
impl Connection for SqliteSession {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        let has_snapshot = self.has_snapshot;
        self.run(statement.is_short(), move |session, shared| {
            // A snapshot stays valid when its file is removed.
            if !has_snapshot {
                shared.confirm_place()?;
            }
            shared.read(session, |session| session.load(&statement))
        })
        .await
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        if self.shared.files.is_none() {
            // An in-memory database has only this connection.
            return Ok(SnapshotKind::Brief);
        }
        self.has_snapshot = true;
        self.run(true, |session, shared| {
            shared.confirm_place()?;
            // The first statement that reads the file shows whether that is possible.
            let mode = shared.read(session, |session| {
                session.load(&Statement::new("SELECT count(*) FROM sqlite_schema"))?;
                session.load(&Statement::new("PRAGMA journal_mode"))
            })?;
            session.begin("BEGIN")?;
            let is_wal = mode.iter().flatten().any(|mode| mode.as_str() == Some("wal"));
            Ok(if is_wal { SnapshotKind::Lasting } else { SnapshotKind::Brief })
        })
        .await
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        if self.has_snapshot {
            self.run(true, |session, _| session.commit()).await?;
            self.has_snapshot = false;
        }
        Ok(())
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        let is_short = match steps.as_slice() {
            [step] => step.statements.iter().map(Statement::value_bytes).sum::<usize>() <= SHORT_SAVE,
            _ => false,
        };
        self.run(is_short, move |session, shared| {
            if let Some(files) = &shared.files {
                confirm_content(files.path())?;
            }
            if !shared.is_set_up.load(Ordering::Relaxed) {
                session.script(SETTINGS)?;
                session.switch_to_wal()?;
                shared.is_set_up.store(true, Ordering::Relaxed);
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
        self.run(false, move |session, shared| {
            if let Some(files) = &shared.files
                && confirm_content(files.path()).is_err()
            {
                shared.notices.warn(&format!(
                    "{} had 0 bytes and is filled anew; if results were in it, it was cut, and they are lost",
                    files.path().display()
                ));
            }
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

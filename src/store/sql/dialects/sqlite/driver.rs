//! The SQLite driver.
//!
//! Plain diesel inside `spawn_blocking`, not diesel-async's `SyncConnectionWrapper`: a whole transaction is one hop
//! to a thread and runs to its end whatever becomes of the caller, where the wrapper hops for every statement and a
//! save that is dropped between two of them would leave `BEGIN IMMEDIATE` open on a pooled connection, locking out
//! every other process. It also neither copies bound values nor duplicates rows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::deserialize::{self, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text as SqlText, Untyped};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use diesel::{Connection as _, QueryResult, RunQueryDsl};

use super::failure::{from_connecting, from_diesel, from_file};
use super::file::SqliteFile;
use super::{SqliteGrammar, new_table, table_exists};
use crate::store::contract::Notices;
use crate::store::sql::dialects::Grammar;
use crate::store::sql::driver::{Connection, Driver, Failure, FailureClass, Step, StepOutcome};
use crate::store::sql::retry::random_fraction;
use crate::store::sql::statement::{Piece, Row, Statement, Text, Value};

/// SQLite's own limit, `SQLITE_MAX_LENGTH`, counts the whole row; this leaves room for the other columns.
const DOCUMENT_LIMIT: u64 = 1_000_000_000 - 1_000_000;

/// How long to try for the exclusive lock that switching to WAL needs. Without it everything works, only slower.
const WAL_PATIENCE: Duration = Duration::from_secs(2);

/// Opens connections to one SQLite file, or to memory.
#[derive(Debug)]
pub(super) struct SqliteDriver {
    file: SqliteFile,
    echo: Option<Notices>,
}

impl SqliteDriver {
    /// A driver for `file` that shows its statements through `echo`. Touches nothing.
    pub(super) fn new(file: SqliteFile, echo: Option<Notices>) -> Self {
        Self { file, echo }
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

    async fn connect(&self) -> Result<Box<dyn Connection>, Failure> {
        let (file, echo) = (self.file.clone(), self.echo.clone());
        blocking(move || open(&file, echo)).await.map(|connection| Box::new(connection) as Box<dyn Connection>)
    }

    async fn create_database(&self) -> Result<(), Failure> {
        let Some(path) = self.file.path().map(Path::to_owned) else { return Ok(()) };
        if self.file.is_read_only() {
            return Err(Failure::new(FailureClass::MissingDatabase, "the file does not exist"));
        }
        blocking(move || create_file(&path)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Failure::new(FailureClass::Other, format!("the worker thread failed: {error}"))))
}

fn create_file(path: &Path) -> Result<(), Failure> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory).map_err(|error| from_file(&error))?;
    }
    // An empty file is an empty database. Opening to append never cuts off what another process has written.
    std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(|error| from_file(&error))?;
    if let Some(directory) = directory.and_then(|directory| std::fs::File::open(directory).ok()) {
        // The name must be as durable as the rows. Not every system lets a directory be synced.
        let _ = directory.sync_all();
    }
    Ok(())
}

fn open(file: &SqliteFile, echo: Option<Notices>) -> Result<OpenFile, Failure> {
    if let Some(path) = file.path() {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Failure::new(FailureClass::NotAFile, "it is a directory"));
            }
            Ok(_) => {}
            Err(error) => return Err(from_file(&error)),
        }
    }
    let connection = SqliteConnection::establish(&file.uri()).map_err(|error| from_connecting(&error, file.path()))?;
    let mut session = Session { connection, echo };
    session.script(&format!("PRAGMA busy_timeout = {}", file.busy_timeout().as_millis()))?;
    // FULL, because a save that has returned must survive a power cut; in WAL mode the default does not promise that.
    session.script("PRAGMA synchronous = FULL")?;
    Ok(OpenFile {
        shared: Arc::new(Shared { session: Mutex::new(session), broken: AtomicBool::new(false) }),
        journal_mode_is_set: Arc::new(AtomicBool::new(file.path().is_none() || file.is_read_only())),
    })
}

/// An open SQLite connection.
///
/// The connection proper is shared with the thread that works on it: when a caller goes away, that thread finishes,
/// and whoever gets this connection next waits for it.
struct OpenFile {
    shared: Arc<Shared>,
    journal_mode_is_set: Arc<AtomicBool>,
}

struct Shared {
    session: Mutex<Session>,
    broken: AtomicBool,
}

impl OpenFile {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let mut session = shared.session.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut session);
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
impl Connection for OpenFile {
    async fn read(&mut self, statement: Statement) -> Result<Vec<Row>, Failure> {
        self.run(move |session| session.load(&statement)).await
    }

    async fn write(&mut self, steps: Arc<Vec<Step>>) -> Result<Vec<StepOutcome>, Failure> {
        let journal_mode_is_set = Arc::clone(&self.journal_mode_is_set);
        self.run(move |session| {
            if !journal_mode_is_set.swap(true, Ordering::Relaxed) {
                session.switch_to_wal();
            }
            session.immediately(|session| steps.iter().map(|step| session.run_step(step)).collect())
        })
        .await
    }

    async fn create_table(&mut self, table: &str) -> Result<(), Failure> {
        let table = table.to_owned();
        self.run(move |session| {
            session.immediately(|session| {
                // Looked for inside the transaction: a table that Python has made meanwhile gets no index of ours.
                if session.load(&table_exists(&table))?.is_empty() {
                    session.script(&new_table(&table))?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn check(&mut self) -> Result<(), Failure> {
        // `SELECT 1` alone would not touch the file.
        self.read(Statement::new("SELECT 1 FROM (SELECT count(*) FROM sqlite_schema)")).await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.shared.broken.load(Ordering::Relaxed)
    }
}

/// diesel's connection, on the thread that works with it.
struct Session {
    connection: SqliteConnection,
    echo: Option<Notices>,
}

impl Session {
    fn show(&self, text: impl FnOnce() -> String) {
        if let Some(notices) = &self.echo {
            notices.statement(&text());
        }
    }

    fn script(&mut self, statements: &str) -> Result<(), Failure> {
        self.show(|| statements.to_owned());
        self.connection.batch_execute(statements).map_err(|error| from_diesel(&error))
    }

    fn load(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        self.show(|| statement.text(&SqliteGrammar));
        let rows: Vec<LoadedRow> =
            Runnable(statement).load(&mut self.connection).map_err(|error| from_diesel(&error))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    fn change(&mut self, statement: &Statement) -> Result<usize, Failure> {
        self.show(|| statement.text(&SqliteGrammar));
        Runnable(statement).execute(&mut self.connection).map_err(|error| from_diesel(&error))
    }

    /// Runs `work` in a transaction that takes the write lock first, so that it cannot fail halfway for want of it.
    fn immediately<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        self.show(|| "BEGIN IMMEDIATE".to_owned());
        AnsiTransactionManager::begin_transaction_sql(&mut self.connection, "BEGIN IMMEDIATE")
            .map_err(|error| from_diesel(&error))?;
        match work(self) {
            Ok(value) => {
                self.show(|| "COMMIT".to_owned());
                // A commit that fails is rolled back by diesel.
                AnsiTransactionManager::commit_transaction(&mut self.connection)
                    .map_err(|error| from_diesel(&error))?;
                Ok(value)
            }
            Err(failure) => {
                self.show(|| "ROLLBACK".to_owned());
                // Where even this fails the connection counts as broken; what failed first is the reason to tell.
                let _ = AnsiTransactionManager::rollback_transaction(&mut self.connection);
                Err(failure)
            }
        }
    }

    /// A constraint that refuses a row undoes that statement alone, so that the transaction can go on.
    fn run_step(&mut self, step: &Step) -> Result<StepOutcome, Failure> {
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

    /// Makes the file use a write-ahead log, in which readers and the writer do not wait for each other. The switch
    /// needs the file alone, and SQLite does not always wait for that; where it cannot be, the file stays as it is.
    fn switch_to_wal(&mut self) {
        let started = Instant::now();
        loop {
            match self.load(&Statement::new("PRAGMA journal_mode = WAL")) {
                Err(failure) if failure.class == FailureClass::Busy && started.elapsed() < WAL_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(1) + Duration::from_millis(20).mul_f64(random_fraction()));
                }
                // Any other failure is of no interest here: the statement that follows meets it too, and tells it.
                _ => return,
            }
        }
    }
}

/// A neutral statement as diesel runs it. Its text alone identifies it, so that it is prepared once.
struct Runnable<'a>(&'a Statement);

impl QueryFragment<Sqlite> for Runnable<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for piece in self.0.pieces() {
            match piece {
                Piece::Sql(sql) => pass.push_sql(sql),
                Piece::Bind(Value::Null) => pass.push_bind_param::<Nullable<SqlText>, _>(&None::<String>)?,
                Piece::Bind(Value::Integer(number)) => pass.push_bind_param::<BigInt, _>(number)?,
                Piece::Bind(Value::Real(number)) => pass.push_bind_param::<Double, _>(number)?,
                Piece::Bind(Value::Text(text)) => pass.push_bind_param::<SqlText, _>(text.as_str())?,
                Piece::Bind(Value::Time(_)) => pass.push_bind_param::<Nullable<SqlText>, _>(&None::<String>)?,
                Piece::Bind(Value::Bytes(bytes)) => pass.push_bind_param::<Binary, [u8]>(bytes)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Runnable<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Runnable<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Runnable<'_> {}

struct LoadedRow(Row);

impl QueryableByName<Sqlite> for LoadedRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let values = (0..row.field_count()).map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            let Some(mut value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.value_type() {
                None => Value::Null,
                Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
                    Value::Integer(value.read_long())
                }
                Some(SqliteType::Float | SqliteType::Double) => Value::Real(value.read_double()),
                Some(SqliteType::Text) => {
                    let text = value.read_text();
                    // SQLite keeps any bytes as text, and diesel puts this sign where they are none. Only then are
                    // they read as bytes, for which it copies the whole value once more.
                    if text.contains(char::REPLACEMENT_CHARACTER) {
                        let mut again = field.value().ok_or("a value is gone")?;
                        match Text::from_utf8(Bytes::copy_from_slice(again.read_blob())) {
                            Ok(text) => Value::Text(text),
                            Err(bytes) => Value::Bytes(bytes),
                        }
                    } else {
                        Value::Text(text.into())
                    }
                }
                Some(SqliteType::Binary) => Value::Bytes(Bytes::copy_from_slice(value.read_blob())),
            })
        });
        Ok(Self(values.collect::<deserialize::Result<Row>>()?))
    }
}

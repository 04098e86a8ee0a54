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
use diesel::connection::SimpleConnection as _;
use diesel::deserialize::{self, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text as SqlText, Untyped};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use diesel::{Connection as _, QueryResult, RunQueryDsl};

use super::driver::{Connection, Driver, Failure, FailureClass, Step, StepOutcome};
use super::retry::random_fraction;
use super::schema;
use super::sqlite_failure::{from_connecting, from_diesel, from_file};
use super::sqlite_file::SqliteFile;
use super::statement::{Piece, Row, Statement, Text, Value};
use super::url::Dialect;

/// SQLite's own limit, `SQLITE_MAX_LENGTH`, counts the whole row; this leaves room for the other columns.
const DOCUMENT_LIMIT: u64 = 1_000_000_000 - 1_000_000;

/// How long to try for the exclusive lock that switching to WAL needs. Without it everything works, only slower.
const WAL_PATIENCE: Duration = Duration::from_secs(2);

/// Opens connections to one SQLite file, or to memory.
#[derive(Debug)]
pub(super) struct SqliteDriver {
    file: SqliteFile,
}

impl SqliteDriver {
    /// A driver for `file`. Touches nothing.
    pub(super) fn new(file: SqliteFile) -> Self {
        Self { file }
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn is_ephemeral(&self) -> bool {
        self.file.path().is_none()
    }

    fn document_limit(&self) -> u64 {
        DOCUMENT_LIMIT
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, Failure> {
        let file = self.file.clone();
        blocking(move || open(&file)).await.map(|connection| Box::new(connection) as Box<dyn Connection>)
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

fn open(file: &SqliteFile) -> Result<OpenFile, Failure> {
    if let Some(path) = file.path() {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Failure::new(FailureClass::NotAFile, "it is a directory"));
            }
            Ok(_) => {}
            Err(error) => return Err(from_file(&error)),
        }
    }
    let mut connection =
        SqliteConnection::establish(&file.uri()).map_err(|error| from_connecting(&error, file.path()))?;
    let milliseconds = file.busy_timeout().as_millis();
    // FULL, because a save that has returned must survive a power cut; in WAL mode the default does not promise that.
    connection
        .batch_execute(&format!("PRAGMA busy_timeout = {milliseconds}; PRAGMA synchronous = FULL"))
        .map_err(|error| from_diesel(&error))?;
    Ok(OpenFile {
        shared: Arc::new(Shared { connection: Mutex::new(connection), broken: AtomicBool::new(false) }),
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
    connection: Mutex<SqliteConnection>,
    broken: AtomicBool,
}

impl OpenFile {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let mut connection = shared.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut connection);
            if let Err(failure) = &result {
                let lost = matches!(failure.class, FailureClass::Corrupt | FailureClass::InputOutput);
                if lost || failure.class.is_outage() {
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
        self.run(move |connection| load(connection, &statement)).await
    }

    async fn write(&mut self, steps: Arc<Vec<Step>>) -> Result<Vec<StepOutcome>, Failure> {
        let journal_mode_is_set = Arc::clone(&self.journal_mode_is_set);
        self.run(move |connection| {
            if !journal_mode_is_set.swap(true, Ordering::Relaxed) {
                switch_to_wal(connection);
            }
            immediately(connection, |connection| steps.iter().map(|step| run_step(connection, step)).collect())
        })
        .await
    }

    async fn create_table(&mut self, table: &str) -> Result<(), Failure> {
        let table = table.to_owned();
        let journal_mode_is_set = Arc::clone(&self.journal_mode_is_set);
        self.run(move |connection| {
            if !journal_mode_is_set.swap(true, Ordering::Relaxed) {
                switch_to_wal(connection);
            }
            immediately(connection, |connection| {
                // Looked for inside the transaction: a table that Python has made meanwhile gets no index of ours.
                if load(connection, &schema::sqlite_table_exists(&table))?.is_empty() {
                    connection.batch_execute(&schema::sqlite_table(&table)).map_err(|error| from_diesel(&error))?;
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

/// Runs `work` in a transaction that takes the write lock first, so that it cannot fail halfway for want of it.
fn immediately<T>(
    connection: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.immediate_transaction(|connection| work(connection).map_err(InTransaction::Work)).map_err(|error| {
        match error {
            InTransaction::Work(failure) => failure,
            InTransaction::Diesel(error) => from_diesel(&error),
        }
    })
}

enum InTransaction {
    Work(Failure),
    Diesel(diesel::result::Error),
}

impl From<diesel::result::Error> for InTransaction {
    fn from(error: diesel::result::Error) -> Self {
        Self::Diesel(error)
    }
}

/// A constraint that refuses a row undoes that statement alone, so that the transaction can go on.
fn run_step(connection: &mut SqliteConnection, step: &Step) -> Result<StepOutcome, Failure> {
    for statement in &step.0 {
        match Runnable(statement).execute(connection) {
            Ok(0) => {}
            Ok(rows) => return Ok(StepOutcome::Changed(rows as u64)),
            Err(error) => {
                let failure = from_diesel(&error);
                return match failure.class {
                    FailureClass::Duplicate | FailureClass::TooLarge => Ok(StepOutcome::Refused(failure)),
                    _ => Err(failure),
                };
            }
        }
    }
    Ok(StepOutcome::Changed(0))
}

/// Makes the file use a write-ahead log, in which readers and the writer do not wait for each other. The switch needs
/// the file alone, and SQLite does not wait for that; where it cannot be, the file stays as it is.
fn switch_to_wal(connection: &mut SqliteConnection) {
    let started = Instant::now();
    loop {
        match load(connection, &Statement::new("PRAGMA journal_mode = WAL")) {
            Err(failure) if failure.class == FailureClass::Busy && started.elapsed() < WAL_PATIENCE => {
                std::thread::sleep(Duration::from_millis(1) + Duration::from_millis(20).mul_f64(random_fraction()));
            }
            // Any other failure is of no interest here: the statement that follows meets it too, and tells it.
            _ => return,
        }
    }
}

fn load(connection: &mut SqliteConnection, statement: &Statement) -> Result<Vec<Row>, Failure> {
    let rows: Vec<LoadedRow> = Runnable(statement).load(connection).map_err(|error| from_diesel(&error))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
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
                // As bytes, because SQLite keeps any bytes as text, and diesel would mend them silently.
                Some(SqliteType::Text) => match Text::from_utf8(Bytes::copy_from_slice(value.read_blob())) {
                    Ok(text) => Value::Text(text),
                    Err(bytes) => Value::Bytes(bytes),
                },
                Some(SqliteType::Binary) => Value::Bytes(Bytes::copy_from_slice(value.read_blob())),
            })
        });
        Ok(Self(values.collect::<deserialize::Result<Row>>()?))
    }
}

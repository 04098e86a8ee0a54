//! Runs the statements of the program on SQLite. Every other statement is a syntax error.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, ErrorCode};

use super::tds::{Cell, Kind};

/// Python's table, with the collation of a database with the default `SQL_Latin1_General_CP1_CI_AS`.
const PYTHON_TABLE: &str = "CREATE TABLE validation_results (
    id INTEGER NOT NULL, run_id VARCHAR(255) COLLATE CI NOT NULL, data_asset VARCHAR(500) COLLATE CI NOT NULL,
    run_time DATETIME NOT NULL, status VARCHAR(50) COLLATE CI NOT NULL, namespace VARCHAR(255) COLLATE CI NOT NULL,
    tags_json VARCHAR COLLATE CI, data_json VARCHAR COLLATE CI NOT NULL, created_at DATETIME, updated_at DATETIME,
    PRIMARY KEY (id));
    CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);";

/// Replacements that turn the program's SQL into SQLite's, in this order.
const WORDS: [(&str, &str); 31] = [
    // The table.
    ("INTEGER IDENTITY(1,1) NOT NULL", "INTEGER NOT NULL"),
    ("COLLATE Latin1_General_100_BIN2 NOT NULL", "COLLATE BLANKS NOT NULL"),
    ("COLLATE Latin1_General_100_BIN2 NULL", "COLLATE BLANKS NULL"),
    ("run_id_bytes AS DATALENGTH(run_id)", "run_id_bytes INTEGER AS (length(run_id))"),
    ("namespace_bytes AS DATALENGTH(namespace)", "namespace_bytes INTEGER AS (length(namespace))"),
    (" INCLUDE (run_id)", ""),
    ("VARCHAR(MAX)", "VARCHAR"),
    // Texts.
    (" = CAST(@P", " = @P"),
    (" AS VARCHAR(8000))", ""),
    (" + N'.' = ", " || '.' = "),
    (" + N'.' LIKE ", " || '.' LIKE "),
    (" ESCAPE N'!'", " ESCAPE '!'"),
    (" + N'.' COLLATE Latin1_General_100_BIN2", " || '.' COLLATE BINARY"),
    ("COLLATE Latin1_General_100_BIN2", "COLLATE BINARY"),
    // Tags.
    (
        "OPENJSON(CASE WHEN ISJSON(tags_json) = 1 AND LEFT(LTRIM(tags_json), 1) = N'{'",
        "json_each(CASE WHEN tags_json LIKE '{%'",
    ),
    ("ELSE N'{}' END) AS tag", "ELSE '{}' END) AS tag"),
    (
        "CASE tag.[type] WHEN 0 THEN N'null' ELSE tag.[value] END",
        "CASE tag.type WHEN 'null' THEN 'null' ELSE tag.value END",
    ),
    ("tag.[key]", "tag.key"),
    // Pages.
    (" OFFSET @P", " LIMIT -1 OFFSET @P"),
    (" ROWS FETCH NEXT @P", " + 0 * @P"),
    (" ROWS ONLY", ""),
    // UTF-16.
    ("DATALENGTH(data_json)", "(2 * length(data_json))"),
    // Questions about the server and the user.
    ("@@VERSION", "'Microsoft SQL Server, scripted'"),
    ("SUSER_SNAME()", "'me'"),
    (
        "HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') = 1 AND HAS_PERMS_BY_NAME(SCHEMA_NAME(), 'SCHEMA', \
         'ALTER') = 1",
        "TRUE",
    ),
    // Locks and names.
    (" WITH (UPDLOCK, SERIALIZABLE)", ""),
    (" WITH (SERIALIZABLE)", ""),
    ("[", "\""),
    ("]", "\""),
    ("BEGIN TRANSACTION", "BEGIN IMMEDIATE"),
    ("COMMIT TRANSACTION", "COMMIT"),
];

/// An error, as SQL Server reports it: its number and its message.
#[derive(Clone, Debug)]
pub(crate) struct Fault(pub(crate) u32, pub(crate) String);

/// Rows with their columns.
pub(crate) type Rows = (Vec<(String, Kind)>, Vec<Vec<Cell>>);

/// A file with the data, for any number of sessions.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    path: PathBuf,
    /// Whether the table is Python's.
    is_python: bool,
    /// Whether the database allows snapshots.
    has_snapshots: bool,
}

impl Data {
    pub(crate) fn new(path: PathBuf, is_python: bool, has_snapshots: bool) -> Self {
        let data = Self { path, is_python, has_snapshots };
        let session = data.open();
        session.connection.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        if is_python {
            session.connection.execute_batch(PYTHON_TABLE).unwrap();
        }
        data
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn open(&self) -> Engine {
        let connection = open(&self.path);
        let Self { is_python, has_snapshots, .. } = *self;
        Engine { connection, is_python, has_snapshots, reads: false, aborts: false, rows: 0, changed: 0 }
    }
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    // The collation of the statements compares code points.
    connection.pragma_update(None, "case_sensitive_like", true).unwrap();
    // SQL Server ignores trailing spaces, and case too, unless the column's collation distinguishes it.
    let blanks = |one: &str, other: &str| -> Ordering { one.trim_end_matches(' ').cmp(other.trim_end_matches(' ')) };
    connection.create_collation("BLANKS", blanks).unwrap();
    connection.create_collation("CI", move |one, other| blanks(&one.to_lowercase(), &other.to_lowercase())).unwrap();
    connection
}

/// A session on the data.
pub(crate) struct Engine {
    connection: Connection,
    is_python: bool,
    has_snapshots: bool,
    /// Whether the next transaction reads from a snapshot.
    reads: bool,
    /// `XACT_ABORT`.
    aborts: bool,
    /// `@@ROWCOUNT`.
    rows: i64,
    /// `@changed`.
    changed: i64,
}

impl Engine {
    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs a batch. With `XACT_ABORT` off, it continues after an error, as SQL Server does.
    pub(crate) fn run(&mut self, batch: &str, values: &[Cell]) -> (Option<Rows>, Vec<Fault>) {
        let (mut rows, mut faults) = (None, Vec::new());
        let mut skips = false;
        for statement in batch.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            if statement == "END" {
                skips = false;
                continue;
            }
            let statement = match statement.strip_prefix("IF @changed = 0 BEGIN ") {
                Some(_) if self.changed != 0 => {
                    skips = true;
                    continue;
                }
                Some(inner) => inner,
                None => statement,
            };
            if skips {
                continue;
            }
            match self.statement(statement, values) {
                Ok(Done::Stop) => break,
                Ok(Done::Rows(found)) => rows = Some(found),
                Ok(Done::Nothing) => {}
                Err(fault) => {
                    let ends = self.aborts || fault.0 >= 50_000;
                    faults.push(fault);
                    if self.aborts && self.is_in_transaction() {
                        self.connection.execute_batch("ROLLBACK").unwrap();
                    }
                    if ends {
                        break;
                    }
                }
            }
        }
        (rows, faults)
    }

    fn statement(&mut self, statement: &str, values: &[Cell]) -> Result<Done, Fault> {
        let mut words = statement.split(' ');
        match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
            ("SET", "@changed") if statement.ends_with("@@ROWCOUNT") => self.changed = self.rows,
            ("DECLARE", "@changed") => self.changed = 0,
            ("DECLARE", "@snapshot") => {}
            // In any other transaction, everything that was read stays locked, as in a writing transaction of SQLite.
            ("IF", "@snapshot") => self.reads = self.has_snapshots,
            ("SELECT", "@snapshot") => {
                let rows = vec![vec![Cell::Integer(self.has_snapshots.into())]];
                return Ok(Done::Rows((vec![("is_lasting".to_owned(), Kind::BigInt)], rows)));
            }
            ("BEGIN", "TRANSACTION") if std::mem::take(&mut self.reads) => {
                self.run_on_sqlite("BEGIN", &[])?;
            }
            ("SELECT", "@changed") => {
                let rows = vec![vec![Cell::Integer(self.changed)]];
                return Ok(Done::Rows((vec![("changed".to_owned(), Kind::BigInt)], rows)));
            }
            ("SET", "XACT_ABORT") => self.aborts = statement.ends_with("ON"),
            ("SET", option) if option.starts_with(|letter: char| letter.is_ascii_uppercase()) => {}
            ("IF", "@@TRANCOUNT") => {
                if self.is_in_transaction() {
                    self.run_on_sqlite("ROLLBACK", &[])?;
                }
            }
            ("IF", "OBJECT_ID(N'[validation_results]')") => {
                // IF OBJECT_ID(...) IS NULL BEGIN BEGIN TRANSACTION
                if self.has_table() {
                    return Ok(Done::Stop);
                }
                self.run_on_sqlite("BEGIN IMMEDIATE", &[])?;
            }
            ("IF", "EXISTS") => return self.guard(statement),
            ("BEGIN" | "COMMIT", "TRANSACTION") | ("CREATE", _) | ("SELECT" | "UPDATE" | "INSERT" | "DELETE", _) => {
                let mut text = statement.to_owned();
                for (ours, theirs) in WORDS {
                    text = text.replace(ours, theirs);
                }
                // OFFSET @P1 ROWS FETCH NEXT @P2 ROWS ONLY; SQLite expects the second value first.
                if let Some((before, page)) = text.split_once(" LIMIT -1 OFFSET ") {
                    let (offset, size) = page.split_once(" + 0 * ").unwrap();
                    text = format!("{before} LIMIT {size} OFFSET {offset}");
                }
                return self.run_on_sqlite(&text, values);
            }
            _ => return Err(Fault(102, format!("Incorrect syntax near '{statement}'."))),
        }
        Ok(Done::Nothing)
    }

    /// A column of Python's table refuses text other than ASCII.
    fn guard(&self, statement: &str) -> Result<Done, Fault> {
        let (_, then) = statement.split_once(" THROW ").expect("a guard throws");
        let words: Vec<_> = then.splitn(2, ", ").collect();
        if self.is_python {
            let message = words[1].trim_start_matches("N'").trim_end_matches("', 1");
            return Err(Fault(words[0].parse().unwrap(), message.to_owned()));
        }
        Ok(Done::Nothing)
    }

    fn has_table(&self) -> bool {
        self.connection.prepare("SELECT 1 FROM validation_results").is_ok()
    }

    fn run_on_sqlite(&mut self, text: &str, values: &[Cell]) -> Result<Done, Fault> {
        let mut statement = self.connection.prepare(text).map_err(|error| fault(&error, text))?;
        let stores = text.starts_with("UPDATE") || text.starts_with("INSERT");
        for (index, value) in values.iter().enumerate() {
            let Some(place) = statement.parameter_index(&format!("@P{}", index + 1)).unwrap() else { continue };
            let value = match value {
                Cell::Null => Value::Null,
                Cell::Integer(number) => Value::Integer(*number),
                Cell::Text(text) => Value::Text(text.clone()),
                // Stored times are rounded to the precision of the column. Times in comparisons are not.
                Cell::Time(time) if stores && self.is_python => {
                    let ticks = (time * 3 + 50_000) / 100_000;
                    Value::Integer((ticks * 200_000 + 3) / 6)
                }
                Cell::Time(time) if stores => Value::Integer((time + 5) / 10 * 10),
                Cell::Time(time) => Value::Integer(*time),
            };
            statement.raw_bind_parameter(place, value).unwrap();
        }
        if statement.column_count() == 0 {
            let rows = statement.raw_execute().map_err(|error| fault(&error, text))?;
            self.rows = i64::try_from(rows).unwrap();
            return Ok(Done::Nothing);
        }
        let columns: Vec<_> =
            statement.column_names().into_iter().map(|name| (name.to_owned(), self.kind(name))).collect();
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| fault(&error, text))? {
            let cell = |index: usize| match (row.get_ref(index).unwrap(), columns[index].1) {
                (ValueRef::Null, _) => Cell::Null,
                (ValueRef::Integer(time), Kind::DateTime2 | Kind::DateTime) => Cell::Time(time),
                (ValueRef::Integer(number), _) => Cell::Integer(number),
                (ValueRef::Text(text), _) => Cell::Text(String::from_utf8(text.to_vec()).unwrap()),
                (other, _) => panic!("{other:?}"),
            };
            found.push((0..columns.len()).map(cell).collect());
        }
        Ok(Done::Rows((columns, found)))
    }

    fn kind(&self, column: &str) -> Kind {
        match column {
            "run_time" if self.is_python => Kind::DateTime,
            "run_time" | "updated_at" => Kind::DateTime2,
            "tags_json" | "data_json" => Kind::LongText,
            "run_id" | "data_asset" | "status" | "namespace" => Kind::Text,
            digest if digest.starts_with("CASE WHEN document_sha256") => Kind::Text,
            _ => Kind::Int,
        }
    }
}

enum Done {
    Nothing,
    Rows(Rows),
    /// The rest of the batch is skipped.
    Stop,
}

fn fault(error: &rusqlite::Error, text: &str) -> Fault {
    let message = error.to_string();
    if message.contains("no such table") {
        return Fault(208, "Invalid object name 'validation_results'.".to_owned());
    }
    if message.contains("no such column") || message.contains("has no column named") {
        return Fault(207, "Invalid column name 'document_sha256'.".to_owned());
    }
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) && message.contains("UNIQUE") {
        return Fault(2627, "Violation of UNIQUE KEY constraint. Cannot insert duplicate key.".to_owned());
    }
    if message.contains("already exists") {
        return Fault(2714, "There is already an object named 'validation_results' in the database.".to_owned());
    }
    Fault(102, format!("{message}: {text}"))
}

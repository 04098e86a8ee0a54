//! Servers that the tests start themselves.

use std::fs;
use std::path::Path;

#[cfg(feature = "azure")]
pub(crate) mod azure;
#[cfg(feature = "gcs")]
pub(crate) mod fake_gcs;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
#[cfg(feature = "mssql")]
pub(crate) mod iridium;
#[cfg(feature = "mysql")]
pub(crate) mod mariadb;
#[cfg(feature = "mssql")]
pub(crate) mod mssql;
#[cfg(feature = "postgres")]
pub(crate) mod pgbouncer;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "gcs", feature = "mssql", feature = "mysql", feature = "postgres"))]
pub(crate) mod process;
#[cfg(any(feature = "gcs", feature = "s3"))]
pub(crate) mod python;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "s3")]
pub(crate) mod s3s;

/// A stored thing: the facts of an object, or the place of a value, and the bytes.
pub(crate) type Stored = (String, Vec<u8>);

/// The same, of bytes in hexadecimal.
pub(crate) fn stored_of_hex(stored: Vec<(String, String)>) -> Vec<Stored> {
    stored.into_iter().map(|(known, bytes)| (known, bytes_of_hex(&bytes))).collect()
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn bytes_of_hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The files below a directory.
pub(crate) fn stored_files(directory: &Path) -> Vec<Stored> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(stored_files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// All values of all columns of all tables in the file of a SQLite database.
#[cfg(any(feature = "mssql", feature = "sqlite"))]
pub(crate) fn stored_in_sqlite(file: &Path) -> Vec<Stored> {
    use rusqlite::types::ValueRef;

    let database = rusqlite::Connection::open(file).unwrap();
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let mut stored = Vec::new();
    for table in tables {
        let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values = (0..columns).map(|column| match row.get_ref(column).unwrap() {
                ValueRef::Text(value) | ValueRef::Blob(value) => value.to_vec(),
                ValueRef::Null => Vec::new(),
                ValueRef::Integer(value) => value.to_string().into_bytes(),
                ValueRef::Real(value) => value.to_string().into_bytes(),
            });
            stored.extend(values.map(|value| (table.clone(), value)));
        }
    }
    stored
}

//! The statements about one result, and the parsing of rows.

use std::io;

use bytes::Bytes;

use super::driver::{Replay, WriteStep};
use super::filters::push_filters;
use super::grammar::{Grammar, push_key};
use super::new_row::NewRow;
use super::statement::{SqlText, SqlValue, Statement};
use super::tags_json::parse_tags;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{DocumentDigest, DocumentLimit, Entry, RunId, RunInstant, RunTime, Status, TimeZone};
use crate::store::contract::{Query, SaveMode};

/// The table and the namespace of statements.
#[derive(Clone, Debug)]
pub(super) struct TableScope {
    /// The name of the table. It needs no quoting but is quoted.
    pub(super) table: String,
    /// The namespace.
    pub(super) namespace: String,
    /// Time zone of times without an offset. The column has no offset: it holds such a time as it is, as Python does, and any
    /// other in this zone.
    pub(super) zone: TimeZone,
    /// The SQL of the database.
    pub(super) grammar: &'static dyn Grammar,
    /// The longest document that is read.
    pub(super) limit: DocumentLimit,
}

impl TableScope {
    /// Returns the step that saves a result, or why the database cannot store it.
    pub(super) fn save(
        &self,
        entry: &Entry,
        document: &SqlText,
        digest: Option<DocumentDigest>,
        mode: SaveMode,
        now: RunInstant,
    ) -> std::result::Result<WriteStep, String> {
        let Self { table, namespace, zone, .. } = self;
        let (run_time, now) = (entry.run_time.clock_in(zone), now.to_utc());
        let row = NewRow::new(self.grammar, (table, namespace), (entry, run_time), (document, digest), now);
        if let Some(objection) = self.grammar.objection(&row) {
            return Err(objection);
        }
        let again = match mode {
            SaveMode::Overwrite => Replay::Idempotent,
            SaveMode::IfAbsent => Replay::Claim(row.claim(self.grammar)),
        };
        Ok(WriteStep { statements: self.grammar.save(&row, mode), again })
    }

    /// Returns the step that removes a result, with a `filter` only if its row matches.
    pub(super) fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> WriteStep {
        let mut delete = self.about("DELETE", run_id);
        if let Some(filter) = filter {
            push_filters(self.grammar, &mut delete, filter, &self.zone);
        }
        WriteStep { statements: vec![delete], again: Replay::Removal }
    }

    /// Returns the step that removes a result if its row is still this version.
    pub(super) fn delete_version(&self, run_id: &RunId, version: SqlValue) -> WriteStep {
        let mut delete = self.about("DELETE", run_id);
        let column = self.grammar.row_version();
        match version {
            SqlValue::Null => delete.sql(format!(" AND {column} IS NULL")),
            value => delete.sql(format!(" AND {column} = ")).bind(value),
        };
        WriteStep { statements: vec![delete], again: Replay::Removal }
    }

    /// Returns the statement that reads the columns of a list and the version of the row.
    pub(super) fn version(&self, run_id: &RunId) -> Statement {
        let version = self.grammar.row_version();
        self.about(format!("SELECT run_id, run_time, data_asset, status, tags_json, {version}"), run_id)
    }

    /// Returns the statement that reads a document and, with `digests`, the digest that was recorded with it. A document
    /// that is too long is left out.
    pub(super) fn get(&self, run_id: &RunId, digests: bool) -> Statement {
        self.about(format!("SELECT {}{}", self.document_columns(), digest_column(digests)), run_id)
    }

    /// Returns the statement that reads the columns of a list, the document and, with `digests`, its recorded digest.
    pub(super) fn get_whole(&self, run_id: &RunId, digests: bool) -> Statement {
        let (document, digest) = (self.document_columns(), digest_column(digests));
        self.about(format!("SELECT run_id, run_time, data_asset, status, tags_json, {document}{digest}"), run_id)
    }

    /// Returns the statement that reads the recorded digest of a document.
    pub(super) fn recorded_digest(&self, run_id: &RunId, digests: bool) -> Statement {
        self.about(format!("SELECT 1{}", digest_column(digests)), run_id)
    }

    /// Returns the statement that reads the recorded digests of these documents, each with its run id.
    pub(super) fn recorded_digests(&self, run_ids: &[RunId]) -> Statement {
        let mut statement = Statement::new(format!(
            "SELECT run_id{} FROM {} WHERE ",
            digest_column(true),
            self.grammar.quoted(&self.table)
        ));
        self.grammar.push_equal(&mut statement, "namespace", &self.namespace);
        statement.sql(" AND run_id IN (").bind_all(run_ids.iter().map(|run_id| run_id.as_str().into())).sql(")");
        statement
    }

    /// Returns the statement that yields a row if the result exists.
    pub(super) fn exists(&self, run_id: &RunId) -> Statement {
        self.about("SELECT 1", run_id)
    }

    /// Returns the statement that yields the first namespace after `last`, in the order of the database. Every index of the
    /// table begins with the namespace, so that it costs the same however many rows there are.
    pub(super) fn next_namespace(&self, last: &str) -> Statement {
        let mut statement = Statement::new(format!(
            "SELECT MIN(namespace) AS namespace FROM {} WHERE namespace > ",
            self.grammar.quoted(&self.table)
        ));
        statement.bind(last);
        statement.short()
    }

    /// The expressions for a document that is not too long for memory, and whether it is.
    fn document_columns(&self) -> String {
        let (length, longest) = (self.grammar.document_length(), self.limit.bytes().min(i64::MAX.unsigned_abs()));
        format!(
            "CASE WHEN {length} <= {longest} THEN data_json END AS data_json, CASE WHEN {length} > {longest} THEN 1 ELSE 0 END"
        )
    }

    /// Returns the document in the columns that [`get`](Self::get) reads, and its recorded digest.
    ///
    /// # Errors
    /// The reason why it cannot be: its length, or a value of another type.
    pub(super) fn document(&self, columns: &[SqlValue]) -> io::Result<(Bytes, Option<DocumentDigest>)> {
        let bytes = match columns {
            [_, SqlValue::Integer(1), ..] => return Err(self.limit.excess()),
            [SqlValue::Text(text), ..] => text.clone().into_bytes(),
            // Python reads bytes like text.
            [SqlValue::Bytes(bytes), ..] => bytes.clone(),
            _ => return Err(io::Error::other("its row holds no document")),
        };
        self.limit.check(bytes.len() as u64)?;
        Ok((bytes, recorded_digest(columns.get(2))))
    }

    fn about(&self, verb: impl std::fmt::Display, run_id: &RunId) -> Statement {
        let mut statement = Statement::new(format!("{verb} FROM {} WHERE ", self.grammar.quoted(&self.table)));
        push_key(self.grammar, &mut statement, &self.namespace, run_id.as_str());
        statement.short()
    }
}

/// The number of columns in a row of a page.
pub(super) const COLUMNS: usize = 5;

/// The expression for the recorded digest of a document. Other programs change a row without it, but never without
/// `updated_at`.
fn digest_column(digests: bool) -> &'static str {
    if digests { ", CASE WHEN document_sha256_at = updated_at THEN document_sha256 END" } else { "" }
}

/// Returns the digest in a column of a row.
pub(super) fn recorded_digest(value: Option<&SqlValue>) -> Option<DocumentDigest> {
    DocumentDigest::from_hex(value?.as_str()?)
}

/// The error about a row that is not the answer to the query.
pub(super) fn other_columns() -> Error {
    Error::new(ErrorKind::Read, "a row has other columns than the query")
}

/// Parses a row of a page, with times in `zone`.
///
/// # Errors
/// [`Read`](ErrorKind::Read) for a row with invalid values.
pub(super) fn entry(row: &[SqlValue], zone: &TimeZone) -> Result<Entry> {
    let [run_id, run_time, data_asset, status, tags] = row else {
        return Err(other_columns());
    };
    let run_id = match run_id {
        SqlValue::Text(text) => RunId::new(text.as_str()).ok(),
        _ => None,
    };
    let Some(run_id) = run_id else {
        return Err(Error::new(ErrorKind::Read, "cannot read a row: its run id is not a text, or is empty"));
    };
    let unreadable = |what: &str, value: &SqlValue| {
        let value = match value {
            SqlValue::Text(text) => format!("`{}`", text.as_str().chars().take(80).collect::<String>().escape_debug()),
            other => format!("{other:?}").chars().take(80).collect(),
        };
        Error::new(ErrorKind::Read, format!("cannot read the row of result `{run_id}`: its {what} is {value}"))
            .with_run_id(run_id.as_str())
            .with_hint("save it again, or remove it with `truthound-store delete`")
    };
    let time = match run_time {
        SqlValue::Time(time) => Some(RunTime::without_offset(*time, zone)),
        other => other.as_str().and_then(|text| text.parse().ok()).map(|time: RunTime| time.in_zone(zone)),
    };
    let time = time.ok_or_else(|| unreadable("run time", run_time))?;
    let kind: Status =
        status.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("status", status))?;
    let asset = data_asset.as_str().ok_or_else(|| unreadable("data asset", data_asset))?.to_owned();
    let tags = tags.as_str().map(parse_tags).unwrap_or_default();
    Ok(Entry { run_id, run_time: time, data_asset: asset, status: kind, tags, revision: None })
}

//! An object for each check: a line each, or all in an array.

use super::columns::{COLUMNS, ColumnValue, RunColumns};
use super::run::ExportedRun;
use super::writer::{CHUNK, ExportWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::output::findings::ReportSink;

/// Writes objects.
pub(super) struct JsonWriter {
    /// Before the first object, between two, after the last one, and instead of all if there is none.
    punctuation: [&'static str; 4],
    is_empty: bool,
}

impl JsonWriter {
    /// Writes an object a line.
    pub(super) fn lines() -> Self {
        Self { punctuation: ["", "\n", "\n", ""], is_empty: true }
    }

    /// Writes an array of objects.
    pub(super) fn array() -> Self {
        Self { punctuation: ["[\n  ", ",\n  ", "\n]\n", "[]\n"], is_empty: true }
    }
}

impl ExportWriter for JsonWriter {
    fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()> {
        let [first, between, ..] = self.punctuation;
        let mut text = String::new();
        let columns = RunColumns::new(&run.facts);
        for check in run.checks.iter() {
            text.push_str(if std::mem::take(&mut self.is_empty) { first } else { between });
            push_object(&mut text, columns.row(&check?))?;
            if text.len() >= CHUNK {
                sink.write(text.as_bytes())?;
                text.clear();
            }
        }
        sink.write(text.as_bytes())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        let [.., last, none] = self.punctuation;
        sink.write(if self.is_empty { none } else { last }.as_bytes())
    }
}

fn push_object(text: &mut String, values: [ColumnValue<'_>; COLUMNS.len()]) -> Result<()> {
    for (place, (column, value)) in COLUMNS.into_iter().zip(values).enumerate() {
        text.push_str(if place > 0 { "," } else { "{" });
        text.push_str(&format!("\"{}\":", column.name));
        match value {
            ColumnValue::Null => text.push_str("null"),
            ColumnValue::Text(string) | ColumnValue::Time { text: string, .. } => {
                text.push_str(&serde_json::to_string(string).map_err(unprintable)?);
            }
            ColumnValue::Json(json) => text.push_str(json),
            ColumnValue::Integer(number) => text.push_str(&number.to_string()),
            ColumnValue::Real(number) => text.push_str(&serde_json::to_string(&number).map_err(unprintable)?),
        }
    }
    text.push('}');
    Ok(())
}

fn unprintable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot write a check as JSON").with_source(error)
}

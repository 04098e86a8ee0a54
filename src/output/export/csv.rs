//! Comma-separated values (RFC 4180), with a line of headings.
//!
//! Spreadsheets run a cell that begins like a formula. An apostrophe before it makes it text. A missing value is an empty
//! cell, and an empty text is `""`, which `PostgreSQL` and `DuckDB` can tell apart.

use super::columns::{COLUMNS, ColumnValue, RunColumns};
use super::run::ExportedRun;
use super::writer::{CHUNK, ExportWriter};
use crate::error::Result;
use crate::output::findings::ReportSink;

/// The characters with which a cell begins that spreadsheets may take for a formula, as OWASP lists them ("CSV Injection"):
/// also white space before one, and the wide forms of Japanese keyboards.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Writes comma-separated values.
#[derive(Default)]
pub(super) struct CsvWriter {
    has_headings: bool,
}

impl ExportWriter for CsvWriter {
    fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()> {
        let mut text = self.headings();
        let columns = RunColumns::new(&run.facts);
        for check in run.checks.iter() {
            push_line(&mut text, columns.row(&check?));
            if text.len() >= CHUNK {
                sink.write(text.as_bytes())?;
                text.clear();
            }
        }
        sink.write(text.as_bytes())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        sink.write(self.headings().as_bytes())
    }
}

impl CsvWriter {
    /// The line of headings, the first time.
    fn headings(&mut self) -> String {
        let mut text = String::new();
        if !std::mem::replace(&mut self.has_headings, true) {
            push_line(&mut text, COLUMNS.map(|column| ColumnValue::Text(column.name)));
        }
        text
    }
}

fn push_line(text: &mut String, values: [ColumnValue<'_>; COLUMNS.len()]) {
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match value {
            ColumnValue::Null => {}
            ColumnValue::Text(cell) | ColumnValue::Json(cell) | ColumnValue::Time { text: cell, .. } => {
                push_cell(text, cell);
            }
            ColumnValue::Integer(number) => text.push_str(&number.to_string()),
            ColumnValue::Real(number) => text.push_str(&number.to_string()),
        }
    }
    text.push_str("\r\n");
}

fn push_cell(text: &mut String, cell: &str) {
    let apostrophe = if cell.starts_with(FORMULA_STARTS) { "'" } else { "" };
    if !cell.is_empty() && !cell.contains(['"', ',', '\r', '\n']) {
        text.push_str(apostrophe);
        text.push_str(cell);
        return;
    }
    text.push('"');
    text.push_str(apostrophe);
    for (place, part) in cell.split('"').enumerate() {
        text.push_str(if place > 0 { "\"\"" } else { "" });
        text.push_str(part);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut cell = String::new();
        push_cell(&mut cell, text);
        cell
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_text() {
        for start in FORMULA_STARTS {
            let neutral = cell(&format!("{start}1"));
            assert!(neutral.trim_start_matches('"').starts_with('\''), "{neutral:?}");
        }
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("\r=1,\"2\""), "\"'\r=1,\"\"2\"\"\"");
        assert_eq!(cell("a=1"), "a=1");
    }

    #[test]
    fn a_cell_is_quoted_where_a_reader_would_split_it() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(cell("two\nlines"), "\"two\nlines\"");
        assert_eq!(cell(""), "\"\"");
        assert_eq!(cell(" plain "), " plain ");
    }
}

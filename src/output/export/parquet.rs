//! Apache Parquet.
//!
//! Rows are collected by column until they make a row group, which is what readers skip by and read at once.

use std::fmt::Write as _;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::columns::{COLUMNS, ColumnKind, ColumnValue, RunColumns};
use super::run::ExportedRun;
use super::writer::ExportWriter;
use crate::error::{Error, ErrorKind, Result};
use crate::output::findings::ReportSink;

/// The most rows of a row group.
const GROUP_ROWS: usize = 1 << 15;

/// A row group ends when its texts are this long together, in bytes: a bound of the memory that it takes.
const GROUP_BYTES: usize = 1 << 24;

/// Writes Parquet.
pub(super) struct ParquetWriter {
    /// The rows of the next row group.
    columns: [ColumnBuffer; COLUMNS.len()],
    rows: usize,
    text_bytes: usize,
    /// The file, with the bytes that the sink does not have yet.
    file: Option<SerializedFileWriter<Vec<u8>>>,
}

impl Default for ParquetWriter {
    fn default() -> Self {
        let columns = COLUMNS.map(|column| ColumnBuffer::new(column.kind));
        Self { columns, rows: 0, text_bytes: 0, file: None }
    }
}

impl ExportWriter for ParquetWriter {
    fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()> {
        let columns = RunColumns::new(&run.facts);
        for check in run.checks.iter() {
            for (column, value) in self.columns.iter_mut().zip(columns.row(&check?)) {
                self.text_bytes += column.push(value);
            }
            self.rows += 1;
            if self.rows >= GROUP_ROWS || self.text_bytes >= GROUP_BYTES {
                self.write_group(sink)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        if self.rows > 0 {
            self.write_group(sink)?;
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => new_file()?,
        };
        sink.write(&file.into_inner().map_err(unwritable)?)
    }
}

impl ParquetWriter {
    fn write_group(&mut self, sink: &mut dyn ReportSink) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(new_file()?),
        };
        let mut group = file.next_row_group().map_err(unwritable)?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column().map_err(unwritable)? else { break };
            column.write_to(writer.untyped()).and_then(|()| writer.close()).map_err(unwritable)?;
        }
        group.close().map_err(unwritable)?;
        (self.rows, self.text_bytes) = (0, 0);
        sink.write(&std::mem::take(file.inner_mut()))
    }
}

/// The values of one column in the next row group.
struct ColumnBuffer {
    values: ColumnValues,
    /// For each row 1, or 0 where the value is missing. Only of optional columns.
    levels: Option<Vec<i16>>,
}

enum ColumnValues {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
}

impl ColumnBuffer {
    fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Text | ColumnKind::OptionalText => ColumnValues::Texts(Vec::new()),
            ColumnKind::Time | ColumnKind::Integer | ColumnKind::OptionalInteger => ColumnValues::Integers(Vec::new()),
            ColumnKind::OptionalReal => ColumnValues::Reals(Vec::new()),
        };
        Self { values, levels: kind.is_optional().then(Vec::new) }
    }

    /// Adds the value of a row. Returns the length of its text.
    fn push(&mut self, value: ColumnValue<'_>) -> usize {
        if let Some(levels) = &mut self.levels {
            levels.push(i16::from(value != ColumnValue::Null));
        }
        match (&mut self.values, value) {
            (ColumnValues::Texts(texts), ColumnValue::Text(text) | ColumnValue::Json(text)) => {
                // Most texts are those of the row before, and then take no memory.
                let same = texts.last().filter(|last| last.data() == text.as_bytes()).cloned();
                let length = if same.is_some() { 0 } else { text.len() };
                texts.push(same.unwrap_or_else(|| text.into()));
                return length;
            }
            (ColumnValues::Integers(integers), ColumnValue::Integer(integer)) => {
                integers.push(i64::try_from(integer).unwrap_or(i64::MAX));
            }
            (ColumnValues::Integers(integers), ColumnValue::Time { microsecond, .. }) => integers.push(microsecond),
            (ColumnValues::Reals(reals), ColumnValue::Real(real)) => reals.push(real),
            // A missing value has only its level, and the columns and their values are defined side by side.
            _ => {}
        }
        0
    }

    /// Writes the values, and begins anew.
    fn write_to(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = self.levels.as_deref();
        match (&mut self.values, writer) {
            (ColumnValues::Texts(texts), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(texts, levels, None)?;
                texts.clear();
            }
            (ColumnValues::Integers(integers), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(integers, levels, None)?;
                integers.clear();
            }
            (ColumnValues::Reals(reals), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(reals, levels, None)?;
                reals.clear();
            }
            _ => return Err(ParquetError::General("a column has values of another type".to_owned())),
        }
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
        Ok(())
    }
}

fn new_file() -> Result<SerializedFileWriter<Vec<u8>>> {
    let mut schema = "message checks {".to_owned();
    for column in COLUMNS {
        let name = column.name;
        let repetition = if column.kind.is_optional() { "optional" } else { "required" };
        let (physical, logical) = match column.kind {
            ColumnKind::Text | ColumnKind::OptionalText => ("binary", "(string)"),
            ColumnKind::Time => ("int64", "(timestamp(micros,true))"),
            ColumnKind::Integer | ColumnKind::OptionalInteger => ("int64", ""),
            ColumnKind::OptionalReal => ("double", ""),
        };
        // A failure to write to a text does not happen.
        let _ = write!(schema, " {repetition} {physical} {name} {logical};");
    }
    schema.push_str(" }");
    let program = concat!(env!("CARGO_PKG_NAME"), " version ", env!("CARGO_PKG_VERSION"));
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(program.to_owned());
    let schema = parse_message_type(&schema).map_err(unwritable)?;
    SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build())).map_err(unwritable)
}

fn unwritable(error: ParquetError) -> Error {
    Error::new(ErrorKind::Other, "cannot write Parquet").with_source(error)
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;
    use crate::output::export::run::ExportedCheck;
    use crate::output::spooled_list::SpooledList;
    use crate::result::{CheckReader, RunId};

    struct Bytes(Vec<u8>);

    impl ReportSink for Bytes {
        fn write(&mut self, bytes: &[u8]) -> Result<()> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }

    /// A run with checks of these names.
    fn run(names: impl Iterator<Item = String>) -> ExportedRun {
        let document =
            br#"{"run_id": "run", "run_time": "2026-11-01T00:00:00Z", "data_asset": "a", "status": "failure",
            "results": [{"validator_name": "null", "message": "1 value"}]}"#;
        let mut reader = CheckReader::new(RunId::new("run").unwrap(), document.as_slice());
        let check = ExportedCheck::from(reader.next().unwrap().unwrap());
        let mut checks = SpooledList::default();
        names.for_each(|name| checks.push(&ExportedCheck { name, ..check.clone() }).unwrap());
        ExportedRun { facts: reader.finish().unwrap(), checks }
    }

    #[test]
    fn many_rows_are_written_in_groups_and_all_are_there() {
        let (mut file, mut writer) = (Bytes(Vec::new()), ParquetWriter::default());
        let count = GROUP_ROWS + 10;
        for numbers in [0..count, count..count + 5] {
            writer.add(&mut run(numbers.map(|number| number.to_string())), &mut file).unwrap();
        }
        assert!(file.0.len() > 1_000, "the first group waits for no other");
        writer.finish(&mut file).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file.0)).unwrap();
        let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect::<Vec<_>>();
        assert_eq!(groups, [i64::try_from(GROUP_ROWS).unwrap(), 15]);
        let place = COLUMNS.iter().position(|column| column.name == "check_name").unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()[place].1.to_string());
        assert!(rows.eq((0..count + 5).map(|number| format!("\"{number}\""))));
    }

    #[test]
    fn long_texts_end_a_group_early() {
        let (mut file, mut writer) = (Bytes(Vec::new()), ParquetWriter::default());
        let long = |number: usize| format!("{number}{}", "x".repeat(1 << 20));
        writer.add(&mut run((0..40).map(long)), &mut file).unwrap();
        writer.finish(&mut file).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file.0)).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 3);
    }
}

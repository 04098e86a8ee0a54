//! What a stored result says, without holding it.

use std::io::Read;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::result::facts::DocumentFacts;
use crate::result::json::{self, JsonKind, JsonReader, JsonValue, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Entry, gzip};

/// How many failed checks a [`Summary`] shows.
const SHOWN: usize = 20;

/// A stored result for people: how it ended and what failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What `list` shows of it.
    #[serde(flatten)]
    pub entry: Entry,
    /// The suite that was run, if it has a name.
    pub suite_name: Option<String>,
    /// The numbers, if the document has them.
    pub statistics: Option<Statistics>,
    /// The first 20 entries that failed, in the document's order, which is worst first as truthound writes it.
    pub failures: Vec<FailedCheck>,
    /// How many entries failed, those not shown included.
    pub failure_count: u64,
}

/// The numbers of a stored result; what the document leaves out is 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct Statistics {
    pub total_validators: u64,
    pub passed_validators: u64,
    pub failed_validators: u64,
    pub error_validators: u64,
    pub total_rows: u64,
    pub total_columns: u64,
    pub total_issues: u64,
    pub critical_issues: u64,
    pub high_issues: u64,
    pub medium_issues: u64,
    pub low_issues: u64,
    /// In milliseconds.
    pub execution_time_ms: f64,
}

/// An entry that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailedCheck {
    /// The validator, or the expectation.
    pub validator_name: String,
    /// The column that was looked at.
    pub column: Option<String>,
    /// What was found.
    pub issue_type: Option<String>,
    /// How often.
    pub count: u64,
    /// How bad it is: critical, high, medium or low, as truthound writes it.
    pub severity: Option<String>,
    /// In words.
    pub message: Option<String>,
}

/// What `reader` delivers, gzip or not, says of itself as a stored result. Reads all of it, and holds none.
///
/// # Errors
/// [`Read`](ErrorKind::Read) if it cannot be read, is damaged, or is no stored result, with the place and the reason.
pub fn describe(reader: impl Read) -> Result<Entry> {
    let mut facts = DocumentFacts::default();
    each_member(reader, |key, reader| {
        if !facts.read(key, reader)? {
            reader.skip()?;
        }
        Ok(())
    })
    .and_then(|()| facts.into_entry(TextPosition::START).map_err(|problem| said(&problem)))
}

/// A summary of the stored result that `reader` delivers, gzip or not. Reads all of it, and holds no more than shows.
///
/// # Errors
/// [`Read`](ErrorKind::Read) if it cannot be read, is damaged, or is no stored result, with the place and the reason.
pub fn summarize(reader: impl Read) -> Result<Summary> {
    let mut facts = DocumentFacts::default();
    let (mut suite_name, mut statistics) = (None, None);
    let (mut failures, mut failure_count) = (Vec::new(), 0);
    each_member(reader, |key, reader| {
        if facts.read(key, reader)? {
            return Ok(());
        }
        match (key, reader.peek()?) {
            ("suite_name", JsonKind::String) => suite_name = Some(reader.string()?.to_string()),
            ("statistics", JsonKind::Object) => statistics = Some(read_statistics(reader)?),
            ("results", JsonKind::Array) => {
                reader.begin_array()?;
                while reader.next_element()? {
                    if let Some(failure) = read_failure(reader, failures.len() < SHOWN)? {
                        failure_count += 1;
                        failures.extend(failure);
                    }
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let entry = facts.into_entry(TextPosition::START).map_err(|problem| said(&problem))?;
    Ok(Summary { entry, suite_name, statistics, failures, failure_count })
}

/// Goes through the members of the document; `read` must consume each value.
fn each_member<R: Read>(
    reader: R,
    mut read: impl FnMut(&str, &mut JsonReader<Box<dyn Read + '_>>) -> std::result::Result<(), json::JsonError>,
) -> Result<()> {
    let mut reader: JsonReader<Box<dyn Read + '_>> = JsonReader::new(Box::new(gzip::decompressed(reader)));
    let mut go = || {
        reader.begin_object()?;
        let mut key = String::new();
        while let Some(next) = reader.next_key()? {
            key.clear();
            key.push_str(next);
            read(&key, &mut reader)?;
        }
        reader.end()
    };
    go().map_err(|error| match error.into_io() {
        Ok(error) => Error::new(ErrorKind::Read, "cannot read the document").with_source(error),
        Err(error) => said(&DocumentProblem::new(error.position(), error.message())),
    })
}

fn said(problem: &DocumentProblem) -> Error {
    Error::new(ErrorKind::Read, "cannot read the document")
        .with_source(format!("{}: {}", problem.position, problem.reason))
}

fn read_statistics<R: Read>(reader: &mut JsonReader<R>) -> std::result::Result<Statistics, json::JsonError> {
    let mut statistics = Statistics::default();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        let count = match key {
            "total_validators" => &mut statistics.total_validators,
            "passed_validators" => &mut statistics.passed_validators,
            "failed_validators" => &mut statistics.failed_validators,
            "error_validators" => &mut statistics.error_validators,
            "total_rows" => &mut statistics.total_rows,
            "total_columns" => &mut statistics.total_columns,
            "total_issues" => &mut statistics.total_issues,
            "critical_issues" => &mut statistics.critical_issues,
            "high_issues" => &mut statistics.high_issues,
            "medium_issues" => &mut statistics.medium_issues,
            "low_issues" => &mut statistics.low_issues,
            "execution_time_ms" => {
                let time = scalar(reader)?.as_f64().filter(|time| time.is_finite());
                statistics.execution_time_ms = time.unwrap_or(0.0);
                continue;
            }
            _ => {
                reader.skip()?;
                continue;
            }
        };
        *count = scalar(reader)?.as_u64().unwrap_or(0);
    }
    Ok(statistics)
}

/// The entry that comes next if it failed; without what it says if that is not wanted.
fn read_failure<R: Read>(
    reader: &mut JsonReader<R>,
    wanted: bool,
) -> std::result::Result<Option<Option<FailedCheck>>, json::JsonError> {
    if reader.peek()? != JsonKind::Object {
        reader.skip()?;
        return Ok(None);
    }
    let mut failure = FailedCheck::default();
    let mut failed = false;
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        let text = match key {
            "success" => {
                failed = scalar(reader)? == JsonValue::Bool(false);
                continue;
            }
            "count" if wanted => {
                failure.count = scalar(reader)?.as_u64().unwrap_or(0);
                continue;
            }
            "validator_name" if wanted => {
                failure.validator_name = string(reader)?.unwrap_or_default();
                continue;
            }
            "column" if wanted => &mut failure.column,
            "issue_type" if wanted => &mut failure.issue_type,
            "severity" if wanted => &mut failure.severity,
            "message" if wanted => &mut failure.message,
            _ => {
                reader.skip()?;
                continue;
            }
        };
        *text = string(reader)?;
    }
    Ok(failed.then_some(wanted.then_some(failure)))
}

fn string<R: Read>(reader: &mut JsonReader<R>) -> std::result::Result<Option<String>, json::JsonError> {
    Ok(scalar(reader)?.as_str().map(String::from))
}

/// The next value if it is small by nature; null for an array or object.
fn scalar<R: Read>(reader: &mut JsonReader<R>) -> std::result::Result<JsonValue, json::JsonError> {
    if matches!(reader.peek()?, JsonKind::Array | JsonKind::Object) {
        reader.skip()?;
        return Ok(JsonValue::Null);
    }
    reader.value()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::result::Status;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/truthound").join(name)).unwrap()
    }

    #[test]
    fn a_stored_result_describes_itself_compressed_or_not() {
        let plain = fixture("dirty-summary.stored.json");
        let entry = describe(&plain[..]).unwrap();
        assert_eq!(entry.run_id.as_str(), "run_20261123_005654_4bd5d04b");
        assert_eq!(entry.data_asset, "/data/dirty.csv");
        assert_eq!(entry.status, Status::Failure);
        assert_eq!(describe(gzip::compressed(&plain[..])).unwrap(), entry);
        assert_eq!(summarize(&plain[..]).unwrap().entry, entry);
    }

    #[test]
    fn a_summary_shows_what_failed_worst_first_and_counts_the_rest() {
        let summary = summarize(&fixture("dirty-summary.stored.json")[..]).unwrap();
        assert_eq!(summary.suite_name.as_deref(), Some("truthound-auto-suite"));
        assert_eq!(summary.failure_count, 7);
        assert_eq!(
            summary.failures[0],
            FailedCheck {
                validator_name: "range".into(),
                column: Some("age".into()),
                issue_type: Some("out_of_range".into()),
                count: 12,
                severity: Some("critical".into()),
                message: Some("Expected [0, 150] | top failures: -5(8), 400(4)".into()),
            }
        );
        let statistics = summary.statistics.as_ref().unwrap();
        assert_eq!((statistics.total_validators, statistics.passed_validators, statistics.total_rows), (6, 2, 40));
        let shown = serde_json::to_value(&summary).unwrap();
        assert_eq!(shown["run_id"], "run_20261123_005654_4bd5d04b");
        assert_eq!(shown["failures"][0]["count"], 12);

        let wide = summarize(&fixture("wide-summary.stored.json")[..]).unwrap();
        assert_eq!(wide.failures.len(), SHOWN);
        assert!(wide.failure_count > SHOWN as u64);
    }

    #[test]
    fn what_is_no_stored_result_is_a_read_error_with_the_place() {
        for (text, place, reason) in [
            ("", "line 1, column 1", "the text ends where a value is expected"),
            ("[]", "line 1, column 1", "expected an object, found an array"),
            (
                "{\"run_id\": 5}",
                "line 1, column 1",
                "this looks like a stored result, but `run_time`, `data_asset` and `status` are missing",
            ),
            ("{} {}", "line 1, column 4", "expected the end of the text, found `{`"),
        ] {
            for error in [describe(text.as_bytes()).unwrap_err(), summarize(text.as_bytes()).unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Read);
                assert_eq!(error.to_string(), "cannot read the document");
                assert_eq!(error.causes(), [format!("{place}: {reason}")]);
            }
        }
        let mut gzip = Vec::new();
        gzip::compressed(&fixture("clean-basic.stored.json")[..]).read_to_end(&mut gzip).unwrap();
        gzip.truncate(gzip.len() / 2);
        assert_eq!(describe(&gzip[..]).unwrap_err().kind(), ErrorKind::Read);
    }
}

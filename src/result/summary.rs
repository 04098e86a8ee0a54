//! A stored result in short.

use std::io::Read;

use crate::error::Result;
use crate::result::RunId;
use crate::result::checks::{Check, CheckReader, ResultFacts};

/// The number of findings that a [`Summary`] shows.
const SHOWN: usize = 20;

/// A stored result in short: its facts, and the checks that found something.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The facts of the result.
    pub facts: ResultFacts,
    /// The first 20 checks that failed, warned or could not run, in the document's order: worst first, as truthound
    /// writes it.
    pub findings: Vec<Check>,
    /// The number of all such checks.
    pub finding_count: u64,
}

/// A summary of the document that `reader` delivers, gzip or not, and that is stored as `run_id`. Reads all of it, in
/// memory that does not grow with it.
///
/// # Errors
/// [`Read`](crate::error::ErrorKind::Read) if it cannot be read, is damaged, or is not a stored result, with the place
/// and the reason.
pub fn summarize(run_id: RunId, reader: impl Read + Send) -> Result<Summary> {
    let (mut findings, mut finding_count) = (Vec::new(), 0);
    let mut checks = CheckReader::new(run_id, reader);
    for check in checks.by_ref() {
        let check = check?;
        if check.outcome.is_finding() {
            finding_count += 1;
            if findings.len() < SHOWN {
                findings.push(check);
            }
        }
    }
    Ok(Summary { facts: checks.finish()?, findings, finding_count })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use super::*;
    use crate::error::ErrorKind;
    use crate::result::checks::CheckOutcome;
    use crate::result::{DocumentLimit, Status, describe, gzip};

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/truthound").join(name)).unwrap()
    }

    fn summary(bytes: &[u8]) -> Result<Summary> {
        summarize(RunId::new("run-1").unwrap(), bytes)
    }

    #[test]
    fn a_stored_result_describes_itself_compressed_or_not() {
        let plain = fixture("dirty-summary.stored.json");
        let entry = describe(&plain[..], DocumentLimit::NONE).unwrap();
        assert_eq!(entry.run_id.as_str(), "run_20261123_005654_4bd5d04b");
        assert_eq!(entry.data_asset, "/data/dirty.csv");
        assert_eq!(entry.status, Status::Failure);
        assert_eq!(describe(gzip::compressed(&plain[..]), DocumentLimit::NONE).unwrap(), entry);
        assert_eq!(summary(&plain).unwrap().facts.entry, entry);
    }

    #[test]
    fn a_summary_shows_the_findings_worst_first_and_counts_the_rest() {
        let summary_of = |name| summary(&fixture(name)).unwrap();
        let dirty = summary_of("dirty-summary.stored.json");
        assert_eq!(dirty.facts.suite_name.as_deref(), Some("truthound-auto-suite"));
        assert_eq!(dirty.finding_count, 7);
        let worst = &dirty.findings[0];
        assert_eq!((worst.name.as_str(), worst.column.as_deref(), worst.count), ("range", Some("age"), 12));
        assert_eq!(worst.outcome, CheckOutcome::Failed);
        assert_eq!(worst.severity.as_deref(), Some("critical"));
        assert_eq!(worst.message.as_deref(), Some("Expected [0, 150] | top failures: -5(8), 400(4)"));
        let statistics = dirty.facts.statistics.as_ref().unwrap();
        assert_eq!((statistics.total_validators, statistics.passed_validators, statistics.total_rows), (6, 2, 40));

        let wide = summary_of("wide-summary.stored.json");
        assert_eq!(wide.findings.len(), SHOWN);
        assert!(wide.finding_count > SHOWN as u64);
    }

    #[test]
    fn a_document_that_is_not_a_stored_result_is_a_read_error_with_the_place() {
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
            for error in
                [describe(text.as_bytes(), DocumentLimit::NONE).unwrap_err(), summary(text.as_bytes()).unwrap_err()]
            {
                assert_eq!(error.kind(), ErrorKind::Read);
                assert_eq!(error.to_string(), "cannot read the document");
                assert_eq!(error.causes(), [format!("{place}: {reason}")]);
            }
        }
        let mut gzip = Vec::new();
        gzip::compressed(&fixture("clean-basic.stored.json")[..]).read_to_end(&mut gzip).unwrap();
        gzip.truncate(gzip.len() / 2);
        assert_eq!(describe(&gzip[..], DocumentLimit::NONE).unwrap_err().kind(), ErrorKind::Read);
        assert_eq!(summary(&gzip).unwrap_err().kind(), ErrorKind::Read);
    }
}

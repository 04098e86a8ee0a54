//! The entry of a stored document.

use std::io::Read;

use crate::error::Result;
use crate::result::facts::DocumentFacts;
use crate::result::json::{JsonError, JsonKind, JsonReader, TextPosition};
use crate::result::unreadable::{unreadable_at, unreadable_json};
use crate::result::{DocumentLimit, Entry, RunTime, gzip};

/// Reads the stored result that `reader` delivers, gzip or not, and returns its entry. Memory does not grow with the
/// document.
///
/// # Errors
/// [`Read`](crate::error::ErrorKind::Read) if it cannot be read, is damaged, is longer than `limit`, or is not a stored
/// result, with the place and the reason.
pub fn describe(reader: impl Read, limit: DocumentLimit) -> Result<Entry> {
    let facts = read_facts(limit.limited(gzip::decompressed(reader))).map_err(unreadable_json)?;
    facts.into_entry(TextPosition::START).map_err(|problem| unreadable_at(&problem))
}

/// Finds the run time of the stored result that `reader` delivers, and reads no further; `None` if there is none.
pub fn find_run_time(reader: impl Read) -> Option<RunTime> {
    let mut reader = JsonReader::new(reader);
    reader.begin_object().ok()?;
    while let Some(key) = reader.next_key().ok()? {
        if key == "run_time" {
            let is_text = reader.peek().ok()? == JsonKind::String;
            return is_text.then(|| reader.string().ok()?.to_str_lossy().parse().ok())?;
        }
        reader.skip().ok()?;
    }
    None
}

fn read_facts(reader: impl Read) -> Result<DocumentFacts, JsonError> {
    let mut facts = DocumentFacts::default();
    let mut reader = JsonReader::new(reader);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()?.map(str::to_owned) {
        if !facts.read(&key, &mut reader)? {
            reader.skip()?;
        }
    }
    reader.end()?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use super::*;
    use crate::error::ErrorKind;
    use crate::result::{CheckCounts, CheckReader, ResultFacts, RunId, Status};

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/truthound").join(name)).unwrap()
    }

    fn facts(bytes: &[u8]) -> Result<ResultFacts> {
        CheckReader::new(RunId::new("run-1").unwrap(), bytes).finish()
    }

    #[test]
    fn a_stored_result_describes_itself_compressed_or_not() {
        let plain = fixture("dirty-summary.stored.json");
        let entry = describe(&plain[..], DocumentLimit::NONE).unwrap();
        assert_eq!(entry.run_id.as_str(), "run_20261123_005654_4bd5d04b");
        assert_eq!(entry.data_asset, "/data/dirty.csv");
        assert_eq!(entry.status, Status::Failure);
        assert_eq!(describe(gzip::compressed(&plain[..]), DocumentLimit::NONE).unwrap(), entry);
        let facts = facts(&plain).unwrap();
        assert_eq!(facts.entry, entry);
        assert_eq!(facts.suite_name.as_deref(), Some("truthound-auto-suite"));
        let statistics = facts.statistics.unwrap();
        assert_eq!((statistics.total_validators, statistics.passed_validators, statistics.total_rows), (6, 2, 40));
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
                [describe(text.as_bytes(), DocumentLimit::NONE).unwrap_err(), facts(text.as_bytes()).unwrap_err()]
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
        let run_id = RunId::new("run-1").unwrap();
        assert_eq!(CheckCounts::read(run_id, &gzip[..]).unwrap_err().kind(), ErrorKind::Read);
    }
}

//! Documents as they come.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::result::json::JsonValue;
use crate::result::{Document, Layout, Overrides, RunId, Status, gzip};

const STORED: &str = r#"{"run_id": "run-1", "run_time": "2026-11-23T00:56:54", "data_asset": "a.csv", "status": "success", "tags": {"env": "dev", "n": [1, null]}}"#;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read_with(bytes: &[u8], overrides: &Overrides) -> Vec<Result<Document>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("result.json");
    std::fs::write(&path, bytes).unwrap();
    documents(&InputSource::File(path), &InputOptions::new(overrides, Layout::Compact)).unwrap().take(50).collect()
}

fn read(bytes: impl AsRef<[u8]>) -> Vec<Result<Document>> {
    read_with(bytes.as_ref(), &Overrides::default())
}

fn single(bytes: impl AsRef<[u8]>) -> Document {
    let mut documents = read(bytes);
    assert_eq!(documents.len(), 1);
    documents.remove(0).unwrap()
}

fn text(document: &Document) -> String {
    String::from_utf8(document.body.to_bytes().unwrap().to_vec()).unwrap()
}

/// The message up to the file's name, and the causes.
fn said(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Usage);
    let message = error.to_string();
    let place = message.split_once("result.json`").map_or(message.as_str(), |(_, place)| place);
    format!("{place}: {}", error.causes().join(": "))
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    let mut documents = read(bytes);
    assert_eq!(documents.len(), 1);
    said(&documents.remove(0).unwrap_err())
}

fn ids(documents: &[Result<Document>]) -> Vec<String> {
    let id = |document: &Result<Document>| match document {
        Ok(document) => document.entry.run_id.to_string(),
        Err(error) => said(error),
    };
    documents.iter().map(id).collect()
}

fn named(run_id: &str) -> String {
    STORED.replace("run-1", run_id)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = Vec::new();
    gzip::compressed(bytes).read_to_end(&mut gzip).unwrap();
    gzip
}

#[test]
fn a_stored_result_is_kept_byte_for_byte_and_understood() {
    let spelled = format!(" \r\n{} \n\n", STORED.replace(": ", " :\t").replace(", ", "\n, "));
    let document = single(&spelled);
    assert_eq!(text(&document), spelled);
    assert_eq!(document.entry.run_id.as_str(), "run-1");
    assert_eq!(document.entry.status, Status::Success);
    assert_eq!(document.entry.run_time.to_python_iso(), "2026-11-23T00:56:54");
    assert_eq!(document.entry.tags["n"], "[1, null]");
}

#[test]
fn a_byte_order_mark_is_the_only_thing_taken_away() {
    assert_eq!(text(&single(format!("\u{feff} {STORED}\n"))), format!(" {STORED}\n"));
    assert_eq!(text(&single(format!("\u{feff}{STORED}"))), STORED);
}

#[test]
fn gzip_is_stored_as_what_it_holds() {
    assert_eq!(text(&single(gzipped(format!("{STORED}\n").as_bytes()))), format!("{STORED}\n"));
    let whole = gzipped(STORED.as_bytes());
    let error = read(&whole[..whole.len() - 3]).remove(0).unwrap_err();
    assert!(error.hint().unwrap().contains("gzip -t"));
}

#[test]
fn documents_can_be_read_on_a_thread_of_their_own() {
    fn needs_send<T: Send + 'static>(_: &T) {}
    let documents = documents(&InputSource::Stdin, &InputOptions::new(&Overrides::default(), Layout::Compact)).unwrap();
    needs_send(&documents);
}

#[test]
fn every_run_becomes_what_python_makes_of_it() {
    let mut count = 0;
    for path in std::fs::read_dir(fixture("truthound")).unwrap() {
        let path = path.unwrap().path();
        let Some(name) = path.to_str().unwrap().strip_suffix(".run.json") else { continue };
        count += 1;
        let expected = std::fs::read(format!("{name}.stored.json")).unwrap();
        for layout in [Layout::Compact, Layout::Pretty] {
            let document =
                documents(&InputSource::File(path.clone()), &InputOptions::new(&Overrides::default(), layout))
                    .unwrap()
                    .next();
            let document = document.unwrap().unwrap();
            let expected = JsonValue::parse(&expected[..]).unwrap();
            assert_eq!(text(&document), expected.to_text(layout), "{name}");
            let read_back = single(text(&document));
            assert_eq!(read_back.entry, document.entry);
        }
    }
    assert_eq!(count, 20);
}

#[test]
fn many_documents_come_one_by_one() {
    let lines = format!("\n{}\n\r\n{}\n{}\n", named("a"), named("b"), named("c"));
    let array = format!(" [{} ,\n{},{} ] ", named("a"), named("b"), named("c"));
    let joined = format!("{}{}[{}]", named("a"), named("b"), named("c"));
    for all in [lines, array, joined] {
        let documents = read(&all);
        assert_eq!(ids(&documents), ["a", "b", "c"], "{all}");
        assert_eq!(text(documents[1].as_ref().unwrap()), named("b"));
    }
    assert!(read("[]").is_empty());
}

#[test]
fn a_wrong_document_does_not_hide_those_after_it() {
    let wrong = named("b").replace("success", "ok");
    let reason = "`status` is `ok`, not success, failure, error or warning";
    assert_eq!(
        ids(&read(format!("{}\n{wrong}\n{}\n5\n{}", named("a"), named("c"), named("d")))),
        [
            "a",
            &format!(": line 2, column 85: {reason}"),
            "c",
            ": line 4, column 1: expected an object, found a number",
            "d"
        ]
    );
    assert_eq!(
        ids(&read(format!("[{},\n{wrong},\n{}, 5]", named("a"), named("c")))),
        [
            "a",
            &format!(": line 2, column 85: {reason}"),
            "c",
            ": line 3, column 137: expected an object, found a number"
        ]
    );
}

#[test]
fn after_a_line_that_is_not_json_the_next_one_is_read() {
    for (wrong, reason) in [
        ("{\"a\": [}", ": line 2, column 8: expected a value, found `}`"),
        ("{\"a\": 1", ": line 3, column 1: expected `,` or `}`, found `{`"),
        ("{\"a\": \"x", ": line 2, column 9: a string is not closed before the end of the line"),
        ("garbage", ": line 2, column 1: expected a value, found `g`"),
        ("{\"a\": 1, \"a\": 2}", ": line 2, column 10: duplicate key `a`"),
    ] {
        let lines = format!("{}\n{wrong}\n{}\n", named("a"), named("b"));
        assert_eq!(ids(&read(&lines)), ["a", reason, "b"], "{wrong}");
        assert_eq!(ids(&read(gzipped(lines.as_bytes()))), ["a", reason, "b"], "{wrong}");
    }
    assert_eq!(ids(&read(format!("[{}, {{]\n, {}]", named("a"), named("b")))).len(), 2, "an array ends there");
}

#[test]
fn one_error_is_enough_for_a_broken_document_of_many_lines() {
    let pretty = JsonValue::parse(STORED.as_bytes()).unwrap().to_text(Layout::Pretty);
    assert_eq!(refused(pretty.replace("\"a.csv\",", "a.csv,")), ": line 4, column 17: expected a value, found `a`");
    assert_eq!(refused(&pretty[..pretty.len() - 2]), ": line 12, column 4: the text ends where `,` or `}` is expected");
}

#[test]
fn what_follows_a_document_on_its_line_casts_doubt_on_it() {
    assert_eq!(refused(format!("{STORED} x")), ": line 1, column 140: expected the end of the text, found `x`");
}

#[test]
fn what_a_stored_result_lacks_or_says_wrongly_is_named_with_its_place() {
    for (from, to, reason) in [
        (
            "\"run_time\": \"2026-11-23T00:56:54\", ",
            "",
            ": line 1, column 1: this looks like a stored result, but `run_time` is missing",
        ),
        ("\"run-1\"", "5", ": line 1, column 12: `run_id` is a number, not a string"),
        ("\"run-1\"", "\"\"", ": line 1, column 12: `run_id` is empty"),
        ("\"run-1\"", "\"\\ud800\"", ": line 1, column 12: `run_id` is not Unicode: it holds half of a surrogate pair"),
        (
            "2026-11-23T",
            "2026-13-23T",
            ": line 1, column 33: `run_time` is `2026-13-23T00:56:54`, not an ISO 8601 time such as 2026-11-23T00:56:54.158803 or 2026-11-23T00:56:54+01:00",
        ),
        ("\"a.csv\"", "null", ": line 1, column 70: `data_asset` is null, not a string"),
        ("{\"env\": \"dev\", \"n\": [1, null]}", "[]", ": line 1, column 108: `tags` is an array, not an object"),
        ("\"tags\"", "\"results\"", ": line 1, column 111: `results` is an object, not an array"),
        (
            "\"tags\": {\"env\": \"dev\", \"n\": [1, null]}",
            "\"statistics\": []",
            ": line 1, column 114: `statistics` is an array, not an object",
        ),
        (
            "\"tags\": {\"env\": \"dev\", \"n\": [1, null]}",
            "\"results\": [{\"success\": true}]",
            ": line 1, column 112: an entry of `results` has no `validator_name`",
        ),
    ] {
        assert!(STORED.contains(from));
        assert_eq!(refused(STORED.replace(from, to)), reason);
    }
    assert_eq!(single(STORED.replace("{\"env\": \"dev\", \"n\": [1, null]}", "null")).entry.tags.len(), 0);
}

#[test]
fn what_is_no_result_is_refused_with_a_hint() {
    for (text, reason) in [
        ("", ": it is empty"),
        (" \n", ": it holds only white space"),
        ("\u{feff}", ": it holds only white space"),
        ("5", ": line 1, column 1: expected an object, found a number"),
        ("{}", ": line 1, column 1: not a validation result in a known format"),
        ("{\"kind\": \"header\", \"status\": 1}", ": line 1, column 1: not a validation result in a known format"),
        (
            "{\"type\": \"header\", \"run_id\": \"a\", \"run_time\": \"2026-11-23\", \"data_asset\": \"a\", \"status\": \"success\"}",
            ": line 1, column 1: this is one line of a truthound report in NDJSON, which spreads one result over many lines",
        ),
        ("{\"report_type\": \"profile\"}", ": line 1, column 1: this is a truthound report, but not of a validation"),
        (
            "{\"run_id\": \"a\", \"run_time\": \"b\"}",
            ": line 1, column 1: this looks like a stored result, but `data_asset` and `status` are missing",
        ),
        (
            "{\"checks\": [], \"source\": \"a\"}",
            ": line 1, column 1: this looks like a truthound run, but `run_time` is missing",
        ),
        ("not json", ": line 1, column 1: expected a value, found `n`"),
    ] {
        assert_eq!(refused(text), reason, "{text}");
    }
    assert!(read("{}")[0].as_ref().unwrap_err().hint().unwrap().contains("truthound check -f json"));
}

#[test]
fn a_source_that_cannot_be_read_is_a_usage_error_with_its_cause() {
    let directory = tempfile::tempdir().unwrap();
    for path in [directory.path().join("none.json"), directory.path().to_owned()] {
        let error =
            documents(&InputSource::File(path.clone()), &InputOptions::new(&Overrides::default(), Layout::Compact))
                .err()
                .unwrap();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(error.to_string(), format!("cannot read `{}`", path.display()));
        assert_eq!(error.causes().len(), 1);
        assert!(error.hint().is_some());
    }
}

fn overrides() -> Overrides {
    Overrides {
        run_id: Some(RunId::new("new \"id\"").unwrap()),
        run_time: None,
        data_asset: Some("ü.csv".into()),
        tags: [("env".to_owned(), "prod".to_owned()), ("team".to_owned(), "x".to_owned())].into(),
    }
}

#[test]
fn what_the_caller_says_is_put_into_the_bytes_and_nothing_else_changes() {
    let spelled = STORED.replace(": ", "  :\n ") + "\n";
    let documents = read_with(spelled.as_bytes(), &overrides());
    let document = documents.into_iter().next().unwrap().unwrap();
    let expected = spelled.replace("\"run-1\"", "\"new \\\"id\\\"\"").replace("\"a.csv\"", "\"\\u00fc.csv\"").replace(
        "{\"env\"  :\n \"dev\", \"n\"  :\n [1, null]}",
        "{\"env\": \"prod\", \"n\": [1, null], \"team\": \"x\"}",
    );
    assert_eq!(text(&document), expected);
    assert_eq!(document.entry.run_id.as_str(), "new \"id\"");
    assert_eq!(single(&expected).entry, document.entry);
}

#[test]
fn what_the_caller_says_and_the_document_lacks_is_put_first() {
    let short = r#"{"run_time": "2026-11-23", "status": "error", "results": []}"#;
    let document = read_with(short.as_bytes(), &overrides()).remove(0).unwrap();
    let added =
        r#"{"run_id": "new \"id\"", "data_asset": "\u00fc.csv", "tags": {"env": "prod", "team": "x"}, "run_time""#;
    assert_eq!(text(&document), short.replace("{\"run_time\"", added));
    let pretty = short.replace("{\"", "{\n\t\"");
    let document = read_with(pretty.as_bytes(), &overrides()).remove(0).unwrap();
    let added = added.replace("{\"run_id", "{\n\t\"run_id").replace(", \"data_asset", ",\n\t\"data_asset");
    let added = added.replace(", \"tags", ",\n\t\"tags").replace(", \"run_time", ",\n\t\"run_time");
    assert_eq!(text(&document), pretty.replace("{\n\t\"run_time\"", &added));
}

#[test]
fn one_run_id_is_not_given_to_several_documents() {
    let reason = "a run id was given, but there are several documents";
    for several in [format!("{STORED}\n{STORED}"), format!("[{STORED}, {STORED}]")] {
        let documents = read_with(several.as_bytes(), &overrides());
        assert_eq!(documents.len(), 2);
        assert!(documents.iter().all(|document| said(document.as_ref().unwrap_err()).ends_with(reason)));
    }
    assert!(read_with(format!("[{STORED}]").as_bytes(), &overrides()).remove(0).is_ok());
}

/// A stored result of so many bytes and a little more.
fn large(size: usize) -> String {
    let mut text = STORED.replace("}}", "}, \"metadata\": {\"list\": [");
    while text.len() < size {
        text.push_str("\"some text that is neither short nor long, with ü in it\", 12345.678, null, ");
    }
    text + "0]}}"
}

#[test]
fn a_large_document_is_not_held_in_memory_and_is_the_same() {
    let large = large(9 * 1024 * 1024);
    for bytes in [large.as_bytes().to_vec(), gzipped(large.as_bytes())] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.json");
        std::fs::write(&path, &bytes).unwrap();
        let document = documents(&InputSource::File(path.clone()), &InputOptions::new(&overrides(), Layout::Compact))
            .unwrap()
            .next()
            .unwrap();
        let document = document.unwrap();
        let plain =
            documents(&InputSource::File(path.clone()), &InputOptions::new(&Overrides::default(), Layout::Compact))
                .unwrap()
                .next();
        let plain = plain.unwrap().unwrap();
        assert_eq!(plain.body.to_bytes().unwrap(), large.as_bytes());
        let expected = large.replace("run-1", "new \\\"id\\\"").replace("a.csv", "\\u00fc.csv");
        let expected = expected.replace("\"dev\", \"n\": [1, null]", "\"prod\", \"n\": [1, null], \"team\": \"x\"");
        assert!(document.body.to_bytes().unwrap() == expected.as_bytes());
        let changed = std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"\n");
        changed.unwrap();
        assert_eq!(plain.body.to_bytes().unwrap(), large.as_bytes(), "what is appended does no harm");
    }
}

#[test]
fn a_large_file_that_changes_after_it_was_checked_is_not_delivered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.json");
    std::fs::write(&path, large(9 * 1024 * 1024)).unwrap();
    let document =
        documents(&InputSource::File(path.clone()), &InputOptions::new(&Overrides::default(), Layout::Compact))
            .unwrap()
            .next();
    let document = document.unwrap().unwrap();
    std::fs::write(&path, large(9 * 1024 * 1024).replacen("12345.678", "12345.679", 1)).unwrap();
    assert_eq!(document.body.to_bytes().unwrap_err().kind(), std::io::ErrorKind::InvalidData);
}

proptest! {
    #[test]
    fn any_bytes_are_documents_or_errors_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        read(&bytes);
    }

    #[test]
    fn a_mutated_document_of_any_sort_is_taken_or_refused_without_a_panic(
        name in prop::sample::select(vec![
            "truthound/dirty-complete.run.json", "truthound/dirty-complete.stored.json",
            "truthound/dirty-summary.report.json", "great_expectations/customers.suite_result.json",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{},:\"0-9nx\\\\]{0,2}", 0_usize..8), 1..4)
    ) {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        for (at, with, cut) in changes {
            let start = at.index(bytes.len());
            bytes.splice(start..(start + cut).min(bytes.len()), with.into_bytes());
        }
        for document in read(&bytes).into_iter().flatten() {
            let stored = document.body.to_bytes().unwrap();
            JsonValue::parse(&stored[..]).unwrap();
        }
    }
}

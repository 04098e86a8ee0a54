//! Documents without samples.

use super::*;
use crate::result::spool::IN_MEMORY;
use crate::result::{CheckCounts, RunId};

const PLANTED: [&str; 3] = ["planted-value@example.com", "8675309", "plantée 🦀"];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn redacted(document: &[u8], layout: Layout) -> String {
    let body = without_samples(&Body::from(document.to_vec()), layout).unwrap();
    String::from_utf8(body.to_bytes().unwrap().to_vec()).unwrap()
}

/// A stored result with each planted value in each place that may hold a sample.
fn planted() -> String {
    let value = |text: &str| JsonValue::from(text).to_text(Layout::Compact);
    let checks = PLANTED.map(|text| {
        let quoted = value(text);
        let message = value(&format!("the value '{text}' and {text} are wrong | top failures: {text}(3)"));
        format!(
            r#"{{"validator_name": "v", "success": false, "column": "c", "issue_type": "i", "count": 17, "severity": "high",
            "message": {message}, "details": {{"sample_values": [{quoted}], "partial_unexpected_list": [{quoted}],
            "partial_unexpected_counts": [{{"value": {quoted}, "count": 1}}], "unexpected_list": [[{quoted}]],
            "unexpected_index_list": {{"c": [{quoted}]}}, "observed_value": {quoted}, "compiled_code": {quoted},
            "blocks": [{{"file": {{"rows": [{quoted}]}}}}], "element_count": 40,
            "exception": {{"message": {message}, "traceback": {quoted}}}}}, "execution_time_ms": 0.0}}"#
        )
    });
    let meta = value(PLANTED[0]);
    format!(
        r#"{{"run_id": "run-1", "run_time": "2026-11-23T00:56:54", "data_asset": "a.csv", "status": "failure",
        "results": [{}], "statistics": {{"total_issues": 3}}, "tags": {{"env": "dev"}},
        "metadata": {{"great_expectations": {{"meta": {{"batch_parameters": {{"dataframe": [{meta}]}}}}}},
        "_validation_run_contract": {{"execution_issues": [{{"check_name": "v", "message": "raised for {}"}}]}}}},
        "suite_name": null, "runtime_environment": {{}}}}"#,
        checks.join(", "),
        PLANTED[0]
    )
}

#[test]
fn no_planted_value_is_left_and_all_counts_stay() {
    for layout in [Layout::Compact, Layout::Pretty] {
        let text = redacted(planted().as_bytes(), layout);
        let value = JsonValue::parse(text.as_bytes()).unwrap();
        for planted in PLANTED {
            assert!(!text.contains(planted), "{planted} in {text}");
            let spelled = JsonValue::from(planted).to_text(Layout::Compact);
            assert!(!text.contains(spelled.trim_matches('"')), "{spelled} in {text}");
        }
        let checks = value.get("results").unwrap().as_array().unwrap();
        assert_eq!(checks.len(), 3);
        for check in checks {
            assert_eq!(check.get("count").unwrap().as_u64(), Some(17));
            assert_eq!(check.get("details").unwrap().get("element_count").unwrap().as_u64(), Some(40));
            assert!(check.get("message").unwrap().as_str().unwrap().starts_with("the value "));
        }
        let counts = value.get("metadata").unwrap().get("redacted").unwrap().get("samples").unwrap();
        assert_eq!(counts.get("sample_values").unwrap().as_u64(), Some(3));
        assert_eq!(counts.get("message").unwrap().as_u64(), Some(7));
        assert_eq!(counts.get("dataframe").unwrap().as_u64(), Some(1));
    }
}

#[test]
fn what_is_no_sample_is_as_it_was() {
    let before = fixture("truthound/dirty-complete.stored.json");
    let value = JsonValue::parse(&before[..]).unwrap();
    let after = JsonValue::parse(redacted(&before, Layout::Pretty).as_bytes()).unwrap();
    for key in ["run_id", "run_time", "data_asset", "status", "statistics", "tags", "suite_name", "runtime_environment"]
    {
        assert_eq!(after.get(key), value.get(key), "{key}");
    }
    let run_id = || RunId::new("run").unwrap();
    let counts = CheckCounts::read(run_id(), redacted(&before, Layout::Compact).as_bytes()).unwrap();
    assert_eq!(counts, CheckCounts::read(run_id(), &before[..]).unwrap());
}

#[test]
fn a_document_without_samples_says_that_none_were_dropped() {
    let text = r#"{"run_id": "a", "run_time": "2026-01-01", "data_asset": "b", "status": "success"}"#;
    let expected = text.replace("\"success\"}", "\"success\", \"metadata\": {\"redacted\": {\"samples\": {}}}}");
    assert_eq!(redacted(text.as_bytes(), Layout::Compact), expected);
}

#[test]
fn a_document_holds_samples_until_they_are_dropped() {
    let fixture = fixture("truthound/dirty-complete.stored.json");
    for document in [planted().as_bytes(), &fixture] {
        let body = Body::from(document.to_vec());
        let drops = Redaction { samples: true };
        assert!(drops.would_change(&body).unwrap());
        assert!(!Redaction::default().would_change(&body).unwrap());
        let without = without_samples(&body, Layout::Pretty).unwrap();
        assert!(!drops.would_change(&without).unwrap());
    }
}

#[test]
fn a_document_beyond_the_memory_goes_through_a_file_and_is_whole() {
    let check = r#"{"validator_name": "v", "success": true, "message": null, "details": {"sample_values": [1]}}"#;
    let checks = vec![check; 200_000].join(", ");
    let text = format!(
        r#"{{"run_id": "a", "run_time": "2026-01-01", "data_asset": "b", "status": "success", "results": [{checks}]}}"#
    );
    let after = redacted(text.as_bytes(), Layout::Compact);
    assert!(after.len() > IN_MEMORY);
    let counts = CheckCounts::read(RunId::new("a").unwrap(), after.as_bytes()).unwrap();
    assert_eq!(counts.total(), 200_000);
}

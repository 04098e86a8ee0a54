//! Documents of each tool that quote a planted value of the data, and the search for it.

use std::fs;
use std::io::Read as _;
use std::path::Path;

/// The planted value: without a character that any encoding of names or texts changes.
pub(crate) const PLANTED: &str = "Planted7c1dSample";

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The text with replacements, each of which must change something.
fn planted(fixture_name: &str, replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(fixture(fixture_name), |text, (from, to)| {
        assert!(text.contains(from), "{fixture_name} has no {from}");
        text.replace(from, &to.replace("PLANTED", PLANTED))
    })
}

/// Documents with the planted value wherever the tool quotes the data. The name says which tool has written it.
pub(crate) fn documents() -> Vec<(&'static str, String)> {
    let failures = ("| top failures: ", "| top failures: PLANTED(9), ");
    let in_truthound = [("a@b.co", "PLANTED"), failures];
    let in_expectations = [("-3.0", "\"PLANTED\"")];
    vec![
        ("run.json", planted("truthound/dirty-complete.run.json", &in_truthound)),
        ("stored.json", planted("truthound/dirty-complete.stored.json", &in_truthound)),
        ("report.json", planted("truthound/dirty-summary.report.json", &in_truthound)),
        ("expectations.json", planted("great_expectations/customers.suite_result.json", &in_expectations)),
        ("run_results.json", planted("dbt/run_results.test.json", &[("where id < 0", "where email = 'PLANTED'")])),
    ]
}

/// Whether bytes hold the planted value, also if they are compressed.
pub(crate) fn is_in(bytes: &[u8]) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes());
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return holds(bytes);
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    holds(&text)
}

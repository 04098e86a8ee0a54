//! Documents that `save` refuses, and the position that the error names.

use insta::assert_snapshot;

use crate::support::{Room, gzip, stored};

/// Returns the error of `save` for an invalid document. Checks that nothing is stored.
fn refusal(name: &str, content: impl AsRef<[u8]>) -> String {
    let room = Room::new();
    room.write(name, content);
    let said = room.run(["save", name]).fails_with(2);
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n", "{said}");
    said.replace(room.root().to_str().unwrap(), "[room]")
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    assert_snapshot!(refusal("text.json", "run-1 failed\n"), @"
    error: cannot read `text.json`: line 1, column 1
      caused by: expected a value, found `r`
      profile: default
    ");
    assert_snapshot!(refusal("truncated.json", "{\n  \"run_id\": \"run-1\",\n  \"run_ti"), @"
    error: cannot read `truncated.json`: line 3, column 10
      caused by: the text ends within a string
      profile: default
    ");
    assert_snapshot!(refusal("comma.json", "{\n  \"run_id\": \"run-1\",,\n}"), @"
    error: cannot read `comma.json`: line 2, column 21
      caused by: expected a key, found `,`
      profile: default
    ");
    assert_snapshot!(refusal("binary.json", b"\xff\xfe\x00{"), @"
    error: cannot read `binary.json`: line 1, column 1
      caused by: the text is UTF-16, not UTF-8; convert it with `iconv -f UTF-16 -t UTF-8`
      profile: default
    ");
    assert_snapshot!(refusal("latin1.json", b"{\"run_id\": \"gr\xf6\xdfe\"}"), @"
    error: cannot read `latin1.json`: line 1, column 15
      caused by: the text is not UTF-8: the byte 0xF6 belongs to no character
      profile: default
    ");
    assert_snapshot!(refusal("half.json.gz", &gzip(stored("run-1").text().repeat(50).as_bytes())[..100]), @"
    error: cannot read `half.json.gz`
      caused by: incomplete deflate stream
      profile: default
    hint: the gzip is truncated or damaged; check it with `gzip -t`
    ");
}

#[test]
fn what_is_empty_is_refused() {
    assert_snapshot!(refusal("empty.json", ""), @"
    error: cannot read `empty.json`
      caused by: it is empty
      profile: default
    ");
    assert_snapshot!(refusal("blank.json", " \n\n\t"), @"
    error: cannot read `blank.json`
      caused by: it holds only white space
      profile: default
    ");
    assert_snapshot!(refusal("mark.json", "\u{feff}"), @"
    error: cannot read `mark.json`
      caused by: it holds only white space
      profile: default
    ");
    assert_snapshot!(refusal("empty.json.gz", gzip(b"")), @"
    error: cannot read `empty.json.gz`
      caused by: it is empty
      profile: default
    ");
}

#[test]
fn json_that_is_no_result_is_refused() {
    assert_snapshot!(refusal("number.json", "42"), @"
    error: cannot read `number.json`: line 1, column 1
      caused by: expected an object, found a number
      profile: default
    ");
    assert_snapshot!(refusal("object.json", "{}"), @"
    error: cannot read `object.json`: line 1, column 1
      caused by: not a validation result in a known format
      profile: default
    hint: give a stored result, a report of truthound's JSON reporter, a result of Great Expectations, what `soda scan -srf FILE` writes, what `frictionless validate --json` prints, run events of OpenLineage, what Deequ writes as JSON, JUnit XML, the output of `truthound check -f json`, or `run_results.json` or `sources.json` of dbt
    ");
    assert_snapshot!(refusal("other.json", "{\"name\": \"truthound\", \"version\": 3}"), @"
    error: cannot read `other.json`: line 1, column 1
      caused by: not a validation result in a known format
      profile: default
    hint: give a stored result, a report of truthound's JSON reporter, a result of Great Expectations, what `soda scan -srf FILE` writes, what `frictionless validate --json` prints, run events of OpenLineage, what Deequ writes as JSON, JUnit XML, the output of `truthound check -f json`, or `run_results.json` or `sources.json` of dbt
    ");
    assert_snapshot!(refusal("nested.json", "[[]]"), @"
    error: cannot read `nested.json`: line 1, column 2
      caused by: expected an object, found an array
      profile: default
    ");
}

#[test]
fn a_result_with_a_wrong_or_missing_field_is_refused_with_its_place() {
    let good = stored("run-1").text();
    let mut said = String::new();
    for (wrong, from, to) in [
        ("no run id", r#""run_id":"run-1","#, ""),
        ("empty run id", r#""run_id":"run-1""#, r#""run_id":"""#),
        ("number as run id", r#""run_id":"run-1""#, r#""run_id":7"#),
        ("no time", r#""run_time":"2026-03-01T12:00:00","#, ""),
        ("wrong time", "2026-03-01T12:00:00", "yesterday"),
        ("no asset", r#""data_asset":"customers.csv","#, ""),
        ("wrong status", r#""status":"success""#, r#""status":"passed""#),
        ("list as tags", r#""tags":{}"#, r#""tags":["a"]"#),
        ("two run ids", r#""run_id":"run-1""#, r#""run_id":"run-1","run_id":"run-2""#),
    ] {
        assert!(good.contains(from), "{wrong}: {good}");
        let refused = refusal("result.json", good.replace(from, to));
        said.push_str(&format!("{wrong}\n{}", refused.replace("  profile: default\n", "")));
    }
    assert_snapshot!(said, @"
    no run id
    error: cannot read `result.json`: line 1, column 1
      caused by: this looks like a stored result, but `run_id` is missing
    empty run id
    error: cannot read `result.json`: line 1, column 11
      caused by: `run_id` is empty
    number as run id
    error: cannot read `result.json`: line 1, column 11
      caused by: `run_id` is a number, not a string
    no time
    error: cannot read `result.json`: line 1, column 1
      caused by: this looks like a stored result, but `run_time` is missing
    hint: name its time with `--run-time now`, `--run-time mtime` (that of the file) or `--run-time 2026-11-23T00:56:54Z`
    wrong time
    error: cannot read `result.json`: line 1, column 30
      caused by: `run_time` is `yesterday`, not an ISO 8601 time such as 2026-11-23T00:56:54.158803 or 2026-11-23T00:56:54+01:00
    no asset
    error: cannot read `result.json`: line 1, column 1
      caused by: this looks like a stored result, but `data_asset` is missing
    wrong status
    error: cannot read `result.json`: line 1, column 90
      caused by: `status` is `passed`, not success, failure, error or warning
    list as tags
    error: cannot read `result.json`: line 1, column 156
      caused by: `tags` is an array, not an object
    two run ids
    error: cannot read `result.json`: line 1, column 19
      caused by: duplicate key `run_id`
    ");
}

#[test]
fn ten_thousand_levels_are_an_answer_and_no_crash() {
    let deep = format!(r#""metadata":{{"deep":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let said = refusal("deep.json", stored("run-1").text().replace(r#""metadata":{}"#, &deep));
    assert_snapshot!(said, @"
    error: cannot read `deep.json`: line 1, column 1176
      caused by: arrays and objects are nested deeper than 1000 levels, the limit
      profile: default
    ");
}

#[test]
fn the_last_time_of_python_is_saved_listed_and_found() {
    for room in [Room::new(), Room::with_disk_profile("")] {
        let last = "9999-12-31T23:59:59.999999";
        for (run_id, time) in
            [("last", last), ("last-utc", "9999-12-31T23:59:59.999999+00:00"), ("first", "0001-01-01T00:00:00")]
        {
            room.save(&stored(run_id).at(time));
            assert_eq!(room.run(["get", run_id]).succeeds(), stored(run_id).at(time).text());
        }
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "last\nlast-utc\nfirst\n");
        for until in [last, "9999-12-31T23:59:59.999999Z", "9999-12-31"] {
            assert_eq!(room.run(["list", "--count", "--until", until]).succeeds(), "3\n", "{until}");
        }
        assert_eq!(room.run(["list", "--count", "--since", last]).succeeds(), "2\n");
        let listed = room.run(["list", "--format", "json", "--limit", "1"]).json();
        assert_eq!(listed[0]["run_time"], "9999-12-31T23:59:59.999999Z");
        room.run(["delete", "last", "first"]).succeeds();
    }
}

#[test]
fn a_time_that_an_older_version_took_does_not_end_a_list() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    let directory = "store/default/validations";
    let odd = stored("odd").at("0001-01-01T00:00:00+00:01").text();
    room.write(&format!("{directory}/odd.json"), &odd);
    let index = format!(
        "{{\"odd\": {{\"data_asset\": \"a\", \"run_time\": \"0001-01-01T00:00:00+00:01\", \"status\": \"success\", \
         \"file\": \"{directory}/odd.json\", \"tags\": {{}}}}}}"
    );
    room.write(&format!("{directory}/_index.json"), index);
    let listed = room.run(["list", "--ids"]);
    assert!(listed.stdout().starts_with("run-1\n"), "{listed}");
    assert_eq!(listed.code(), Some(0), "{listed}");
    assert_eq!(room.run(["get", "odd"]).succeeds(), odd);
}

#[test]
fn a_file_of_another_kind_is_one_error_with_the_next_step() {
    let lines = (0..20_000).map(|row| format!("{row},customer {row},\"x, y\"\n")).collect::<String>();
    assert_snapshot!(refusal("big.csv", format!("id,name,note\n{lines}")), @"
    error: cannot read `big.csv`: line 1, column 1
      caused by: expected a value, found `i`
      profile: default
    hint: it looks like a CSV file: run `truthound check big.csv -f json` and save its output
    ");
    let table = "╭──── Truthound Report ────╮\n│ Issues: 3                │\n╰──────────────────────────╯\n";
    assert_snapshot!(refusal("check.txt", table), @"
    error: cannot read `check.txt`: line 1, column 1
      caused by: expected a value, found `╭`
      profile: default
    hint: it looks like a table for people: add `-f json` to the command that printed it
    ");
    assert_snapshot!(refusal("index.html", "<!DOCTYPE html>\n<html><body>3 issues</body></html>"), @"
    error: cannot read `index.html`: line 1, column 1
      caused by: not a validation result in a known format
      profile: default
    hint: it looks like an HTML report: save the JSON that the same tool writes
    ");
    assert_snapshot!(refusal("coverage.xml", "<?xml version=\"1.0\"?>\n<coverage line-rate=\"1\"/>"), @"
    error: cannot read `coverage.xml`: line 1, column 1
      caused by: not a validation result in a known format
      profile: default
    hint: it looks like XML; of XML only JUnit reports are read
    ");
    assert_snapshot!(refusal("half.xml", "<testsuite name=\"s\" timestamp=\"2026-01-01\">\n<testcase name=\"a\">"), @"
    error: cannot read `half.xml`: line 2, column 20
      caused by: the text ends within an element
      profile: default
    ");
}

#[test]
fn of_many_errors_among_good_lines_ten_are_shown_and_the_rest_is_counted() {
    let room = Room::new();
    let good = ["run-1", "run-2"].map(|run_id| stored(run_id).text());
    room.write(
        "runs.ndjson",
        format!("{}\n{}{}\n", good[0], "Traceback (most recent call last):\n".repeat(500), good[1]),
    );
    let outcome = room.run(["save", "runs.ndjson"]);
    assert_eq!(outcome.stdout(), "run-1\nrun-2\n");
    let said = outcome.fails_with(2);
    assert_eq!(said.matches("error: ").count(), 11, "{said}");
    assert!(
        said.ends_with(
            "error: cannot read `runs.ndjson`\n  caused by: 490 more documents were refused\n  profile: default\n"
        ),
        "{said}"
    );
}

#[test]
fn an_empty_array_stores_nothing_and_says_so() {
    let room = Room::new();
    room.write("none.json", " []\n");
    assert_snapshot!(room.run(["save", "none.json"]), @"
    --- stderr ---
    warning: `none.json` holds an empty array; nothing was saved
    ");
}

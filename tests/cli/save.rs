//! `save`.

use insta::assert_snapshot;

use crate::support::{Room, fixture, gzip, stored};

#[test]
fn each_run_id_is_printed_on_a_line_of_its_own() {
    let room = Room::new();
    room.write("a.json", stored("run-a").text());
    room.write("b.json", stored("run-b").text());
    assert_snapshot!(room.run(["save", "b.json", "a.json"]), @"
    run-b
    run-a
    ");
}

#[test]
fn what_was_saved_is_printed_as_json_too() {
    let room = Room::new();
    room.write("a.json", stored("run-a").of("größe.csv").ended("failure").tagged("env", "prod").text());
    assert_snapshot!(room.run(["save", "a.json", "--format", "json"]), @r#"
    [
      {"run_id":"run-a","run_time":"2026-03-01T12:00:00Z","data_asset":"größe.csv","status":"failure","tags":{"env":"prod"}}
    ]
    "#);
    assert_snapshot!(room.run(["save", "a.json", "--format", "jsonl"]), @r#"{"run_id":"run-a","run_time":"2026-03-01T12:00:00Z","data_asset":"größe.csv","status":"failure","tags":{"env":"prod"}}"#);
    assert_snapshot!(room.run(["save", "a.json", "--format", "table"]), @"
    RUN TIME              STATUS   DATA ASSET  RUN ID  TAGS
    2026-03-01 12:00:00Z  failure  größe.csv   run-a   env=prod
    ");
}

#[test]
fn a_document_comes_from_standard_input_with_or_without_the_dash() {
    let room = Room::new();
    assert_eq!(room.start(["save", "-"]).input(stored("dash").text()).run().succeeds(), "dash\n");
    assert_eq!(room.start(["save"]).input(stored("none").text()).run().succeeds(), "none\n");
}

#[test]
fn a_directory_stands_for_the_files_in_it_and_below_by_name() {
    let room = Room::new();
    for name in ["b/2.json", "b/1.json", "a.json", "c.ndjson", ".hidden.json", "__none__/3.json"] {
        room.write(&format!("results/{name}"), stored(name).text());
    }
    assert_snapshot!(room.run(["save", "results"]), @"
    __none__/3.json
    a.json
    b/1.json
    b/2.json
    c.ndjson
    --- stderr ---
    warning: skipped `results/.hidden.json`: its name begins with `.`
    ");
}

#[test]
fn a_directory_without_results_is_an_error() {
    let room = Room::new();
    room.write("hidden/.index.json", "{}");
    assert_snapshot!(room.run(["save", "hidden"]), @"
    --- stderr ---
    warning: skipped `hidden/.index.json`: its name begins with `.`
    error: the directory `hidden` has no files
      profile: default
    --- exit status 2 ---
    ");
    room.write("results/_index.json", "{}");
    assert_snapshot!(room.run(["save", "results"]), @"
    --- stderr ---
    error: nothing to save in `results/_index.json`
      caused by: not a validation result in a known format
      profile: default
    --- exit status 2 ---
    ");
    room.write("results/notes.txt", "not a result");
    assert_snapshot!(room.run(["save", "results"]), @"
    --- stderr ---
    error: none of 2 files holds a result, such as `results/_index.json`
      caused by: not a validation result in a known format
      profile: default
    --- exit status 2 ---
    ");
}

#[test]
fn files_in_a_directory_that_hold_no_results_are_passed_over_and_counted() {
    let room = Room::new();
    room.write("out/run.json", stored("run-1").text());
    room.write("out/query.sql", "select 1");
    room.write("out/table.csv", "id,name\n1,a\n");
    room.write("out/other.json", "{}");
    assert_snapshot!(room.run(["save", "out"]), @"
    run-1
    --- stderr ---
    warning: passed over 3 files that hold no results, such as `out/other.json`: not a validation result in a known format
    ");
    room.write("out/broken.json", "{\"run_id\": ");
    assert_snapshot!(room.run(["save", "out"]), @"
    run-1
    --- stderr ---
    error: cannot read `out/broken.json`: line 1, column 12
      caused by: the text ends where a value is expected
      profile: default
    warning: passed over 3 files that hold no results, such as `out/other.json`: not a validation result in a known format
    --- exit status 2 ---
    ");
}

#[test]
fn the_time_of_the_run_can_be_given_to_every_format() {
    let room = Room::new();
    room.write("a.json", stored("a").text());
    room.run(["save", "a.json", "--run-time", "2026-05-06T07:08:09+02:00"]).succeeds();
    assert_eq!(room.run(["get", "a"]).json()["run_time"], "2026-05-06T07:08:09+02:00");
    room.run(["save", "a.json", "--run-time", "now"]).succeeds();
    assert_eq!(room.run(["list", "--since", "1h", "--ids"]).succeeds(), "a\n");
    let file = std::fs::File::options().write(true).open(room.work().join("a.json")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_780_000_000)).unwrap();
    room.run(["save", "a.json", "--run-time", "mtime"]).succeeds();
    assert_eq!(room.run(["get", "a"]).json()["run_time"], "2026-05-28T20:26:40+00:00");
    assert_snapshot!(room.start(["save", "-", "--run-time", "mtime"]).input(stored("b").text()).run(), @"
    --- stderr ---
    error: cannot read when standard input was changed
      caused by: it is not a file
      profile: default
    hint: name the time of the run with `--run-time now`, or `--run-time 2026-11-23T00:56:54Z`
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["save", "a.json", "--run-time", "yesterday"]), @"
    --- stderr ---
    error: invalid value 'yesterday' for '--run-time <now|mtime|TIME>': neither now, nor mtime, and not an ISO 8601 time such as 2026-11-23T00:56:54.158803 or 2026-11-23T00:56:54+01:00

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn run_id_asset_and_tags_can_be_given() {
    let room = Room::new();
    room.write("a.json", stored("theirs").of("theirs.csv").tagged("env", "dev").tagged("team", "a").text());
    let arguments =
        ["save", "a.json", "--run-id", "ours", "--asset", "ours.csv", "--tag", "env=prod", "--tag", "x=y=z"];
    assert_eq!(room.run(arguments).succeeds(), "ours\n");
    assert_snapshot!(room.run(["list", "--format", "jsonl"]), @r#"{"run_id":"ours","run_time":"2026-03-01T12:00:00Z","data_asset":"ours.csv","status":"success","tags":{"env":"prod","team":"a","x":"y=z"}}"#);
    let document = room.run(["get", "ours"]).json();
    assert_eq!(document["run_id"], "ours");
    assert_eq!(document["data_asset"], "ours.csv");
    assert_eq!(document["tags"], serde_json::json!({"env": "prod", "team": "a", "x": "y=z"}));
    assert_eq!(document["run_time"], "2026-03-01T12:00:00");
}

#[test]
fn one_run_id_is_not_for_two_documents() {
    let room = Room::new();
    room.write("a.json", stored("a").text());
    room.write("b.json", stored("b").text());
    assert_snapshot!(room.run(["save", "a.json", "b.json", "--run-id", "one"]), @"
    --- stderr ---
    error: `--run-id` needs a single document, and the input has several
      profile: default
    hint: save them one by one, or leave out `--run-id`
    --- exit status 2 ---
    ");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
}

#[test]
fn if_absent_refuses_to_overwrite() {
    let room = Room::new();
    room.save(&stored("run-1").of("first.csv"));
    room.write("again.json", stored("run-1").of("second.csv").text());
    assert_snapshot!(room.run(["save", "again.json", "--if-absent"]), @"
    --- stderr ---
    error: result `run-1` already exists in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: leave out `--if-absent` to replace it, or save this one under another `--run-id`
    --- exit status 7 ---
    ");
    assert_snapshot!(room.run(["save", "again.json", "--if-absent", "--format", "json"]), @r#"
    []
    --- stderr ---
    {"error":{"kind":"already_exists","message":"result `run-1` already exists in namespace `default` of sqlite:///.truthound/store.db","run_id":"run-1","profile":"default","hint":"leave out `--if-absent` to replace it, or save this one under another `--run-id`"}}
    --- exit status 7 ---
    "#);
    assert_eq!(room.run(["get", "run-1"]).json()["data_asset"], "first.csv");
}

#[test]
fn with_skip_existing_what_exists_is_skipped_and_counted() {
    for room in [Room::new(), Room::with_disk_profile("")] {
        room.save(&stored("run-1"));
        let others = |asset: &str| ["run-1", "run-2", "run-3"].map(|id| stored(id).of(asset).text()).join("\n");
        let outcome = room.start(["save", "-", "--skip-existing"]).input(others("orders")).run();
        assert_eq!(outcome.stderr(), "skipped 1 result that already exists\n");
        assert_eq!(outcome.succeeds(), "run-2\nrun-3\n");
        let outcome = room.start(["save", "-", "--skip-existing", "-f", "json"]).input(others("sales")).run();
        assert_eq!(outcome.stderr(), "{\"note\":{\"message\":\"skipped 3 results that already exist\"}}\n");
        assert_eq!(outcome.succeeds(), "[]\n");
        assert_eq!(room.run(["list", "--asset", "customers.csv", "--ids"]).succeeds(), "run-1\n");
        assert_eq!(room.run(["list", "--asset", "orders", "--count"]).succeeds(), "2\n");
        let quiet = room.start(["save", "-", "--skip-existing", "--quiet"]).input(others("sales")).run();
        assert_eq!((quiet.stderr().as_str(), quiet.succeeds().as_str()), ("", ""));
        room.run(["save", "--if-absent", "--skip-existing"]).fails_with(2);
    }
}

#[test]
fn the_good_among_bad_documents_are_stored_and_each_failure_is_reported() {
    let room = Room::new();
    room.write("1-good.json", stored("one").text());
    room.write("2-bad.json", "{\"run_id\": \"two\", \"run_time\": ");
    room.write("3-many.ndjson", format!("{}\n[1, 2]\n{}\n", stored("three").text(), stored("four").text()));
    room.write("4-text.txt", "# Results\n");
    room.write("5-good.json", stored("five").text());
    let files = ["1-good.json", "2-bad.json", "3-many.ndjson", "4-text.txt", "5-good.json"];
    assert_snapshot!(room.run([&["save"], files.as_slice()].concat()), @"
    one
    three
    four
    five
    --- stderr ---
    error: cannot read `2-bad.json`: line 1, column 31
      caused by: the text ends where a value is expected
      profile: default
    error: cannot read `3-many.ndjson`: line 2, column 2
      caused by: expected an object, found a number
      profile: default
    error: cannot read `3-many.ndjson`: line 2, column 5
      caused by: expected an object, found a number
      profile: default
    error: cannot read `4-text.txt`: line 1, column 1
      caused by: expected a value, found `#`
      profile: default
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--ids"]), @"
    five
    four
    one
    three
    ");
}

#[test]
fn a_file_that_is_not_there_is_said_and_the_others_are_saved() {
    let room = Room::new();
    room.write("a.json", stored("run-a").text());
    assert_snapshot!(room.run(["save", "missing.json", "a.json"]), @"
    run-a
    --- stderr ---
    error: cannot read `missing.json`
      caused by: No such file or directory (os error 2)
      profile: default
    hint: check the name; `-` means standard input
    --- exit status 2 ---
    ");
}

#[test]
fn one_file_may_hold_many_results_in_any_wrapping() {
    let (one, two, three) = (stored("one").text(), stored("two").text(), stored("three").text());
    for (name, content) in [
        ("array.json", format!("[{one},\n{two}, {three}]").into_bytes()),
        ("lines.ndjson", format!("{one}\n{two}\n{three}").into_bytes()),
        ("windows.ndjson", format!("\u{feff}{one}\r\n\r\n{two}\r\n{three}\r\n").into_bytes()),
        ("packed.json.gz", gzip(format!("{one}\n{two}\n{three}\n").as_bytes())),
        ("no-suffix", gzip(format!("[{one}, {two}, {three}]").as_bytes())),
    ] {
        let room = Room::new();
        room.write(name, content);
        assert_eq!(room.run(["save", name]).succeeds(), "one\ntwo\nthree\n", "{name}");
        for (run_id, text) in [("one", &one), ("two", &two), ("three", &three)] {
            assert_eq!(&room.run(["get", run_id]).succeeds(), text, "{name}");
        }
    }
}

#[test]
fn a_run_of_truthound_is_stored_as_python_would_store_it() {
    let mut pairs = 0;
    for item in std::fs::read_dir(fixture("truthound")).unwrap() {
        let path = item.unwrap().path();
        let Some(name) = path.to_str().unwrap().strip_suffix(".run.json") else { continue };
        let room = Room::new();
        let run_id = room.run(["save".as_ref(), path.as_os_str()]).succeeds();
        let ours = room.run(["get", run_id.trim_end()]).json();
        let theirs: serde_json::Value =
            serde_json::from_slice(&std::fs::read(format!("{name}.stored.json")).unwrap()).unwrap();
        assert_eq!(ours, theirs, "{name}");
        pairs += 1;
    }
    assert!(pairs >= 20, "only {pairs} pairs found");
}

#[test]
fn a_report_and_a_great_expectations_result_are_listed_by_what_they_say() {
    let room = Room::new();
    for name in ["truthound/dirty-summary.report.json", "great_expectations/leer_ünïcode.suite_result.json"] {
        room.run(["save".as_ref(), fixture(name).as_os_str()]).succeeds();
    }
    let listed = room.run(["list", "--order-by", "data_asset", "--ascending", "--format", "json"]).json();
    let facts: Vec<_> = listed.as_array().unwrap().iter().map(|row| (&row["data_asset"], &row["status"])).collect();
    assert_snapshot!(format!("{facts:#?}"), @r#"
    [
        (
            String("/data/dirty.csv"),
            String("failure"),
        ),
        (
            String("leer_ünïcode"),
            String("error"),
        ),
    ]
    "#);
}

#[test]
fn what_has_no_run_id_is_one_result_however_often_it_is_saved() {
    let room = Room::new();
    let file = fixture("great_expectations/orders.suite_result.json");
    let first = room.run(["save".as_ref(), file.as_os_str()]).succeeds();
    let second = room.start(["save", "-"]).input(std::fs::read(&file).unwrap()).run().succeeds();
    assert_eq!(first, second);
    assert_eq!(room.run(["list", "--count"]).succeeds(), "1\n");
}

#[test]
fn a_store_that_cannot_be_written_is_said() {
    let room = Room::with_disk_profile("");
    room.write("store", "a file is in the way");
    room.write("a.json", stored("run-1").text());
    assert_snapshot!(room.run(["save", "a.json"]), @"
    --- stderr ---
    error: cannot save result `run-1` in store/default/validations
      caused by: Not a directory (os error 20)
      profile: disk
    hint: something on the store's path is a file: move it away
    --- exit status 4 ---
    ");
}

#[test]
fn wrong_tags_and_jobs_are_wrong_usage() {
    let room = Room::new();
    assert_snapshot!(room.run(["save", "a.json", "--tag", "env"]), @"
    --- stderr ---
    error: invalid value 'env' for '--tag <KEY=VALUE>': a tag is KEY=VALUE

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["save", "a.json", "--jobs", "0"]), @"
    --- stderr ---
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=256

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["save", "a.json", "--run-id", ""]), @"
    --- stderr ---
    error: invalid value '' for '--run-id <ID>': a run id must not be empty

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[cfg(unix)]
#[test]
fn a_link_back_to_the_directory_brings_nothing_twice() {
    let room = Room::new();
    room.write("results/nightly/one.json", stored("run-1").text());
    std::os::unix::fs::symlink("..", room.work().join("results/nightly/up")).unwrap();
    assert_eq!(room.run(["save", "results"]).succeeds(), "run-1\n");
}

#[test]
fn a_result_with_a_status_that_fails_the_pipeline_is_exit_status_10_after_all_is_stored() {
    for (status, exits) in
        [("success", [0, 0, 0]), ("warning", [10, 0, 0]), ("failure", [10, 10, 0]), ("error", [10, 10, 10])]
    {
        for (limit, exit) in ["warning", "failure", "error"].into_iter().zip(exits) {
            let room = Room::new();
            room.write("a.json", stored("a").ended(status).text());
            room.write("b.json", stored("b").text());
            let saved = room.run(["save", "a.json", "b.json", "--fail-on", limit]);
            assert_eq!((saved.code(), saved.stdout()), (Some(exit), "a\nb\n".to_owned()), "{status} {limit}");
            assert_eq!(saved.stderr(), "");
            assert_eq!(room.run(["list", "--count"]).succeeds(), "2\n");
        }
    }
}

#[test]
fn a_document_that_cannot_be_saved_is_an_error_whatever_the_verdict() {
    let room = Room::new();
    room.write("a.json", stored("a").ended("failure").text());
    room.write("b.json", "{}");
    assert_eq!(room.run(["save", "a.json", "b.json", "--fail-on", "failure"]).code(), Some(2));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
}

//! `get`.

use insta::assert_snapshot;

use crate::support::{Room, fixture, stored};

/// Returns a room with the results `run-1` and `run-2`.
fn two() -> Room {
    let room = Room::new();
    room.save(&stored("run-1"));
    room.save(&stored("run-2").of("orders").at("2026-03-02T00:00:00"));
    room
}

#[test]
fn a_document_is_printed_exactly_as_it_was_saved() {
    let room = Room::new();
    let odd = format!(
        " \r\n{}\r\n\r\n",
        stored("run-1").text().replace(r#""metadata":{}"#, r#""metadata":{"x":  NaN ,"y":"\ud800"}"#)
    );
    room.start(["save", "-"]).input(odd.clone()).run().succeeds();
    assert_eq!(room.run(["get", "run-1"]).bytes(), odd.as_bytes());
}

#[test]
fn several_documents_follow_each_other_a_line_each_or_as_an_array() {
    let room = two();
    let (one, two) = (stored("run-1").text(), stored("run-2").of("orders").at("2026-03-02T00:00:00").text());
    assert_eq!(room.run(["get", "run-2", "run-1"]).succeeds(), format!("{two}\n{one}\n"));
    assert_eq!(room.run(["get", "run-2", "run-1", "--format", "jsonl"]).succeeds(), format!("{two}\n{one}\n"));
    let array = room.run(["get", "run-1", "run-2", "--format", "json"]).json();
    assert_eq!(array.as_array().unwrap().len(), 2);
    assert_eq!(array[1]["run_id"], "run-2");
}

#[test]
fn with_jsonl_an_indented_document_is_one_line() {
    let room = Room::new();
    room.run(["save".as_ref(), fixture("truthound/clean-basic.stored.json").as_os_str()]).succeeds();
    let run_id = room.run(["list", "--ids"]).succeeds();
    let line = room.run(["get", run_id.trim_end(), "--format", "jsonl"]).succeeds();
    assert_eq!(line.lines().count(), 1, "{line}");
    let whole: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(whole, room.run(["get", run_id.trim_end()]).json());
}

#[test]
fn with_table_it_is_a_summary_for_people() {
    let room = Room::new();
    let run_id = room.run(["save".as_ref(), fixture("truthound/dirty-summary.run.json").as_os_str()]).succeeds();
    assert_snapshot!(room.run(["get", run_id.trim_end(), "--format", "table"]), @"
    data asset  /data/dirty.csv
    run id      run_20261123_005654_4bd5d04b
    run time    2026-11-23T00:56:54.188086Z
    status      failure
    suite       truthound-auto-suite
    data        40 rows, 4 columns
    checks      2 passed, 7 failed
    issues      7: 2 critical, 3 high, 1 medium, 1 low

    OUTCOME  CHECK              COUNT  SEVERITY  MESSAGE
    failed   range[age]         12     critical  Expected [0, 150] | top failures: -5(8), 400(4)
    failed   unique[email]      25     critical  25 duplicate values (83.3%)
    failed   null[email]        10     high      25.0% of values are null
    failed   unique[id]         10     high      10 duplicate values (25.0%)
    failed   null[phone]        16     high      40.0% of values are null | top failures: None(2)
    failed   above_maximum[id]  1      medium    Values above maximum 38.0
    failed   null[age]          2      low       5.0% of values are null | top failures: None(10)
    ");
}

#[test]
fn a_summary_shows_twenty_checks_the_worst_first_and_all_on_request() {
    let room = Room::new();
    let run_id = room.run(["save".as_ref(), fixture("truthound/wide-summary.run.json").as_os_str()]).succeeds();
    let rows = |arguments: &[&str]| {
        let table = room.run([&["get", run_id.trim_end()][..], arguments].concat()).succeeds();
        let (_, rows) = table.split_once("OUTCOME").unwrap();
        rows.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let first = rows(&["-f", "table"]);
    let all = rows(&["-f", "table", "--all"]);
    assert_eq!(rows(&["--all"]), all);
    let failed = all.iter().filter(|row| row.starts_with("failed ")).count();
    assert_eq!(first.len(), 21);
    assert_eq!(first[20], format!("and {} more: --all shows them", failed - 20));
    assert_eq!(first[..20], all[..20]);
    assert!(all.len() > failed && all[failed..].iter().all(|row| row.starts_with("passed ")), "{all:#?}");
    assert_snapshot!(room.run(["get", run_id.trim_end(), "-f", "json", "--all"]), @r#"
    --- stderr ---
    {"error":{"kind":"usage","message":"`--all` is for the summary of `--format table`, not for documents","run_id":null,"profile":"default","hint":null}}
    --- exit status 2 ---
    "#);
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_one_result_is_a_summary_and_its_document_on_request() {
    let room = two();
    let shown = |arguments: &[&str]| room.start(arguments).at_terminal(100).run().shows();
    let summary = shown(&["get", "run-1", "--color", "never"]);
    assert_eq!(summary, room.run(["get", "run-1", "-f", "table"]).succeeds());
    assert_eq!(shown(&["get", "run-1", "-f", "json"]), stored("run-1").text());
    assert_eq!(shown(&["get", "run-1", "-o", "-"]), stored("run-1").text());
    let both = shown(&["get", "run-1", "run-2"]);
    assert_eq!(both, room.run(["get", "run-1", "run-2"]).succeeds());
}

#[test]
fn what_is_not_there_is_not_found() {
    let room = two();
    assert_snapshot!(room.run(["get", "run-3"]), @"
    --- stderr ---
    error: result `run-3` not found in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["get", "run-3", "--format", "json"]), @r#"
    --- stderr ---
    {"error":{"kind":"not_found","message":"result `run-3` not found in namespace `default` of sqlite:///.truthound/store.db","run_id":"run-3","profile":"default","hint":"`truthound-store list` shows the stored results"}}
    --- exit status 3 ---
    "#);
}

#[test]
fn what_is_there_is_printed_when_another_is_not() {
    let room = two();
    let outcome = room.run(["get", "nope", "run-1", "neither"]);
    assert_eq!(outcome.stdout(), format!("{}\n", stored("run-1").text()));
    let said = outcome.fails_with(3);
    assert!(said.contains("nope") && said.contains("neither"), "{said}");
}

#[test]
fn the_newest_of_an_asset_needs_no_run_id() {
    let room = two();
    room.save(&stored("run-3").of("orders").at("2026-03-01T23:00:00"));
    assert_eq!(room.run(["get", "--latest", "--asset", "orders"]).json()["run_id"], "run-2");
    assert_snapshot!(room.run(["get", "--latest", "--asset", "nothing"]), @"
    --- stderr ---
    error: data asset `nothing` has no results in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the data assets
    --- exit status 3 ---
    ");
}

#[test]
fn a_document_is_written_to_a_file_or_into_a_directory() {
    let room = two();
    assert_eq!(room.run(["get", "run-1", "-o", "out.json"]).succeeds(), "");
    assert_eq!(room.read("out.json"), stored("run-1").text().as_bytes());
    room.run(["get", "run-1", "run-2", "-o", "out/"]).succeeds();
    assert_eq!(room.names_in("out"), ["run-1.json", "run-2.json"]);
    room.run(["get", "run-1", "-o", "out"]).succeeds();
    assert_eq!(room.read("out/run-1.json"), stored("run-1").text().as_bytes());
    assert_eq!(room.run(["get", "run-1", "-o", "-"]).succeeds(), stored("run-1").text());
}

#[test]
fn a_file_is_left_as_it_was_when_there_is_no_document() {
    let room = two();
    room.write("out.json", "what was there");
    room.run(["get", "nope", "-o", "out.json"]).fails_with(3);
    assert_eq!(room.read("out.json"), b"what was there");
    room.run(["get", "nope", "-o", "new.json"]).fails_with(3);
    assert!(!room.work().join("new.json").exists());
}

#[test]
fn a_document_that_breaks_off_is_written_not_at_all() {
    let room = Room::with_disk_profile("use_compression = true\n");
    room.save(&stored("run-1"));
    let packed = "store/default/validations/run-1.json.gz";
    let whole = room.read(packed);
    room.write(packed, &whole[..whole.len() - 10]);
    let said = room.run(["get", "run-1", "-o", "out.json"]).fails_with(5);
    assert!(said.contains("run-1"), "{said}");
    assert!(
        !room.names_in(".").iter().any(|name| name.contains("out") || name.contains("tmp")),
        "{:?}",
        room.names_in(".")
    );
    assert_snapshot!(room.run(["get", "run-1", "--format", "table"]), @"
    --- stderr ---
    error: the stored document of result `run-1` cannot be read to its end
      caused by: incomplete deflate stream
      profile: disk
    hint: save it again; `truthound-store reindex` names all documents that cannot be read
    --- exit status 5 ---
    ");
}

#[test]
fn a_run_id_cannot_lead_out_of_the_directory() {
    let room = Room::new();
    for run_id in ["../up", "a/b", "..", "/abs", "x\ny"] {
        room.save(&stored(run_id));
        room.run(["get", run_id, "-o", "out/"]).succeeds();
    }
    assert_snapshot!(room.names_in("out").join("\n"), @"
    %2Fabs.json
    ..%2Fup.json
    ...json
    a%2Fb.json
    x%0Ay.json
    ");
    assert_eq!(room.names_in("."), [".truthound", "out"]);
}

#[test]
fn several_documents_do_not_fit_into_one_file() {
    let room = two();
    assert_snapshot!(room.run(["get", "run-1", "run-2", "-o", "out.json"]), @"
    --- stderr ---
    error: cannot write several results to `out.json`: it is not a directory
      profile: default
    hint: add a slash to create the directory: -o out.json/
    --- exit status 2 ---
    ");
    assert!(!room.work().join("out.json").exists());
}

#[test]
fn run_ids_or_filters_must_be_given() {
    let room = Room::new();
    assert_snapshot!(room.run(["get"]), @"
    --- stderr ---
    error: `get` needs run ids or filters
      profile: default
    hint: give a run id or a filter: truthound-store get --until 90d
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["get", "--asset", "orders", "run-1"]), @"
    --- stderr ---
    error: `get` takes run ids or filters, not both
      profile: default
    --- exit status 2 ---
    ");
    let said = room.run(["get", "--latest", "run-1"]).fails_with(2);
    assert!(said.contains("cannot be used with"), "{said}");
}

/// Returns a room with three results: `run-1` to `run-3`, of two assets, the last one a failure.
fn three() -> Room {
    let room = two();
    room.save(&stored("run-3").of("orders").at("2026-03-03T00:00:00").ended("failure").tagged("branch", "main"));
    room
}

#[test]
fn the_newest_of_all_is_found_by_status_and_tag_or_by_nothing() {
    let room = three();
    for (filters, run_id) in [
        (&[][..], "run-3"),
        (&["--status", "success"], "run-2"),
        (&["--tag", "branch=main"], "run-3"),
        (&["--until", "2026-03-01"], "run-1"),
    ] {
        let arguments = [&["get", "--latest"], filters].concat();
        assert_eq!(room.run(arguments).json()["run_id"], run_id, "{filters:?}");
    }
    assert_snapshot!(room.run(["get", "--latest", "--asset", "orders", "--status", "error"]), @"
    --- stderr ---
    error: no result in namespace `default` of sqlite:///.truthound/store.db passes the filters
      profile: default
    hint: `truthound-store list` shows the data assets
    --- exit status 3 ---
    ");
    assert_snapshot!(Room::new().run(["get", "--latest"]), @"
    --- stderr ---
    error: there are no results in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the data assets
    --- exit status 3 ---
    ");
}

#[test]
fn the_results_that_pass_filters_are_printed_newest_first() {
    let room = three();
    let lines = room.run(["get", "--since", "2026-03-02", "--format", "jsonl"]).succeeds();
    let run_ids: Vec<_> = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect();
    assert_eq!(run_ids.iter().map(|it| it["run_id"].as_str().unwrap()).collect::<Vec<_>>(), ["run-3", "run-2"]);
    let array = room.run(["get", "--status", "failure", "--format", "json"]).json();
    assert_eq!((array.as_array().unwrap().len(), &array[0]["run_id"]), (1, &"run-3".into()));
    assert_eq!(room.run(["get", "--asset", "nothing", "--format", "json"]).succeeds(), "[]\n");
    room.run(["get", "--since", "2026-03-02", "-o", "out/"]).succeeds();
    assert_eq!(room.names_in("out"), ["run-2.json", "run-3.json"]);
}

#[test]
fn run_ids_are_read_from_standard_input() {
    let room = three();
    let lines = room.start(["get", "-", "-f", "jsonl"]).input("run-3\r\n\nrun-1").run().succeeds();
    assert_eq!((lines.lines().count(), lines.contains("run-3"), lines.contains("run-2")), (2, true, false));
    let array = room.start(["get", "run-2", "-", "-f", "json"]).input("run-1\n").run().json();
    assert_eq!((&array[0]["run_id"], &array[1]["run_id"]), (&"run-2".into(), &"run-1".into()));
    room.start(["get", "-", "-o", "out/"]).input("run-1\nrun-1\nrun-2\n").run().succeeds();
    assert_eq!(room.names_in("out"), ["run-1.json", "run-2.json"]);
}

#[test]
fn a_line_that_is_not_a_run_id_is_reported_and_the_others_are_read() {
    let room = three();
    let outcome = room.start(["get", "-", "-f", "table"]).input(b"run-1\n\xff\nrun-2\n".to_vec()).run();
    assert!(outcome.stdout().contains("run-1") && outcome.stdout().contains("run-2"));
    assert_snapshot!(outcome.fails_with(2), @"
    error: line 2 of standard input is not a run id
      caused by: it is not UTF-8
      profile: default
    hint: `truthound-store list --ids` prints one run id per line
    ");
    assert_snapshot!(room.run(["get", "-"]), @"
    --- stderr ---
    error: standard input has no run ids
      profile: default
    hint: pipe one run id per line to `-`: truthound-store list --ids
    --- exit status 2 ---
    ");
}

#[test]
fn an_asterisk_in_a_data_asset_stands_for_any_characters_unless_it_is_in_brackets() {
    for room in [Room::new(), Room::with_disk_profile("")] {
        for (run_id, asset) in [("eu", "orders_eu"), ("us", "orders_us"), ("star", "orders_*"), ("other", "orders")] {
            room.save(&stored(run_id).of(asset));
        }
        let listed = |asset: &str| room.run(["list", "--ids", "--asset", asset]).succeeds();
        assert_eq!(listed("orders_*"), "eu\nstar\nus\n");
        assert_eq!(listed("orders_[*]"), "star\n");
        assert_eq!(listed("*s"), "other\nus\n");
        assert_eq!(listed("Orders*"), "");
        assert_eq!(room.run(["get", "--asset", "*_eu", "-f", "json"]).json()[0]["run_id"], "eu");
        assert_eq!(room.run(["delete", "--asset", "orders_*", "--yes"]).succeeds(), "eu\nstar\nus\n");
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "other\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_beginning_of_a_run_id_is_enough_at_a_terminal_and_nowhere_else() {
    let room = Room::new();
    for run_id in ["3f0c-1", "3f0c-2", "3f0d", "3f"] {
        room.save(&stored(run_id));
    }
    let at_terminal = |arguments: &[&str]| room.start(arguments).at_terminal(100).run();
    let shown = at_terminal(&["get", "3f0d", "-f", "table"]).shows();
    assert!(shown.starts_with("data asset  customers.csv\nrun id      3f0d\n"), "{shown}");
    // A whole run id is not the beginning of others.
    let shown = at_terminal(&["get", "3f", "-f", "table"]).shows();
    assert!(shown.starts_with("data asset  customers.csv\nrun id      3f\n"), "{shown}");
    assert_snapshot!(at_terminal(&["get", "3f0c-"]).shows_with(2), @"
    error: several run ids begin with `3f0c-`
      profile: default
    hint: write more of it; newest first: `3f0c-1` (customers.csv, 2026-03-01T12:00:00Z), `3f0c-2` (customers.csv, 2026-03-01T12:00:00Z)
    ");
    at_terminal(&["get", "4"]).shows_with(3);
    assert_snapshot!(room.run(["get", "3f0"]), @"
    --- stderr ---
    error: result `3f0` not found in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
}

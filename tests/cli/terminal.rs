//! The program at a terminal: tables of its width, the pager, and remarks that a script does not get.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use insta::assert_snapshot;

use crate::support::{Room, Run, stored};

/// A room with results whose table is wider than most terminals.
fn with_wide_results() -> Room {
    let room = Room::with_disk_profile("");
    let results = [
        ("3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a001", "warehouse.sales.customers", "success"),
        ("3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a002", "고객.csv", "failure"),
    ];
    for (run_id, asset, status) in results {
        room.save(&stored(run_id).of(asset).ended(status).tagged("env", "prod").tagged("branch", "main"));
    }
    room
}

/// A room with this many results, `run-100` and on.
fn with_results(count: usize) -> Room {
    let room = Room::new();
    let documents: String = (100..100 + count).map(|number| stored(&format!("run-{number}")).text() + "\n").collect();
    room.start(["save", "-"]).input(documents).run().succeeds();
    room
}

#[test]
fn a_table_is_as_wide_as_its_terminal() {
    let room = with_wide_results();
    let at = |columns| room.start(["list"]).at_terminal(columns).run().shows();
    assert_snapshot!(at(120), @"
    RUN TIME              STATUS   DATA ASSET                 RUN ID                                TAGS
    2026-03-01 12:00:00Z  success  warehouse.sales.customers  3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a001  branch=main,env=prod
    2026-03-01 12:00:00Z  failure  고객.csv                   3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a002  branch=main,env=prod
    ");
    assert_snapshot!(at(80), @"
    RUN TIME          STATUS   DATA ASSET       RUN ID
    2026-03-01 12:00  success  warehou…stomers  3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a001
    2026-03-01 12:00  failure  고객.csv         3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a002
    ");
    assert_snapshot!(at(40), @"
    RUN TIME    STATUS   DATA AS…  RUN ID
    2026-03-01  success  ware…ers  3f0c9a2b…
    2026-03-01  failure  고객.csv  3f0c9a2b…
    ");
}

#[test]
fn a_table_through_a_pipe_is_not_shortened() {
    let table = with_wide_results().run(["list"]).succeeds();
    assert!(
        table
            .contains("2026-03-01 12:00:00Z  success  warehouse.sales.customers  3f0c9a2b-77aa-4c1e-9d50-0c7be4a0a001")
    );
    assert!(table.contains("branch=main,env=prod"), "{table}");
}

#[test]
fn a_table_with_more_rows_than_are_collected_has_one_heading() {
    let room = Room::new();
    let documents: String = (0..1_002).map(|number| stored(&format!("run-{number}")).text() + "\n").collect();
    room.start(["save", "-"]).input(documents).run().succeeds();
    let table = room.run(["list"]).succeeds();
    assert_eq!(table.lines().count(), 1_003);
    assert_eq!(table.matches("RUN TIME").count(), 1);
}

#[test]
fn a_long_list_goes_through_the_pager_and_a_short_one_does_not() {
    let room = with_results(11);
    let list = |arguments: &[&str], pager: &str| {
        room.start([&["list", "--ids"], arguments].concat()).env("PAGER", pager).at_terminal(80).run().shows()
    };
    let numbered = list(&[], "sed 's/^/page /'");
    assert!(numbered.starts_with("page run-100\npage run-101\n") && numbered.lines().count() == 11, "{numbered}");
    for direct in [
        list(&["--limit", "3"], "sed s/^/page/"),
        list(&["--no-pager"], "sed s/^/page/"),
        list(&[], ""),
        list(&[], "cat"),
        list(&[], "no-such-program"),
    ] {
        assert!(direct.starts_with("run-100\nrun-101\n"), "{direct}");
    }
}

#[test]
fn a_pager_that_the_user_leaves_ends_the_list_quietly() {
    let room = with_results(60);
    let run = room.start(["list", "--all", "--ids"]).env("PAGER", "head -2").at_terminal(80).run();
    assert_eq!(run.shows(), "run-100\nrun-101\n");
}

#[test]
fn nothing_goes_through_a_pager_into_a_pipe() {
    let room = with_results(40);
    let ids = room.start(["list", "--ids"]).env("PAGER", "no-such-program").run().succeeds();
    assert_eq!(ids.lines().count(), 40);
}

#[test]
fn a_list_at_a_terminal_has_50_results_and_says_so() {
    let room = with_results(51);
    let list = |arguments: &[&str]| {
        let arguments = [&["list", "--no-pager"], arguments].concat();
        room.start(arguments).at_terminal(80).run().shows()
    };
    let limited = list(&["--ids"]);
    assert!(
        limited.ends_with("run-149\nthese are the first 50 results; use --limit N for more, or --all\n"),
        "{limited}"
    );
    for all in [list(&["--ids", "--all"]), list(&["--ids", "--limit", "51"]), list(&["--ids", "--offset", "1"])] {
        assert!(all.ends_with("run-150\n"), "{all}");
    }
    assert_eq!(room.run(["list", "--ids"]).succeeds().lines().count(), 51);
}

#[test]
fn an_empty_list_says_why_it_is_empty() {
    let room = Room::with_disk_profile("");
    room.start(["save", "-", "-n", "nightly"]).input(stored("run-1").text()).run().succeeds();
    room.start(["save", "-", "-n", "weekly"]).input(stored("run-1").text()).run().succeeds();
    let at_terminal = |arguments: &[&str]| room.start(arguments).at_terminal(80).run().shows();
    assert_snapshot!(at_terminal(&["list"]), @"
    no results in namespace `default` of store/default/validations; other namespaces: nightly, weekly
    ");
    assert_snapshot!(at_terminal(&["list", "-n", "5"]), @"
    no results in namespace `5` of store/5/validations; other namespaces: nightly, weekly
    hint: `-n 5` names a namespace; for a number of results, use `--limit 5`
    ");
    assert_snapshot!(at_terminal(&["list", "-n", "nightly", "--asset", "other"]), @"
    no result passes the filters in namespace `nightly` of store/nightly/validations
    ");
    assert_snapshot!(at_terminal(&["list", "-n", "nightly", "--offset", "1"]), @"
    no result is left after the first 1 in namespace `nightly` of store/nightly/validations
    ");
    assert_snapshot!(at_terminal(&["list", "--count"]), @"
    0
    no results in namespace `default` of store/default/validations; other namespaces: nightly, weekly
    ");
    assert_snapshot!(room.run(["list", "-n", "5"]), @"");
    assert_snapshot!(room.run(["list", "-v"]), @"
    --- stderr ---
    profile disk ([room]/work/truthound-store.toml): store/default/validations
    no results in namespace `default` of store/default/validations; other namespaces: nightly, weekly
    ");
    assert_snapshot!(room.run(["list", "-v", "-f", "json"]), @r#"
    []
    --- stderr ---
    {"detail":{"message":"profile disk ([room]/work/truthound-store.toml): store/default/validations"}}
    {"note":{"message":"no results in namespace `default` of store/default/validations; other namespaces: nightly, weekly"}}
    "#);
}

/// The text on the terminal, without the sequences of the progress and with times as `N s`.
fn still(shown: &str) -> String {
    let lines = shown.lines().map(|line| line.rsplit(['\r', '\u{1b}']).next().unwrap());
    let lines = lines.map(|line| line.strip_prefix("[2K").unwrap_or(line));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    if let Some(place) = text.rfind(" in ").filter(|place| text[*place..].trim_end().ends_with(" s")) {
        text.truncate(place);
        text.push_str(" in N s");
    }
    text
}

#[test]
fn a_command_on_many_results_ends_with_a_line_that_says_what_it_did() {
    let room = Room::with_disk_profile("");
    for number in 0..3 {
        room.write(&format!("in/{number}.json"), stored(&format!("run-{number}")).text());
    }
    let at_terminal = |arguments: &[&str]| {
        still(&room.start([arguments, &["--no-progress"]].concat()).at_terminal(100).run().shows())
    };
    assert_snapshot!(at_terminal(&["save", "in", "-f", "table"]), @"
    customers.csv: success (no checks)
    customers.csv: success (no checks)
    customers.csv: success (no checks)
    RUN TIME              STATUS   DATA ASSET     RUN ID  TAGS
    2026-03-01 12:00:00Z  success  customers.csv  run-0
    2026-03-01 12:00:00Z  success  customers.csv  run-1
    2026-03-01 12:00:00Z  success  customers.csv  run-2
    saved 3 results to store/default/validations in N s
    ");
    assert_snapshot!(at_terminal(&["get", "run-0", "run-1", "-o", "out/"]), @"
    exported 2 results to out/ in N s
    ");
    assert_snapshot!(at_terminal(&["verify"]), @"
    WHAT                COUNT
    sound results       3
    read                3
    digest confirmed    3
    no digest recorded  0
    archived            0
    faults              0
    verified 3 results in store/default/validations in N s
    ");
    assert_snapshot!(at_terminal(&["reindex", "--dry-run"]), @"
    WHAT                  COUNT
    documents             3
    correct entries       3
    missing entries       0
    stale entries         0
    unreadable documents  0
    would add 0 entries and remove 0; nothing was changed
    read 3 results in store/default/validations in N s
    ");
    assert_snapshot!(at_terminal(&["delete", "run-0", "--dry-run", "-f", "table"]), @"
    RUN ID  OUTCOME
    run-0   would delete
    would delete 1 result in store/default/validations; nothing was changed
    ");
    assert_snapshot!(at_terminal(&["delete", "run-0", "-f", "table"]), @"
    RUN ID  OUTCOME
    run-0   deleted
    deleted 1 result in store/default/validations in N s
    ");
    assert_snapshot!(room.run(["delete", "run-1", "run-2"]), @"
    run-1
    run-2
    ");
}

#[test]
fn the_question_before_a_deletion_shows_what_it_would_hit() {
    let room = Room::with_disk_profile("");
    for day in 1..9 {
        room.save(&stored(&format!("run-{day}")).at(&format!("2026-03-0{day}T12:00:00")));
    }
    let asked = |arguments: &[&str], answer: &str| room.start(arguments).input(answer).at_terminal(100).run();
    assert_snapshot!(asked(&["delete", "--until", "2026-03-08"], "n\n").shows_with(1), @"
    RUN TIME              STATUS   DATA ASSET     RUN ID  TAGS
    2026-03-08 12:00:00Z  success  customers.csv  run-8
    2026-03-07 12:00:00Z  success  customers.csv  run-7
    2026-03-06 12:00:00Z  success  customers.csv  run-6
    ... 2 more
    2026-03-03 12:00:00Z  success  customers.csv  run-3
    2026-03-02 12:00:00Z  success  customers.csv  run-2
    2026-03-01 12:00:00Z  success  customers.csv  run-1
    Delete 8 results in store/default/validations? [y/N] error: nothing was changed
      profile: disk
    ");
    assert_snapshot!(asked(&["delete", "--until", "2026-03-02"], "n\n").shows_with(1), @"
    RUN TIME              STATUS   DATA ASSET     RUN ID  TAGS
    2026-03-02 12:00:00Z  success  customers.csv  run-2
    2026-03-01 12:00:00Z  success  customers.csv  run-1
    Delete 2 results in store/default/validations? [y/N] error: nothing was changed
      profile: disk
    ");
    asked(&["delete", "--until", "2026-03-02"], "y\n").shows();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "6\n");
}

#[test]
fn a_hint_carries_the_options_of_the_call_that_it_answers() {
    let room = Room::with_disk_profile("\n[profiles.\"my disk\"]\nbackend = \"filesystem\"\nbase_path = \"other\"\n");
    let config = room.work().join("truthound-store.toml");
    let arguments = ["-p", "my disk", "-n", "nightly", "-c", config.to_str().unwrap(), "get", "no"];
    assert_snapshot!(room.run(arguments), @"
    --- stderr ---
    error: result `no` not found in other/nightly/validations
      profile: my disk
    hint: `truthound-store -c [room]/work/truthound-store.toml -p 'my disk' -n nightly list` shows the stored results
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run([&["-f", "json"], &arguments[..]].concat()), @r#"
    --- stderr ---
    {"error":{"kind":"not_found","message":"result `no` not found in other/nightly/validations","run_id":"no","profile":"my disk","hint":"`truthound-store -c [room]/work/truthound-store.toml -p 'my disk' -n nightly list` shows the stored results"}}
    --- exit status 3 ---
    "#);
    assert_snapshot!(room.run(["get", "no"]), @"
    --- stderr ---
    error: result `no` not found in store/default/validations
      profile: disk
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
    assert_snapshot!(room.start(["get", "no"]).env("TRUTHOUND_STORE_NAMESPACE", "nightly").run(), @"
    --- stderr ---
    error: result `no` not found in store/nightly/validations
      profile: disk
    hint: `truthound-store -n nightly list` shows the stored results
    --- exit status 3 ---
    ");
}

#[test]
fn a_wrong_value_from_the_environment_is_said_with_its_variable() {
    let room = Room::with_disk_profile("");
    let with = |variable: &str, value: &str| room.start(["list"]).env(variable, value).run();
    assert_snapshot!(with("TRUTHOUND_STORE_PROFILE", "dsik"), @"
    --- stderr ---
    error: profile `dsik` not found in [room]/work/truthound-store.toml
    hint: did you mean `disk`? Profiles: disk; the value comes from the environment variable TRUTHOUND_STORE_PROFILE
    --- exit status 2 ---
    ");
    assert_snapshot!(with("TRUTHOUND_STORE_CONFIG", "no/such.toml"), @"
    --- stderr ---
    error: cannot read the configuration no/such.toml
      caused by: No such file or directory (os error 2)
    hint: the value comes from the environment variable TRUTHOUND_STORE_CONFIG
    --- exit status 2 ---
    ");
    assert_snapshot!(with("TRUTHOUND_STORE_NAMESPACE", "../up"), @"
    --- stderr ---
    error: the namespace given for this run cannot be used in profile `disk`: `..` is not allowed in it
    hint: the value comes from the environment variable TRUTHOUND_STORE_NAMESPACE
    --- exit status 2 ---
    ");
    assert_snapshot!(with("TRUTHOUND_STORE_FORMAT", "xml"), @"
    --- stderr ---
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: table, json, jsonl, markdown, junit, github, gitlab, csv, openlineage, parquet, prometheus]

      tip: the value comes from the environment variable TRUTHOUND_STORE_FORMAT

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(with("TRUTHOUND_STORE_FORMAT", "junit"), @"
    --- stderr ---
    error: this command has no format `junit`: its formats are table, json and jsonl
    hint: the commands with the format `junit` are get, diff and gate; the value comes from the environment variable TRUTHOUND_STORE_FORMAT
    --- exit status 2 ---
    ");
    let address = with("TRUTHOUND_STORE_STORE", "nowhere://me:hunter2@host").fails_with(2);
    assert!(address.contains("comes from the environment variable TRUTHOUND_STORE_STORE"), "{address}");
    assert!(!address.contains("hunter2"), "{address}");
    let typed = room.start(["list", "-p", "dsik"]).env("TRUTHOUND_STORE_PROFILE", "disk").run().fails_with(2);
    assert!(!typed.contains("TRUTHOUND_STORE_PROFILE"), "{typed}");
}

#[test]
fn twice_verbose_shows_the_statements_of_a_database() {
    let room = with_results(1);
    let shown = room.run(["list", "-vv", "--ids"]).stderr();
    assert!(shown.contains("sql: SELECT run_id"), "{shown}");
    assert!(!room.run(["list", "-v", "--ids"]).stderr().contains("sql:"));
}

/// A server that answers every request with the same status.
fn answering(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    port
}

#[test]
fn twice_verbose_shows_requests_without_secrets() {
    let room = Room::new();
    let port = answering("403 Forbidden");
    room.write(
        "truthound-store.toml",
        format!(
            "[profiles.cloud]\nbackend = \"azure\"\ncontainer = \"results\"\naccount_name = \"me\"\n\
             account_url = \"http://127.0.0.1:{port}/me\"\nsas_token = \"sv=2024-01-01&sig=aHVudGVyMg%3D%3D\"\n"
        ),
    );
    let shown = room.run(["list", "-vv"]).stderr();
    let line = shown.lines().find(|line| line.starts_with("http: ")).unwrap_or_else(|| panic!("{shown}"));
    let start = format!("http: GET http://127.0.0.1:{port}/me/results?");
    assert!(line.starts_with(&start) && line.contains(": 403, ") && line.ends_with(" ms"), "{line}");
    assert!(!shown.contains("aHVudGVyMg"), "{shown}");
    assert!(!room.run(["list", "-v"]).stderr().contains("http: "));
}

#[test]
fn twice_verbose_says_where_each_value_comes_from() {
    let room = Room::with_disk_profile("namespace = \"nightly\"\nprefix = \"${PREFIX:-results}\"\n");
    let shown = room.start(["list", "-vv", "-p", "disk"]).env("TRUTHOUND_STORE_FORMAT", "jsonl").run().stderr();
    assert!(
        shown.contains(r#"{"source":{"message":"format: environment variable TRUTHOUND_STORE_FORMAT"}}"#),
        "{shown}"
    );
    let sources = |run: Run<'_>| {
        let shown = run.run().stderr();
        shown
            .lines()
            .filter_map(|line| line.strip_prefix("source: "))
            .fold(String::new(), |all, line| all + line + "\n")
    };
    let file = room.work().join("truthound-store.toml").display().to_string();
    let of_profile = sources(room.start(["list", "-vv"]).env("PREFIX", "mine")).replace(&file, "FILE");
    assert_snapshot!(of_profile, @"
    config: FILE, in the working directory
    profile: default_profile in line 1 of FILE
    backend: line 4 of FILE
    base_path: line 5 of FILE
    namespace: line 6 of FILE
    prefix: line 7 of FILE, with the environment variable PREFIX
    time_zone, redact, file_extension, create_dirs, pretty_print, use_compression, metadata, python_index, max_document_size, gate, prune, tiers: not given, so the default
    ");
    assert_snapshot!(sources(room.start(["list", "-vv", "--store", "./elsewhere", "-n", "a"])), @"
    store: option --store
    namespace: option --namespace
    ");
    assert_eq!(sources(room.start(["list", "-v"])), "");
}

#[test]
fn twice_verbose_says_which_step_of_the_chain_the_credentials_come_from() {
    let room = Room::new();
    let port = answering("403 Forbidden");
    let s3 = format!("backend = \"s3\"\nbucket = \"results\"\nendpoint_url = \"http://127.0.0.1:{port}\"");
    room.write("own.txt", "hunter2own");
    room.write("aws.ini", "[ci]\naws_access_key_id = AKIDPLANTED\naws_secret_access_key = hunter2file\n");
    room.write(
        "truthound-store.toml",
        format!(
            "[profiles.chain]\n{s3}\n[profiles.own]\n{s3}\naccess_key_id = \"AKIDPLANTED\"\n\
             secret_access_key_file = \"own.txt\"\n[profiles.named]\n{s3}\naws_profile = \"ci\"\n\
             [profiles.azure]\nbackend = \"azure\"\ncontainer = \"results\"\naccount_name = \"me\"\n\
             account_url = \"http://127.0.0.1:{port}/me\"\naccount_key_command = [\"printf\", \"aHVudGVyMg==\"]\n\
             [profiles.gcs]\nbackend = \"gcs\"\nbucket = \"results\"\nendpoint_url = \"http://127.0.0.1:{port}\"\n"
        ),
    );
    for (profile, variables, sources) in [
        (
            "chain",
            &[("AWS_ACCESS_KEY_ID", "AKIDPLANTED"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_REGION", "eu-west-1")]
                [..],
            &[
                "credentials: environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                "region: environment variable AWS_REGION",
            ][..],
        ),
        (
            "chain",
            &[("AWS_PROFILE", "ci"), ("AWS_SHARED_CREDENTIALS_FILE", "aws.ini")],
            &["credentials: the profile `ci` of AWS's configuration files"],
        ),
        (
            "named",
            &[("AWS_SHARED_CREDENTIALS_FILE", "aws.ini")],
            &["credentials: the profile `ci` of AWS's configuration files"],
        ),
        (
            "own",
            &[],
            &[
                "credentials: the options access_key_id and secret_access_key",
                "secret_access_key: from file own.txt, which line 10 of ",
            ],
        ),
        ("azure", &[], &["credentials: the option account_key", "account_key: from command printf, which line 21 of "]),
        ("gcs", &[], &["credentials: none: the server is an emulator"]),
        ("gcs", &[("HTTPS_PROXY", "http://127.0.0.1:9")], &["proxy for https: environment variable HTTPS_PROXY"]),
    ] {
        let mut run = room.start(["list", "-vv", "-p", profile]).env("AWS_EC2_METADATA_DISABLED", "true");
        for (name, value) in variables {
            run = run.env(name, *value);
        }
        let shown = run.run().stderr();
        for source in sources {
            assert!(shown.contains(&format!("source: {source}")), "{profile}: {source}\n{shown}");
        }
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg"), "{shown}");
    }
}

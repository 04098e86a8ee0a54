//! Python's `DatabaseStore` and our binary on the same database.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::services;
use crate::support::{Room, Stored, stored};

/// A database that both clients use.
struct Engine {
    name: &'static str,
    is_available: fn() -> bool,
    /// Creates an empty place and returns its URL; `None` means the file that both clients use without configuration.
    make: fn(&str) -> Option<String>,
}

const ENGINES: &[Engine] = &[
    Engine { name: "sqlite", is_available: || true, make: |_| None },
    #[cfg(feature = "postgres")]
    Engine {
        name: "postgresql",
        is_available: services::postgres::is_available,
        make: |name| Some(services::postgres::make_schema(name)),
    },
    #[cfg(feature = "mysql")]
    Engine {
        name: "mariadb",
        is_available: services::mariadb::is_available,
        make: |name| Some(services::mariadb::make_database(name)),
    },
];

/// Runs each case on each database. A forgotten case is dead code, and so an error.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        pub(crate) fn cases() -> Vec<Case> {
            let mut all = Vec::new();
            for engine in ENGINES {
                $(all.push(Case {
                    name: format!("database::{}::{}", engine.name, stringify!($name)),
                    is_available: (engine.is_available)(),
                    run: Box::new(move |room, python| {
                        make_place(engine, room);
                        $name(room, python);
                    }),
                });)+
            }
            all
        }
    };
}

cases![
    both_use_the_same_table_without_more_ado,
    python_reads_and_lists_what_we_save_in_a_table_of_ours,
    python_reads_and_lists_what_we_save_in_its_table,
    we_read_and_list_what_python_saves_in_a_table_of_ours,
    we_read_and_list_what_python_saves_in_its_table,
    what_python_stored_comes_out_as_python_wrote_it,
    of_a_time_with_an_offset_we_keep_the_instant_and_python_what_its_driver_makes_of_it,
    a_time_without_an_offset_is_in_the_zone_of_the_profile_whoever_saved_it,
    each_overwrites_what_the_other_saved,
    what_python_overwrites_is_not_taken_for_damaged,
    each_deletes_what_the_other_saved,
    both_list_the_same_in_the_same_order,
    filters_find_the_same_in_both,
    namespaces_are_the_same_for_both,
    a_run_id_of_another_namespace_in_the_table_of_python_is_left_alone,
    twenty_processes_and_python_at_once_lose_nothing_in_a_new_place,
    twenty_processes_and_python_at_once_lose_nothing_in_a_table_of_ours,
    twenty_processes_and_python_at_once_lose_nothing_in_the_table_of_python,
];

/// The file that both clients use without configuration.
fn file(room: &Room) -> std::path::PathBuf {
    room.work().join(".truthound/store.db")
}

/// Creates an empty place for a room. A database other than SQLite is written to the configuration.
fn make_place(engine: &Engine, room: &Room) {
    let name: String = room.work().to_str().unwrap().bytes().map(|byte| format!("{byte:02x}")).collect();
    let start = name.len().saturating_sub(40);
    if let Some(url) = (engine.make)(&format!("interop_{}", &name[start..])) {
        room.write("database-url", &url);
        let profile = format!("[profiles.default]\nbackend = \"database\"\nconnection_url = {url:?}\n");
        room.write("truthound-store.toml", profile);
    }
}

/// The URL that both clients use.
fn url(room: &Room) -> String {
    let named = std::fs::read_to_string(room.work().join("database-url"));
    named.unwrap_or_else(|_| format!("sqlite:///{}", file(room).display()))
}

fn python_store(room: &Room) -> Value {
    python_namespace(room, "default")
}

fn python_namespace(room: &Room, namespace: &str) -> Value {
    json!({"kind": "database", "connection_url": url(room), "namespace": namespace})
}

fn python_saves(python: &mut Python, place: &Value, results: &[&Stored]) {
    let documents: Vec<_> = results.iter().map(|result| result.text()).collect();
    python.ask("save", json!({"where": place, "documents": documents}));
}

/// Makes Python create the file and an empty table.
fn python_makes_the_table(room: &Room, python: &mut Python) {
    std::fs::create_dir_all(file(room).parent().unwrap()).unwrap();
    assert_eq!(python.ask("ids", json!({"where": python_store(room)})), json!([]));
}

/// Makes our binary create the file and an empty table.
fn we_make_the_table(room: &Room) {
    room.save(&stored("first"));
    room.run(["delete", "first"]).succeeds();
}

fn our_ids(room: &Room) -> Vec<String> {
    room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
}

/// Three results, newest first: one time is without an offset, and one has an offset.
fn three() -> [Stored; 3] {
    [
        stored("newest").at("2026-03-03T00:00:00.000001").of("größe.csv").ended("failure").tagged("env", "prod"),
        stored("middle").at("2026-03-02T12:00:00+05:30").ended("warning"),
        stored("oldest").at("2026-03-01T00:00:00").tagged("🦀", "ü"),
    ]
}

fn both_use_the_same_table_without_more_ado(room: &Room, python: &mut Python) {
    room.save(&stored("ours"));
    python_saves(python, &python_store(room), &[&stored("theirs").at("2026-03-02T00:00:00")]);
    assert_eq!(our_ids(room), ["theirs", "ours"]);
    assert_eq!(python.ask("ids", json!({"where": python_store(room)})), json!(["theirs", "ours"]));
}

fn python_reads_what_we_save(room: &Room, python: &mut Python) {
    for result in &three() {
        room.save(result);
        let theirs = python.ask_text("get", json!({"where": python_store(room), "run_id": result.run_id}));
        python.assert_same(&expected(python, result), &theirs);
    }
    assert_eq!(python.ask("ids", json!({"where": python_store(room)})), json!(["newest", "middle", "oldest"]));
}

/// Returns the document as Python completes it, with the fields that a result must have.
fn expected(_: &Python, result: &Stored) -> String {
    let mut python = Python::new();
    python.ask_text("accept", json!({"document": result.text()}))
}

fn python_reads_and_lists_what_we_save_in_a_table_of_ours(room: &Room, python: &mut Python) {
    we_make_the_table(room);
    python_reads_what_we_save(room, python);
}

fn python_reads_and_lists_what_we_save_in_its_table(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    python_reads_what_we_save(room, python);
}

/// `newest_at` is the listed time of the newest result, which ran a microsecond after midnight.
fn we_read_what_python_saves(room: &Room, python: &mut Python, newest_at: &str) {
    let [newest, _, oldest] = three();
    let middle = stored("middle").at("2026-03-02T06:30:00").ended("warning");
    python_saves(python, &python_store(room), &[&middle, &newest, &oldest]);
    for result in [&newest, &middle, &oldest] {
        let ours = room.run(["get", &result.run_id]).succeeds();
        let theirs = python.ask_text("accept", json!({"document": result.text()}));
        python.assert_same(&ours, &theirs);
    }
    let listed = room.run(["list", "--format", "json"]).json();
    let expected = json!([
        {"run_id": "newest", "run_time": newest_at, "data_asset": "größe.csv", "status": "failure", "tags": {"env": "prod"}},
        {"run_id": "middle", "run_time": "2026-03-02T06:30:00Z", "data_asset": "customers.csv", "status": "warning", "tags": {}},
        {"run_id": "oldest", "run_time": "2026-03-01T00:00:00Z", "data_asset": "customers.csv", "status": "success", "tags": {"🦀": "ü"}},
    ]);
    assert_eq!(listed, expected);
}

fn we_read_and_list_what_python_saves_in_a_table_of_ours(room: &Room, python: &mut Python) {
    we_make_the_table(room);
    we_read_what_python_saves(room, python, "2026-03-03T00:00:00.000001Z");
}

fn we_read_and_list_what_python_saves_in_its_table(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    // On MySQL, Python's columns store whole seconds.
    let is_mysql = url(room).starts_with("mysql");
    let newest_at = if is_mysql { "2026-03-03T00:00:00Z" } else { "2026-03-03T00:00:00.000001Z" };
    we_read_what_python_saves(room, python, newest_at);
}

fn what_python_stored_comes_out_as_python_wrote_it(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    let document = stored("odd").text().replace(
        "\"metadata\":{}",
        r#""metadata":{"mean": NaN, "max": -Infinity, "name": "\ud800 \u0000 ü", "n": 123456789012345678901234567890}"#,
    );
    python.ask("save", json!({"where": python_store(room), "documents": [document]}));
    let theirs = python.ask_text("stored_text", json!({"url": url(room), "run_id": "odd"}));
    assert!(theirs.contains("NaN") && theirs.contains(r"\ud800") && theirs.contains("123456789012345678901234567890"));
    assert_eq!(room.run(["get", "odd"]).succeeds(), theirs);
}

fn of_a_time_with_an_offset_we_keep_the_instant_and_python_what_its_driver_makes_of_it(
    room: &Room,
    python: &mut Python,
) {
    we_make_the_table(room);
    room.save(&stored("ours").at("2026-03-02T12:00:00+05:30"));
    python_saves(python, &python_store(room), &[&stored("theirs").at("2026-03-02T12:00:00+05:30")]);
    // SQLAlchemy drops the offset on SQLite, and PyMySQL drops it on MySQL. Then only the document shows that there was
    // an offset. On PostgreSQL, psycopg2 passes it to the server, which converts the time.
    let theirs = if url(room).starts_with("postgresql") { "2026-03-02T06:30:00Z" } else { "2026-03-02T12:00:00Z" };
    let listed = room.run(["list", "--format", "json"]).json();
    for result in listed.as_array().unwrap() {
        let expected = if result["run_id"] == "ours" { "2026-03-02T06:30:00Z" } else { theirs };
        assert_eq!(result["run_time"], expected, "{result}");
    }
    assert_eq!(listed.as_array().unwrap().len(), 2);
    for run_id in ["ours", "theirs"] {
        assert_eq!(room.run(["get", run_id]).json()["run_time"], "2026-03-02T12:00:00+05:30");
        let theirs = python.ask_text("get", json!({"where": python_store(room), "run_id": run_id}));
        assert!(theirs.contains("2026-03-02T12:00:00+05:30"), "{theirs}");
    }
}

fn a_time_without_an_offset_is_in_the_zone_of_the_profile_whoever_saved_it(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    let [theirs, ours] = [stored("theirs").at("2026-03-01T20:00:00"), stored("ours").at("2026-03-01T20:30:00")];
    python_saves(python, &python_store(room), &[&theirs]);
    let profile = format!(
        "[profiles.default]\nbackend = \"database\"\nconnection_url = {:?}\ntime_zone = \"Asia/Seoul\"\n",
        url(room)
    );
    room.write("truthound-store.toml", profile);
    room.save(&ours);
    room.save(&stored("utc").at("2026-03-01T12:00:00Z"));
    let listed = room.run(["list", "--format", "json"]).json();
    let times: Vec<_> = listed.as_array().unwrap().iter().map(|row| (&row["run_id"], &row["run_time"])).collect();
    let expected =
        [("utc", "2026-03-01T12:00:00Z"), ("ours", "2026-03-01T11:30:00Z"), ("theirs", "2026-03-01T11:00:00Z")];
    assert_eq!(
        times,
        expected.map(|(run_id, time)| (json!(run_id), json!(time))).each_ref().map(|(id, time)| (id, time))
    );
    assert_eq!(room.run(["list", "--ids", "--until", "2026-03-01T20:00:00"]).succeeds(), "theirs\n");
    assert_eq!(room.run(["list", "--ids", "--since", "2026-03-01T11:00:01Z"]).succeeds(), "utc\nours\n");
    // Python compares the columns, and agrees.
    let theirs = python.ask("ids", json!({"where": python_store(room), "query": {}}));
    assert_eq!(theirs, json!(["utc", "ours", "theirs"]));
    assert_eq!(room.run(["delete", "--until", "2026-03-01T11:00:00Z", "--yes"]).succeeds(), "theirs\n");
    assert_eq!(our_ids(room), ["utc", "ours"]);
}

fn what_python_overwrites_is_not_taken_for_damaged(room: &Room, python: &mut Python) {
    we_make_the_table(room);
    let place = python_store(room);
    for turn in 1..3 {
        room.save(&stored("run-1").of(&format!("ours {turn}")));
        room.run(["verify"]).succeeds();
        python_saves(python, &place, &[&stored("run-1").of(&format!("theirs {turn}"))]);
        assert!(room.run(["get", "run-1"]).succeeds().contains(&format!("theirs {turn}")));
        room.run(["verify"]).succeeds();
    }
}

fn each_overwrites_what_the_other_saved(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    let place = python_store(room);
    for turn in 1..4 {
        let ours = stored("run-1").of(&format!("ours {turn}")).at(&format!("2026-03-0{turn}T00:00:00"));
        room.save(&ours);
        let theirs = python.ask_text("get", json!({"where": place, "run_id": "run-1"}));
        assert!(theirs.contains(&format!("ours {turn}")), "{theirs}");
        let theirs = stored("run-1").of(&format!("theirs {turn}")).at(&format!("2026-04-0{turn}T00:00:00"));
        python_saves(python, &place, &[&theirs]);
        let listed = room.run(["list", "--format", "json"]).json();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!(listed[0]["data_asset"], format!("theirs {turn}"));
        assert_eq!(listed[0]["run_time"], format!("2026-04-0{turn}T00:00:00Z"));
    }
    assert_eq!(python.ask("ids", json!({"where": place})), json!(["run-1"]));
}

fn each_deletes_what_the_other_saved(room: &Room, python: &mut Python) {
    let place = python_store(room);
    room.save(&stored("ours"));
    python_saves(python, &place, &[&stored("theirs")]);
    assert_eq!(python.ask("delete", json!({"where": place, "run_id": "ours"})), true);
    room.run(["delete", "theirs"]).succeeds();
    assert!(our_ids(room).is_empty());
    assert_eq!(python.ask("ids", json!({"where": place})), json!([]));
}

fn both_list_the_same_in_the_same_order(room: &Room, python: &mut Python) {
    let place = python_store(room);
    we_make_the_table(room);
    let times = [
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.5",
        "2026-03-01T00:00:00.000001",
        "2025-12-31T23:59:59.999999",
        "1999-01-01T00:00:00",
        "2026-03-01T01:00:00+02:00",
        "2026-02-28T22:30:00-01:00",
        "2026-10-01T00:00:00",
    ];
    for (n, time) in times.into_iter().enumerate() {
        let result = stored(&format!("run-{n}")).at(time);
        // Python stores the local time and drops the offset; our binary stores the instant.
        if n % 2 == 0 && !time.contains("+0") && !time.contains("-01:00") {
            python_saves(python, &place, &[&result]);
        } else {
            room.save(&result);
        }
    }
    let expected = json!(["run-7", "run-1", "run-2", "run-0", "run-6", "run-5", "run-3", "run-4"]);
    assert_eq!(json!(our_ids(room)), expected);
    assert_eq!(python.ask("ids", json!({"where": place})), expected);
    assert_eq!(
        python.ask("ids", json!({"where": place, "query": {"limit": 2, "offset": 1}})),
        json!(["run-1", "run-2"])
    );
    assert_eq!(room.run(["list", "--count"]).succeeds(), "8\n");
}

fn filters_find_the_same_in_both(room: &Room, python: &mut Python) {
    let place = python_store(room);
    let [newest, middle, oldest] = three();
    room.save(&newest);
    room.save(&middle);
    python_saves(python, &place, &[&oldest, &stored("other").of("orders").at("2026-01-01T00:00:00")]);
    for (query, arguments, expected) in [
        (json!({"data_asset": "customers.csv"}), vec!["--asset", "customers.csv"], json!(["middle", "oldest"])),
        (json!({"status": "failure"}), vec!["--status", "failure"], json!(["newest"])),
        (
            json!({"status": "success", "data_asset": "orders"}),
            vec!["--status", "success", "--asset", "orders"],
            json!(["other"]),
        ),
        (json!({"ascending": true, "limit": 2}), vec!["--ascending", "--limit", "2"], json!(["other", "oldest"])),
    ] {
        assert_eq!(python.ask("ids", json!({"where": place, "query": query})), expected, "{query}");
        let ours = room.run([vec!["list", "--ids"], arguments].concat()).succeeds();
        assert_eq!(json!(ours.lines().collect::<Vec<_>>()), expected, "{query}");
    }
}

fn namespaces_are_the_same_for_both(room: &Room, python: &mut Python) {
    room.write("result.json", stored("ours").text());
    room.run(["save", "-n", "nightly", "result.json"]).succeeds();
    python_saves(python, &python_namespace(room, "nightly"), &[&stored("theirs")]);
    python_saves(python, &python_store(room), &[&stored("elsewhere")]);
    assert_eq!(room.run(["list", "-n", "nightly", "--ids"]).succeeds(), "ours\ntheirs\n");
    assert_eq!(our_ids(room), ["elsewhere"]);
    let theirs = python.ask("ids", json!({"where": python_namespace(room, "nightly"), "query": {"status": "success"}}));
    assert_eq!(theirs.as_array().unwrap().len(), 2, "{theirs}");
}

fn a_run_id_of_another_namespace_in_the_table_of_python_is_left_alone(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    python_saves(python, &python_namespace(room, "nightly"), &[&stored("run-1").of("theirs")]);
    room.write("result.json", stored("run-1").of("ours").text());
    let said = room.run(["save", "result.json"]).fails_with(7);
    assert!(said.contains("another namespace"), "{said}");
    let theirs = python.ask_text("get", json!({"where": python_namespace(room, "nightly"), "run_id": "run-1"}));
    assert!(theirs.contains("theirs"), "{theirs}");
    assert!(our_ids(room).is_empty());
}

/// Twenty processes of ours save one result each while Python saves twenty. Both clients see all forty.
fn many_at_once(room: &Room, python: &mut Python) {
    let place = python_store(room);
    for n in 0..20 {
        room.write(&format!("{n}.json"), stored(&format!("ours-{n}")).text());
    }
    let theirs: Vec<_> = (0..20).map(|n| stored(&format!("theirs-{n}"))).collect();
    thread::scope(|scope| {
        let ours: Vec<_> = (0..20)
            .map(|n| room.start(["save".to_owned(), format!("{n}.json")]))
            .map(|run| scope.spawn(|| run.run()))
            .collect();
        let documents: Vec<_> = theirs.iter().map(Stored::text).collect();
        let request = json!({"where": place, "documents": documents});
        let mut saved = python.try_ask("save", request.clone());
        // Python checks for the table and then creates it. If our binary creates it in between, Python's first attempt
        // fails and the second succeeds.
        if saved.as_ref().is_err_and(|error| error.contains("already exists")) {
            saved = python.try_ask("save", request);
        }
        saved.unwrap();
        for run in ours {
            run.join().unwrap().succeeds();
        }
    });
    let expected: BTreeSet<_> = (0..20).flat_map(|n| [format!("ours-{n}"), format!("theirs-{n}")]).collect();
    let listed = our_ids(room);
    assert_eq!(listed.len(), 40, "{listed:?}");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    let listed = python.ask("ids", json!({"where": place}));
    assert_eq!(listed.as_array().unwrap().len(), 40, "{listed}");
    for run_id in &expected {
        room.run(["get", run_id]).succeeds();
        python.ask("get", json!({"where": place, "run_id": run_id}));
    }
}

fn twenty_processes_and_python_at_once_lose_nothing_in_a_new_place(room: &Room, python: &mut Python) {
    // The first client creates the table. Python does not create the directory.
    std::fs::create_dir_all(file(room).parent().unwrap()).unwrap();
    many_at_once(room, python);
}

fn twenty_processes_and_python_at_once_lose_nothing_in_a_table_of_ours(room: &Room, python: &mut Python) {
    we_make_the_table(room);
    many_at_once(room, python);
}

fn twenty_processes_and_python_at_once_lose_nothing_in_the_table_of_python(room: &Room, python: &mut Python) {
    python_makes_the_table(room, python);
    many_at_once(room, python);
}

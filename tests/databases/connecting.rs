//! Errors of connecting, and properties of open connections.

use std::net::TcpListener;

use crate::engine::{BOTH, Engine, room};
use crate::refused::refused_without_showing;
use crate::services::process::free_port;
use crate::support::stored;

crate::cases![
    "connecting" on BOTH =>
    a_missing_database_exits_4_and_is_named,
    a_wrong_password_exits_8_and_is_not_shown,
    a_password_comes_from_an_option_a_file_or_a_program,
    a_password_of_the_environment_is_for_a_url_without_one,
    a_password_file_of_postgresql_is_read_unless_others_can_read_it,
    a_store_without_a_profile_is_at_its_url,
    many_documents_are_printed_over_one_connection,
    nobody_listening_exits_4_at_once_with_the_reason,
    a_server_that_says_nothing_is_given_up_after_the_connect_timeout,
    statements_are_shown_without_their_values,
    without_create_tables_a_missing_table_exits_4,
    a_user_who_may_not_write_exits_8,
    the_status_of_a_server_has_true_numbers,
    the_status_of_a_dead_server_comes_within_its_timeout,
];

/// Returns the URL of a place with one part replaced.
fn changed(engine: Engine, from: &str, to: &str) -> String {
    let url = engine.place().url;
    assert!(url.contains(from), "{url}");
    url.replacen(from, to, 1)
}

fn a_missing_database_exits_4_and_is_named(engine: Engine) {
    let url = match engine {
        Engine::Postgresql => changed(engine, "/postgres?", "/nowhere?"),
        Engine::Mariadb => changed(engine, "/place_", "/nowhere_"),
    };
    let room = room(&url, "");
    for command in [&["list"][..], &["get", "run-1"], &["list", "--count"], &["pool-status"]] {
        let said = room.run(command).fails_with(4);
        assert!(command[0] == "pool-status" || said.contains("nowhere"), "{said}");
    }
    let said = room.start(["save", "-"]).input(stored("run-1").text()).run().fails_with(4);
    assert!(said.contains("hint: check ") && said.contains("connection_url"), "{said}");
}

fn a_wrong_password_exits_8_and_is_not_shown(engine: Engine) {
    let room = room(&changed(engine, ":s%40cret%3A%2F%3F@", ":hunter2@"), "");
    for command in [&["list"][..], &["get", "run-1"], &["delete", "run-1"]] {
        let said = room.run(command).fails_with(8);
        assert!(said.contains("tester") && said.contains("hint: check the user and the password"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    refused_without_showing(&room, "hunter2");
}

/// The password of the test's user, which a URL cannot hold as it is.
const PASSWORD: &str = "s@cret:/?";

/// Returns the URL of a place without its password.
fn without_password(engine: Engine) -> String {
    changed(engine, ":s%40cret%3A%2F%3F@", "@")
}

fn a_password_comes_from_an_option_a_file_or_a_program(engine: Engine) {
    let url = without_password(engine);
    let said = room(&url, "").run(["list"]).fails_with(8);
    assert!(!said.contains("cret"), "{said}");
    for option in [
        format!("password = \"{PASSWORD}\""),
        "password_file = \"secret.txt\"".to_owned(),
        "password_command = [\"cat\", \"secret.txt\"]".to_owned(),
        "password = \"${SECRET}\"".to_owned(),
    ] {
        let room = room(&url, &option);
        room.write("secret.txt", format!("{PASSWORD}\n"));
        let saved = room.start(["save", "-", "-v"]).env("SECRET", PASSWORD).input(stored("run-1").text()).run();
        let said = saved.stderr();
        assert_eq!(saved.succeeds(), "run-1\n");
        assert!(said.contains("tester:******@") && !said.contains("cret"), "{said}");
        let shown = room.start(["profiles"]).env("SECRET", PASSWORD).run().succeeds();
        assert!(!shown.contains("s@cret"), "{shown}");
    }
    let twice = room(&engine.place().url, "password = \"hunter2\"").run(["list"]).fails_with(2);
    assert!(twice.contains("both hold a password") && !twice.contains("hunter2\"\n"), "{twice}");
}

fn a_password_of_the_environment_is_for_a_url_without_one(engine: Engine) {
    let variable = if engine == Engine::Postgresql { "PGPASSWORD" } else { "MYSQL_PWD" };
    let room = room(&without_password(engine), "");
    assert_eq!(room.start(["list", "-v"]).env(variable, PASSWORD).run().succeeds(), "");
    let said = room.start(["list", "-vv"]).env(variable, "hunter2").run().fails_with(8);
    assert!(!said.contains("hunter2"), "{said}");
    assert!(said.contains(&format!("source: password: environment variable {variable}\n")), "{said}");
    assert!(said.contains(&format!("(with the password of {variable})\n")), "{said}");
    let own = self::room(&engine.place().url, "");
    assert_eq!(own.start(["list"]).env(variable, "hunter2").run().succeeds(), "");
}

fn a_password_file_of_postgresql_is_read_unless_others_can_read_it(engine: Engine) {
    use std::os::unix::fs::PermissionsExt as _;
    let room = room(&without_password(engine), "");
    let file = room.home().join(".pgpass");
    std::fs::write(&file, "127.0.0.1:*:*:other:hunter2\n*:*:*:tester:s@cret\\:/?\n").unwrap();
    let set_mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o600);
    let outcome = room.run(["list"]);
    if engine == Engine::Mariadb {
        outcome.fails_with(8);
        return;
    }
    assert_eq!(outcome.succeeds(), "");
    let said = room.run(["list", "-vv"]).stderr();
    assert!(said.contains("source: password: the password file ") && !said.contains("cret"), "{said}");
    room.start(["list"]).env("PGPASSWORD", "hunter2").run().fails_with(8);
    set_mode(0o644);
    let said = room.run(["list"]).fails_with(8);
    assert_eq!(said.matches("is ignored: others can read it").count(), 1, "{said}");
    assert!(!said.contains("cret"), "{said}");
    set_mode(0o600);
    let elsewhere = room.work().join("passwords.conf");
    std::fs::rename(&file, &elsewhere).unwrap();
    assert_eq!(room.start(["list"]).env("PGPASSFILE", elsewhere).run().succeeds(), "");
}

fn many_documents_are_printed_over_one_connection(engine: Engine) {
    let options = "[profiles.default.pooling]\npool_size = 1\nmax_overflow = 0\npool_timeout = 5.0\n";
    let room = room(&engine.place().url, options);
    let documents: Vec<_> = (0..1_500).map(|n| stored(&format!("run-{n}")).text()).collect();
    room.start(["save", "-"]).input(documents.join("\n")).run().succeeds();
    let lines = room.run(["get", "--since", "2026-01-01", "-f", "jsonl"]).succeeds();
    assert_eq!(lines.lines().count(), 1_500);
}

fn a_store_without_a_profile_is_at_its_url(engine: Engine) {
    let room = crate::support::Room::new();
    let url = engine.place().url;
    room.start(["save", "-", "--store", &url]).input(stored("run-1").text()).run().succeeds();
    let outcome = room.run(["list", "--ids", "-v", "--store", &url]);
    let said = outcome.stderr();
    assert_eq!(outcome.succeeds(), "run-1\n");
    assert!(said.contains("--store: ") && said.contains("tester:******@") && !said.contains("cret"), "{said}");
    let wrong = url.replacen(":s%40cret%3A%2F%3F@", ":hunter2@", 1);
    let said = room.run(["list", "--store", &wrong]).fails_with(8);
    assert!(!said.contains("hunter2"), "{said}");
}

fn nobody_listening_exits_4_at_once_with_the_reason(engine: Engine) {
    let url = engine.place().url;
    let port = url.split(':').next_back().unwrap().split('/').next().unwrap().to_owned();
    let room = room(&url.replacen(&port, &free_port().to_string(), 1), "");
    let said = room.run(["list"]).fails_with(4);
    // A pool that waited for its timeout would give that as the reason.
    assert!(said.contains("Connection refused"), "{said}");
}

fn a_server_that_says_nothing_is_given_up_after_the_connect_timeout(engine: Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = if engine == Engine::Postgresql { "postgresql" } else { "mysql" };
    let room = room(&format!("{scheme}://u:p@127.0.0.1:{port}/d?connect_timeout=1"), "");
    let said = room.run(["list"]).fails_with(4);
    assert!(said.contains("the server did not complete the login within 1 s"), "{said}");
}

fn statements_are_shown_without_their_values(engine: Engine) {
    let room = room(&engine.place().url, "echo = true\n");
    let saved = room.start(["save", "-"]).input(stored("planted").of("hidden asset").text()).run();
    let said = saved.fails_with(0);
    for words in ["CREATE TABLE", "INSERT INTO", "validation_results", "NOT EXISTS"] {
        assert!(said.contains(words) || words == "NOT EXISTS" && engine == Engine::Postgresql, "{said}");
    }
    assert!(!said.contains("planted") && !said.contains("hidden asset") && !said.contains("cret"), "{said}");
}

fn without_create_tables_a_missing_table_exits_4(engine: Engine) {
    let place = engine.place();
    let room = room(&place.url, "create_tables = false\n");
    let said = room.start(["save", "-"]).input(stored("run-1").text()).run().fails_with(4);
    assert!(said.contains("create_tables = true"), "{said}");
    room.run(["list"]).fails_with(4);
}

fn a_user_who_may_not_write_exits_8(engine: Engine) {
    let place = engine.place();
    let reader = format!("reader_{}", place.name);
    room(&place.url, "").save(&stored("run-1"));
    match engine {
        Engine::Postgresql => place.run(&format!(
            "CREATE ROLE {reader} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA {0} TO {reader}; GRANT SELECT ON ALL TABLES \
             IN SCHEMA {0} TO {reader}",
            place.name
        )),
        Engine::Mariadb => {
            place.run(&format!("CREATE USER {reader} IDENTIFIED BY 'x'"));
            place.run(&format!("GRANT SELECT ON {}.* TO {reader}", place.name))
        }
    };
    let room = room(&place.url.replacen("tester:s%40cret%3A%2F%3F@", &format!("{reader}:x@"), 1), "");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
    let said = room.start(["save", "-"]).input(stored("run-2").text()).run().fails_with(8);
    assert!(said.contains("denied"), "{said}");
    room.run(["delete", "run-1"]).fails_with(8);
}

fn the_status_of_a_server_has_true_numbers(engine: Engine) {
    let room = room(&engine.place().url, "[profiles.default.pooling]\npool_size = 3\nmax_overflow = 4\n");
    let status = room.run(["pool-status", "--format", "json"]).json();
    assert_eq!(status["healthy"], true, "{status}");
    assert_eq!(status["dialect"], if engine == Engine::Postgresql { "postgresql" } else { "mysql" });
    assert_eq!((&status["config"]["pool_size"], &status["config"]["max_overflow"]), (&3.into(), &4.into()));
    assert!(!status.to_string().contains("cret"), "{status}");
    let metrics = &status["metrics"];
    assert_eq!(metrics["connections"]["total_created"], 1, "{status}");
    assert_eq!(metrics["connections"]["idle"], 1, "{status}");
    assert_eq!(metrics["operations"]["checkouts"], 1, "{status}");
    assert_eq!(metrics["health"]["checks_passed"], 1, "{status}");
    assert!(metrics["timing"]["total_connection_time_ms"].as_f64().unwrap() > 0.0, "{status}");
    let recycled = room.run(["pool-status", "--recycle", "--reset-breaker", "--format", "json"]).json();
    assert_eq!((&recycled["healthy"], &recycled["circuit_state"]), (&true.into(), &"CLOSED".into()));
}

fn the_status_of_a_dead_server_comes_within_its_timeout(engine: Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = if engine == Engine::Postgresql { "postgresql" } else { "mysql" };
    let url = format!("{scheme}://u:p@127.0.0.1:{port}/d?connect_timeout=60");
    let room = room(&url, "[profiles.default.pooling]\nhealth_check_timeout = 0.5\n");
    let outcome = room.run(["pool-status", "--format", "json"]);
    assert_eq!(outcome.code(), Some(4));
    let status: serde_json::Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!((&status["healthy"], &status["metrics"]["health"]["checks_failed"]), (&false.into(), &1.into()));
    assert!(status["error"].as_str().unwrap().contains("no answer within 0.5 s"), "{status}");
}

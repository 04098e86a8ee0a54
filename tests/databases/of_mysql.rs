//! Behavior of MySQL that differs from MariaDB. Runs only where MySQL replaces MariaDB.

use crate::engine::{Engine, Server, room};
use crate::services::mariadb;
use crate::support::stored;

crate::cases![
    "of_mysql" on &[Engine::Mariadb] =>
    a_password_that_the_server_has_forgotten_goes_by_tls_or_by_its_public_key,
    a_password_too_long_for_the_public_key_is_refused_in_clear_and_taken_encrypted,
    a_server_that_insists_on_tls_refuses_the_rest_with_8,
    a_server_that_only_reads_lists_and_refuses_the_rest_with_8,
    a_server_that_is_offline_is_waited_for,
    a_password_that_has_expired_exits_8,
    a_certificate_that_the_server_has_made_for_itself_names_no_host,
];

/// Lists with no cached password, and then with a cached one.
fn lists_twice(server: &Server, url: &str) {
    server.execute("FLUSH PRIVILEGES");
    let room = room(url, "");
    for _ in 0..2 {
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
    }
}

/// Starts a server with a result, and with a user of this password who has all privileges except administrative ones.
fn server(engine: Engine, settings: &[&str], password: &str) -> Server {
    let server = engine.start(settings);
    room(&server.url(""), "").save(&stored("run-1"));
    server.execute(&format!("CREATE USER other IDENTIFIED BY '{password}'"));
    server.execute("GRANT ALL ON results.* TO other");
    server
}

fn url(server: &Server, password: &str, parameters: &str) -> String {
    format!("mysql://other:{password}@127.0.0.1:{}/results?{parameters}", server.port())
}

fn a_password_that_the_server_has_forgotten_goes_by_tls_or_by_its_public_key(engine: Engine) {
    let ways: [(&[&str], &[&str]); 2] =
        [(&[], &["", "ssl_mode=DISABLED", "ssl_mode=REQUIRED"]), (mariadb::without_tls(), &["", "ssl_mode=DISABLED"])];
    for (settings, parameters) in ways {
        let server = server(engine, settings, "pässwörd 🦀");
        for parameters in parameters {
            lists_twice(&server, &url(&server, "p%C3%A4ssw%C3%B6rd%20%F0%9F%A6%80", parameters));
            let said = room(&url(&server, "hunter2", parameters), "").run(["list"]).fails_with(8);
            assert!(said.contains("other") && !said.contains("hunter2"), "{said}");
        }
    }
}

fn a_password_too_long_for_the_public_key_is_refused_in_clear_and_taken_encrypted(engine: Engine) {
    let longest = "p".repeat(213);
    let longer = "p".repeat(214);
    let server = server(engine, &[], &longest);
    lists_twice(&server, &url(&server, &longest, "ssl_mode=DISABLED"));
    server.execute(&format!("ALTER USER other IDENTIFIED BY '{longer}'"));
    lists_twice(&server, &url(&server, &longer, ""));
    let said = room(&url(&server, &longer, "ssl_mode=DISABLED"), "").run(["list"]).fails_with(4);
    assert!(said.contains("at most 213 bytes") && said.contains("ssl_mode"), "{said}");
}

fn a_server_that_insists_on_tls_refuses_the_rest_with_8(engine: Engine) {
    let server = server(engine, &[], "x");
    server.execute("SET GLOBAL require_secure_transport = ON");
    assert_eq!(room(&url(&server, "x", ""), "").run(["list", "--ids"]).succeeds(), "run-1\n");
    let said = room(&url(&server, "x", "ssl_mode=DISABLED"), "").run(["list"]).fails_with(8);
    assert!(said.contains("require_secure_transport") && said.contains("`ssl_mode`"), "{said}");
}

fn a_server_that_only_reads_lists_and_refuses_the_rest_with_8(engine: Engine) {
    let server = server(engine, &[], "x");
    server.execute("SET GLOBAL super_read_only = ON");
    let room = room(&url(&server, "x", ""), "");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
    let said = room.start(["save", "-"]).input(stored("run-2").text()).run().fails_with(8);
    assert!(said.contains("read-only"), "{said}");
    room.run(["delete", "run-1"]).fails_with(8);
}

fn a_server_that_is_offline_is_waited_for(engine: Engine) {
    let server = server(engine, &[], "x");
    server.execute("SET GLOBAL offline_mode = ON");
    let impatient = room(&url(&server, "x", ""), "[profiles.default.pooling]\nmax_retries = 0\n");
    let said = impatient.run(["list"]).fails_with(4);
    assert!(said.contains("offline mode"), "{said}");
    let patient = room(&url(&server, "x", ""), "[profiles.default.pooling]\nmax_retries = 100\n");
    let process = patient.start(["list", "--ids"]).spawn();
    std::thread::sleep(std::time::Duration::from_millis(300));
    server.execute("SET GLOBAL offline_mode = OFF");
    let output = process.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "run-1\n", "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_password_that_has_expired_exits_8(engine: Engine) {
    let server = server(engine, &[], "x");
    server.execute("ALTER USER other PASSWORD EXPIRE");
    let said = room(&url(&server, "x", ""), "").run(["list"]).fails_with(8);
    assert!(said.contains("expired"), "{said}");
}

fn a_certificate_that_the_server_has_made_for_itself_names_no_host(engine: Engine) {
    let server = server(engine, &[], "x");
    let ca = server.directory().join("data/ca.pem").display().to_string();
    for mode in ["VERIFY_CA", "VERIFY_IDENTITY"] {
        let said = room(&url(&server, "x", &format!("ssl_mode={mode}&ssl_ca={ca}")), "").run(["list"]).fails_with(4);
        assert!(said.contains("not valid for any names"), "{said}");
    }
}

//! `doctor`: rights, certificates and limits, as the servers tell them.

use serde_json::Value;

use crate::certificates::Issuer;
use crate::engine::{BOTH, Engine, Server, room};
use crate::support::{Room, stored};

crate::cases![
    "doctor" on BOTH =>
    a_user_who_may_do_everything_finds_no_fault,
    a_user_without_rights_is_told_which_ones_are_missing,
    the_issuers_that_verify_a_server_are_named,
];

/// The findings of one check, as their level and what they say.
fn findings(room: &Room, arguments: &[&str], check: &str) -> Vec<(String, String)> {
    let outcome = room.run(["doctor", "--format", "jsonl"].iter().chain(arguments));
    let rows = outcome.stdout();
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let said = |row: Value| (text(&row, "level"), format!("{}; {}", text(&row, "message"), text(&row, "remedy")));
    rows.filter(|row| row["check"] == check).map(said).collect()
}

fn a_user_who_may_do_everything_finds_no_fault(engine: Engine) {
    let place = engine.place();
    let room = room(&place.url, "");
    let rights = findings(&room, &[], "rights");
    assert_eq!(rights, [("ok".to_owned(), "CREATE is allowed; ".to_owned())]);
    assert_eq!(findings(&room, &["--read-only"], "rights"), []);
    room.save(&stored("run-1"));
    let rights = findings(&room, &[], "rights");
    assert_eq!(rights.iter().filter(|(level, _)| level == "ok").count(), 4, "{rights:?}");
    assert_eq!(room.run(["doctor"]).code(), Some(0));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
}

/// Makes the user `reader`, who may only connect. Returns the URL for it.
fn reader(server: &Server, engine: Engine) -> String {
    match engine {
        Engine::Postgresql => {
            server.execute("CREATE ROLE reader LOGIN PASSWORD 'pw'");
            server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        }
        Engine::Mariadb => {
            server.execute("CREATE USER reader IDENTIFIED BY 'pw'");
            server.execute("GRANT SELECT ON results.* TO reader");
        }
    }
    let url = server.url("");
    let (scheme, rest) = url.split_once("://").unwrap();
    format!("{scheme}://reader:pw@{}", rest.rsplit_once('@').unwrap().1)
}

fn a_user_without_rights_is_told_which_ones_are_missing(engine: Engine) {
    let server = engine.start(&[]);
    let url = reader(&server, engine);
    let denied = room(&url, "");
    let creation = findings(&denied, &[], "rights");
    let expected = if engine == Engine::Postgresql { "failed" } else { "warning" };
    assert!(creation.len() == 1 && creation[0].0 == expected && creation[0].1.contains("CREATE"), "{creation:?}");
    // A database with a name like a pattern.
    if engine == Engine::Mariadb {
        server.execute("GRANT CREATE ON `resul%`.* TO reader");
        assert_eq!(findings(&denied, &[], "rights"), [("ok".to_owned(), "CREATE is allowed; ".to_owned())]);
    }
    room(&server.url(""), "").save(&stored("run-1"));
    if engine == Engine::Postgresql {
        server.execute("GRANT SELECT ON validation_results TO reader");
    }
    let rights = findings(&denied, &[], "rights");
    let failed: Vec<_> = rights.iter().filter(|(level, _)| level == "failed").map(|(_, said)| said).collect();
    for (said, right) in failed.iter().zip(["INSERT", "UPDATE", "DELETE"]) {
        assert!(said.contains(&format!("cannot {right} in the table")), "{rights:?}");
    }
    assert_eq!((failed.len(), rights.len()), (3, 4), "{rights:?}");
    assert_eq!(denied.run(["doctor"]).code(), Some(8));
    assert_eq!(denied.run(["doctor", "--read-only"]).code(), Some(0));
}

fn the_issuers_that_verify_a_server_are_named(engine: Engine) {
    let place = engine.place();
    let parameters = match engine {
        Engine::Postgresql => ["sslmode=prefer", "sslmode=verify-full&sslrootcert=", "sslmode=disable"],
        Engine::Mariadb => ["ssl_mode=PREFERRED", "ssl_mode=VERIFY_IDENTITY&ssl_ca=", "ssl_mode=DISABLED"],
    };
    let told = |parameters: &str| {
        findings(&room(&format!("{}&{parameters}", place.url), ""), &["--read-only"], "certificates")
    };
    let issuer = Issuer::new("issuer");
    let unverified = told(parameters[0]);
    assert!(unverified[0].0 == "warning" && unverified[0].1.contains("is not verified"), "{unverified:?}");
    let verified = told(&format!("{}{}", parameters[1], issuer.certificate().display()));
    assert!(verified[0].0 == "ok" && verified[0].1.starts_with("trusted issuers: 1, from "), "{verified:?}");
    let missing = told(&format!("{}/no/such/ca.pem", parameters[1]));
    assert!(missing[0].0 == "failed" && missing[0].1.contains("ca.pem"), "{missing:?}");
    assert_eq!(told(parameters[2]), []);
}

/// A limit that MariaDB and MySQL have alone.
pub(crate) mod of_mariadb {
    use super::{Engine, findings, room};
    use crate::support::stored;

    crate::cases!["doctor" on &[Engine::Mariadb] => a_server_that_takes_only_small_packets_is_named_with_its_limit];

    fn a_server_that_takes_only_small_packets_is_named_with_its_limit(engine: Engine) {
        const CHECK: &str = "max_allowed_packet";
        let server = engine.start(&["--max-allowed-packet=1M"]);
        let room = room(&server.url(""), "");
        let limits = findings(&room, &[], CHECK);
        assert!(limits[0].0 == "warning" && limits[0].1.contains("up to 1048576 bytes"), "{limits:?}");
        assert!(limits[0].1.contains("raise `max_allowed_packet`"), "{limits:?}");
        let said = room.start(["save", "-"]).input(stored("large").padded(1 << 20)).run().fails_with(6);
        assert!(said.contains(CHECK), "{said}");
        server.execute("SET GLOBAL max_allowed_packet = 1073741824");
        assert_eq!(findings(&room, &[], CHECK)[0].0, "ok");
    }
}

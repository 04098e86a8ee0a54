//! Every statement for SQL Server, parsed by an independent parser of T-SQL: sqlglot.

use std::collections::BTreeSet;

use serde_json::json;

use crate::Case;
use crate::python::Python;
use crate::services::mssql::{PASSWORD, Reply, Request, Server};
use crate::support::{Room, stored};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("mssql::every_statement_is_t_sql", every_statement_is_t_sql),
        Case::new("mssql::what_is_no_t_sql_is_found", what_is_no_t_sql_is_found),
        Case::new("mssql::the_scripted_server_is_understood_by_another_driver", another_driver),
    ]
}

fn every_statement_is_t_sql(room: &Room, python: &mut Python) {
    // A failed deletion is rolled back, which is a statement too.
    let server = Server::scripted(|request| match request {
        Request::Batch(text, _) if text.contains("DELETE") => Reply::Error(547, 16, "no"),
        _ => Reply::Go,
    });
    configure(room, &server);
    let save = |documents: &[String], more: &[&str]| {
        room.start(["save", "-"].iter().chain(more)).input(documents.join("\n")).run().succeeds();
    };
    for document in [stored("a"), stored("é").of("größe").tagged("größe", "1")] {
        save(&[document.text()], &[]);
        save(&[document.text()], &["-n", "ñ"]);
        save(&[document.text()], &["-n", "new", "--if-absent"]);
    }
    // Several results are saved in one transaction, and a list of several pages uses another.
    save(&(0..600).map(|number| stored(&number.to_string()).text()).collect::<Vec<_>>(), &[]);
    for filters in [
        "",
        "--asset customers.csv",
        "--asset größe",
        "--status success",
        "--status success --status failure",
        "--since 2026-01-01 --until 2027-01-01",
        "--tag env=prod --tag team=ñ",
        "--limit 3 --offset 2 --ascending",
    ] {
        for order in ["run_time", "data_asset", "status"] {
            let words = filters.split(' ').filter(|word| !word.is_empty());
            room.run(["list", "--order-by", order].into_iter().chain(words)).succeeds();
        }
        let words = filters.split(' ').filter(|word| !word.is_empty());
        room.run(["list", "--count"].into_iter().chain(words)).succeeds();
    }
    room.run(["get", "a"]).succeeds();
    room.run(["pool-status"]).succeeds();
    let _ = room.run(["delete", "a"]).fails_with(6);

    let batches: BTreeSet<_> = server.batches("").into_iter().map(|(text, _)| text).collect();
    for part in [
        "SET XACT_ABORT ON",
        "CREATE TABLE",
        "BEGIN TRANSACTION; DECLARE",
        "SET XACT_ABORT OFF; BEGIN",
        "DECLARE @snapshot",
        "COMMIT TRANSACTION; SET TRANSACTION ISOLATION",
        "WITH (SERIALIZABLE)",
        "COMMIT TRANSACTION; SET",
        "ROLLBACK",
        "NOT EXISTS",
        "THROW",
        "THEN data_json END",
        "SELECT count(*)",
        "SELECT run_time FROM",
        "SELECT 1",
        "DELETE",
        "OPENJSON",
        "status IN (",
    ] {
        assert!(batches.iter().any(|batch| batch.contains(part)), "nothing was sent with {part}");
    }
    let batches: Vec<_> = batches.into_iter().collect();
    let problems = python.ask("parse_tsql", json!({"batches": batches}));
    for (batch, problem) in batches.iter().zip(problems.as_array().unwrap()) {
        assert!(problem.is_null(), "{problem}\n{batch}");
    }
}

fn what_is_no_t_sql_is_found(_: &Room, python: &mut Python) {
    let batches = [
        "SELECT a FROM [t] WHERE",
        "SELECT a FROM [t] LIMIT 3",
        "SELECT a FROM [t] WHERE b = true",
        "SELECT json_each(a) FROM [t]",
        "UPDATE [t] SET a = ? WHERE b = 1",
        "INSERT INTO [t] VALUES (1) ON CONFLICT DO NOTHING )",
    ];
    let problems = python.ask("parse_tsql", json!({"batches": batches}));
    for (batch, problem) in batches.iter().zip(problems.as_array().unwrap()) {
        assert!(problem.is_string(), "{batch}");
    }
}

/// FreeTDS understands the scripted server as tiberius does. The two drivers are independent of each other.
fn another_driver(room: &Room, python: &mut Python) {
    let server = Server::start();
    configure(room, &server);
    let late = stored("a").at("2026-03-01T12:00:00.123456").tagged("größe", "😀");
    room.save(&late);
    room.save(&stored("é").of("größe 😀"));
    let mut ask = |password: &str, batch: &str| {
        let question = json!({
            "port": server.port, "user": "me", "password": password, "database": "results", "batch": batch,
        });
        python.try_ask("ask_with_freetds", question)
    };
    let columns = "SELECT run_id, run_time, data_asset, tags_json FROM [validation_results] ORDER BY run_time";
    assert_eq!(
        ask(PASSWORD, columns),
        Ok(json!([
            ["é", "2026-03-01 12:00:00", "größe 😀", "{}"],
            ["a", "2026-03-01 12:00:00.123456", "customers.csv", "{\"gr\\u00f6\\u00dfe\": \"\\ud83d\\ude00\"}"],
        ]))
    );
    assert_eq!(ask(PASSWORD, "SELECT count(*) FROM [validation_results]"), Ok(json!([["2"]])));
    let documents = ask(PASSWORD, "SELECT data_json FROM [validation_results] ORDER BY run_time DESC").unwrap();
    assert_eq!(documents[0][0], late.text());
    assert!(ask(PASSWORD, "SELECT run_id FROM [nowhere]").unwrap_err().contains("208"));
    assert!(ask("wrong", columns).unwrap_err().contains("18456"));
}

fn configure(room: &Room, server: &Server) {
    room.write("ca.pem", &server.issuer);
    let url = server.url("&sslrootcert=ca.pem");
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = \"server\"\n[profiles.server]\nbackend = \"database\"\nconnection_url = \"{url}\"\n"
        ),
    );
}

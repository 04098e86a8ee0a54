//! `doctor`: version, user, encryption, certificates and rights.

use crate::rooms::{Rooms as _, room};
use crate::server::Server;
use crate::support::{Room, stored};

/// The findings, as their check, their level and what they say.
fn findings(room: &Room) -> Vec<(String, String, String)> {
    let rows = room.run(["doctor", "--format", "jsonl"]).stdout();
    let rows = rows.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.map(|row| (text(&row, "check"), text(&row, "level"), text(&row, "message"))).collect()
}

/// What is said of a check, with its level.
fn said(findings: &[(String, String, String)], check: &str) -> Vec<(String, String)> {
    let of_check = findings.iter().filter(|(name, ..)| name == check);
    of_check.map(|(_, level, message)| (level.clone(), message.clone())).collect()
}

fn ok(message: &str) -> Vec<(String, String)> {
    vec![("ok".to_owned(), message.to_owned())]
}

#[test]
fn a_server_that_is_right_has_a_line_for_encryption_certificates_and_rights() {
    let server = Server::start();
    let room = server.room();
    let found = findings(&room);
    assert_eq!(said(&found, "version"), ok("Microsoft SQL Server, scripted"));
    assert_eq!(said(&found, "encryption"), ok("every connection is encrypted, before the login"));
    assert!(said(&found, "certificates")[0].1.starts_with("trusted issuers: 1, from "), "{found:?}");
    assert_eq!(said(&found, "rights"), ok("CREATE is allowed"));
    assert!(server.batches("CREATE TABLE [").is_empty());
    room.save(&stored("a"));
    let found = findings(&room);
    let rights = said(&found, "rights").into_iter().map(|(level, message)| format!("{level}: {message}"));
    let allowed = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(|right| format!("ok: {right} is allowed"));
    assert_eq!(rights.collect::<Vec<_>>(), allowed);
    assert_eq!(room.run(["get", "a"]).succeeds(), stored("a").text());
}

#[test]
fn a_certificate_that_is_not_verified_is_worth_a_look() {
    let server = Server::start();
    let room = room(&server.url("&TrustServerCertificate=yes"), &server.issuer, "");
    let certificates = said(&findings(&room), "certificates");
    assert!(certificates[0].0 == "warning" && certificates[0].1.contains("is not verified"), "{certificates:?}");
}

//! iridium-server as a replacement for SQL Server: a server that was not written here. Signing in, the health check and
//! the pool; the statements of the store are in `statements`.

pub(crate) mod statements;

use crate::certificates::Issuer;
use crate::engine::configure;
use crate::services::iridium::{PASSWORD, Server};
use crate::support::Room;
use crate::watch::Watch;

crate::cases![
    "iridium" =>
    the_user_signs_in_encrypted,
    a_certificate_that_nobody_vouches_for_ends_it_before_the_sign_in,
    encrypt_no_encrypts_all_the_same,
    a_server_without_encryption_is_told_nothing,
    a_wrong_password_is_not_let_in,
    pool_status_is_healthy,
    pool_status_is_a_table_for_people,
    the_pool_can_be_recycled,
    watching_uses_one_connection,
    watching_sees_the_server_end_and_come_back,
    a_server_that_has_ended_is_not_healthy,
];

/// The server's log of a login, except for its password.
const SIGNED_IN: &str = "LOGIN7: user=me, database=results, app=truthound-store, packet_size=8000";

/// A server with a certificate for `localhost`, and its issuer.
pub(super) fn encrypted() -> (Server, Issuer) {
    let issuer = Issuer::new("issuer");
    let (certificate, key) = issuer.issue("localhost");
    (Server::start(&certificate, &key), issuer)
}

/// Returns a room with a profile for the server's database that trusts its issuer.
pub(super) fn room(server: &Server, issuer: &Issuer, more: &str) -> Room {
    let room = Room::new();
    room.write("ca.pem", std::fs::read(issuer.certificate()).unwrap());
    configure(&room, &server.url(None, "&sslrootcert=ca.pem"), more);
    room
}

fn the_user_signs_in_encrypted() {
    let (server, issuer) = encrypted();
    room(&server, &issuer, "").run(["pool-status"]).succeeds();
    let log = server.log();
    assert!(log.contains("TLS handshake completed") && log.contains(SIGNED_IN), "{log}");
    assert!(log.contains("Login accepted for user=me"), "{log}");
}

fn a_certificate_that_nobody_vouches_for_ends_it_before_the_sign_in() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    configure(&room, &server.url(None, ""), "");
    let told = room.run(["pool-status"]).fails_with(4);
    assert!(told.contains(&format!("localhost:{} is not trusted", server.port)), "{told}");
    let log = server.log();
    assert!(!log.contains("LOGIN7: "), "{log}");
}

fn encrypt_no_encrypts_all_the_same() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    configure(&room, &server.url(None, "&Encrypt=no"), "");
    room.run(["pool-status"]).succeeds();
    let log = server.log();
    assert!(log.contains("TLS handshake completed") && log.contains(SIGNED_IN), "{log}");
}

fn a_server_without_encryption_is_told_nothing() {
    let server = Server::without_encryption();
    let room = Room::new();
    for parameters in ["", "&Encrypt=no", "&TrustServerCertificate=yes"] {
        configure(&room, &server.url(None, parameters), "");
        let told = room.run(["pool-status"]).fails_with(4);
        assert!(told.contains("offers no encryption, and without it nothing is sent"), "{parameters}: {told}");
    }
    let log = server.log();
    assert!(!log.contains("LOGIN7: "), "{log}");
}

fn a_wrong_password_is_not_let_in() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    configure(&room, &server.url(Some("wrong"), "&sslrootcert=ca.pem"), "");
    // SQL Server's error would be 18456, for which the other commands exit with 8.
    let told = room.run(["pool-status"]).fails_with(4);
    assert!(told.contains("caused by: execution error: Login failed for user. (error 50000)"), "{told}");
    let log = server.log();
    assert_eq!(log.matches("Login rejected for user=me").count(), 1, "it is tried once: {log}");
}

fn pool_status_is_healthy() {
    let (server, issuer) = encrypted();
    let outcome = room(&server, &issuer, "echo = true").run(["pool-status", "--format", "json"]);
    let shown = outcome.to_string();
    assert!(
        shown.contains(r#"{"message":"SET ANSI_NULLS ON;"#) && shown.contains(r#"{"message":"SELECT 1"}"#),
        "{shown}"
    );
    assert!(!shown.contains(PASSWORD) && !shown.contains("hunter2"), "{shown}");
    let status = outcome.json();
    assert_eq!(status["healthy"], true, "{status}");
    assert_eq!(status["dialect"], "mssql");
    assert_eq!(status["circuit_state"], "CLOSED");
    assert_eq!(status["metrics"]["health"]["checks_passed"], 1);
    assert_eq!(status["metrics"]["connections"]["total_created"], 1);
    assert!(status["metrics"]["timing"]["total_connection_time_ms"].as_f64() > Some(0.0), "{status}");
}

fn pool_status_is_a_table_for_people() {
    let (server, issuer) = encrypted();
    let table = room(&server, &issuer, "").run(["pool-status"]).succeeds();
    assert!(table.starts_with("health                      healthy\n"), "{table}");
    assert!(table.contains("\nhealth checks               1 passed, 0 failed\n"), "{table}");
}

fn the_pool_can_be_recycled() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    let status = room.run(["pool-status", "--recycle", "--reset-breaker", "--format", "json"]).json();
    assert_eq!(status["healthy"], true, "{status}");
}

fn watching_uses_one_connection() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    for round in 1..=4 {
        let status = watch.status();
        assert_eq!(status["healthy"], true, "{status}");
        assert_eq!(status["metrics"]["health"]["checks_passed"], round, "{status}");
    }
    watch.interrupt();
    assert_eq!(server.log().matches(SIGNED_IN).count(), 1);
}

fn watching_sees_the_server_end_and_come_back() {
    let (mut server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    watch.becomes(true);
    server.crash();
    let away = watch.becomes(false);
    assert!(away["error"].as_str().is_some_and(|reason| reason.contains("localhost:")), "{away}");
    server.resume();
    watch.becomes(true);
    watch.interrupt();
}

fn a_server_that_has_ended_is_not_healthy() {
    let (mut server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    room.run(["pool-status"]).succeeds();
    server.crash();
    let outcome = room.run(["pool-status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!(status["healthy"], false, "{status}");
    let told = outcome.fails_with(4);
    assert!(told.contains(&format!("localhost:{} does not answer", server.port)), "{told}");
}

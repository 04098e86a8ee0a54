//! Verification of certificates, and that nothing is sent without encryption.

use crate::rooms::{Rooms as _, room};
use crate::server::Server;
use crate::server::certificates::{Authority, self_made};
use crate::support::stored;

/// Saves through a server with a certificate for this name, with more URL parameters.
fn told(name: &str, query: &str) -> Result<(), String> {
    let authority = Authority::new();
    let (config, issuer) = (authority.server(name), authority.pem);
    let server = Server::with(|options| options.tls = Some(config));
    let room = room(&server.url(query), &issuer, "");
    let outcome = room.start(["save", "-"]).input(stored("a").text()).run();
    if outcome.code() == Some(0) {
        assert!(!server.batches("UPDATE").is_empty());
        return Ok(());
    }
    assert!(server.requests().is_empty(), "nobody signs in to a server that is not trusted");
    Err(outcome.fails_with(4))
}

#[test]
fn a_certificate_of_a_known_issuer_with_the_host_s_name_is_taken() {
    for query in ["&sslrootcert=ca.pem", "&sslrootcert=ca.pem&Encrypt=yes&TrustServerCertificate=no"] {
        assert_eq!(told("localhost", query), Ok(()), "{query}");
    }
}

#[test]
fn a_certificate_with_another_name_is_refused() {
    let told = told("elsewhere.example.com", "&sslrootcert=ca.pem").unwrap_err();
    assert!(told.contains("is not trusted") && told.contains("HostNameInCertificate"), "{told}");
}

#[test]
fn a_certificate_with_another_name_is_taken_if_that_is_the_name_to_look_for() {
    assert_eq!(
        told("elsewhere.example.com", "&sslrootcert=ca.pem&HostNameInCertificate=elsewhere.example.com"),
        Ok(())
    );
}

#[test]
fn a_certificate_of_an_unknown_issuer_is_refused() {
    let told = told("localhost", "").unwrap_err();
    assert!(told.contains("is not trusted") && told.contains("sslrootcert"), "{told}");
}

#[test]
fn any_certificate_is_taken_where_that_was_asked_for() {
    for query in ["&TrustServerCertificate=yes", "&Encrypt=no", "&Encrypt=optional"] {
        assert_eq!(told("elsewhere.example.com", query), Ok(()), "{query}");
    }
}

#[test]
fn issuers_that_are_named_are_asked_even_where_encryption_is_optional() {
    assert!(told("elsewhere.example.com", "&Encrypt=optional&sslrootcert=ca.pem").is_err());
}

#[test]
fn a_server_that_vouches_for_itself_is_taken_if_its_certificate_is_named() {
    let (config, certificate) = self_made("localhost");
    let server = Server::with(|options| options.tls = Some(config));
    room(&server.url("&sslrootcert=ca.pem"), &certificate, "").save(&stored("a"));
    // A name other than the server's own is still refused.
    let elsewhere = server.url("&sslrootcert=ca.pem&HostNameInCertificate=elsewhere.example.com");
    let _ = room(&elsewhere, &certificate, "").run(["list"]).fails_with(4);
}

#[test]
fn nothing_is_sent_to_a_server_that_offers_no_encryption() {
    let server = Server::with(|options| options.tls = None);
    for query in ["", "&Encrypt=yes", "&Encrypt=no", "&TrustServerCertificate=yes"] {
        let told = server.room_with(query, "").run(["list"]).fails_with(4);
        assert!(told.contains("offers no encryption"), "{query}: {told}");
    }
    assert!(server.leaked().is_empty());
}

#[test]
fn strict_encryption_begins_with_the_first_byte() {
    let server = Server::with(|options| options.strict = true);
    let room = server.room_with("&sslrootcert=ca.pem&Encrypt=strict", "");
    room.save(&stored("a"));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
    // Strict encryption always verifies the server.
    let told = server.room_with("&Encrypt=strict&TrustServerCertificate=yes", "").run(["list"]).fails_with(4);
    assert!(told.contains("is not trusted"), "{told}");
}

#[test]
fn a_file_of_issuers_that_cannot_be_used_is_named() {
    let server = Server::start();
    for (file, words) in [
        ("nowhere.pem", "nowhere.pem cannot be used"),
        ("truthound-store.toml", "truthound-store.toml cannot be used: it holds no certificate"),
    ] {
        let told = server.room_with(&format!("&sslrootcert={file}"), "").run(["list"]).fails_with(4);
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(server.connections(), 0);
}

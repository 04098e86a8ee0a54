//! Where requests go: proxies, plain HTTP, and certificates.

use crate::cloud::{Cloud, room, room_at};
use crate::server::{Answer, Scripted, Server};
use crate::support::Room;
use crate::tls::Terminator;

crate::shared_cases![
    this_machine_is_never_asked_through_a_proxy,
    a_proxy_in_the_way_is_named,
    a_proxy_that_asks_for_a_password_is_named,
    a_proxy_of_a_form_that_is_not_understood_is_named,
    plain_http_to_another_machine_needs_allow_http,
    a_server_without_tls_is_recognized,
    certificates_are_verified_with_the_issuers_of_the_environment,
    without_tls_no_certificate_is_read,
];

/// A proxy that refuses every request.
fn proxy() -> Server {
    Server::start(|_| Answer::Respond(407, Vec::new(), Vec::new()))
}

fn this_machine_is_never_asked_through_a_proxy<Service: Cloud>() {
    let (server, proxy) = (Scripted::<Service>::plain(), proxy());
    let room = room(&server, "");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        room.start(["list"]).env(name, proxy.address()).run().succeeds();
    }
    assert!(proxy.take().is_empty() && server.take().len() >= 3);
}

/// Another machine, over plain HTTP: Google Cloud Storage needs no token there.
fn far<Service: Cloud>() -> Room {
    room_at::<Service>("http://cloud.example", "retry_timeout = 0.3\nallow_http = true")
}

fn a_proxy_in_the_way_is_named<Service: Cloud>() {
    let room = far::<Service>();
    // Nothing listens there.
    for (name, proxy) in [("HTTP_PROXY", "http://ann:hunter2@127.0.0.1:1"), ("ALL_PROXY", "socks5h://127.0.0.1:1")] {
        let message = room.start(["list", "-vv"]).env(name, proxy).run().fails_with(4);
        let shown = format!("(through the proxy {} of {name})", proxy.replace("ann:hunter2@", ""));
        assert!(message.contains(&shown), "{message}");
        assert!(message.contains("add cloud.example to NO_PROXY") && !message.contains("hunter2"), "{message}");
    }
}

fn a_proxy_that_asks_for_a_password_is_named<Service: Cloud>() {
    let proxy = proxy();
    let message = far::<Service>().start(["list"]).env("http_proxy", proxy.address()).run().fails_with(4);
    assert!(message.contains("the proxy asks for a user and a password"), "{message}");
    assert!(message.contains("of http_proxy)"), "{message}");
    assert!(proxy.take()[0].target.starts_with("http://cloud.example/"));
}

fn a_proxy_of_a_form_that_is_not_understood_is_named<Service: Cloud>() {
    let room = far::<Service>();
    for proxy in ["ftp://127.0.0.1:1", "http://", "hunter2://x"] {
        let message = room.start(["list"]).env("HTTP_PROXY", proxy).run().fails_with(2);
        assert!(message.contains("HTTP_PROXY does not name a proxy") && !message.contains("hunter2"), "{message}");
    }
    // This machine does not meet it.
    let server = Scripted::<Service>::plain();
    room_at::<Service>(&server.address(), "").start(["list"]).env("HTTP_PROXY", "ftp://x").run().succeeds();
}

fn plain_http_to_another_machine_needs_allow_http<Service: Cloud>() {
    let message = room_at::<Service>("http://cloud.example", "").run(["list"]).fails_with(2);
    assert!(message.contains("set allow_http = true") && message.contains(" --> "), "{message}");
    // A proxy shows that the server is asked, without looking for its address.
    let proxy = proxy();
    far::<Service>().start(["list"]).env("HTTP_PROXY", proxy.address()).run().fails_with(4);
    assert!(!proxy.take().is_empty());
}

fn a_server_without_tls_is_recognized<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let room = room_at::<Service>(&server.address().replace("http://", "https://"), "retry_timeout = 1");
    let message = room.run(["list"]).fails_with(4);
    assert!(message.contains("write http://"), "{message}");
}

fn certificates_are_verified_with_the_issuers_of_the_environment<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let tls = Terminator::start(&server.address());
    let room = room_at::<Service>(&tls.address(), "retry_timeout = 1");
    room.write("ca.pem", tls.certificate());
    room.write("empty.pem", "");
    let message = room.run(["list"]).fails_with(4);
    assert!(message.contains("SSL_CERT_FILE"), "{message}");
    room.start(["list"]).env("SSL_CERT_FILE", "ca.pem").run().succeeds();
    let message = room.start(["list"]).env("SSL_CERT_FILE", "empty.pem").run().fails_with(2);
    assert!(message.contains("SSL_CERT_FILE"), "{message}");
}

fn without_tls_no_certificate_is_read<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let room = room_at::<Service>(&server.address(), "");
    room.start(["list"]).env("SSL_CERT_FILE", "missing.pem").run().succeeds();
}

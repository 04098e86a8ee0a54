//! TLS with test certificates. A proxy observes whether a connection is encrypted.

use crate::certificates::Issuer;
use crate::engine::{BOTH, Engine, Server, room};
use crate::proxy::Proxy;
use crate::services::mariadb;
use crate::support::stored;

crate::cases![
    "tls" on BOTH =>
    each_mode_encrypts_and_checks_as_it_says,
    a_server_without_tls_is_refused_where_it_is_asked_for,
];

/// A server with a certificate for `localhost`, and its issuer.
fn encrypted(engine: Engine) -> (Server, Issuer) {
    let issuer = Issuer::new("issuer");
    let (certificate, key) = issuer.issue("localhost");
    let read = |path| std::fs::read_to_string(path).unwrap();
    let mut server = engine.start(&[]);
    let certificate = server.keep("server.crt", &read(certificate)).display().to_string();
    let key = server.keep("server.key", &read(key)).display().to_string();
    let ca = server.keep("issuer.crt", &read(issuer.certificate())).display().to_string();
    server.restart_with(&match engine {
        Engine::Postgresql => [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={certificate}"),
            format!("ssl_key_file={key}"),
            format!("ssl_ca_file={ca}"),
        ],
        // MySQL has no setting `on`: TLS is on by default, and the version list is the default too.
        Engine::Mariadb => [
            (if mariadb::is_mysql() { "--tls-version=TLSv1.2,TLSv1.3" } else { "--ssl=on" }).to_owned(),
            format!("--ssl-cert={certificate}"),
            format!("--ssl-key={key}"),
            format!("--ssl-ca={ca}"),
        ],
    });
    (server, issuer)
}

/// The outcome of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Plain,
    Encrypted,
    /// Refused, for this reason.
    Refused(&'static str),
}

/// Lists through a recording proxy, and returns the outcome.
fn assert_comes(server: &Server, host: &str, parameters: &str, expected: Came) {
    let proxy = Proxy::before(server.port());
    let url = server.url(parameters).replacen("127.0.0.1", host, 1);
    let url = url.replacen(&format!(":{}/", server.port()), &format!(":{}/", proxy.port), 1);
    let room = room(&url, "");
    let outcome = room.run(["list"]);
    let is_plain = proxy.has_heard("validation_results");
    match expected {
        Came::Plain | Came::Encrypted => {
            outcome.succeeds();
            assert_eq!(is_plain, expected == Came::Plain, "{parameters}");
        }
        Came::Refused(reason) => {
            let said = outcome.fails_with(4);
            assert!(said.contains(reason) && !is_plain, "{parameters}: {said}");
            assert!(said.contains("hint: check `ssl"), "{parameters}: {said}");
        }
    }
}

fn each_mode_encrypts_and_checks_as_it_says(engine: Engine) {
    let (server, issuer) = encrypted(engine);
    let (ca, stranger) = (issuer.certificate().display().to_string(), Issuer::new("stranger"));
    let stranger = stranger.certificate().display().to_string();
    let modes: &[(&str, &str, Came)] = match engine {
        Engine::Postgresql => &[
            ("127.0.0.1", "sslmode=disable", Came::Plain),
            ("127.0.0.1", "sslmode=allow", Came::Plain),
            ("127.0.0.1", "sslmode=prefer", Came::Encrypted),
            ("127.0.0.1", "", Came::Encrypted),
            ("127.0.0.1", "sslmode=require", Came::Encrypted),
            ("127.0.0.1", "sslmode=require&sslrootcert=CA", Came::Encrypted),
            ("127.0.0.1", "sslmode=require&sslrootcert=STRANGER", Came::Refused("UnknownIssuer")),
            ("127.0.0.1", "sslmode=verify-ca&sslrootcert=CA", Came::Encrypted),
            ("127.0.0.1", "sslmode=verify-ca&sslrootcert=STRANGER", Came::Refused("UnknownIssuer")),
            ("127.0.0.1", "sslmode=verify-ca", Came::Refused("")),
            ("localhost", "sslmode=verify-full&sslrootcert=CA", Came::Encrypted),
            ("127.0.0.1", "sslmode=verify-full&sslrootcert=CA", Came::Refused("not valid for name")),
            ("localhost", "sslmode=verify-full&sslrootcert=STRANGER", Came::Refused("UnknownIssuer")),
            (
                "localhost",
                "sslmode=verify-full&sslrootcert=/no/such/file",
                Came::Refused("/no/such/file cannot be used"),
            ),
            ("localhost", "sslmode=verify-full", Came::Refused("")),
        ],
        Engine::Mariadb => &[
            ("127.0.0.1", "ssl_mode=DISABLED", Came::Plain),
            ("127.0.0.1", "ssl_mode=PREFERRED", Came::Encrypted),
            ("127.0.0.1", "", Came::Encrypted),
            ("127.0.0.1", "ssl_mode=REQUIRED", Came::Encrypted),
            ("127.0.0.1", "ssl_mode=VERIFY_CA&ssl_ca=CA", Came::Encrypted),
            ("127.0.0.1", "ssl_ca=CA&ssl_check_hostname=false", Came::Encrypted),
            ("127.0.0.1", "ssl_mode=VERIFY_CA&ssl_ca=STRANGER", Came::Refused("UnknownIssuer")),
            ("localhost", "ssl_mode=VERIFY_IDENTITY&ssl_ca=CA", Came::Encrypted),
            ("localhost", "ssl_ca=CA", Came::Encrypted),
            ("127.0.0.1", "ssl_ca=CA", Came::Refused("not valid for name")),
            ("localhost", "ssl_ca=STRANGER", Came::Refused("UnknownIssuer")),
            ("localhost", "ssl_mode=VERIFY_IDENTITY", Came::Refused("UnknownIssuer")),
        ],
    };
    for (host, parameters, expected) in modes {
        let parameters = parameters.replace("CA", &ca).replace(&format!("VERIFY_{ca}"), "VERIFY_CA");
        assert_comes(&server, host, &parameters.replace("STRANGER", &stranger), *expected);
    }
}

fn a_server_without_tls_is_refused_where_it_is_asked_for(engine: Engine) {
    let server = engine.start(if engine == Engine::Mariadb { mariadb::without_tls() } else { &[] });
    let issuer = Issuer::new("issuer");
    let ca = issuer.certificate().display().to_string();
    let (free, strict): (&[&str], &[&str]) = match engine {
        Engine::Postgresql => (
            &["sslmode=disable", "sslmode=allow", "sslmode=prefer", ""],
            &["sslmode=require", "sslmode=verify-ca&sslrootcert=CA", "sslmode=verify-full&sslrootcert=CA"],
        ),
        Engine::Mariadb => (
            &["ssl_mode=DISABLED", "ssl_mode=PREFERRED", ""],
            &["ssl_mode=REQUIRED", "ssl_mode=VERIFY_CA", "ssl_ca=CA", "ssl_verify_cert=true"],
        ),
    };
    for parameters in free {
        assert_comes(&server, "127.0.0.1", parameters, Came::Plain);
    }
    for parameters in strict {
        let parameters = parameters.replace("=CA", &format!("={ca}"));
        assert_comes(&server, "127.0.0.1", &parameters, Came::Refused(""));
    }
}

mod of_postgresql {
    use super::*;

    crate::cases![
        "tls" on &[Engine::Postgresql] =>
        where_the_server_takes_nobody_in_clear_allow_and_prefer_encrypt,
        where_the_server_takes_nobody_encrypted_prefer_does_without,
        a_certificate_signs_in,
    ];

    fn where_the_server_takes_nobody_in_clear_allow_and_prefer_encrypt(engine: Engine) {
        let (server, _issuer) = encrypted(engine);
        server.admit("hostssl all all 127.0.0.1/32 scram-sha-256\n");
        for mode in ["allow", "prefer", "require"] {
            assert_comes(&server, "127.0.0.1", &format!("sslmode={mode}"), Came::Encrypted);
        }
        let room = room(&server.url("sslmode=disable"), "");
        let said = room.run(["list"]).fails_with(8);
        assert!(said.contains("no encryption"), "{said}");
    }

    fn where_the_server_takes_nobody_encrypted_prefer_does_without(engine: Engine) {
        let (server, _issuer) = encrypted(engine);
        server.admit("hostnossl all all 127.0.0.1/32 scram-sha-256\n");
        assert_comes(&server, "127.0.0.1", "sslmode=prefer", Came::Plain);
        room(&server.url("sslmode=require"), "").run(["list"]).fails_with(8);
    }

    fn a_certificate_signs_in(engine: Engine) {
        let (server, issuer) = encrypted(engine);
        server.admit("hostssl all tester 127.0.0.1/32 cert\n");
        let (certificate, key) = issuer.issue("tester");
        let parameters = format!("sslmode=require&sslcert={}&sslkey={}", certificate.display(), key.display());
        let room = room(&server.url(&parameters), "");
        room.save(&stored("run-1"));
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
        crate::engine::configure(&room, &server.url("sslmode=require"), "");
        room.run(["list"]).fails_with(8);
    }
}

mod of_mariadb {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    crate::cases![
        "tls" on &[Engine::Mariadb] =>
        a_certificate_signs_in,
        a_public_key_that_is_none_ends_with_an_error_and_not_with_a_crash,
    ];

    fn a_certificate_signs_in(engine: Engine) {
        let (server, issuer) = encrypted(engine);
        server.execute("ALTER USER 'tester'@'%' REQUIRE X509");
        let (certificate, key) = issuer.issue("tester");
        let parameters = format!("ssl_cert={}&ssl_key={}", certificate.display(), key.display());
        let room = room(&server.url(&parameters), "");
        room.save(&stored("run-1"));
        crate::engine::configure(&room, &server.url("ssl_mode=REQUIRED"), "");
        room.run(["list"]).fails_with(8);
    }

    fn a_public_key_that_is_none_ends_with_an_error_and_not_with_a_crash(_: Engine) {
        // The packets of a MySQL 9 server that uses `caching_sha2_password` without TLS: the greeting, the request for
        // the full password, and the key at which the library panics.
        let packets: [&[u8]; 3] = [
            b"\x0a9.7.4\0\x01\0\0\0SCRAMBLE\0\x09\x82\x2d\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0SCRAMBLE4321\0\
              caching_sha2_password\0",
            b"\x01\x04",
            b"\x01no key",
        ];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let room = room(&format!("mysql://u:secret@{}/d?ssl_mode=DISABLED", listener.local_addr().unwrap()), "");
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            for (packet, number) in packets.iter().zip([0, 2, 4]) {
                let header = [u8::try_from(packet.len()).unwrap(), 0, 0, number];
                client.write_all(&[&header[..], packet].concat()).unwrap();
                let _ = client.read(&mut [0; 4_096]);
            }
        });
        let said = room.run(["list"]).fails_with(1);
        server.join().unwrap();
        assert!(said.contains("error: this is a bug: ") && said.contains("hint: please report"), "{said}");
        assert!(!said.contains("secret") && !said.contains("thread 'main'"), "{said}");
    }
}

pub(crate) use self::of_mariadb::CASES as CASES_OF_MARIADB;
pub(crate) use self::of_postgresql::CASES as CASES_OF_POSTGRESQL;

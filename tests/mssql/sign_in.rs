//! Signing in, and redirection.

use crate::rooms::{Rooms as _, room};
use crate::server::{PASSWORD, Reply, Request, Server};
use crate::support::stored;

#[test]
fn the_user_signs_in_to_the_database_under_our_name() {
    let server = Server::start();
    server.room().save(&stored("a"));
    let requests = server.requests();
    let Some(Request::SignIn(user, application, database)) = requests.first() else { panic!("{requests:?}") };
    assert_eq!((user.as_str(), application.as_str(), database.as_str()), ("me", "truthound-store", "results"));
}

#[test]
fn a_wrong_password_is_denied_and_not_tried_again() {
    let server = Server::with(|options| options.password = "another".to_owned());
    let room = server.room();
    let told = room.start(["save", "-"]).input(stored("a").text()).run().fails_with(8);
    assert!(told.contains("Login failed for user 'me'") && told.contains("hint: check the user"), "{told}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_database_that_is_not_there_cannot_be_reached() {
    let server = Server::with(|options| options.database = "another".to_owned());
    let room = server.room();
    let told = room.run(["list"]).fails_with(4);
    assert!(told.contains("Cannot open database") && told.contains("hint: check the database"), "{told}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let server = Server::start();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let room = room(&format!("mssql://me:p@localhost:{port}/results"), &server.issuer, "");
    let told = room.run(["list"]).fails_with(4);
    assert!(told.contains(&format!("localhost:{port} does not answer")), "{told}");
}

#[test]
fn a_server_that_says_nothing_is_left() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mssql://me:p@localhost:{}/results?connect_timeout=1", silent.local_addr().unwrap().port());
    let told = room(&url, "", "").run(["list"]).fails_with(4);
    assert!(told.contains("within 1 s"), "{told}");
}

#[test]
fn what_answers_and_is_no_sql_server_is_told() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in other.incoming().map_while(Result::ok) {
            let _ = std::io::Write::write_all(&mut &client, b"SSH-2.0-OpenSSH_9.6\r\n");
        }
    });
    let told = room(&format!("mssql://me:p@localhost:{port}/results"), "", "").run(["list"]).fails_with(4);
    assert!(told.contains("the server is not a SQL Server"), "{told}");
}

#[test]
fn a_whole_connection_string_of_odbc_is_the_same() {
    let server = Server::start();
    let connection = format!(
        "Driver%3D%7BODBC+Driver+18+for+SQL+Server%7D%3BServer%3Dtcp%3Alocalhost%2C{}%3BDatabase%3Dresults%3BUid%3Dme%3B\
         Pwd%3D%7Bhunter2+%7B%40%3A%3B%7D%7D%7D%3BEncrypt%3Dyes%3BTrustServerCertificate%3Dno%3BConnection+Timeout%3D30%3B",
        server.port
    );
    let url = format!("mssql+pyodbc:///?odbc_connect={connection}&sslrootcert=ca.pem");
    let room = room(&url, &server.issuer, "");
    room.save(&stored("a"));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
}

#[test]
fn the_way_to_another_server_is_followed() {
    let behind = Server::start();
    let port = behind.port;
    let gateway = Server::with(|options| options.route = Some(("localhost".to_owned(), port)));
    // Both have trusted certificates.
    let room = gateway.room();
    room.write("ca.pem", format!("{}{}", gateway.issuer, behind.issuer));
    room.save(&stored("a"));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\n");
    assert_eq!((gateway.batches("").len(), behind.batches("UPDATE").len()), (0, 2));
}

#[test]
fn a_server_behind_another_needs_a_certificate_of_its_own() {
    let behind = Server::start();
    let port = behind.port;
    let gateway = Server::with(|options| options.route = Some(("localhost".to_owned(), port)));
    let told = gateway.room().run(["list"]).fails_with(4);
    assert!(told.contains(&format!("localhost:{port} is not trusted")), "{told}");
    assert!(behind.requests().is_empty());
}

#[test]
fn servers_that_send_us_in_a_circle_are_left() {
    // The port is known only once the server runs; the loop goes through a gateway that redirects to itself.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server::at(port, |options| options.route = Some(("localhost".to_owned(), port)));
    let told = server.room().run(["list"]).fails_with(4);
    assert!(told.contains("redirects, beginning at"), "{told}");
    assert_eq!(server.connections(), 4);
}

#[test]
fn no_output_ever_holds_the_password() {
    let server = Server::scripted(|request| match request {
        Request::Batch(..) => Reply::Error(50_000, 16, "refused"),
        Request::SignIn(..) => Reply::Go,
    });
    let room = server.room_with("&sslrootcert=ca.pem", "echo = true");
    for arguments in [
        &["list"][..],
        &["list", "-f", "json"],
        &["pool-status"],
        &["pool-status", "-f", "json"],
        &["profiles"],
        &["get", "a", "-vv"],
    ] {
        let shown = room.run(arguments).to_string();
        assert!(!shown.contains(PASSWORD) && !shown.contains("hunter2"), "{shown}");
    }
}

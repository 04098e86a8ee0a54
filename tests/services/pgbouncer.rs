//! PgBouncer for the tests, from Debian's package, before the PostgreSQL server that all tests share.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::postgres;
use super::process::{Process, as_user, directory, free_port, is_root, own};

const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// Whether PgBouncer and its server are installed.
pub(crate) fn is_available() -> bool {
    Path::new(PROGRAM).exists() && postgres::is_available()
}

/// A running PgBouncer.
pub(crate) struct Pooler {
    port: u16,
    directory: PathBuf,
    _process: Process,
}

impl Pooler {
    /// Starts a PgBouncer that shares two connections to the server: by `session`, `transaction` or `statement`.
    pub(crate) fn start(mode: &str) -> Self {
        let owner = is_root().then_some("postgres");
        let directory = directory("truthound-pgbouncer", owner);
        let port = free_port();
        let (user, password, server) = (postgres::USER, postgres::PASSWORD, postgres::shared().port);
        let users = directory.join("users");
        std::fs::write(&users, format!("\"{user}\" \"{password}\"\n")).unwrap();
        let settings = directory.join("settings.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={user} password='{password}'\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n\
             auth_file = {}\npool_mode = {mode}\ndefault_pool_size = 2\n",
            users.display()
        );
        std::fs::write(&settings, text).unwrap();
        own(&users, owner);
        own(&settings, owner);
        let command = as_user(owner, Path::new(PROGRAM), &[&settings.display().to_string()]);
        let process = Process::start(&directory, "INT", &command);
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(30), "PgBouncer does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, directory, _process: process }
    }

    /// Creates an empty database. Returns its URL through PgBouncer.
    pub(crate) fn make_database(&self, name: &str) -> String {
        postgres::shared().execute(&format!("CREATE DATABASE {name}"));
        self.url(name, "s%40cret%3A%2F%3F")
    }

    /// The URL of a database, with a password.
    pub(crate) fn url(&self, name: &str, password: &str) -> String {
        format!("postgresql://{}:{password}@127.0.0.1:{}/{name}?sslmode=disable", postgres::USER, self.port)
    }

    /// What PgBouncer has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

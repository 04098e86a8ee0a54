//! A MariaDB server for the tests, from Debian's package, started when the first test needs it and stopped with the
//! process.
//!
//! If `TRUTHOUND_STORE_TEST_MYSQLD` names the program of a MySQL server, this server replaces MariaDB in every test;
//! the tests keep their names. `tests/mysql` fetches one.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};

use super::process::{Process, as_user, block_on, directory, free_port, is_root, own, run};
use super::{Stored, bytes_of_hex};

/// The user and the password of the tests.
pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "s@cret:/?";
const PASSWORD_IN_URL: &str = "s%40cret%3A%2F%3F";

const SERVER: &str = "/usr/sbin/mariadbd";
const INSTALL: &str = "/usr/bin/mariadb-install-db";

/// Returns the program of the MySQL server that replaces MariaDB, if there is one.
fn mysqld() -> Option<PathBuf> {
    std::env::var_os("TRUTHOUND_STORE_TEST_MYSQLD").map(PathBuf::from)
}

/// Whether the server is MySQL.
pub(crate) fn is_mysql() -> bool {
    mysqld().is_some()
}

/// Whether the server is installed.
pub(crate) fn is_available() -> bool {
    is_mysql() || Path::new(SERVER).exists() && Path::new(INSTALL).exists()
}

/// The user that the server runs as if the tests run as root. MySQL is in a directory that other users may not be able
/// to read, so it runs as root.
fn owner() -> Option<&'static str> {
    (is_root() && !is_mysql()).then_some("mysql")
}

/// The option that disables encryption.
pub(crate) fn without_tls() -> &'static [&'static str] {
    // MariaDB encrypts if it has a certificate. MySQL creates a certificate itself.
    if is_mysql() { &["--tls-version="] } else { &[] }
}

/// The option for temporary files. Each server has its own directory, because a server removes the files of others in
/// it when it starts.
fn temporary_files_in(directory: &Path) -> String {
    format!("--tmpdir={}", directory.display())
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) directory: PathBuf,
    settings: Vec<String>,
    process: Option<Process>,
}

impl Server {
    /// Starts a new server with options, each as `--name=value`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let directory = directory("truthound-mariadb", owner());
        let data = format!("--datadir={}", directory.join("data").display());
        let temporary = temporary_files_in(&directory);
        run(&match mysqld() {
            None => {
                let method = "--auth-root-authentication-method=normal";
                let arguments = ["--no-defaults", &data, &temporary, method, "--skip-test-db"];
                as_user(owner(), Path::new(INSTALL), &arguments)
            }
            Some(program) => {
                as_user(owner(), &program, &["--no-defaults", &data, "--user=root", "--initialize-insecure"])
            }
        });
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { port: free_port(), directory, settings, process: None };
        server.keep(
            "first.sql",
            &format!(
                "CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
                 GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;
                 CREATE DATABASE IF NOT EXISTS results;"
            ),
        );
        server.resume();
        server
    }

    /// The URL of the database that every server has, with more parameters.
    pub(crate) fn url(&self, parameters: &str) -> String {
        self.url_of("results", parameters)
    }

    /// The URL of a database, with more parameters.
    pub(crate) fn url_of(&self, database: &str, parameters: &str) -> String {
        format!("mysql+pymysql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}?{parameters}", self.port)
    }

    /// Creates an empty database. Returns the URL of a store in it.
    pub(crate) fn make_database(&self, name: &str) -> String {
        self.execute(&format!("CREATE DATABASE `{name}`"));
        self.url_of(name, "connect_timeout=60")
    }

    /// Stops the server with a signal: `TERM` as an administrator would, `KILL` as in a crash.
    pub(crate) fn end(&mut self, signal: &str) {
        self.process.take().expect("it runs").end(signal);
    }

    /// Restarts the server with these settings.
    pub(crate) fn restart_with(&mut self, settings: &[String]) {
        self.end("TERM");
        self.settings = settings.to_vec();
        self.resume();
    }

    /// Starts the same server again, on the same port.
    pub(crate) fn resume(&mut self) {
        let path = |name: &str| self.directory.join(name).display().to_string();
        let mut arguments = vec![
            "--no-defaults".to_owned(),
            format!("--datadir={}", path("data")),
            temporary_files_in(&self.directory),
            format!("--socket={}", path("socket")),
            format!("--pid-file={}", path("pid")),
            format!("--init-file={}", path("first.sql")),
            format!("--port={}", self.port),
        ];
        arguments.extend(
            ["--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M"]
                .map(str::to_owned),
        );
        let of_its_kind: &[&str] = if is_mysql() {
            // Without root, MySQL only warns that `--user` has no effect. The X protocol would need another port.
            &["--user=root", "--mysqlx=OFF", "--skip-log-bin"]
        } else {
            // As configured by Debian.
            &["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]
        };
        arguments.extend(of_its_kind.iter().map(|argument| (*argument).to_owned()));
        arguments.extend(self.settings.iter().cloned());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let program = mysqld().unwrap_or_else(|| PathBuf::from(SERVER));
        self.process = Some(Process::start(&self.directory, "TERM", &as_user(owner(), &program, &arguments)));
        let started = Instant::now();
        while block_on(connect(self.port)).is_err() {
            let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a statement as the administrator.
    pub(crate) fn execute(&self, statement: &str) {
        block_on(async { connect(self.port).await.unwrap().query_drop(statement).await.unwrap() });
    }

    /// Returns the first column of a query.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        block_on(async {
            let rows: Vec<mysql_async::Row> = connect(self.port).await.unwrap().query(query).await.unwrap();
            rows.into_iter().map(|mut row| row.take(0).unwrap()).collect()
        })
    }

    /// Writes a file that the server can read.
    pub(crate) fn keep(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::write(&path, text).unwrap();
        own(&path, owner());
        path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let is_running = self.process.take().is_some();
        if !is_running {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// Connects as the administrator.
pub(crate) async fn connect(port: u16) -> Result<Conn, mysql_async::Error> {
    let options = OptsBuilder::default().ip_or_hostname("127.0.0.1").tcp_port(port).prefer_socket(false);
    Conn::new(options.user(Some(USER)).pass(Some(PASSWORD)).db_name(Some("results"))).await
}

/// The server that all tests of this process share.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["--max-connections=400", "--max-allowed-packet=256M"]))
}

/// Creates an empty database in the shared server. Returns the URL of a store in it.
pub(crate) fn make_database(name: &str) -> String {
    shared().make_database(name)
}

/// The URL of a store in a database of the shared server.
pub(crate) fn database_url(name: &str) -> String {
    shared().url_of(name, "connect_timeout=60")
}

/// Returns all values of all columns of all tables in a database.
pub(crate) fn stored(database: &str) -> Vec<Stored> {
    let columns = shared().ask(&format!(
        "SELECT CONCAT('`', table_name, '`.`', column_name, '`') FROM information_schema.columns \
         WHERE table_schema = '{database}'"
    ));
    let values = columns.into_iter().flat_map(|column| {
        let (table, _) = column.split_once('.').unwrap();
        let query = format!("SELECT COALESCE(HEX({column}), '') FROM `{database}`.{table}");
        let values = shared().ask(&query);
        values.into_iter().map(move |value| (column.clone(), bytes_of_hex(&value)))
    });
    values.collect()
}

/// Creates the table as truthound's Python does.
pub(crate) fn make_table_of_python(database: &str) {
    shared().execute(&format!("USE `{database}`; {TABLE_OF_PYTHON}"));
}

/// The statements that SQLAlchemy 2.1 sends for truthound's `ValidationResultModel`
/// (`truthound/stores/backends/database.py`).
pub(crate) const TABLE_OF_PYTHON: &str = "
    CREATE TABLE validation_results (
        id INTEGER NOT NULL AUTO_INCREMENT,
        run_id VARCHAR(255) NOT NULL,
        data_asset VARCHAR(500) NOT NULL,
        run_time DATETIME NOT NULL,
        status VARCHAR(50) NOT NULL,
        namespace VARCHAR(255) NOT NULL,
        tags_json TEXT,
        data_json TEXT NOT NULL,
        created_at DATETIME,
        updated_at DATETIME,
        PRIMARY KEY (id)
    );
    CREATE INDEX ix_namespace_data_asset ON validation_results (namespace, data_asset);
    CREATE INDEX ix_namespace_run_time ON validation_results (namespace, run_time);
    CREATE INDEX ix_validation_results_data_asset ON validation_results (data_asset);
    CREATE INDEX ix_validation_results_namespace ON validation_results (namespace);
    CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);
    CREATE INDEX ix_validation_results_run_time ON validation_results (run_time);
    CREATE INDEX ix_validation_results_status ON validation_results (status);
";

//! A PostgreSQL server for the tests, from Debian's package, started when the first test needs it and stopped with the
//! process.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;

use super::Stored;
use super::process::{Process, as_user, block_on, directory, free_port, is_root, own, run};

/// The user and the password of the tests.
pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "s@cret:/?";
const PASSWORD_IN_URL: &str = "s%40cret%3A%2F%3F";

/// Whether the server is installed.
pub(crate) fn is_available() -> bool {
    programs().is_some()
}

/// Returns the directory of the newest version's programs in Debian.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("postgres").exists());
    found.max_by_key(|bin| {
        bin.components().rev().nth(1).and_then(|version| version.as_os_str().to_str()?.parse::<u32>().ok())
    })
}

/// The user that the server runs as if the tests run as root.
fn owner() -> Option<&'static str> {
    is_root().then_some("postgres")
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) directory: PathBuf,
    settings: Vec<String>,
    process: Option<Process>,
}

impl Server {
    /// Starts a new server with settings of `postgresql.conf`, each as `name=value`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let directory = directory("truthound-postgres", owner());
        let data = directory.join("data");
        let password = directory.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let programs = programs().expect("ignored without a server");
        let (data_text, password_text) = (data.display().to_string(), format!("--pwfile={}", password.display()));
        // A locale that does not order text by bytes, to show that nothing depends on the order.
        let arguments = [
            "--pgdata",
            &data_text,
            "--username",
            USER,
            &password_text,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
            "--no-sync",
        ];
        run(&as_user(owner(), &programs.join("initdb"), &arguments));
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { port: free_port(), directory, settings, process: None };
        server.resume();
        server
    }

    /// The URL of the database that every server has, with more parameters.
    pub(crate) fn url(&self, parameters: &str) -> String {
        url(self.port, parameters)
    }

    /// Creates an empty schema. Returns the URL of a store in it.
    pub(crate) fn make_schema(&self, name: &str) -> String {
        self.execute(&format!("CREATE SCHEMA \"{name}\""));
        self.schema_url(name)
    }

    /// The URL of a store in a schema.
    fn schema_url(&self, name: &str) -> String {
        self.url(&format!("sslmode=disable&connect_timeout=60&options=-csearch_path%3D{name}"))
    }

    /// Stops the server with a signal: `INT` as an administrator would, `QUIT` as in a crash.
    pub(crate) fn end(&mut self, signal: &str) {
        self.process.take().expect("it runs").end(signal);
    }

    /// Restarts the server with these settings.
    pub(crate) fn restart_with(&mut self, settings: &[String]) {
        self.end("INT");
        self.settings = settings.to_vec();
        self.resume();
    }

    /// Starts the same server again, on the same port.
    pub(crate) fn resume(&mut self) {
        let data = self.directory.join("data").display().to_string();
        let sockets = format!("unix_socket_directories={}", self.directory.display());
        let port = format!("port={}", self.port);
        let mut arguments = vec!["-D", &data];
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", &sockets, &port] {
            arguments.extend(["-c", setting]);
        }
        for setting in &self.settings {
            arguments.extend(["-c", setting]);
        }
        let program = programs().expect("ignored without a server").join("postgres");
        self.process = Some(Process::start(&self.directory, "INT", &as_user(owner(), &program, &arguments)));
        let started = Instant::now();
        while block_on(connect(self.port)).is_err() {
            let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs statements as the administrator.
    pub(crate) fn execute(&self, statements: &str) {
        execute_on(self.port, statements);
    }

    /// Returns the first column of a query.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        ask_on(self.port, query)
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

fn url(port: u16, parameters: &str) -> String {
    format!("postgresql+psycopg2://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/postgres?{parameters}")
}

/// Connects as the administrator.
pub(crate) async fn connect(port: u16) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(port).user(USER).password(PASSWORD).dbname("postgres").ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn execute_on(port: u16, statements: &str) {
    block_on(async { connect(port).await.unwrap().batch_execute(statements).await.unwrap() });
}

fn ask_on(port: u16, query: &str) -> Vec<String> {
    let messages = block_on(async { connect(port).await.unwrap().simple_query(query).await.unwrap() });
    let rows = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    });
    rows.collect()
}

/// The server that all tests of this process share.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["max_connections=200"]))
}

/// Creates an empty schema in the shared server. Returns the URL of a store in it.
pub(crate) fn make_schema(name: &str) -> String {
    shared().make_schema(name)
}

/// The URL of a store in a schema of the shared server.
pub(crate) fn schema_url(name: &str) -> String {
    shared().schema_url(name)
}

/// Returns all rows of all tables in a schema, as texts.
pub(crate) fn stored(schema: &str) -> Vec<Stored> {
    let tables = shared().ask(&format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"));
    let rows = tables.into_iter().flat_map(|table| {
        let rows = shared().ask(&format!("SELECT rows::text FROM \"{schema}\".\"{table}\" AS rows"));
        rows.into_iter().map(move |row| (table.clone(), row.into_bytes()))
    });
    rows.collect()
}

/// Creates the table as truthound's Python does.
pub(crate) fn make_table_of_python(schema: &str) {
    shared().execute(&format!("SET search_path = \"{schema}\"; {TABLE_OF_PYTHON}"));
}

/// The statements that SQLAlchemy 2.1 sends for truthound's `ValidationResultModel`
/// (`truthound/stores/backends/database.py`).
pub(crate) const TABLE_OF_PYTHON: &str = "
    CREATE TABLE validation_results (
        id SERIAL NOT NULL,
        run_id VARCHAR(255) NOT NULL,
        data_asset VARCHAR(500) NOT NULL,
        run_time TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        status VARCHAR(50) NOT NULL,
        namespace VARCHAR(255) NOT NULL,
        tags_json TEXT,
        data_json TEXT NOT NULL,
        created_at TIMESTAMP WITHOUT TIME ZONE,
        updated_at TIMESTAMP WITHOUT TIME ZONE,
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

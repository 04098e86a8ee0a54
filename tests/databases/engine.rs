//! PostgreSQL and MariaDB behind one interface.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use mysql_async::prelude::Queryable as _;
use tokio_postgres::SimpleQueryMessage;
use truthound_store::result::{Document, Entry, RunId, Status};
use truthound_store::secret::Secret;
use truthound_store::store::contract::{Notices, ResultStore, StoreContext};
use truthound_store::store::sql::{DatabaseOptions, open};

use crate::services::process::block_on;
use crate::services::{mariadb, postgres};
use crate::support::Room;

/// A database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgresql,
    Mariadb,
}

/// Both engines.
pub(crate) const BOTH: &[Engine] = &[Engine::Postgresql, Engine::Mariadb];

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Mariadb => "mariadb",
        }
    }

    pub(crate) fn is_available(self) -> bool {
        match self {
            Self::Postgresql => postgres::is_available(),
            Self::Mariadb => mariadb::is_available(),
        }
    }

    /// Starts a new server with its own settings.
    pub(crate) fn start(self, settings: &[&str]) -> Server {
        match self {
            Self::Postgresql => Server::Postgresql(postgres::Server::start(settings)),
            Self::Mariadb => Server::Mariadb(mariadb::Server::start(settings)),
        }
    }

    /// Creates an empty place in the server that all tests share.
    pub(crate) fn place(self) -> Place {
        match self {
            Self::Postgresql => place_in_postgresql(postgres::shared()),
            Self::Mariadb => place_in_mariadb(mariadb::shared()),
        }
    }

    /// Connects the test to the server at `port`, if it accepts another connection.
    pub(crate) async fn try_connect(self, port: u16) -> Option<Session> {
        match self {
            Self::Postgresql => postgres::connect(port).await.ok().map(Session::Postgresql),
            Self::Mariadb => mariadb::connect(port).await.ok().map(Session::Mariadb),
        }
    }

    /// Connects the test to the server at `port`.
    pub(crate) async fn connect(self, port: u16) -> Session {
        self.try_connect(port).await.expect("the server takes a connection")
    }
}

/// A connection of the test.
pub(crate) enum Session {
    Postgresql(tokio_postgres::Client),
    Mariadb(mysql_async::Conn),
}

impl Session {
    /// Returns the rows of statements as text.
    pub(crate) async fn run(&mut self, statements: &str) -> Vec<Vec<String>> {
        match self {
            Self::Postgresql(client) => {
                let messages =
                    client.simple_query(statements).await.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
                let rows = messages.into_iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect())
                    }
                    _ => None,
                });
                rows.collect()
            }
            Self::Mariadb(connection) => {
                let rows: Vec<mysql_async::Row> =
                    connection.query(statements).await.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
                let text = |value| mysql_async::from_value::<Option<String>>(value).unwrap_or_default();
                rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
            }
        }
    }
}

/// Closes connections of the test, in order.
pub(crate) async fn end_all(sessions: Vec<Session>) {
    for session in sessions {
        match session {
            Session::Postgresql(client) => drop(client),
            Session::Mariadb(connection) => connection.disconnect().await.unwrap(),
        }
    }
    // PostgreSQL's client sends its last message in a background task.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

/// A server of one test.
pub(crate) enum Server {
    Postgresql(postgres::Server),
    Mariadb(mariadb::Server),
}

impl Server {
    /// Creates an empty place in this server.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Postgresql(server) => place_in_postgresql(server),
            Self::Mariadb(server) => place_in_mariadb(server),
        }
    }

    /// Returns the directory of its files, with its `log`.
    pub(crate) fn directory(&self) -> &Path {
        match self {
            Self::Postgresql(server) => &server.directory,
            Self::Mariadb(server) => &server.directory,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Postgresql(server) => server.port,
            Self::Mariadb(server) => server.port,
        }
    }

    pub(crate) fn url(&self, parameters: &str) -> String {
        match self {
            Self::Postgresql(server) => server.url(parameters),
            Self::Mariadb(server) => server.url(parameters),
        }
    }

    /// Kills the server, as in a crash.
    pub(crate) fn crash(&mut self) {
        match self {
            Self::Postgresql(server) => server.end("QUIT"),
            Self::Mariadb(server) => server.end("KILL"),
        }
    }

    /// Starts the server again.
    pub(crate) fn resume(&mut self) {
        match self {
            Self::Postgresql(server) => server.resume(),
            Self::Mariadb(server) => server.resume(),
        }
    }

    /// Restarts the server with these settings.
    pub(crate) fn restart_with(&mut self, settings: &[String]) {
        match self {
            Self::Postgresql(server) => server.restart_with(settings),
            Self::Mariadb(server) => server.restart_with(settings),
        }
    }

    /// Accepts only connections that match these lines of `pg_hba.conf`.
    pub(crate) fn admit(&self, lines: &str) {
        let Self::Postgresql(server) = self else { panic!("a file of PostgreSQL") };
        server.keep("data/pg_hba.conf", lines);
        server.execute("SELECT pg_reload_conf()");
        // It takes effect once the server has read it.
        std::thread::sleep(std::time::Duration::from_millis(500));
    }

    /// Runs a statement as the administrator.
    pub(crate) fn execute(&self, statement: &str) {
        match self {
            Self::Postgresql(server) => server.execute(statement),
            Self::Mariadb(server) => server.execute(statement),
        }
    }

    /// Returns a file that the server may read.
    pub(crate) fn keep(&self, name: &str, text: &str) -> PathBuf {
        match self {
            Self::Postgresql(server) => server.keep(name, text),
            Self::Mariadb(server) => server.keep(name, text),
        }
    }
}

/// An empty place in a server: a schema of PostgreSQL, a database of MariaDB.
pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) name: String,
    pub(crate) url: String,
    /// The port of the server.
    pub(crate) port: u16,
}

fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("place_{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn place_in_postgresql(server: &postgres::Server) -> Place {
    let name = new_name();
    let url = format!("{}&application_name={name}", server.make_schema(&name));
    Place { engine: Engine::Postgresql, name, url, port: server.port }
}

fn place_in_mariadb(server: &mariadb::Server) -> Place {
    let name = new_name();
    let url = server.make_database(&name);
    Place { engine: Engine::Mariadb, name, url, port: server.port }
}

impl Place {
    /// Runs statements in this place.
    pub(crate) fn run(&self, statements: &str) -> Vec<Vec<String>> {
        block_on(async {
            let mut session = self.session().await;
            let rows = session.run(statements).await;
            // A server ends a session some time after its client has gone. Until then, `sessions` must not count it.
            if self.engine == Engine::Mariadb {
                session.run("USE information_schema").await;
            }
            rows
        })
    }

    /// Connects the test to this place.
    pub(crate) async fn session(&self) -> Session {
        let mut session = self.engine.connect(self.port).await;
        match self.engine {
            Engine::Postgresql => session.run(&format!("SET search_path = {}", self.name)).await,
            Engine::Mariadb => session.run(&format!("USE {}", self.name)).await,
        };
        session
    }

    /// Returns the ids of the store's sessions in this place, as the server knows them.
    pub(crate) fn sessions(&self) -> Vec<String> {
        let query = match self.engine {
            Engine::Postgresql => {
                format!("SELECT pid FROM pg_stat_activity WHERE application_name = '{}' ORDER BY 1", self.name)
            }
            Engine::Mariadb => {
                format!(
                    "SELECT id FROM information_schema.processlist WHERE db = '{}' AND id <> CONNECTION_ID() ORDER BY 1",
                    self.name
                )
            }
        };
        let rows = block_on(async { self.engine.connect(self.port).await.run(&query).await });
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Terminates a session on the server.
    pub(crate) fn kill(&self, session: &str) {
        self.run(&match self.engine {
            Engine::Postgresql => format!("SELECT pg_terminate_backend({session})"),
            Engine::Mariadb => format!("KILL {session}"),
        });
        while self.sessions().contains(&session.to_owned()) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// Returns a room with a profile for the database at `url`, with more options.
pub(crate) fn room(url: &str, more: &str) -> Room {
    let room = Room::new();
    configure(&room, url, more);
    room
}

/// Points the profile of a room at the database at `url`, with more options.
pub(crate) fn configure(room: &Room, url: &str, more: &str) {
    let profile = format!("[profiles.default]\nbackend = \"database\"\nconnection_url = {url:?}\n{more}");
    room.write("truthound-store.toml", profile);
}

/// Opens a store in this process.
pub(crate) fn store(url: &str, pooling: &str) -> Box<dyn ResultStore> {
    let options = DatabaseOptions {
        connection_url: Secret::from(url),
        pooling: toml::from_str(pooling).unwrap(),
        ..DatabaseOptions::default()
    };
    open(&options, quiet()).unwrap()
}

pub(crate) fn quiet() -> StoreContext {
    StoreContext { profile: "test".to_owned(), state_directory: None, notices: Notices::new(|_| {}) }
}

pub(crate) fn id(run_id: &str) -> RunId {
    RunId::new(run_id).unwrap()
}

/// Returns a document of this many bytes.
pub(crate) fn document(run_id: &str, size: usize) -> Document {
    let start = format!("{{\"run_id\": \"{run_id}\", \"padding\": \"");
    let body = format!("{start}{}\"}}", "ü7".repeat(size.saturating_sub(start.len() + 2) / 3));
    Document {
        entry: Entry {
            run_id: id(run_id),
            run_time: "2026-03-01T00:00:00".parse().unwrap(),
            data_asset: "customers.csv".to_owned(),
            status: Status::Success,
            tags: [("env".to_owned(), "prod".to_owned())].into(),
            revision: None,
        },
        body: body.into(),
    }
}

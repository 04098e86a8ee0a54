//! A scripted SQL Server: the protocol as Microsoft documents it, over SQLite.
//!
//! It is not SQL Server. It accepts only the statements that are listed in `engine` and runs them on SQLite, with
//! collations that compare text as SQL Server does. It cannot show locks, plans, and whether SQL Server accepts the
//! statements; for the latter, an independent parser of T-SQL reads them in `tests/interop/`.

pub(crate) mod certificates;
mod engine;
mod session;
pub(crate) mod tds;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use self::certificates::{Authority, Tls};
use self::engine::Data;
use self::session::serve;
use self::tds::Cell;

/// The password of the user. No output may ever contain it.
pub(crate) const PASSWORD: &str = "hunter2 {@:;}";

/// A request of a client.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// A login: user, application, database.
    SignIn(String, String, String),
    /// A batch with its values.
    Batch(String, Vec<Cell>),
}

impl Request {
    /// Whether the request is a batch that contains `part`.
    pub(crate) fn is_batch(&self, part: &str) -> bool {
        matches!(self, Self::Batch(text, _) if text.contains(part))
    }
}

/// The server's reaction to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// Executes the request.
    Go,
    /// Returns an error, with its number, severity and message.
    Error(u32, u8, &'static str),
    /// Executes the request, but returns an error.
    ErrorAfter(u32, u8, &'static str),
    /// Does nothing, and returns a response without a result.
    Silence,
    /// Never answers, on an open connection.
    Hang,
    /// Answers with these bytes, so many times, in packets without an end.
    Bytes(&'static [u8], usize),
    /// Answers with these bytes again and again, each time in a packet and after a pause.
    Trickle(&'static [u8], Duration),
    /// Closes the connection instead.
    Drop,
    /// Executes the request, and closes the connection before the response.
    DropAfter,
}

type Script = dyn FnMut(&Request) -> Reply + Send;

/// The configuration of a server.
pub(crate) struct Options {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
    /// The TLS configuration; `None` for a server without encryption.
    pub(crate) tls: Option<Tls>,
    pub(crate) strict: bool,
    /// The server to which logins are redirected.
    pub(crate) route: Option<(String, u16)>,
    pub(crate) python_table: bool,
    /// Whether the database allows snapshots, which is the default on Azure.
    pub(crate) has_snapshots: bool,
    pub(crate) script: Mutex<Box<Script>>,
}

/// The state shared by the sessions of a server.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) data: Data,
    /// The bytes that clients have sent unencrypted after the greeting.
    pub(crate) leaked: Mutex<Vec<u8>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    _directory: TempDir,
}

impl Shared {
    /// Returns the reaction that the script chooses for a request.
    pub(crate) fn ask(&self, request: &Request) -> Reply {
        self.requests.lock().unwrap().push(request.clone());
        (self.options.script.lock().unwrap())(request)
    }
}

/// A server that runs until the process exits.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// The certificate of its issuer.
    pub(crate) issuer: String,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts a server that executes every request.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// Starts a server with the reactions that `script` chooses.
    pub(crate) fn scripted(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::with(|options| options.script = Mutex::new(Box::new(script)))
    }

    /// Starts a server with another configuration.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::at(0, change)
    }

    /// The same, on a given port.
    pub(crate) fn at(port: u16, change: impl FnOnce(&mut Options)) -> Self {
        let authority = Authority::new();
        let mut options = Options {
            user: "me".to_owned(),
            password: PASSWORD.to_owned(),
            database: "results".to_owned(),
            tls: Some(authority.server("localhost")),
            strict: false,
            route: None,
            python_table: false,
            has_snapshots: true,
            script: Mutex::new(Box::new(|_| Reply::Go)),
        };
        change(&mut options);
        let directory = tempfile::tempdir().unwrap();
        let shared = Arc::new(Shared {
            data: Data::new(directory.path().join("data"), options.python_table, options.has_snapshots),
            options,
            leaked: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            _directory: directory,
        });
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let sessions = Arc::clone(&shared);
        thread::spawn(move || {
            for tcp in listener.incoming().map_while(Result::ok) {
                tcp.set_nodelay(true).unwrap();
                sessions.connections.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&sessions);
                // The session ends when the client disconnects. A protocol violation by the client panics here, and the
                // test notices the missing response.
                thread::spawn(move || drop(serve(tcp, &shared)));
            }
        });
        Self { port, issuer: authority.pem, shared }
    }

    /// The URL of the database, with more parameters.
    pub(crate) fn url(&self, query: &str) -> String {
        let password = "hunter2%20%7B%40%3A%3B%7D";
        format!(
            "mssql+pyodbc://me:{password}@localhost:{}/results?driver=ODBC+Driver+18+for+SQL+Server{query}",
            self.port
        )
    }

    /// The file of the SQLite database with the data.
    pub(crate) fn data(&self) -> PathBuf {
        self.shared.data.path().to_owned()
    }

    /// Returns all requests.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns the batches that contain `part`.
    pub(crate) fn batches(&self, part: &str) -> Vec<(String, Vec<Cell>)> {
        let batch = |request| match request {
            Request::Batch(text, values) if text.contains(part) => Some((text, values)),
            _ => None,
        };
        self.requests().into_iter().filter_map(batch).collect()
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Returns the bytes that clients have sent unencrypted after the greeting.
    pub(crate) fn leaked(&self) -> Vec<u8> {
        self.shared.leaked.lock().unwrap().clone()
    }
}

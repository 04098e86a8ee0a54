//! A scripted SQL Server: the protocol as Microsoft documents it, over SQLite.
//!
//! It is not SQL Server. It takes only the statements that are written in `engine`, and runs them on SQLite, whose texts are
//! set to compare as those of SQL Server do. What it cannot show: locks, plans, and that SQL Server takes the statements;
//! `tests/interop/` has an independent parser of T-SQL read them.

pub(crate) mod certificates;
mod engine;
mod session;
pub(crate) mod tds;

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use self::certificates::{Authority, Tls};
use self::engine::Data;
use self::session::serve;
use self::tds::Cell;

/// The password of the user; no output may ever hold it.
pub(crate) const PASSWORD: &str = "hunter2 {@:;}";

/// What a client asks for.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// To be let in: user, application, database.
    SignIn(String, String, String),
    /// To run a batch with values.
    Batch(String, Vec<Cell>),
}

impl Request {
    /// Whether it is a batch that holds `part`.
    pub(crate) fn is_batch(&self, part: &str) -> bool {
        matches!(self, Self::Batch(text, _) if text.contains(part))
    }
}

/// What becomes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// It is done.
    Go,
    /// An error, with its number, severity and message.
    Error(u32, u8, &'static str),
    /// It is done, and all the same an error is the answer.
    ErrorAfter(u32, u8, &'static str),
    /// Nothing is done, and the answer has no result.
    Silence,
    /// The connection is closed instead.
    Drop,
    /// It is done, and the connection is closed before the answer.
    DropAfter,
}

type Script = dyn FnMut(&Request) -> Reply + Send;

/// How a server is set up.
pub(crate) struct Options {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
    /// How it encrypts; not at all without.
    pub(crate) tls: Option<Tls>,
    pub(crate) strict: bool,
    /// Where it sends on whoever signs in.
    pub(crate) route: Option<(String, u16)>,
    pub(crate) python_table: bool,
    /// Whether the database allows snapshots, as those of Azure do from the beginning.
    pub(crate) has_snapshots: bool,
    pub(crate) script: Mutex<Box<Script>>,
}

/// What the sessions of a server have in common.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) data: Data,
    /// What a client has sent unencrypted after the greeting.
    pub(crate) leaked: Mutex<Vec<u8>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    _directory: TempDir,
}

impl Shared {
    /// What becomes of a request, by the script.
    pub(crate) fn ask(&self, request: &Request) -> Reply {
        self.requests.lock().unwrap().push(request.clone());
        (self.options.script.lock().unwrap())(request)
    }
}

/// A running server, until the process ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// The certificate of who vouches for it.
    pub(crate) issuer: String,
    shared: Arc<Shared>,
}

impl Server {
    /// A server that does what it is asked.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// A server that answers as `script` says.
    pub(crate) fn scripted(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::with(|options| options.script = Mutex::new(Box::new(script)))
    }

    /// A server that is set up otherwise.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::at(0, change)
    }

    /// The same, on a port that is known before.
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
                // A client that goes ends its session; what it should not have done panics here, and shows in the answer.
                thread::spawn(move || drop(serve(tcp, &shared)));
            }
        });
        Self { port, issuer: authority.pem, shared }
    }

    /// The URL of the database, with a query to add to.
    pub(crate) fn url(&self, query: &str) -> String {
        let password = "hunter2%20%7B%40%3A%3B%7D";
        format!(
            "mssql+pyodbc://me:{password}@localhost:{}/results?driver=ODBC+Driver+18+for+SQL+Server{query}",
            self.port
        )
    }

    /// What was asked for.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The batches that hold `part`.
    pub(crate) fn batches(&self, part: &str) -> Vec<(String, Vec<Cell>)> {
        let batch = |request| match request {
            Request::Batch(text, values) if text.contains(part) => Some((text, values)),
            _ => None,
        };
        self.requests().into_iter().filter_map(batch).collect()
    }

    /// How often somebody has connected.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// What was sent unencrypted after the greeting.
    pub(crate) fn leaked(&self) -> Vec<u8> {
        self.shared.leaked.lock().unwrap().clone()
    }
}

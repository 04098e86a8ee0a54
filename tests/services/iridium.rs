//! A server of other people's making that speaks SQL Server's protocol and much of its language: iridium-server of
//! crates.io, in memory.
//!
//! It is not SQL Server: what its version of the tests does not take of ours is written in `tests/databases/iridium/`.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::mssql::tds::{BATCH, LOGIN, PRELOGIN, Reader, read_message, units, utf16, write_message};
use super::process::{Process, directory, free_port};

/// The environment variable that names the program; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_IRIDIUM";

/// The user and the password.
pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "hunter2 @:/?";
const PASSWORD_IN_URL: &str = "hunter2%20%40%3A%2F%3F";

/// How long to wait for what comes at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether there is such a program.
pub(crate) fn is_available() -> bool {
    program().is_some()
}

fn program() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    directory: PathBuf,
    encryption: Vec<String>,
    process: Option<Process>,
}

impl Server {
    /// A server that encrypts with this certificate and its key.
    pub(crate) fn start(certificate: &Path, key: &Path) -> Self {
        let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
        Self::with(vec!["--tls".to_owned(), "--tls-cert".to_owned(), certificate, "--tls-key".to_owned(), key])
    }

    /// A server that offers no encryption.
    pub(crate) fn without_encryption() -> Self {
        Self::with(vec!["--no-tls".to_owned()])
    }

    fn with(encryption: Vec<String>) -> Self {
        let mut server =
            Self { port: free_port(), directory: directory("truthound-iridium", None), encryption, process: None };
        server.resume();
        server
    }

    /// Ends it at once, as a crash does. What it held is gone.
    pub(crate) fn crash(&mut self) {
        self.process.take().expect("it runs").end("KILL");
    }

    /// Starts it again, on the same port.
    pub(crate) fn resume(&mut self) {
        // Its log tells who came in, and how.
        let program = program().expect("ignored without the program").display().to_string();
        let mut command = ["env", "RUST_LOG=iridium_server=info", &program].map(str::to_owned).to_vec();
        let port = self.port.to_string();
        let settings = ["--memory", "--port", &port, "--user", USER, "--password", PASSWORD, "--database", "results"];
        command.extend(settings.map(str::to_owned));
        command.extend(self.encryption.iter().cloned());
        self.process = Some(Process::start(&self.directory, "KILL", &command));
        self.wait_until("it listens", |server| TcpStream::connect(("127.0.0.1", server.port)).is_ok());
    }

    /// The URL of its database, for its user or with another password, with more parameters.
    pub(crate) fn url(&self, password: Option<&str>, parameters: &str) -> String {
        let password = password.unwrap_or(PASSWORD_IN_URL);
        let port = self.port;
        format!(
            "mssql+pyodbc://{USER}:{password}@localhost:{port}/results?driver=ODBC+Driver+18+for+SQL+Server{parameters}"
        )
    }

    /// What it has told of its clients, once all of them are gone.
    pub(crate) fn log(&self) -> String {
        let count = |part| self.told().matches(part).count();
        self.wait_until("its clients are gone", |_| count("Accepted connection") == count(" closed\n"));
        self.told()
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !is_so(self) {
            assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.told());
            std::thread::sleep(Duration::from_millis(10));
        }
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

/// A client of the tests' own, which sends batches as they are. Not encrypted, which the server does not insist on.
pub(crate) struct Client(TcpStream);

impl Client {
    /// A client that is signed in.
    pub(crate) fn connect(server: &Server) -> Self {
        let mut tcp = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        // A version, and that it cannot encrypt.
        let greeting = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 2];
        write_message(&mut tcp, PRELOGIN, &greeting, 4096).unwrap();
        read_message(&mut tcp).unwrap();
        write_message(&mut tcp, LOGIN, &sign_in(), 4096).unwrap();
        let (_, answer) = read_message(&mut tcp).unwrap();
        assert_eq!(refusal(&answer), None, "it lets its user in");
        Self(tcp)
    }

    /// Runs a batch: the answer, or why it was refused.
    pub(crate) fn run(&mut self, batch: &str) -> Result<Vec<u8>, String> {
        // Of no transaction.
        let mut content = vec![22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        content.extend(units(batch));
        write_message(&mut self.0, BATCH, &content, 4096).unwrap();
        let (_, answer) = read_message(&mut self.0).map_err(|error| format!("no answer: {error}"))?;
        refusal(&answer).map_or(Ok(answer), Err)
    }
}

/// User, password and database; the rest is left open.
fn sign_in() -> Vec<u8> {
    let hidden: Vec<_> = units(PASSWORD).iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect();
    let none = Vec::new;
    // Of which the server wants to know the second, the third and the last.
    let fields = [none(), units(USER), hidden, none(), none(), none(), none(), none(), units("results")];
    let version = 0x7400_0004_u32.to_le_bytes();
    let mut fixed = [&[0; 4][..], &version, &4096_u32.to_le_bytes(), &[0; 24]].concat();
    let mut texts = Vec::new();
    let place = |texts: &Vec<u8>| u16::try_from(94 + texts.len()).unwrap().to_le_bytes();
    for field in fields {
        fixed.extend(place(&texts));
        fixed.extend(u16::try_from(field.len() / 2).unwrap().to_le_bytes());
        texts.extend(field);
    }
    // No network card, and three more that are empty.
    fixed.extend([0; 6]);
    for _ in 0..3 {
        fixed.extend(place(&texts));
        fixed.extend([0; 2]);
    }
    fixed.extend([0; 4]);
    let length = u32::try_from(fixed.len() + texts.len()).unwrap().to_le_bytes();
    [&length, &fixed[4..], &texts].concat()
}

/// The number and the text of an answer that is an error.
fn refusal(answer: &[u8]) -> Option<String> {
    let mut reader = Reader(answer);
    if answer.is_empty() || reader.number(1) != 0xaa {
        return None;
    }
    let (_length, number, _state_and_class) = (reader.number(2), reader.number(4), reader.number(2));
    let letters = reader.size(2);
    Some(format!("{number}: {}", utf16(reader.bytes(2 * letters))))
}

//! An independent server with SQL Server's protocol and much of its language: iridium-server of crates.io, in memory.
//!
//! It is not SQL Server. `tests/databases/iridium/` lists the statements of ours that the tested version does not
//! accept.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::mssql::tds::{BATCH, LOGIN, PRELOGIN, Reader, read_message, units, utf16, write_message};
use super::process::{Process, directory, free_port};

/// The environment variable with the path of the program; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_IRIDIUM";

/// The user and the password.
pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "hunter2 @:/?";
const PASSWORD_IN_URL: &str = "hunter2%20%40%3A%2F%3F";

/// The timeout for events that normally happen at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the program is installed.
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
    /// Starts a server that encrypts with this certificate and its key.
    pub(crate) fn start(certificate: &Path, key: &Path) -> Self {
        let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
        Self::with(vec!["--tls".to_owned(), "--tls-cert".to_owned(), certificate, "--tls-key".to_owned(), key])
    }

    /// Starts a server without encryption.
    pub(crate) fn without_encryption() -> Self {
        Self::with(vec!["--no-tls".to_owned()])
    }

    fn with(encryption: Vec<String>) -> Self {
        let mut server =
            Self { port: free_port(), directory: directory("truthound-iridium", None), encryption, process: None };
        server.resume();
        server
    }

    /// Kills the server, as in a crash. Its data is lost.
    pub(crate) fn crash(&mut self) {
        self.process.take().expect("it runs").end("KILL");
    }

    /// Starts the server again, on the same port.
    pub(crate) fn resume(&mut self) {
        // The log contains the logins, with their parameters.
        let program = program().expect("ignored without the program").display().to_string();
        let mut command = ["env", "RUST_LOG=iridium_server=info", &program].map(str::to_owned).to_vec();
        let port = self.port.to_string();
        let settings = ["--memory", "--port", &port, "--user", USER, "--password", PASSWORD, "--database", "results"];
        command.extend(settings.map(str::to_owned));
        command.extend(self.encryption.iter().cloned());
        self.process = Some(Process::start(&self.directory, "KILL", &command));
        self.wait_until("it listens", |server| TcpStream::connect(("127.0.0.1", server.port)).is_ok());
    }

    /// The URL of the database, for the server's user, with more parameters and optionally another password.
    pub(crate) fn url(&self, password: Option<&str>, parameters: &str) -> String {
        let password = password.unwrap_or(PASSWORD_IN_URL);
        let port = self.port;
        format!(
            "mssql+pyodbc://{USER}:{password}@localhost:{port}/results?driver=ODBC+Driver+18+for+SQL+Server{parameters}"
        )
    }

    /// Returns the log about clients, once all of them have disconnected.
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

/// A minimal client that sends batches unchanged. It does not encrypt, which the server does not require.
pub(crate) struct Client(TcpStream);

impl Client {
    /// Connects and signs in.
    pub(crate) fn connect(server: &Server) -> Self {
        let mut tcp = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        // A version, and no support for encryption.
        let greeting = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 2];
        write_message(&mut tcp, PRELOGIN, &greeting, 4096).unwrap();
        read_message(&mut tcp).unwrap();
        write_message(&mut tcp, LOGIN, &sign_in(), 4096).unwrap();
        let (_, answer) = read_message(&mut tcp).unwrap();
        assert_eq!(refusal(&answer), None, "it lets its user in");
        Self(tcp)
    }

    /// Runs a batch. Returns the response, or the error message.
    pub(crate) fn run(&mut self, batch: &str) -> Result<Vec<u8>, String> {
        // Outside any transaction.
        let mut content = vec![22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        content.extend(units(batch));
        write_message(&mut self.0, BATCH, &content, 4096).unwrap();
        let (_, answer) = read_message(&mut self.0).map_err(|error| format!("no answer: {error}"))?;
        refusal(&answer).map_or(Ok(answer), Err)
    }
}

/// User, password and database; the other fields are empty.
fn sign_in() -> Vec<u8> {
    let hidden: Vec<_> = units(PASSWORD).iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect();
    let none = Vec::new;
    // The server reads the second, the third and the last field.
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
    // No MAC address, and three empty fields.
    fixed.extend([0; 6]);
    for _ in 0..3 {
        fixed.extend(place(&texts));
        fixed.extend([0; 2]);
    }
    fixed.extend([0; 4]);
    let length = u32::try_from(fixed.len() + texts.len()).unwrap().to_le_bytes();
    [&length, &fixed[4..], &texts].concat()
}

/// Returns the number and the text of a response that is an error.
fn refusal(answer: &[u8]) -> Option<String> {
    let mut reader = Reader(answer);
    if answer.is_empty() || reader.number(1) != 0xaa {
        return None;
    }
    let (_length, number, _state_and_class) = (reader.number(2), reader.number(4), reader.number(2));
    let letters = reader.size(2);
    Some(format!("{number}: {}", utf16(reader.bytes(2 * letters))))
}

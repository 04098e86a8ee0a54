//! A database server as a process of the tests: it ends when the tests do, however they end.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs the server and waits on its standard input: for the name of the signal to end it with, or for the end of the tests,
/// after which its directory goes too.
const SUPERVISOR: &str = r#"
# Whoever interrupts the tests means this as well: it ends, but not before it has cleaned up.
trap : INT TERM
directory=$1
usual=$2
shift 2
"$@" >"$directory/log" 2>&1 &
server=$!
if read -r signal; then
    kill -s "$signal" "$server"
    wait "$server"
else
    kill -s "$usual" "$server"
    wait "$server"
    rm -rf "$directory"
fi
"#;

/// A running server.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a server that keeps everything in `directory`, and ends with the tests by the signal `usual`.
    pub(crate) fn start(directory: &Path, usual: &str, command: &[String]) -> Self {
        let supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(directory)
            .arg(usual)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(supervisor)
    }

    /// Ends it with a signal, and waits until it is gone. Its directory stays.
    pub(crate) fn end(mut self, signal: &str) {
        let mut orders = self.0.stdin.take().unwrap();
        writeln!(orders, "{signal}").unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its standard input ends it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A port of 127.0.0.1 that nobody uses.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// An empty directory that `user` owns, if another than ours is wanted; it goes with the server.
pub(crate) fn directory(name: &str, user: Option<&str>) -> PathBuf {
    let directory = tempfile::Builder::new().prefix(name).tempdir().unwrap().keep();
    if let Some(user) = user {
        run(&["chown".to_owned(), user.to_owned(), directory.display().to_string()]);
        // The way there must be open to that user as well.
        let _ = Command::new("chmod").arg("o+x").arg(directory.parent().unwrap()).status();
    }
    directory
}

/// Whether we are root, which no database server wants to be.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A command as it is run by `user`.
pub(crate) fn as_user(user: Option<&str>, program: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Vec::new();
    if let Some(user) = user {
        command.extend(["setpriv", "--clear-groups", "--reuid", user, "--regid", user, "--"].map(str::to_owned));
        // Ours may be closed to that user.
        command.extend(["env", "--unset=TMPDIR"].map(str::to_owned));
    }
    command.push(program.display().to_string());
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    command
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &[String]) {
    let (program, arguments) = command.split_first().unwrap();
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a file the server's own, closed to others, as it wants its keys.
pub(crate) fn own(path: &Path, owner: Option<&str>) {
    if let Some(owner) = owner {
        run(&["chown".to_owned(), owner.to_owned(), path.display().to_string()]);
    }
    run(&["chmod".to_owned(), "600".to_owned(), path.display().to_string()]);
}

/// Does asynchronous work for a test, which may have a runtime of its own on its thread.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let work = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        scope.spawn(work).join().unwrap()
    })
}

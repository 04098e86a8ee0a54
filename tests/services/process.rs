//! A database server as a process of the tests. It stops with the tests, even if they are killed.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs the server and reads its own standard input: either the name of a signal to stop the server with, or the end of
/// the tests. In the latter case, it also removes the directory.
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
    /// Starts a server with all its files in `directory`. When the tests end, it is stopped by the signal `usual`.
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

    /// Stops the server with a signal and waits for its exit. The directory is kept.
    pub(crate) fn end(mut self, signal: &str) {
        let mut orders = self.0.stdin.take().unwrap();
        writeln!(orders, "{signal}").unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The supervisor stops the server at the end of its standard input.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Returns an unused port of 127.0.0.1.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Creates an empty directory that is removed with the server. It belongs to `user`, if given, or to the current user.
pub(crate) fn directory(name: &str, user: Option<&str>) -> PathBuf {
    let directory = tempfile::Builder::new().prefix(name).tempdir().unwrap().keep();
    if let Some(user) = user {
        run(&["chown".to_owned(), user.to_owned(), directory.display().to_string()]);
        // The user needs access to the parent directory too.
        let _ = Command::new("chmod").arg("o+x").arg(directory.parent().unwrap()).status();
    }
    directory
}

/// Whether the tests run as root, which database servers refuse.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Returns the command line that runs a program as `user`.
pub(crate) fn as_user(user: Option<&str>, program: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Vec::new();
    if let Some(user) = user {
        command.extend(["setpriv", "--clear-groups", "--reuid", user, "--regid", user, "--"].map(str::to_owned));
        // That user may have no access to our directory.
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

/// Gives a file to the server's user, with access for this user only, as servers require for keys.
pub(crate) fn own(path: &Path, owner: Option<&str>) {
    if let Some(owner) = owner {
        run(&["chown".to_owned(), owner.to_owned(), path.display().to_string()]);
    }
    run(&["chmod".to_owned(), "600".to_owned(), path.display().to_string()]);
}

/// Runs asynchronous code in a test that may have its own runtime on its thread.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let work = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        scope.spawn(work).join().unwrap()
    })
}

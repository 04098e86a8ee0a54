//! Runs the program that tells a secret (`X_command`), with limits of time and of output.

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::secret::LARGEST_TEXT;
use crate::signals::interrupted;

/// How long a program may take. It may ask a person to touch a key.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(60);

/// Why a program gives no secret.
#[derive(Debug)]
pub(super) enum CommandFailure {
    /// It cannot be started, or not be waited for.
    NotStarted(io::Error),
    /// It ended with another status than 0.
    Status(ExitStatus),
    /// It ran for so long.
    Time(Duration),
    /// It printed more than [`LARGEST_TEXT`].
    Output,
    /// A signal asked this process to end.
    Interrupted,
}

/// Runs `program` in `directory` and returns what it prints. It ends with this process, or after `limit` at the latest.
///
/// Its standard input is empty, because that of this process belongs to `save -`. Its messages are dropped: they may hold the
/// secret.
pub(super) fn output(
    program: &OsStr,
    arguments: &[&str],
    directory: &Path,
    limit: Duration,
) -> Result<Vec<u8>, CommandFailure> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A group of its own can be ended with all that it has started. At a terminal the program shares ours, because it may
    // ask for a password there; then Ctrl-C reaches it anyway.
    let has_group = cfg!(unix) && !io::stdin().is_terminal() && !io::stderr().is_terminal();
    #[cfg(unix)]
    if has_group {
        command.process_group(0);
    }
    // A thread of its own, because the caller may run inside a runtime, where another one cannot be waited for.
    thread::scope(|scope| {
        let running = thread::Builder::new().spawn_scoped(scope, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(CommandFailure::NotStarted)?.block_on(run(command, has_group, limit))
        });
        let running = running.map_err(CommandFailure::NotStarted)?;
        running.join().unwrap_or_else(|_| Err(CommandFailure::NotStarted(io::ErrorKind::Other.into())))
    })
}

async fn run(mut command: Command, has_group: bool, limit: Duration) -> Result<Vec<u8>, CommandFailure> {
    // Listened to before the start, so that no signal is missed.
    let interrupted = interrupted();
    let mut child = command.spawn().map_err(CommandFailure::NotStarted)?;
    let outcome = tokio::select! {
        outcome = printed(&mut child) => outcome,
        () = tokio::time::sleep(limit) => Err(CommandFailure::Time(limit)),
        () = interrupted => Err(CommandFailure::Interrupted),
    };
    if outcome.is_err() {
        stop(&mut child, has_group);
    }
    outcome
}

async fn printed(child: &mut Child) -> Result<Vec<u8>, CommandFailure> {
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).await;
        read.map_err(CommandFailure::NotStarted)?;
    }
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err(CommandFailure::Output);
    }
    let status = child.wait().await.map_err(CommandFailure::NotStarted)?;
    if status.success() { Ok(bytes) } else { Err(CommandFailure::Status(status)) }
}

/// Ends the program, and what it has started if they have a group of their own.
fn stop(child: &mut Child, has_group: bool) {
    #[cfg(unix)]
    if has_group
        && let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
    {
        // Fails only if all of them have ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = (has_group, child.start_kill());
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(words: &[&str], limit: Duration) -> Result<Vec<u8>, CommandFailure> {
        output(OsStr::new(words[0]), &words[1..], Path::new("/"), limit)
    }

    #[test]
    fn a_program_gives_what_it_prints() {
        assert_eq!(run(&["printf", "a b"], LONGEST_RUN).unwrap(), b"a b");
        assert!(matches!(run(&["false"], LONGEST_RUN), Err(CommandFailure::Status(_))));
        assert!(matches!(run(&["no-such-program"], LONGEST_RUN), Err(CommandFailure::NotStarted(_))));
    }

    #[test]
    fn a_program_without_an_end_is_ended_with_all_it_has_started() {
        let short = Duration::from_millis(200);
        assert!(matches!(run(&["cat", "/dev/zero"], LONGEST_RUN), Err(CommandFailure::Output)));
        assert!(matches!(run(&["sh", "-c", "sleep 87654; true"], short), Err(CommandFailure::Time(_))));
        let left = std::process::Command::new("pgrep").args(["-f", "^sleep 87654"]).output();
        assert!(left.is_err() || left.is_ok_and(|left| left.stdout.is_empty()));
    }
}

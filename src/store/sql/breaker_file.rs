//! The file with the state of a circuit breaker.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::breaker_state::BreakerState;
use crate::store::contract::Notices;

/// How long to wait for another process that holds the lock. A breaker must not cause an outage itself.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// A larger file was not written by this program.
const LARGEST: u64 = 64 * 1024;

/// Returns the path of a profile's state file. The name includes a hash of the location: a profile of the same name in
/// another project, or with another address, has its own breaker.
pub(super) fn path(state_directory: &Path, profile: &str, location: &str) -> PathBuf {
    let safe: String = profile
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' })
        .take(40)
        .collect();
    let mut hash = Sha256::new();
    hash.update(profile.as_bytes());
    hash.update([0]);
    hash.update(location.as_bytes());
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    state_directory.join("breakers").join(format!("{safe}-{hash}.json"))
}

/// The state file of one breaker. Problems with the file are reported as warnings, and the breaker counts as closed.
#[derive(Debug)]
pub(super) struct BreakerFile {
    path: PathBuf,
    notices: Notices,
    has_complained: AtomicBool,
}

impl BreakerFile {
    /// Returns the file at `path`, which need not exist.
    pub(super) fn new(path: PathBuf, notices: Notices) -> Self {
        Self { path, notices, has_complained: AtomicBool::new(false) }
    }

    /// Returns the stored state, or that of a closed breaker if the file is missing or unreadable.
    pub(super) fn read(&self) -> BreakerState {
        match self.try_read() {
            Ok(state) => state,
            Err(error) => {
                self.complain("read", &error);
                BreakerState::default()
            }
        }
    }

    /// Changes the state under the lock, and writes it if it differs.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut BreakerState) -> T) -> T {
        let lock = self.lock();
        let before = self.try_read();
        let mut state = before.as_ref().cloned().unwrap_or_default();
        let result = change(&mut state);
        if before.ok().as_ref() != Some(&state)
            && let Err(error) = self.write(state)
        {
            self.complain("written", &error);
        }
        drop(lock);
        result
    }

    fn try_read(&self) -> io::Result<BreakerState> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BreakerState::default()),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(io::Error::other("it is not a state file of this program"));
        }
        let state: BreakerState = serde_json::from_reader(io::BufReader::new(file)).map_err(io::Error::other)?;
        match state.version {
            BreakerState::VERSION => Ok(state),
            other => Err(io::Error::other(format!("version {other} of its form is not known"))),
        }
    }

    fn write(&self, state: BreakerState) -> io::Result<()> {
        let directory = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(directory)?;
        let text = serde_json::to_vec(&BreakerState { version: BreakerState::VERSION, ..state })?;
        // Renamed into place, so that readers, which take no lock, never see half a file.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&text)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Takes the lock, or gives up: losing a count is better than delaying a call.
    fn lock(&self) -> Option<File> {
        fs::create_dir_all(self.path.parent()?).ok()?;
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(self.path.with_extension("lock")).ok()?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(_) => return None,
            }
        }
    }

    fn complain(&self, what: &str, error: &io::Error) {
        // One warning is enough: a thousand saves read the file a thousand times.
        if self.has_complained.swap(true, Ordering::Relaxed) {
            return;
        }
        self.notices.warn(&format!(
            "the state of the circuit breaker in {} cannot be {what}, so that it counts as closed: {error}",
            self.path.display()
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn listening(path: PathBuf) -> (BreakerFile, Arc<Mutex<Vec<String>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        let notices = Notices::new(move |notice| listener.lock().unwrap().push(format!("{notice:?}")));
        (BreakerFile::new(path, notices), heard)
    }

    #[test]
    fn names_are_safe_and_differ_by_profile_and_location() {
        let directory = Path::new("/state");
        let name = path(directory, "../prod/ü", "postgresql://u:***@h/d");
        assert!(name.file_name().unwrap().to_str().unwrap().starts_with("___prod__-"), "{name:?}");
        assert_eq!(name.parent().unwrap(), Path::new("/state/breakers"));
        assert_ne!(path(directory, "a", "x"), path(directory, "a", "y"));
        assert_ne!(path(directory, "a/", "x"), path(directory, "a_", "x"));
    }

    #[test]
    fn a_state_that_cannot_be_understood_counts_as_closed_and_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p.json");
        for text in ["", "{", "[]", r#"{"version":2,"opened_at":"2026-01-01T00:00:00Z"}"#, "\u{0}\u{1}"] {
            fs::write(&path, text).unwrap();
            let (file, heard) = listening(path.clone());
            assert_eq!(file.read(), BreakerState::default(), "{text}");
            assert_eq!(heard.lock().unwrap().len(), 1, "{text}");
            file.change(|state| state.failures = 2);
            assert_eq!(file.read().failures, 2, "{text}");
        }
    }

    #[test]
    fn a_lock_that_is_held_delays_a_change_only_for_a_moment() {
        let directory = tempfile::tempdir().unwrap();
        let (file, _) = listening(directory.path().join("p.json"));
        let held = file.lock().unwrap();
        file.change(|state| state.failures = 1);
        drop(held);
        assert_eq!(file.read().failures, 1);
    }

    #[test]
    fn a_state_directory_that_is_a_file_is_told_and_no_failure() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("breakers"), "x").unwrap();
        let (file, heard) = listening(directory.path().join("breakers/p.json"));
        file.change(|state| state.failures = 1);
        assert!(!heard.lock().unwrap().is_empty());
    }

    #[test]
    fn changes_of_many_at_once_are_all_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p.json");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let (file, _) = listening(path.clone());
                    for _ in 0..10 {
                        file.change(|state| state.requests_rejected += 1);
                    }
                });
            }
        });
        assert_eq!(listening(path).0.read().requests_rejected, 80);
    }
}

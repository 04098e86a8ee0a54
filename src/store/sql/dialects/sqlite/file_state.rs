//! The state of a database file, beyond what SQLite tells.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::store::sql::failure::{FailureClass, SqlFailure};

/// How long another program may take to fill the file that it has created.
const FILLED_WITHIN: Duration = Duration::from_millis(300);

/// Bytes that a probe of the disk writes: more than the files beside a database need to begin with.
static PROBE: [u8; 64 * 1024] = [0; 64 * 1024];

/// Waits a moment for the content of a file that another program is creating, such as Python, which begins with an
/// empty file.
pub(super) fn settled_content(path: &Path) {
    let mut waited = Duration::ZERO;
    let step = Duration::from_millis(20);
    while waited < FILLED_WITHIN && has_no_bytes(path) {
        std::thread::sleep(step);
        waited += step;
    }
}

/// Fails if the file has no bytes.
pub(super) fn confirm_content(path: &Path) -> Result<(), SqlFailure> {
    if !has_no_bytes(path) {
        return Ok(());
    }
    Err(SqlFailure::new(
        FailureClass::Hollow,
        "the file has 0 bytes: if results were in it, it was cut; if it is new, nothing has been saved in it yet",
    ))
}

/// Whether the file exists and has no bytes.
pub(super) fn has_no_bytes(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

/// A file that holds all that was written to its database, and how it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileStamp {
    length: u64,
    changed: SystemTime,
}

impl FileStamp {
    /// Returns the stamp of the file at `path`; `None` if a part of its content is, or may be, in a file beside it.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let is_bare = ["-wal", "-journal"].iter().all(|end| {
            let beside = std::fs::metadata(beside(path, end));
            beside.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |metadata| metadata.len() == 0)
        });
        let metadata = std::fs::metadata(path).ok().filter(|_| is_bare)?;
        Some(Self { length: metadata.len(), changed: metadata.modified().ok()? })
    }
}

/// Returns the path of a file beside a database.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

/// Says so if an error of input or output means that the disk of the file is full: SQLite has one code for both where
/// it cannot extend the files beside the database.
pub(super) fn name_a_full_disk(failure: SqlFailure, path: &Path) -> SqlFailure {
    if failure.class != FailureClass::InputOutput {
        return failure;
    }
    let probe = || {
        let mut file = tempfile::tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&PROBE)?;
        file.sync_data()
    };
    match probe() {
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            let reason = format!("no space is left on the disk that holds the file ({})", failure.reason);
            SqlFailure::new(FailureClass::Full, reason)
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_content_beside_it_has_no_stamp() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        assert_eq!(FileStamp::of(&path), None);
        std::fs::write(&path, "x").unwrap();
        let stamp = FileStamp::of(&path);
        assert!(stamp.is_some());
        std::fs::write(beside(&path, "-wal"), "").unwrap();
        assert_eq!(FileStamp::of(&path), stamp);
        std::fs::write(beside(&path, "-wal"), "x").unwrap();
        assert_eq!(FileStamp::of(&path), None);
    }

    #[test]
    fn another_error_of_the_disk_stays_what_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let failure = SqlFailure::new(FailureClass::InputOutput, "disk I/O error");
        let named = name_a_full_disk(failure, &directory.path().join("store.db"));
        assert_eq!(named.class, FailureClass::InputOutput);
    }
}

//! Checks that an open SQLite file is still the one at its path.
//!
//! SQLite keeps writing to a file that was removed or replaced, and reports success. Only Unix allows an open file to
//! be removed; elsewhere nothing is compared.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::file_state::beside;

/// The system's identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity(#[cfg(unix)] (u64, u64));

impl FileIdentity {
    /// Returns the identity of the file at `path`.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Ok(Self((metadata.dev(), metadata.ino())))
        }
        #[cfg(not(unix))]
        Ok(Self())
    }
}

/// The files of an open database.
#[derive(Debug)]
pub(super) struct DatabaseFiles {
    path: PathBuf,
    file: FileIdentity,
    /// The write-ahead log and its index. They stay the same as long as a connection uses them.
    log: OnceLock<Vec<(PathBuf, FileIdentity)>>,
}

impl DatabaseFiles {
    /// Returns the files of a database that was opened at `path`, when `file` was there.
    pub(super) fn new(path: &Path, file: FileIdentity) -> Self {
        Self { path: path.to_owned(), file, log: OnceLock::new() }
    }

    /// The path of the database.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Remembers the write-ahead log. Must be called in a transaction, which keeps the log in use.
    pub(super) fn remember_log(&self) {
        self.log.get_or_init(|| {
            let found = ["-wal", "-shm"].into_iter().filter_map(|end| {
                let path = beside(&self.path, end);
                FileIdentity::at(&path).ok().map(|id| (path, id))
            });
            found.collect()
        });
    }

    /// Whether all files are still at their paths, so that other processes see what is written to them.
    pub(super) fn are_in_place(&self) -> bool {
        self.has_its_file() && self.log.get().is_none_or(|log| log.iter().all(|(path, file)| is_at(path, *file)))
    }

    /// Whether the main file is still at its path. The system does not reuse the inode of an open file.
    pub(super) fn has_its_file(&self) -> bool {
        is_at(&self.path, self.file)
    }
}

fn is_at(path: &Path, file: FileIdentity) -> bool {
    FileIdentity::at(path).is_ok_and(|found| found == file)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_removed_or_replaced_is_not_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("store.db"), directory.path().join("other.db"));
        std::fs::write(&path, "").unwrap();
        std::fs::write(&other, "").unwrap();
        let files = DatabaseFiles::new(&path, FileIdentity::at(&path).unwrap());
        std::fs::write(&path, "written").unwrap();
        assert!(files.are_in_place());
        std::fs::rename(&other, &path).unwrap();
        assert!(!files.are_in_place());
        std::fs::remove_file(&path).unwrap();
        assert!(!files.are_in_place());
    }

    #[test]
    fn a_log_that_was_in_use_must_stay() {
        let directory = tempfile::tempdir().unwrap();
        let (path, log) = (directory.path().join("store.db"), directory.path().join("store.db-wal"));
        std::fs::write(&path, "").unwrap();
        let files = DatabaseFiles::new(&path, FileIdentity::at(&path).unwrap());
        files.remember_log();
        assert!(files.are_in_place(), "a file without a log has none to lose");
        let files = DatabaseFiles::new(&path, FileIdentity::at(&path).unwrap());
        std::fs::write(&log, "").unwrap();
        files.remember_log();
        assert!(files.are_in_place());
        std::fs::remove_file(&log).unwrap();
        assert!(!files.are_in_place());
    }
}

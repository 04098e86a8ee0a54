//! Writing documents to files.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};

/// Whether `path` names stdout.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

/// A file that appears complete or not at all, or a device or pipe that is written directly.
#[derive(Debug)]
pub struct DocumentFile {
    /// The name that the user gave.
    target: PathBuf,
    state: TargetState,
}

#[derive(Debug)]
enum TargetState {
    /// A temporary file to move over the path.
    Staged(NamedTempFile, PathBuf),
    /// A device, a pipe or an open file, which must not be replaced.
    Open(File),
}

impl DocumentFile {
    /// Begins to write `target`, or the file that it links to.
    ///
    /// # Errors
    /// If the target cannot be written.
    pub fn create(target: &Path) -> Result<Self> {
        let state = destination(target).map_err(|error| unwritable(target, error))?;
        Ok(Self { target: target.to_owned(), state })
    }

    /// Writes more of the document.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.state {
            TargetState::Staged(file, _) => file.write_all(bytes),
            TargetState::Open(file) => file.write_all(bytes),
        }
        .map_err(|error| unwritable(&self.target, error))
    }

    /// Makes the file appear. It is on disk when this returns.
    ///
    /// # Errors
    /// If the file cannot be written. A previous file is then unchanged.
    pub fn finish(self) -> Result<()> {
        if let TargetState::Staged(file, _) = &self.state {
            file.as_file().sync_all().map_err(|error| unwritable(&self.target, error))?;
        }
        self.finish_unsynced()
    }

    /// Makes the file appear, complete. It may be lost if the machine fails soon after: for copies of results, which can
    /// be made again.
    ///
    /// # Errors
    /// If the file cannot be written. A previous file is then unchanged.
    pub fn finish_unsynced(self) -> Result<()> {
        match self.state {
            TargetState::Staged(file, path) => file.persist(path).map(drop).map_err(|error| error.error),
            TargetState::Open(mut file) => file.flush(),
        }
        .map_err(|error| unwritable(&self.target, error))
    }
}

/// Opens the destination of `target`. Links are followed, so that they stay links.
fn destination(target: &Path) -> io::Result<TargetState> {
    let mut path = target.to_owned();
    loop {
        let staged = |path: PathBuf| Ok(TargetState::Staged(temporary_in(directory_of(&path))?, path));
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return staged(path),
            Err(error) => return Err(error),
        };
        // A link in /proc names a file that a process has open. The file must not be replaced.
        let is_open_somewhere =
            directory_of(&path).canonicalize().is_ok_and(|directory| directory.starts_with("/proc"));
        if is_open_somewhere || !metadata.is_file() && !metadata.is_symlink() {
            return fs::OpenOptions::new().append(true).open(&path).map(TargetState::Open);
        }
        if !metadata.is_symlink() {
            return staged(path);
        }
        // Links in a circle end here.
        if let Err(error) = fs::metadata(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        path = directory_of(&path).join(fs::read_link(&path)?);
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary_in(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".truthound-store-");
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn unwritable(target: &Path, error: io::Error) -> Error {
    let cannot = Error::new(ErrorKind::Write, format!("cannot write `{}`", target.display()));
    match error.kind() {
        io::ErrorKind::NotFound => cannot
            .with_source(format!("the directory `{}` does not exist", directory_of(target).display()))
            .with_hint("create the directory first"),
        // The reason names the temporary file, which would confuse the user.
        kind if error.get_ref().is_some() && kind != io::ErrorKind::Other => cannot.with_source(io::Error::from(kind)),
        _ => cannot.with_source(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(target: &Path, text: &str) -> Result<()> {
        let mut file = DocumentFile::create(target)?;
        file.write(text.as_bytes())?;
        file.finish()
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_what_it_names_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (link, file) = (directory.path().join("link"), directory.path().join("file"));
        std::os::unix::fs::symlink("file", &link).unwrap();
        for text in ["first", "second"] {
            write(&link, text).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_open_elsewhere_is_added_to_and_not_replaced() {
        use std::os::fd::AsRawFd as _;
        let mut log = tempfile::tempfile().unwrap();
        log.write_all(b"before ").unwrap();
        write(Path::new(&format!("/proc/self/fd/{}", log.as_raw_fd())), "document").unwrap();
        let text = io::read_to_string(File::open(format!("/proc/self/fd/{}", log.as_raw_fd())).unwrap()).unwrap();
        assert_eq!(text, "before document");
    }

    #[test]
    fn a_missing_directory_is_named_and_the_temporary_file_is_not() {
        let error = write(Path::new("/no/such/directory/out.json"), "x").unwrap_err();
        assert_eq!(error.causes(), ["the directory `/no/such/directory` does not exist"]);
    }
}

//! Sources of documents.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recorder::RecorderInput;
use crate::result::gzip;

/// A source of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// A file, gzip or not.
    File(PathBuf),
    /// Standard input, gzip or not.
    Stdin,
}

impl InputSource {
    /// Opens the source. Gzip is decompressed.
    pub(super) fn open(&self) -> io::Result<RecorderInput> {
        let Self::File(path) = self else {
            return Ok(RecorderInput::Stream(Box::new(gzip::decompressed(io::stdin()))));
        };
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if !metadata.is_file() {
            // A pipe of the shell, as in `save <(command)`. Any other may never have an end, or not even a beginning.
            if !is_open_descriptor(path) {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "it is a pipe or a device, not a regular file"));
            }
            return Ok(RecorderInput::Stream(Box::new(gzip::decompressed(File::open(path)?))));
        }
        let mut file = File::open(path)?;
        if gzip::begins_gzip(&mut file)? {
            return Ok(RecorderInput::Stream(Box::new(gzip::decompressed(file))));
        }
        Ok(RecorderInput::File(Arc::new(file)))
    }
}

/// Whether `path` names a file that this process has open: `/dev/stdin`, `/dev/fd/63`, or a link to one.
fn is_open_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    // Systems follow 40 links.
    for _ in 0..40 {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = directory.canonicalize().unwrap_or_default();
        if real.starts_with("/proc") || real.starts_with("/dev/fd") {
            return true;
        }
        match fs::read_link(&path) {
            Ok(target) => path = directory.join(target),
            Err(_) => return false,
        }
    }
    false
}

impl fmt::Display for InputSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

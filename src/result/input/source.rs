//! Sources of documents.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
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
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if !metadata.is_file() || gzip::begins_gzip(&mut file)? {
            return Ok(RecorderInput::Stream(Box::new(gzip::decompressed(file))));
        }
        Ok(RecorderInput::File(Arc::new(file)))
    }
}

impl fmt::Display for InputSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

//! Sources of documents.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::recorder::RecorderInput;
use super::watch::InputWatch;
use crate::result::gzip;

/// A source of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// A file, gzip or not.
    File(PathBuf),
    /// A file that was found in a directory, gzip or not. It may be anything: files without results are passed over.
    Found(PathBuf),
    /// Standard input, gzip or not.
    Stdin,
}

impl InputSource {
    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Found(path) => Some(path),
            Self::Stdin => None,
        }
    }

    /// Whether a file that is not JSON is damaged rather than something else, judged by its name.
    pub(super) fn must_be_readable(&self) -> bool {
        let Self::Found(path) = self else { return true };
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        [".json", ".jsonl", ".ndjson"].iter().any(|extension| name.ends_with(extension))
    }

    /// The time at which the file was changed last.
    pub(super) fn modified(&self) -> io::Result<Timestamp> {
        let Some(path) = self.path() else {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "it is not a file"));
        };
        Timestamp::try_from(fs::metadata(path)?.modified()?).map_err(io::Error::other)
    }

    /// Opens the source. Gzip is decompressed. `watch` is told of each read.
    pub(super) fn open(&self, watch: &InputWatch) -> io::Result<RecorderInput> {
        let Some(path) = self.path() else { return Ok(stream(io::stdin(), watch)) };
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if !metadata.is_file() {
            // A pipe of the shell, as in `save <(command)`. Any other may never have an end, or not even a beginning.
            if !is_open_descriptor(path) {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "it is a pipe or a device, not a regular file"));
            }
            return Ok(stream(File::open(path)?, watch));
        }
        let mut file = File::open(path)?;
        if gzip::begins_gzip(&mut file)? {
            return Ok(stream(file, watch));
        }
        Ok(RecorderInput::File(Arc::new(file), watch.clone()))
    }
}

/// An input that can be read only once, decompressed.
fn stream(input: impl Read + Send + 'static, watch: &InputWatch) -> RecorderInput {
    RecorderInput::Stream(Box::new(gzip::decompressed(WatchedInput { input, watch: watch.clone() })))
}

/// An input that tells its watch of each read.
struct WatchedInput<R> {
    input: R,
    watch: InputWatch,
}

impl<R: Read> Read for WatchedInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.watch.pass(count);
        Ok(count)
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
            Self::File(path) | Self::Found(path) => write!(formatter, "`{}`", path.display()),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

//! Opening files and directories. All functions block, except [`blocking`].

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path as DiskPath;

use object_store::{Error, Result};

use super::optional::sync_directory;
use crate::store::objects::bulk;
use crate::store::objects::disk_problem::DiskProblem;
use crate::store::objects::translate::LOCAL;

pub(super) fn generic(source: impl Into<crate::error::BoxError>) -> Error {
    Error::Generic { store: LOCAL, source: source.into() }
}

/// The error for an operation on `path`, with a missing file told apart.
pub(super) fn failed(path: &DiskPath, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path: path.display().to_string(), source: error.into() },
        _ => generic(error),
    }
}

/// Runs blocking work where it may block.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    bulk::blocking(work).await?
}

/// Options that open no link, and that do not wait for the other end of a pipe.
pub(super) fn careful() -> fs::OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    options
}

/// Opens the regular file at `path` for reading. A directory counts as missing.
pub(super) fn open(path: &DiskPath) -> Result<(File, Metadata)> {
    let opened = match careful().read(true).open(path) {
        Ok(file) => file.metadata().map(|metadata| (file, metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        // A link or a socket cannot be opened; the name itself tells which.
        Err(error) => match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => return Err(not_a_file(path, &metadata)),
            _ => Err(error),
        },
    };
    let (file, metadata) = opened.map_err(|error| failed(path, error))?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(not_a_file(path, &metadata)) }
}

/// The error for a name that belongs to something else than a file.
fn not_a_file(path: &DiskPath, metadata: &Metadata) -> Error {
    if metadata.is_dir() {
        let source = "it is a directory".into();
        return Error::NotFound { path: path.display().to_string(), source };
    }
    generic(DiskProblem::NotAFile { path: path.to_owned(), what: what_is(metadata.file_type()) })
}

/// What a name without a file belongs to, with its article.
fn what_is(kind: fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_symlink() { "a link" } else { "something else" }
}

/// Refuses a directory of the store that is a link.
pub(super) fn refuse_link(directory: &DiskPath) -> Result<()> {
    match fs::symlink_metadata(directory) {
        Ok(metadata) if metadata.is_symlink() => Err(not_a_file(directory, &metadata)),
        _ => Ok(()),
    }
}

/// Creates `directory` and its missing parents, durably.
pub(super) fn create_directories(directory: &DiskPath) -> io::Result<()> {
    create_all_directories([directory])
}

/// Creates these directories and their missing parents, durably: names in one directory are flushed together.
pub(super) fn create_all_directories<'a>(directories: impl IntoIterator<Item = &'a DiskPath>) -> io::Result<()> {
    let mut changed = BTreeSet::new();
    for directory in directories {
        let missing = directory
            .ancestors()
            .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
            .filter_map(DiskPath::parent);
        changed.extend(missing.map(DiskPath::to_owned));
        fs::create_dir_all(directory)?;
    }
    changed.into_iter().try_for_each(|parent| match parent.as_os_str().is_empty() {
        true => sync_directory(DiskPath::new(".")),
        false => sync_directory(&parent),
    })
}

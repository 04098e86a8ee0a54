//! Things on the local disk that a store cannot work with, apart from the errors of the operating system.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::error::ErrorKind;

/// Something on the local disk that a store cannot work with.
#[derive(Debug)]
pub(super) enum DiskProblem {
    /// The directory of the store is missing and may not be made.
    MissingDirectory(PathBuf),
    /// A name of the store belongs to a link, a pipe, a socket or a device.
    NotAFile {
        /// The name.
        path: PathBuf,
        /// "a link", "a pipe".
        what: &'static str,
    },
    /// The file system has no working locks.
    NoLocks {
        /// The lock file.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
}

impl DiskProblem {
    /// The kind of the failure; `fallback` is that of the failed operation.
    pub(super) fn kind(&self, fallback: ErrorKind) -> ErrorKind {
        match self {
            Self::MissingDirectory(_) => ErrorKind::Connection,
            Self::NotAFile { .. } | Self::NoLocks { .. } => fallback,
        }
    }

    /// The next thing to try.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::MissingDirectory(_) => "create it, or set `create_dirs = true`",
            Self::NotAFile { .. } => "a store reads regular files only and follows no link: move it out of the store",
            Self::NoLocks { .. } => {
                "a network disk must be mounted with working locks (NFS: without `nolock`); or use a `base_path` on a \
                 local disk"
            }
        }
    }
}

impl fmt::Display for DiskProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingDirectory(path) => write!(formatter, "the directory {} does not exist", path.display()),
            Self::NotAFile { path, what } => write!(formatter, "`{}` is {what}, not a regular file", path.display()),
            Self::NoLocks { path, .. } => {
                write!(formatter, "locks do not work on the file system of `{}`", path.display())
            }
        }
    }
}

impl StdError for DiskProblem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NoLocks { source, .. } => Some(source),
            Self::MissingDirectory(_) | Self::NotAFile { .. } => None,
        }
    }
}

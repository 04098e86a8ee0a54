//! Features that a file system may lack. A write does without them, as SQLite does.

use std::fs::File;
use std::io;
use std::path::Path as DiskPath;
use std::time::SystemTime;

/// Whether the file system does not know the operation, as opposed to failing at it.
#[cfg(unix)]
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // CIFS, DrvFs and some FUSE file systems answer EINVAL.
    let unsupported = [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS, Errno::NOTTY];
    Errno::from_io_error(error).is_some_and(|error| unsupported.contains(&error))
}

#[cfg(not(unix))]
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

/// Whether the file system has no locks. NFS answers ENOLCK without its lock service.
#[cfg(unix)]
pub(super) fn lacks_locks(error: &io::Error) -> bool {
    is_unsupported(error) || rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NOLCK)
}

#[cfg(not(unix))]
pub(super) fn lacks_locks(error: &io::Error) -> bool {
    is_unsupported(error)
}

/// Whether the file system has no hard links. FAT answers EPERM.
#[cfg(unix)]
pub(super) fn lacks_links(error: &io::Error) -> bool {
    is_unsupported(error) || rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::PERM)
}

#[cfg(not(unix))]
pub(super) fn lacks_links(error: &io::Error) -> bool {
    is_unsupported(error)
}

/// Sets the time of `file`. Some file systems allow it only to the owner of the mount; then their own time has to do.
pub(super) fn set_modified(file: &File, time: SystemTime) -> io::Result<()> {
    match file.set_modified(time) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied || is_unsupported(&error) => Ok(()),
        result => result,
    }
}

/// Flushes `file` to the disk, as far as the file system can.
pub(super) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if is_unsupported(&error) => Ok(()),
        result => result,
    }
}

/// Flushes the names in `directory`, as far as the file system can. A directory that may be written and not read
/// cannot be opened.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &DiskPath) -> io::Result<()> {
    match File::open(directory) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
        Ok(directory) => sync(&directory),
    }
}

#[cfg(not(unix))]
pub(super) fn sync_directory(_: &DiskPath) -> io::Result<()> {
    // Other systems cannot open directories, and need not.
    Ok(())
}

//! Flushing a whole file system.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path as DiskPath;

/// A file system that flushes everything in one call, and reports errors of it.
pub(super) struct FileSystem {
    directory: File,
    device: u64,
}

/// The file systems known to do so, by `f_type`: ext2 to ext4, XFS, Btrfs, tmpfs. Others, such as those over a network or
/// in FUSE, may pass on a flush of a file and not one of the file system.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const KNOWN: [rustix::fs::FsWord; 4] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994];

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl FileSystem {
    /// The file system of `directory`; `None` if files must be flushed one by one.
    pub(super) fn of(directory: &DiskPath) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let directory = File::open(directory).ok()?;
        let kind = rustix::fs::fstatfs(&directory).ok()?.f_type;
        let device = directory.metadata().ok()?.dev();
        (KNOWN.contains(&kind) && reports_errors()).then_some(Self { directory, device })
    }

    /// Whether a file with this metadata belongs to it.
    pub(super) fn holds(&self, metadata: &Metadata) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        metadata.dev() == self.device
    }

    /// Flushes all files and names to the disk.
    pub(super) fn flush(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.directory)?)
    }
}

/// Whether the kernel is Linux 5.8 or newer, the first with a `syncfs` that reports failed writes (syncfs(2)).
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn reports_errors() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(|other: char| !other.is_ascii_digit()).map(|number| number.parse::<u32>().ok());
    let version = (numbers.next().flatten(), numbers.next().flatten());
    version >= (Some(5), Some(8))
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl FileSystem {
    pub(super) fn of(_: &DiskPath) -> Option<Self> {
        None
    }

    pub(super) fn holds(&self, _: &Metadata) -> bool {
        let _ = (&self.directory, self.device);
        false
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

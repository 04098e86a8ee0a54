//! The checks of `doctor` that only the disk has: the directory, its file system, locks and flushes.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path as DiskPath, PathBuf};

use async_trait::async_trait;

use super::Disk;
use crate::error::ErrorKind;
use crate::store::contract::Finding;
use crate::store::objects::backend::Inspection;

/// File systems that other machines share.
const NETWORK: [&str; 9] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs"];

/// Free space below which a save may fail soon, in bytes.
const LITTLE: u64 = 100 << 20;

#[async_trait]
impl Inspection for Disk {
    async fn inspect(&self) -> Vec<Finding> {
        let (root, create) = (self.root.clone(), self.create);
        let looked = tokio::task::spawn_blocking(move || look(&root, create));
        looked.await.unwrap_or_default()
    }

    async fn probe(&self) -> Vec<Finding> {
        let root = self.root.clone();
        let tried = tokio::task::spawn_blocking(move || if root.is_dir() { attempt(&root) } else { Vec::new() });
        tried.await.unwrap_or_default()
    }

    fn policy(&self, read_only: bool) -> String {
        let rights = if read_only { "read and search (r-x)" } else { "read, write and search (rwx)" };
        let mut text = format!("{rights} on the directory {} and all directories below it", self.root.display());
        if !read_only && self.create {
            text.push_str("; until it exists, write and search on the nearest directory above it");
        }
        text
    }
}

fn look(root: &DiskPath, create: bool) -> Vec<Finding> {
    const CHECK: &str = "directory";
    let present = existing(root);
    let mut findings = vec![match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Finding::good(CHECK, format!("{} exists", root.display())),
        Ok(_) => {
            let message = format!("{} is not a directory", root.display());
            Finding::bad(CHECK, ErrorKind::Connection, message, "move it away, or use another `base_path`")
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && create => {
            Finding::good(CHECK, format!("{} does not exist yet; the first save creates it", root.display()))
        }
        Err(error) => {
            let kind = match error.kind() {
                std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
                _ => ErrorKind::Connection,
            };
            let message = format!("{} cannot be opened: {error}", root.display());
            Finding::bad(CHECK, kind, message, "check `base_path` and its permissions, or set `create_dirs = true`")
        }
    }];
    findings.extend(file_system(&present));
    findings.extend(free_space(&present));
    findings
}

/// The nearest directory that exists.
fn existing(root: &DiskPath) -> PathBuf {
    let above = root.ancestors().find(|above| above.exists() && !above.as_os_str().is_empty());
    let above = above.unwrap_or_else(|| DiskPath::new("."));
    above.canonicalize().unwrap_or_else(|_| above.to_owned())
}

/// Names the file system, where the system tells it.
fn file_system(directory: &DiskPath) -> Option<Finding> {
    const CHECK: &str = "file system";
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let name = file_system_of(directory, &mounts)?;
    if NETWORK.contains(&name) || name.starts_with("fuse") {
        let remedy = "mount it so that advisory locks work on all machines, or use a local disk";
        return Some(Finding::doubtful(CHECK, format!("{name}, which other machines may share"), remedy));
    }
    Some(Finding::good(CHECK, format!("{name}, of this machine")))
}

/// The type of the mount with the longest path above `directory`.
fn file_system_of<'a>(directory: &DiskPath, mounts: &'a str) -> Option<&'a str> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?.replace("\\040", " "), fields.next()?))
    });
    // Of several mounts at one place, the last one is seen.
    let above = mounts.filter(|(place, _)| directory.starts_with(place));
    above.max_by_key(|(place, _)| place.len()).map(|(_, name)| name)
}

#[cfg(unix)]
fn free_space(directory: &DiskPath) -> Option<Finding> {
    const CHECK: &str = "free space";
    let space = rustix::fs::statvfs(directory).ok()?;
    let (bytes, files) = (space.f_bavail.saturating_mul(space.f_frsize), space.f_favail);
    let message = format!("{} MB are free", bytes >> 20);
    // Some file systems do not count files, and say 0 of 0.
    if bytes < LITTLE || space.f_files > 0 && files < 1_000 {
        return Some(Finding::doubtful(CHECK, message, "free some space: each result takes two files"));
    }
    Some(Finding::good(CHECK, message))
}

#[cfg(not(unix))]
fn free_space(_: &DiskPath) -> Option<Finding> {
    None
}

/// Locks and flushes a file of its own.
fn attempt(root: &DiskPath) -> Vec<Finding> {
    // If it fails, the check of writes has said so.
    let Ok(file) = tempfile::Builder::new().prefix("._doctor-").tempfile_in(root) else { return Vec::new() };
    let locks = match locks_exclude(file.path()) {
        Ok(true) => Finding::good("locks", "a second lock on a file waits"),
        Ok(false) => Finding::bad(
            "locks",
            ErrorKind::Unsupported,
            "two locks on a file are held at once: concurrent overwrites and deletes can lose a result",
            "mount the disk with working advisory locks (for NFS: without `nolock`), or use a local disk",
        ),
        Err(error) => Finding::bad(
            "locks",
            ErrorKind::Unsupported,
            format!("a file cannot be locked: {error}"),
            "mount the disk with working advisory locks (for NFS: without `nolock`), or use a local disk",
        ),
    };
    let flushed = file.as_file().write_all(b"x").and_then(|()| file.as_file().sync_all());
    let flush = match flushed.and_then(|()| File::open(root)?.sync_all()) {
        Ok(()) => Finding::good("flush", "files and directories can be flushed to the disk"),
        Err(error) => Finding::doubtful(
            "flush",
            format!("the file system does not flush: {error}"),
            "expect to lose the newest results when the machine loses power",
        ),
    };
    vec![locks, flush]
}

fn locks_exclude(path: &DiskPath) -> std::io::Result<bool> {
    let open = || File::options().write(true).open(path);
    let (one, other) = (open()?, open()?);
    one.try_lock().map_err(std::io::Error::from)?;
    match other.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_nearest_to_a_directory_is_its_file_system() {
        let mounts = "none / overlay rw 0 0\nhost:/x /data nfs4 rw 0 0\n/dev/sda1 /data/my\\040disk ext4 rw 0 0\n";
        for (directory, name) in
            [("/tmp", "overlay"), ("/data/a", "nfs4"), ("/data/my disk/a", "ext4"), ("/database", "overlay")]
        {
            assert_eq!(file_system_of(DiskPath::new(directory), mounts), Some(name));
        }
    }
}

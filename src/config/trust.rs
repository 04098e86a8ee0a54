//! Whether a configuration that was found, and not named, may be used: it can run programs.

use std::path::Path;

/// Why the file at `path`, found in the working directory or above it, is not trusted; `None` if it is.
///
/// It must belong to this user or to root, and no one else may be able to write it, or to put another one in its place.
#[cfg(unix)]
pub(super) fn distrusted(path: &Path) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    let is_ours = |owner: u32| owner == user || owner == 0;
    let file = path.metadata()?;
    let link = path.symlink_metadata()?;
    for metadata in [&link, &file] {
        if !is_ours(metadata.uid()) {
            return Ok(Some(format!("it belongs to another user (uid {})", metadata.uid())));
        }
    }
    if is_writable_by_others(file.mode(), file.uid(), file.gid()) {
        return Ok(Some("other users can write it".to_owned()));
    }
    let real = path.canonicalize()?;
    for directory in [path.parent(), real.parent()].into_iter().flatten() {
        let metadata = directory.metadata()?;
        if !is_ours(metadata.uid()) {
            return Ok(Some(format!("its directory belongs to another user (uid {})", metadata.uid())));
        }
        // In a sticky directory, such as /tmp, no one can replace a file of ours.
        const STICKY: u32 = 0o1000;
        if metadata.mode() & STICKY == 0 && is_writable_by_others(metadata.mode(), metadata.uid(), metadata.gid()) {
            return Ok(Some("other users can write its directory".to_owned()));
        }
    }
    Ok(None)
}

/// Whether the permissions let others write. A group with the number of the owner is the owner's own, on systems where
/// every user has one and files are writable by it.
#[cfg(unix)]
fn is_writable_by_others(mode: u32, owner: u32, group: u32) -> bool {
    mode & 0o002 != 0 || (mode & 0o020 != 0 && group != owner)
}

/// Windows keeps the directories of users apart by itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every system")]
pub(super) fn distrusted(_: &Path) -> std::io::Result<Option<String>> {
    Ok(None)
}

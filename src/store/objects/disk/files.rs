//! Writing and removing files. All functions block.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::Path as DiskPath;
use std::time::{Duration, SystemTime};

use object_store::path::Path;
use object_store::{Error, ObjectMeta, PutMode, PutPayload, PutResult, Result};
use tempfile::NamedTempFile;

use super::lock::Lock;
use super::opening::{careful, create_directories, failed, generic};
use super::optional::{lacks_links, set_modified, sync, sync_directory};

/// Creates a file beside `path`, under a short name that listings skip. It is removed when it is dropped.
pub(super) fn stage(path: &DiskPath) -> Result<NamedTempFile> {
    let parent = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix("#0").rand_bytes(12);
    // Others may read results, as far as the umask allows; by default only the owner can read temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    in_directory(parent, || builder.tempfile_in(parent)).map_err(not_created)
}

/// Creates an empty file, which is whole from the start and needs no other name before. Returns `None` if the name is
/// taken.
pub(super) fn create_empty(path: &DiskPath) -> Result<Option<Metadata>> {
    let create = || careful().write(true).create_new(true).open(path);
    match in_directory(path.parent().unwrap_or(path), create) {
        Ok(file) => dated(&file).inspect_err(|_| drop(fs::remove_file(path))).map(Some),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(not_created(error)),
    }
}

/// Creates a file in `directory`, and the directory itself if it is missing.
fn in_directory<T>(directory: &DiskPath, create: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match create() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_directories(directory).and_then(|()| create()),
        result => result,
    }
}

fn not_created(error: io::Error) -> Error {
    match error.kind() {
        // The reason would contain the temporary name, which only puzzles the user.
        kind @ (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull) => {
            generic(io::Error::from(kind))
        }
        _ => generic(error),
    }
}

/// Writes `payload` into the staged file.
pub(super) fn fill(staged: &mut NamedTempFile, payload: &PutPayload) -> Result<()> {
    // Errors of the wrapper would name the temporary file.
    let file = staged.as_file_mut();
    payload.iter().try_for_each(|piece| file.write_all(piece)).map_err(generic)
}

/// Gives the staged file its time, and returns its metadata under its later name.
pub(super) fn seal(staged: &NamedTempFile) -> Result<Metadata> {
    dated(staged.as_file())
}

/// Gives a new file the exact time, and returns its metadata.
fn dated(file: &File) -> Result<Metadata> {
    // The kernel's timestamps advance in ticks of milliseconds, so a reused inode could pass for the old file.
    set_modified(file, SystemTime::now()).map_err(generic)?;
    file.metadata().map_err(generic)
}

/// Makes the staged file durable, then moves it to `path` if the condition of `mode` holds.
pub(super) fn publish(staged: NamedTempFile, path: &DiskPath, mode: &PutMode, lock: &Lock) -> Result<PutResult> {
    let metadata = seal(&staged)?;
    if metadata.len() > 0 {
        sync(staged.as_file()).map_err(generic)?;
    }
    Naming::default().name(staged, path, mode, lock)?;
    if let Some(parent) = path.parent() {
        sync_directory(parent).map_err(generic)?;
    }
    Ok(put_result(&metadata))
}

/// The answer to the write of a file.
pub(super) fn put_result(metadata: &Metadata) -> PutResult {
    PutResult { e_tag: Some(e_tag(metadata)), version: None, extensions: Default::default() }
}

/// Names staged files of one store. The lock is taken for the first that needs it, and released at the end.
#[derive(Default)]
pub(super) struct Naming {
    held: Option<File>,
}

impl Naming {
    /// Moves the staged file to `path` if the condition of `mode` holds.
    pub(super) fn name(&mut self, staged: NamedTempFile, path: &DiskPath, mode: &PutMode, lock: &Lock) -> Result<()> {
        match mode {
            PutMode::Create => self.create(staged, path, lock),
            PutMode::Overwrite => {
                self.hold(lock)?;
                replace(staged, path)
            }
            PutMode::Update(version) => {
                self.hold(lock)?;
                let present = fs::symlink_metadata(path).ok().map(|metadata| e_tag(&metadata));
                if present.is_none() || present != version.e_tag {
                    return Err(changed(path));
                }
                replace(staged, path)
            }
        }
    }

    fn hold(&mut self, lock: &Lock) -> Result<()> {
        if self.held.is_none() {
            self.held = Some(lock.hold()?);
        }
        Ok(())
    }

    /// Moves the staged file to `path` if that name is free.
    fn create(&mut self, staged: NamedTempFile, path: &DiskPath, lock: &Lock) -> Result<()> {
        let Err(failure) = staged.persist_noclobber(path) else { return Ok(()) };
        match failure.error.kind() {
            io::ErrorKind::AlreadyExists => Err(exists(path)),
            // This file system knows neither a rename that replaces nothing nor hard links, so that each writer gets here,
            // and the lock decides among them.
            _ if lacks_links(&failure.error) => self.create_under_lock(failure.file, path, lock),
            _ => Err(generic(failure.error)),
        }
    }

    fn create_under_lock(&mut self, staged: NamedTempFile, path: &DiskPath, lock: &Lock) -> Result<()> {
        self.hold(lock)?;
        match fs::symlink_metadata(path) {
            Ok(_) => Err(exists(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => replace(staged, path),
            Err(error) => Err(generic(error)),
        }
    }
}

fn replace(staged: NamedTempFile, path: &DiskPath) -> Result<()> {
    staged.persist(path).map(drop).map_err(|error| generic(error.error))
}

fn exists(path: &DiskPath) -> Error {
    Error::AlreadyExists { path: path.display().to_string(), source: "the name is taken".into() }
}

/// Removes `path` if it has this ETag.
pub(super) fn remove_if(path: &DiskPath, wanted: &str, lock: &Lock) -> Result<()> {
    let _held = lock.hold()?;
    match fs::symlink_metadata(path) {
        Ok(metadata) if e_tag(&metadata) != wanted => Err(changed(path)),
        Ok(_) => remove(path),
        Err(error) => Err(failed(path, error)),
    }
}

fn changed(path: &DiskPath) -> Error {
    Error::Precondition { path: path.display().to_string(), source: "it has been changed or removed meanwhile".into() }
}

/// Removes the name `path`. A link itself is removed, not the file that it links to.
pub(super) fn remove(path: &DiskPath) -> Result<()> {
    fs::remove_file(path).map_err(|error| failed(path, error))?;
    path.parent().map_or(Ok(()), sync_directory).map_err(generic)
}

/// The facts of a file as those of an object.
pub(super) fn object_meta(location: Path, metadata: &Metadata) -> ObjectMeta {
    // A time that no calendar shows stands for the nearest one that does.
    let latest = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let last_modified = modified.clamp(SystemTime::UNIX_EPOCH, latest).into();
    ObjectMeta { location, last_modified, size: metadata.len(), e_tag: Some(e_tag(metadata)), version: None }
}

/// The version of a file: its inode, time and length.
fn e_tag(metadata: &Metadata) -> String {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("\"{inode:x}-{:x}-{:x}\"", modified.unwrap_or_default().as_micros(), metadata.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::contract::Notices;
    use crate::store::objects::disk::lock::WaitingNotice;

    #[test]
    fn without_hard_links_the_lock_decides_who_creates_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let waiting = Arc::new(WaitingNotice::new(Notices::new(|_| {})));
        let (lock, path) = (Lock { path: directory.path().join(".lock"), waiting }, directory.path().join("a.json"));
        Naming::default().create_under_lock(stage(&path).unwrap(), &path, &lock).unwrap();
        let second = Naming::default().create_under_lock(stage(&path).unwrap(), &path, &lock);
        assert!(matches!(second, Err(Error::AlreadyExists { .. })), "{second:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "the lock and the file");
    }
}

//! Operations on files and directories. All of them block.

use std::fs::{self, File};
use std::io;
use std::path::{Path as DiskPath, PathBuf};
use std::time::SystemTime;

use object_store::path::Path;
use object_store::{Error, ListResult, ObjectMeta, PutMode, PutResult, Result};
use tempfile::NamedTempFile;

use crate::store::objects::translate::LOCAL;

pub(super) fn generic(source: impl Into<crate::error::BoxError>) -> Error {
    Error::Generic { store: LOCAL, source: source.into() }
}

/// Runs blocking work on a thread for it.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Lists a directory of the catalog by name alone. For a hundred thousand entries, the metadata of each file would take
/// most of the time, and no caller needs size or age.
pub(super) fn names(directory: &DiskPath, prefix: &Path) -> Result<ListResult> {
    let mut listed = ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Default::default() };
    let files = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listed),
        files => files.map_err(generic)?,
    };
    for file in files {
        let file = file.map_err(generic)?;
        let Some(name) = file.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned) else {
            continue;
        };
        let location = Path::parse(format!("{prefix}/{name}"))?;
        if file.file_type().is_ok_and(|kind| kind.is_dir()) {
            listed.common_prefixes.push(location);
        } else {
            let (size, e_tag, version) = (0, None, None);
            listed.objects.push(ObjectMeta { location, last_modified: Default::default(), size, e_tag, version });
        }
    }
    Ok(listed)
}

/// The lock file that makes replacing and removing exclusive among processes. It is never removed.
pub(super) struct Lock(pub(super) PathBuf);

impl Lock {
    /// Waits for the lock. It is released when the file is dropped or the process ends.
    pub(super) fn hold(&self) -> Result<File> {
        let open = || File::options().create(true).truncate(false).write(true).open(&self.0);
        let file = match (open(), self.0.parent()) {
            (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
                create_directories(parent).and_then(|()| open())
            }
            (result, _) => result,
        };
        let file = file.map_err(generic)?;
        file.lock().map_err(generic)?;
        Ok(file)
    }
}

/// Creates a file beside `path`, under a short name that listings skip. It is removed when it is dropped.
pub(super) fn stage(path: &DiskPath) -> Result<NamedTempFile> {
    let parent = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix("#0").rand_bytes(12);
    // Others may read results, as far as the umask allows; by default only the owner can read temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let staged = match builder.tempfile_in(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_directories(parent).and_then(|()| builder.tempfile_in(parent))
        }
        result => result,
    };
    staged.map_err(|error| match error.kind() {
        // The reason would contain the temporary name, which only puzzles the user.
        kind @ (io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull) => {
            generic(io::Error::from(kind))
        }
        _ => generic(error),
    })
}

/// Makes the staged file durable, then moves it to `path` if the condition of `mode` holds.
pub(super) fn publish(staged: NamedTempFile, path: &DiskPath, mode: &PutMode, lock: &Lock) -> Result<PutResult> {
    let file = staged.as_file();
    // The kernel's timestamps advance in ticks of milliseconds, so a reused inode could pass for the old file.
    file.set_modified(SystemTime::now()).map_err(generic)?;
    let metadata = file.metadata().map_err(generic)?;
    if metadata.len() > 0 {
        file.sync_all().map_err(generic)?;
    }
    match mode {
        PutMode::Create => staged.persist_noclobber(path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::AlreadyExists { path: path.display().to_string(), source: error.error.into() }
            }
            _ => generic(error.error),
        })?,
        PutMode::Overwrite => {
            let _held = lock.hold()?;
            staged.persist(path).map_err(|error| generic(error.error))?
        }
        PutMode::Update(version) => {
            let _held = lock.hold()?;
            let present = fs::metadata(path).ok().map(|metadata| e_tag(&metadata));
            if present.is_none() || present != version.e_tag {
                return Err(changed(path));
            }
            staged.persist(path).map_err(|error| generic(error.error))?
        }
    };
    if let Some(parent) = path.parent() {
        sync_directory(parent).map_err(generic)?;
    }
    Ok(PutResult { e_tag: Some(e_tag(&metadata)), version: None, extensions: Default::default() })
}

/// Removes `path` if it has this ETag.
pub(super) fn remove_if(path: &DiskPath, wanted: &str, lock: &Lock) -> Result<()> {
    let _held = lock.hold()?;
    match fs::metadata(path) {
        Ok(metadata) if e_tag(&metadata) != wanted => Err(changed(path)),
        Ok(_) => remove(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::NotFound { path: path.display().to_string(), source: error.into() })
        }
        Err(error) => Err(generic(error)),
    }
}

fn changed(path: &DiskPath) -> Error {
    Error::Precondition { path: path.display().to_string(), source: "it has been changed or removed meanwhile".into() }
}

pub(super) fn remove(path: &DiskPath) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NotFound { path: path.display().to_string(), source: error.into() });
        }
        Err(error) => return Err(generic(error)),
    }
    path.parent().map_or(Ok(()), sync_directory).map_err(generic)
}

/// Returns the ETag that `LocalFileSystem` gives the same file when it reads it.
fn e_tag(metadata: &fs::Metadata) -> String {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("\"{inode:x}-{:x}-{:x}\"", modified.unwrap_or_default().as_micros(), metadata.len())
}

/// Creates `directory` and its missing parents, durably.
pub(super) fn create_directories(directory: &DiskPath) -> io::Result<()> {
    let missing: Vec<_> =
        directory.ancestors().take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists()).collect();
    fs::create_dir_all(directory)?;
    for directory in missing {
        match directory.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync_directory(DiskPath::new("."))?,
            Some(parent) => sync_directory(parent)?,
            None => {}
        }
    }
    Ok(())
}

#[cfg(unix)]
fn sync_directory(directory: &DiskPath) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &DiskPath) -> io::Result<()> {
    // Other systems cannot open directories, and need not.
    Ok(())
}

//! The local disk as an object store that can also compare and swap.
//!
//! Reading and listing is `LocalFileSystem`. Writing is ours, because `LocalFileSystem` replaces nothing conditionally,
//! tells two versions of equal size apart only by the clock's coarse ticks, and needs the last bytes of a long name.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path as DiskPath, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use tempfile::NamedTempFile;

use super::backend::Sweep;
use super::layout::CATALOG;
use super::stream::Condition;
use super::translate::{LOCAL, MissingDirectory};

/// One namespace of a store on the local disk.
pub(super) struct Disk {
    root: PathBuf,
    create: bool,
    inner: OnceLock<LocalFileSystem>,
}

impl Disk {
    /// The store in the directory `root`, which need not exist; it is made with the first write if `create` says so.
    pub(super) fn new(root: PathBuf, create: bool) -> Self {
        Self { root, create, inner: OnceLock::new() }
    }

    /// The store, or nothing if its directory does not exist yet.
    fn present(&self) -> Result<Option<&LocalFileSystem>> {
        if let Some(inner) = self.inner.get() {
            return Ok(Some(inner));
        }
        match fs::metadata(&self.root) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return if self.create { Ok(None) } else { Err(generic(MissingDirectory(self.root.clone()))) };
            }
            Err(error) => return Err(generic(error)),
        }
        let inner = LocalFileSystem::new_with_prefix(&self.root)?.with_fsync(true);
        Ok(Some(self.inner.get_or_init(|| inner)))
    }

    fn for_reading(&self, location: &Path) -> Result<&LocalFileSystem> {
        self.present()?.ok_or_else(|| Error::NotFound {
            path: location.to_string(),
            source: MissingDirectory(self.root.clone()).into(),
        })
    }

    fn for_writing(&self) -> Result<&LocalFileSystem> {
        if self.present()?.is_none() {
            create_directories(&self.root).map_err(generic)?;
        }
        self.present()?.ok_or_else(|| generic(MissingDirectory(self.root.clone())))
    }

    /// Where the file of `location` lies, and the lock that whoever replaces or removes it must hold.
    fn file(&self, location: &Path) -> Result<(PathBuf, Lock)> {
        let inner = self.for_writing()?;
        let path = inner.path_to_filesystem(location)?;
        let lock = inner.path_to_filesystem(&Path::from_iter([CATALOG, ".lock"]))?;
        Ok((path, Lock(lock)))
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Disk").field("root", &self.root).field("create", &self.create).finish_non_exhaustive()
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.root.display())
    }
}

fn generic(source: impl Into<crate::error::BoxError>) -> Error {
    Error::Generic { store: LOCAL, source: source.into() }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let (path, lock) = self.file(location)?;
        blocking(move || {
            let mut staged = stage(&path)?;
            for piece in &payload {
                staged.write_all(piece).map_err(generic)?;
            }
            publish(staged, &path, &options.mode, &lock)
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let (path, lock) = self.file(location)?;
        let mode = options.extensions.get::<Condition>().map_or(PutMode::Overwrite, |condition| condition.0.clone());
        blocking(move || {
            let staged = Arc::new(Mutex::new(Some(stage(&path)?)));
            Ok(Box::new(Upload { staged, offset: 0, path, mode, lock }) as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.for_reading(location)?.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.for_reading(location)?.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let inner = match self.present() {
            Ok(Some(inner)) => inner.clone(),
            Ok(None) => {
                let missing = MissingDirectory(self.root.clone()).to_string();
                return locations
                    .map(move |location| {
                        Err(Error::NotFound { path: location?.to_string(), source: missing.clone().into() })
                    })
                    .boxed();
            }
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        locations
            .map(move |location| {
                let inner = inner.clone();
                async move {
                    let location = location?;
                    let path = inner.path_to_filesystem(&location)?;
                    let lock = Lock(inner.path_to_filesystem(&Path::from_iter([CATALOG, ".lock"]))?);
                    let in_catalog = in_catalog(&location);
                    blocking(move || {
                        // Nobody replaces an entry of the catalog, so removing one needs no lock.
                        let _held = if in_catalog { None } else { Some(lock.hold()?) };
                        remove(&path)?;
                        Ok(location)
                    })
                    .await
                }
            })
            .buffered(8)
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.present() {
            Ok(Some(inner)) => inner.list(prefix),
            Ok(None) => stream::empty().boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.present() {
            Ok(Some(inner)) => inner.list_with_offset(prefix, offset),
            Ok(None) => stream::empty().boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match (self.present()?, prefix.filter(|prefix| in_catalog(prefix))) {
            (Some(inner), Some(prefix)) => {
                let (directory, prefix) = (inner.path_to_filesystem(prefix)?, prefix.clone());
                blocking(move || names(&directory, &prefix)).await
            }
            (Some(inner), None) => inner.list_with_delimiter(prefix).await,
            (None, _) => {
                Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Default::default() })
            }
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.for_reading(from)?.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.for_reading(from)?.rename_opts(from, to, options).await
    }
}

fn in_catalog(location: &Path) -> bool {
    location.parts().next().is_some_and(|part| part.as_ref() == CATALOG)
}

/// What is in a directory of the catalog, by name alone: of a hundred thousand entries, looking at each file would take
/// most of the time, and nobody asks for their size or age.
fn names(directory: &DiskPath, prefix: &Path) -> Result<ListResult> {
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

/// The file that makes replacing and removing exclusive among processes. It is never removed.
struct Lock(PathBuf);

impl Lock {
    /// Waits for the lock; it is free again when the file is dropped, or the process ends.
    fn hold(&self) -> Result<File> {
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

/// A new file beside `path`, under a short name that listings leave out. It is removed when it is dropped.
fn stage(path: &DiskPath) -> Result<NamedTempFile> {
    let parent = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix("#0").rand_bytes(12);
    // Others may read results, as far as the umask lets them; temporary files are otherwise their owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let staged = match builder.tempfile_in(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_directories(parent).and_then(|()| builder.tempfile_in(parent))
        }
        result => result,
    };
    staged.map_err(generic)
}

/// Makes the staged file durable, and then `path`, if what `mode` asks for is so.
fn publish(staged: NamedTempFile, path: &DiskPath, mode: &PutMode, lock: &Lock) -> Result<PutResult> {
    let file = staged.as_file();
    // The kernel's own stamp moves in ticks of milliseconds, within which a reused inode could pass for the old file.
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
                let source = "it has been changed or removed meanwhile".into();
                return Err(Error::Precondition { path: path.display().to_string(), source });
            }
            staged.persist(path).map_err(|error| generic(error.error))?
        }
    };
    if let Some(parent) = path.parent() {
        sync_directory(parent).map_err(generic)?;
    }
    Ok(PutResult { e_tag: Some(e_tag(&metadata)), version: None, extensions: Default::default() })
}

fn remove(path: &DiskPath) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NotFound { path: path.display().to_string(), source: error.into() });
        }
        Err(error) => return Err(generic(error)),
    }
    path.parent().map_or(Ok(()), sync_directory).map_err(generic)
}

/// The tag that `LocalFileSystem` gives the same file when it reads it.
fn e_tag(metadata: &fs::Metadata) -> String {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("\"{inode:x}-{:x}-{:x}\"", modified.unwrap_or_default().as_micros(), metadata.len())
}

/// Makes `directory` and what is missing above it, durably.
fn create_directories(directory: &DiskPath) -> io::Result<()> {
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
    // Elsewhere directories cannot be opened, and need not be.
    Ok(())
}

/// How old a staged file must be before nobody can be writing it.
const ABANDONED: std::time::Duration = std::time::Duration::from_secs(3600);

#[async_trait]
impl Sweep for Disk {
    async fn sweep(&self) -> Result<()> {
        if self.present()?.is_none() {
            return Ok(());
        }
        let root = self.root.clone();
        blocking(move || {
            let hours = fs::read_dir(root.join(CATALOG)).into_iter().flatten().flatten().map(|hour| hour.path());
            for directory in [root].into_iter().chain(hours.filter(|hour| hour.is_dir())) {
                for file in fs::read_dir(directory).map_err(generic)?.flatten() {
                    let name = file.file_name();
                    let staged = name
                        .to_string_lossy()
                        .rsplit_once('#')
                        .is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
                    let age = file
                        .metadata()
                        .and_then(|metadata| metadata.modified())
                        .ok()
                        .and_then(|time| time.elapsed().ok());
                    if staged && age.is_some_and(|age| age > ABANDONED) {
                        match remove(&file.path()) {
                            Err(Error::NotFound { .. }) | Ok(()) => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
            }
            Ok(())
        })
        .await
    }
}

/// A large file that is being written; nobody sees it before it is complete.
struct Upload {
    staged: Arc<Mutex<Option<NamedTempFile>>>,
    offset: u64,
    path: PathBuf,
    mode: PutMode,
    lock: Lock,
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upload").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}

fn aborted() -> Error {
    generic("the upload has ended already")
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (staged, offset) = (Arc::clone(&self.staged), self.offset);
        self.offset += data.content_length() as u64;
        blocking(move || {
            let mut staged = staged.lock().unwrap_or_else(PoisonError::into_inner);
            let file = staged.as_mut().ok_or_else(aborted)?;
            file.seek(SeekFrom::Start(offset)).map_err(generic)?;
            data.iter().try_for_each(|piece| file.write_all(piece)).map_err(generic)
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(aborted)?;
        let (path, mode, lock) = (self.path.clone(), self.mode.clone(), Lock(self.lock.0.clone()));
        blocking(move || publish(staged, &path, &mode, &lock)).await
    }

    async fn abort(&mut self) -> Result<()> {
        // Dropping it removes the file.
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).take().map(drop).ok_or_else(aborted)
    }
}

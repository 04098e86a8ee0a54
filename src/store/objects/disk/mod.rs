//! The local disk as an object store with compare-and-swap.
//!
//! `LocalFileSystem` reads and lists. Writing is our own, because `LocalFileSystem` has no conditional replacement,
//! distinguishes two versions of equal size only by the coarse ticks of the clock, and needs the last bytes of a long
//! name.

mod files;
mod upload;

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use self::files::{Lock, blocking, create_directories, generic, names, publish, remove, remove_if, stage};
use self::upload::DiskUpload;
use super::backend::{Removal, Sweep};
use super::layout::CATALOG;
use super::stream::UploadCondition;
use super::translate::MissingDirectory;

/// One namespace of a store on the local disk.
pub(super) struct Disk {
    root: PathBuf,
    create: bool,
    inner: OnceLock<LocalFileSystem>,
}

impl Disk {
    /// A store in the directory `root`, which need not exist. The first write creates it if `create` is set.
    pub(super) fn new(root: PathBuf, create: bool) -> Self {
        Self { root, create, inner: OnceLock::new() }
    }

    /// Returns the store, or `None` if its directory does not exist yet.
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

    /// Returns the file of `location`, and the lock that a process must hold to replace or remove it.
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
        let mode =
            options.extensions.get::<UploadCondition>().map_or(PutMode::Overwrite, |condition| condition.0.clone());
        blocking(move || {
            let staged = Arc::new(Mutex::new(Some(stage(&path)?)));
            Ok(Box::new(DiskUpload { staged, offset: 0, path, mode, lock }) as Box<dyn MultipartUpload>)
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
                        // Entries of the catalog are never replaced, so removing one needs no lock.
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

#[async_trait]
impl Removal for Disk {
    async fn remove_if(&self, location: &Path, e_tag: &str) -> Result<()> {
        self.for_reading(location)?;
        let (path, lock) = self.file(location)?;
        let e_tag = e_tag.to_owned();
        blocking(move || remove_if(&path, &e_tag, &lock)).await
    }
}

/// Age from which no process can still be writing a staged file.
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

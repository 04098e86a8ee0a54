//! The local disk as an object store with compare-and-swap.
//!
//! `LocalFileSystem` of `object_store` is not used: it follows links, waits for pipes, fails at names that are not
//! UTF-8, has no conditional replacement, and distinguishes two versions of equal size only by the coarse ticks of the
//! clock.

mod file_system;
mod files;
mod group;
mod inspection;
mod listing;
mod lock;
mod opening;
mod optional;
mod skipped;
mod upload;

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use self::files::{object_meta, remove, remove_if, stage};
use self::group::{PendingWrite, WriteGroup};
use self::listing::{FileFacts, directories, list};
use self::lock::{Lock, WaitingNotice};
use self::opening::{blocking, create_directories, generic, open, refuse_link};
use self::skipped::SkippedNames;
use self::upload::DiskUpload;
use super::backend::{NameSearch, Removal, Sweep};
use super::disk_problem::DiskProblem;
use super::layout::CATALOG;
use super::stream::UploadCondition;
use crate::store::contract::Notices;

/// One namespace of a store on the local disk.
///
/// Only regular files below its directory are read, replaced and removed. No link is followed.
pub(super) struct Disk {
    root: PathBuf,
    create: bool,
    /// Whether the directory has been seen.
    seen: AtomicBool,
    waiting: Arc<WaitingNotice>,
    skipped: Arc<SkippedNames>,
    group: Arc<WriteGroup>,
}

impl Disk {
    /// A store in the directory `root`, which need not exist. The first write creates it if `create` is set. Names with
    /// the extension of documents that cannot be documents are reported to `notices`.
    pub(super) fn new(root: PathBuf, create: bool, extension: &str, notices: &Notices) -> Self {
        let waiting = Arc::new(WaitingNotice::new(notices.clone()));
        let skipped = Arc::new(SkippedNames::new(root.clone(), extension.to_owned(), notices.clone()));
        Self { root, create, seen: AtomicBool::new(false), waiting, skipped, group: Arc::default() }
    }

    /// Returns whether the directory of the store exists.
    fn exists(&self) -> Result<bool> {
        if self.seen.load(Ordering::Relaxed) {
            return Ok(true);
        }
        match fs::metadata(&self.root) {
            Ok(_) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.create => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(generic(self.missing())),
            Err(error) => Err(generic(error)),
        }
    }

    fn missing(&self) -> DiskProblem {
        DiskProblem::MissingDirectory(self.root.clone())
    }

    /// Returns the path of `location`. A directory on the way that is a link is an error, because it leads out of the
    /// store.
    fn path(&self, location: &Path) -> Result<PathBuf> {
        let mut path = self.root.clone();
        let mut parts = location.parts().peekable();
        while let Some(part) = parts.next() {
            path.push(part.as_ref());
            if parts.peek().is_some() {
                refuse_link(&path)?;
            }
        }
        Ok(path)
    }

    /// Returns the path of `location` for reading.
    fn for_reading(&self, location: &Path) -> Result<PathBuf> {
        if !self.exists()? {
            return Err(Error::NotFound { path: location.to_string(), source: self.missing().into() });
        }
        self.path(location)
    }

    /// Returns the path of `location` for writing, and the lock that a process must hold to replace or remove it.
    fn for_writing(&self, location: &Path) -> Result<(PathBuf, Lock)> {
        if !self.exists()? {
            create_directories(&self.root).map_err(generic)?;
        }
        let path = self.path(location)?;
        if !in_catalog(location) {
            refuse_link(&self.root.join(CATALOG))?;
        }
        let lock = self.root.join(CATALOG).join(lock::NAME);
        Ok((path, Lock { path: lock, waiting: Arc::clone(&self.waiting) }))
    }

    /// Returns the path of the directory with the key `prefix`, or `None` if there is no store yet.
    fn directory(&self, prefix: &Path) -> Result<Option<PathBuf>> {
        if !self.exists()? {
            return Ok(None);
        }
        let directory = self.path(prefix)?;
        refuse_link_below(&directory, prefix)?;
        Ok(Some(directory))
    }

    /// Lists one directory.
    async fn list_directory(&self, prefix: Path, facts: FileFacts) -> Result<ListResult> {
        self.list_beginning(prefix, String::new(), facts).await
    }

    /// Lists what begins with `beginning` in a directory.
    async fn list_beginning(&self, prefix: Path, beginning: String, facts: FileFacts) -> Result<ListResult> {
        let Some(directory) = self.directory(&prefix)? else {
            return Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Default::default() });
        };
        let skipped = Arc::clone(&self.skipped);
        blocking(move || list(&directory, &prefix, &beginning, facts, &skipped)).await
    }

    /// A second handle on the same store, for streams that outlive a borrow.
    fn handle(&self) -> Self {
        Self {
            root: self.root.clone(),
            create: self.create,
            seen: AtomicBool::new(self.seen.load(Ordering::Relaxed)),
            waiting: Arc::clone(&self.waiting),
            skipped: Arc::clone(&self.skipped),
            group: Arc::clone(&self.group),
        }
    }
}

/// Refuses a directory that is a link, unless it is the root, to which the user's own links may lead.
fn refuse_link_below(directory: &std::path::Path, prefix: &Path) -> Result<()> {
    if prefix.as_ref().is_empty() { Ok(()) } else { refuse_link(directory) }
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
        let (path, lock) = self.for_writing(location)?;
        self.group.write(&self.root, PendingWrite { path, payload, mode: options.mode, lock }).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let (path, lock) = self.for_writing(location)?;
        let mode =
            options.extensions.get::<UploadCondition>().map_or(PutMode::Overwrite, |condition| condition.0.clone());
        blocking(move || {
            let staged = Arc::new(Mutex::new(Some(stage(&path)?)));
            Ok(Box::new(DiskUpload { staged, offset: 0, path, mode, lock }) as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (path, location) = (self.for_reading(location)?, location.clone());
        let is_head = options.head;
        let read = move || {
            let (file, metadata) = open(&path)?;
            let meta = object_meta(location, &metadata);
            options.check_preconditions(&meta)?;
            let range = match options.range {
                Some(range) => range.as_range(meta.size).map_err(generic)?,
                None => 0..meta.size,
            };
            let payload = GetResultPayload::File(file, path);
            Ok(GetResult { payload, meta, range, attributes: Default::default(), extensions: Default::default() })
        };
        // Looking at a name takes less time than handing it to another thread.
        if is_head { read() } else { blocking(read).await }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut read = Vec::with_capacity(ranges.len());
        for range in ranges {
            let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
            read.push(self.get_opts(location, options).await?.bytes().await?);
        }
        Ok(read)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let disk = self.handle();
        let remove = move |location: Result<Path>| {
            let disk = disk.handle();
            async move {
                let location = location?;
                disk.for_reading(&location)?;
                let (path, lock) = disk.for_writing(&location)?;
                // Entries of the catalog are never replaced, so removing one needs no lock.
                let lock = (!in_catalog(&location)).then_some(lock);
                blocking(move || {
                    let _held = lock.as_ref().map(Lock::hold).transpose()?;
                    remove(&path)?;
                    Ok(location)
                })
                .await
            }
        };
        locations.map(remove).buffered(8).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let first = vec![prefix.cloned().unwrap_or_default()];
        let directories = stream::try_unfold((self.handle(), first), async |(disk, mut left)| {
            let Some(directory) = left.pop() else { return Ok::<_, Error>(None) };
            let listed = disk.list_directory(directory, FileFacts::All).await?;
            left.extend(listed.common_prefixes);
            Ok(Some((stream::iter(listed.objects.into_iter().map(Ok)), (disk, left))))
        });
        directories.try_flatten().boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        self.list(prefix).try_filter(move |meta| std::future::ready(meta.location > offset)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = prefix.cloned().unwrap_or_default();
        // No caller needs size or age of the catalog's entries.
        let facts = if in_catalog(&prefix) { FileFacts::Name } else { FileFacts::All };
        self.list_directory(prefix, facts).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy".to_owned(), implementer: self.to_string() })
    }

    async fn rename_opts(&self, _: &Path, _: &Path, _: RenameOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "rename".to_owned(), implementer: self.to_string() })
    }
}

/// Time since a file was written; `None` if it is gone.
fn age(file: &fs::DirEntry) -> Option<Duration> {
    file.metadata().and_then(|metadata| metadata.modified()).ok()?.elapsed().ok()
}

fn in_catalog(location: &Path) -> bool {
    location.parts().next().is_some_and(|part| part.as_ref() == CATALOG)
}

#[async_trait]
impl Removal for Disk {
    async fn remove_if(&self, location: &Path, e_tag: &str) -> Result<()> {
        self.for_reading(location)?;
        let (path, lock) = self.for_writing(location)?;
        let e_tag = e_tag.to_owned();
        blocking(move || remove_if(&path, &e_tag, &lock)).await
    }
}

#[async_trait]
impl NameSearch for Disk {
    async fn directories(&self, prefix: &Path) -> Result<Vec<String>> {
        let Some(directory) = self.directory(prefix)? else { return Ok(Vec::new()) };
        let (prefix, skipped) = (prefix.clone(), Arc::clone(&self.skipped));
        blocking(move || directories(&directory, &prefix, &skipped)).await
    }

    async fn beginning(&self, start: &Path) -> Result<Vec<Path>> {
        let directory = start.parent().unwrap_or_default();
        let name = start.filename().unwrap_or_default().to_owned();
        let listed = self.list_beginning(directory, name, FileFacts::Name).await?;
        Ok(listed.objects.into_iter().map(|meta| meta.location).collect())
    }
}

/// Age from which no process can still be writing a staged file.
const ABANDONED: Duration = Duration::from_secs(3600);

#[async_trait]
impl Sweep for Disk {
    async fn sweep(&self) -> Result<()> {
        if !self.exists()? {
            return Ok(());
        }
        let root = self.root.clone();
        blocking(move || {
            let catalog = fs::read_dir(root.join(CATALOG)).into_iter().flatten().flatten();
            let hours = catalog.filter(|hour| hour.file_type().is_ok_and(|kind| kind.is_dir())).map(|hour| hour.path());
            for directory in [root].into_iter().chain(hours) {
                for file in fs::read_dir(directory).map_err(generic)?.flatten() {
                    let name = file.file_name();
                    let staged = name
                        .to_string_lossy()
                        .rsplit_once('#')
                        .is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
                    if staged && age(&file).is_some_and(|age| age > ABANDONED) {
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

//! Writes of one process that become durable together.
//!
//! A flush costs as much for many files as for one. Concurrent writes therefore wait in a queue, and one thread takes all
//! that wait: it writes their files, flushes them, names them, and flushes the names. Each write is answered after that, so
//! what is reported is on the disk, and a write that starts after an answer is named after it. If others wait by then, one
//! flush does for the names of a group and for the content of the next.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io;
use std::path::{Path as DiskPath, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use object_store::{PutMode, PutPayload, PutResult, Result};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::file_system::FileSystem;
use super::files::{Naming, create_empty, fill, put_result, seal, stage};
use super::lock::Lock;
use super::opening::{create_all_directories, generic};
use super::optional::{sync, sync_directory};
use crate::open_files;

/// Number of writes from which one flush of the file system takes the place of a flush of each file.
const TOGETHER: usize = 4;

/// Maximum number of writes with content in a group: their files are open at the same time.
const LARGEST: usize = 256;

/// Maximum number of all writes in a group, so that none waits long for the others.
const LONGEST: usize = 2_048;

/// A small file to write.
pub(super) struct PendingWrite {
    pub(super) path: PathBuf,
    pub(super) payload: PutPayload,
    pub(super) mode: PutMode,
    pub(super) lock: Lock,
}

impl PendingWrite {
    fn is_empty(&self) -> bool {
        self.payload.content_length() == 0
    }
}

/// A write that waits, and where its answer goes.
type QueuedWrite = (PendingWrite, oneshot::Sender<Result<PutResult>>);

/// A written file, without its name if it has content, and where that comes from.
type StagedWrite = (PendingWrite, Option<NamedTempFile>, Metadata);

/// A file with its name, and its facts.
type NamedWrite = (PathBuf, Metadata);

/// The writes of a store that wait for their turn.
#[derive(Default)]
pub(super) struct WriteGroup {
    queue: Mutex<WriteQueue>,
}

#[derive(Default)]
struct WriteQueue {
    waiting: Vec<QueuedWrite>,
    /// Whether a thread takes what waits.
    is_served: bool,
}

impl WriteGroup {
    /// Writes a file below `root`, together with others that are written at the same time.
    pub(super) async fn write(self: &Arc<Self>, root: &DiskPath, write: PendingWrite) -> Result<PutResult> {
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut queue = self.queue();
            queue.waiting.push((write, sender));
            !std::mem::replace(&mut queue.is_served, true)
        };
        if is_first {
            let server = Server { group: Arc::clone(self), root: root.to_owned(), is_done: false };
            // As a task, it starts after the other writes that are ready have joined the queue.
            tokio::spawn(async move { tokio::task::spawn_blocking(move || server.serve()).await });
        }
        answer.await.map_err(generic)?
    }

    fn queue(&self) -> MutexGuard<'_, WriteQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that takes what waits.
struct Server {
    group: Arc<WriteGroup>,
    root: PathBuf,
    /// Whether another thread may serve the queue already.
    is_done: bool,
}

impl Server {
    fn serve(mut self) {
        let largest = within_open_files(LARGEST);
        // Opened before the first files of a group: its flushes report the errors since then.
        let file_system = OnceCell::new();
        let mut before: Option<NamedGroup> = None;
        loop {
            let group: Vec<QueuedWrite> = {
                let mut queue = self.group.queue();
                let count = next_group(&queue.waiting, largest);
                queue.is_served = count > 0 || before.is_some();
                queue.waiting.drain(..count).collect()
            };
            let (writes, senders): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            if writes.len() >= TOGETHER
                && let Some(file_system) = file_system.get_or_init(|| FileSystem::of(&self.root))
            {
                let named = write_together(writes, file_system, before.take());
                before = Some(NamedGroup { named, senders });
                continue;
            }
            if let Some(before) = before.take() {
                before.finish(file_system.get().and_then(Option::as_ref), false);
            } else if writes.is_empty() {
                self.is_done = true;
                return;
            }
            for (write, sender) in writes.into_iter().zip(senders) {
                NamedGroup { named: vec![write_alone(write)], senders: vec![sender] }.finish(None, false);
            }
        }
    }
}

/// Writes that have got their names, which are not flushed yet. They are answered after that.
struct NamedGroup {
    named: Vec<Result<NamedWrite>>,
    senders: Vec<oneshot::Sender<Result<PutResult>>>,
}

impl NamedGroup {
    /// Flushes the names, unless the whole file system has been flushed since they were given, and answers.
    fn finish(self, file_system: Option<&FileSystem>, is_flushed: bool) {
        let directories = flush_names(&self.named, file_system, is_flushed);
        let answer = |(path, metadata): NamedWrite| {
            let flushed = path.parent().and_then(|parent| directories.get(parent));
            match flushed {
                Some(Err((kind, message))) => Err(generic(io::Error::new(*kind, message.clone()))),
                _ => Ok(put_result(&metadata)),
            }
        };
        for (sender, write) in self.senders.into_iter().zip(self.named) {
            // An interrupted command no longer waits.
            drop(sender.send(write.and_then(answer)));
        }
    }
}

/// Returns how many of `count` files may be open at the same time: not more than a quarter of what the process may open.
fn within_open_files(count: usize) -> usize {
    open_files::limit().map_or(count, |limit| (limit / 4).clamp(1, count))
}

/// Returns how many of the writes that wait make the next group.
fn next_group(waiting: &[QueuedWrite], largest: usize) -> usize {
    let with_content = waiting.iter().enumerate().filter(|(_, (write, _))| !write.is_empty());
    let end = with_content.map(|(index, _)| index).nth(largest);
    end.unwrap_or(waiting.len()).min(LONGEST)
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a panic, and at the end of the runtime, the writes that wait fail.
        if !self.is_done {
            let mut queue = self.group.queue();
            queue.is_served = false;
            queue.waiting.clear();
        }
    }
}

/// Writes these files and gives them their names. The flush of their content is that of the names `before`, too.
fn write_together(
    writes: Vec<PendingWrite>,
    file_system: &FileSystem,
    before: Option<NamedGroup>,
) -> Vec<Result<NamedWrite>> {
    create_missing_directories(&writes);
    let staged: Vec<Result<StagedWrite>> = writes.into_iter().map(staged).collect();
    let has_content = staged.iter().flatten().any(|(_, _, metadata)| metadata.len() > 0);
    let is_flushed = has_content && file_system.flush().is_ok();
    if let Some(before) = before {
        before.finish(Some(file_system), is_flushed);
    }
    let mut naming = Naming::default();
    let is_flushed = is_flushed.then_some(file_system);
    staged.into_iter().map(|write| name(flushed(write?, is_flushed)?, &mut naming)).collect()
}

/// Writes this file and gives it its name.
fn write_alone(write: PendingWrite) -> Result<NamedWrite> {
    name(flushed(staged(write)?, None)?, &mut Naming::default())
}

/// Creates the missing directories of these files, with one flush for all in the same place.
fn create_missing_directories(writes: &[PendingWrite]) {
    let directories: BTreeSet<&DiskPath> = writes.iter().filter_map(|write| write.path.parent()).collect();
    // A failure shows again when the files are created.
    drop(create_all_directories(directories.into_iter().filter(|directory| !directory.exists())));
}

fn staged(mut write: PendingWrite) -> Result<StagedWrite> {
    if write.is_empty() && matches!(write.mode, PutMode::Overwrite) {
        let metadata = write_empty(&write)?;
        return Ok((write, None, metadata));
    }
    let mut staged = stage(&write.path)?;
    fill(&mut staged, &std::mem::take(&mut write.payload))?;
    let metadata = seal(&staged)?;
    Ok((write, Some(staged), metadata))
}

/// Writes an empty file. It has no content to flush, so that it gets its name at once and need not stay open.
fn write_empty(write: &PendingWrite) -> Result<Metadata> {
    if let Some(metadata) = create_empty(&write.path)? {
        return Ok(metadata);
    }
    let staged = stage(&write.path)?;
    let metadata = seal(&staged)?;
    Naming::default().name(staged, &write.path, &write.mode, &write.lock)?;
    Ok(metadata)
}

/// Flushes the content of this file, unless it lies in a file system that has been flushed since.
fn flushed(write: StagedWrite, file_system: Option<&FileSystem>) -> Result<StagedWrite> {
    let (_, file, metadata) = &write;
    if let Some(file) = file
        && metadata.len() > 0
        && !file_system.is_some_and(|file_system| file_system.holds(metadata))
    {
        // The file was open before it was written, so that its own flush reports every error.
        sync(file.as_file()).map_err(generic)?;
    }
    Ok(write)
}

fn name((write, file, metadata): StagedWrite, naming: &mut Naming) -> Result<NamedWrite> {
    if let Some(file) = file {
        naming.name(file, &write.path, &write.mode, &write.lock)?;
    }
    Ok((write.path, metadata))
}

/// The outcome for each directory that was flushed by itself.
type FlushedDirectories = BTreeMap<PathBuf, Result<(), (io::ErrorKind, String)>>;

/// Flushes the directories of these files, those of the file system only if it has not been flushed since.
fn flush_names(named: &[Result<NamedWrite>], file_system: Option<&FileSystem>, is_flushed: bool) -> FlushedDirectories {
    let mut directories: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for (path, metadata) in named.iter().flatten() {
        let is_held = file_system.is_some_and(|file_system| file_system.holds(metadata));
        if let Some(parent) = path.parent() {
            directories.insert(parent.to_owned(), is_held);
        }
    }
    let are_several = directories.values().filter(|is_held| **is_held).count() > 1;
    let is_flushed = is_flushed || are_several && file_system.is_some_and(|file_system| file_system.flush().is_ok());
    let left = directories.into_iter().filter(|(_, is_held)| !(is_flushed && *is_held));
    left.map(|(directory, _)| {
        let synced = sync_directory(&directory).map_err(|error| (error.kind(), error.to_string()));
        (directory, synced)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use object_store::Error;

    use super::*;
    use crate::store::contract::Notices;
    use crate::store::objects::disk::lock::WaitingNotice;

    #[tokio::test]
    async fn of_many_writes_at_once_each_is_answered_for_itself() {
        let directory = tempfile::tempdir().unwrap();
        let waiting = Arc::new(WaitingNotice::new(Notices::new(|_| {})));
        let lock = Lock { path: directory.path().join(".lock"), waiting };
        let group = Arc::new(WriteGroup::default());
        let content = |number: usize| format!("content {number}");
        // Every tenth name is taken by the write before it.
        let path = |number: usize| {
            let number = if number % 10 == 9 { number - 1 } else { number };
            directory.path().join(format!("hour-{}", number % 3)).join(format!("{number}.json"))
        };
        let writes = (0..600).map(|number| {
            let mode = if number % 10 < 5 { PutMode::Overwrite } else { PutMode::Create };
            let write = PendingWrite { path: path(number), payload: content(number).into(), mode, lock: lock.clone() };
            group.write(directory.path(), write)
        });
        for (number, answer) in join_all(writes).await.into_iter().enumerate() {
            if number % 10 == 9 {
                assert!(matches!(answer, Err(Error::AlreadyExists { .. })), "{number}: {answer:?}");
            } else {
                answer.unwrap();
                assert_eq!(std::fs::read_to_string(path(number)).unwrap(), content(number));
            }
        }
        // Others follow each other in small and large groups.
        join_all((0..30).map(async |number| {
            for step in 0..number {
                let path = directory.path().join(format!("turn-{number}/{step}"));
                let mode = if step % 2 == 0 { PutMode::Create } else { PutMode::Overwrite };
                let payload = if step % 3 == 0 { Default::default() } else { content(step).into() };
                group.write(directory.path(), PendingWrite { path, payload, mode, lock: lock.clone() }).await.unwrap();
            }
            let read = std::fs::read_dir(directory.path().join(format!("turn-{number}")));
            assert_eq!(read.map_or(0, Iterator::count), number, "all of {number} are there when the last is answered");
        }))
        .await;
        let files =
            (0..3).map(|hour| std::fs::read_dir(directory.path().join(format!("hour-{hour}"))).unwrap().count());
        assert_eq!(files.sum::<usize>(), 540, "no temporary file stays");
    }
}

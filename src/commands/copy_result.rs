//! Copying a stored result to another store, byte for byte.

use std::collections::HashMap;
use std::io::Write as _;

use bytes::Bytes;
use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::read_document::read_document;
use super::save_jobs::LARGE;
use crate::error::{Error, ErrorKind, Result};
use crate::output::ProgressCounter;
use crate::result::{
    Body, DigestHasher, Document, DocumentDigest, DocumentLimit, Entry, Redaction, RunId, Spool, describe,
};
use crate::store::contract::{ByteStream, HeldElsewhere, Query, ResultStore, ResultVersion, SaveMode};

/// Number of results that are read at once.
pub(super) const READERS: usize = 32;

/// Bytes of a document that is read at once with many others, and without a thread of its own.
const SMALL: usize = 64 * 1024;

/// Number of documents beyond [`SMALL`] that are held at once, each with at most 8 MiB in memory.
const LARGE_AT_ONCE: usize = 4;

/// Number of attempts to copy a result that others save and delete in the goal.
const ATTEMPTS: u32 = 8;

/// The outcome of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyOutcome {
    /// The result was written, and was not there before.
    Copied,
    /// The result was written in the place of another document.
    Overwritten,
    /// The goal had the same document before.
    WasThere,
}

/// A result of the goal, compared with its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyComparison {
    /// The goal does not have it.
    Missing,
    /// The goal has the same document.
    Same,
    /// The goal has another document with its run id.
    Differs,
}

/// Digests that are known before documents are read.
#[derive(Debug, Default)]
pub(super) struct KnownDigests {
    from: HashMap<RunId, DocumentDigest>,
    to: HashMap<RunId, DocumentDigest>,
}

/// A result that was copied.
#[derive(Debug)]
pub(super) struct CopiedResult {
    /// The change of the goal.
    pub(super) outcome: CopyOutcome,
    /// The facts in its document, as the goal lists them.
    entry: Entry,
}

/// A result that was copied, and its original.
#[derive(Clone, Copy, Debug)]
pub(super) struct MovedResult {
    /// The change of the goal.
    pub(super) outcome: CopyOutcome,
    /// Whether the original was removed. If not, it was saved again or deleted meanwhile.
    pub(super) is_removed: bool,
}

/// Copies results from one store to another.
#[derive(Debug)]
pub(super) struct ResultCopier<'a> {
    from: &'a dyn ResultStore,
    to: &'a dyn ResultStore,
    overwrites: bool,
    reads_back: bool,
    conflict_hint: &'static str,
    progress: Option<&'a ProgressCounter>,
    readers: Semaphore,
    large: Semaphore,
}

/// A document that was read, with its share of the memory.
struct ReadDocument<'a> {
    document: Document,
    digest: DocumentDigest,
    _large: Option<SemaphorePermit<'a>>,
}

impl<'a> ResultCopier<'a> {
    /// Copies from `from` to `to`. Another document with the same run id is a failure.
    pub(super) fn new(from: &'a dyn ResultStore, to: &'a dyn ResultStore) -> Self {
        let (readers, large) = (Semaphore::new(READERS), Semaphore::new(LARGE_AT_ONCE));
        let conflict_hint = "compare the two with `truthound-store get`; the original was left where it is";
        Self { from, to, overwrites: false, reads_back: false, conflict_hint, progress: None, readers, large }
    }

    /// Whether another document with the same run id is replaced.
    pub(super) fn overwriting(self, overwrites: bool) -> Self {
        Self { overwrites, ..self }
    }

    /// Whether each copy is read and its SHA-256 compared with that of the original.
    pub(super) fn reading_back(self, reads_back: bool) -> Self {
        Self { reads_back, ..self }
    }

    /// The next thing to try where the goal has another document.
    pub(super) fn hinting(self, conflict_hint: &'static str) -> Self {
        Self { conflict_hint, ..self }
    }

    /// Shows the bytes of large documents on `progress` as they pass.
    pub(super) fn shown_on(self, progress: &'a ProgressCounter) -> Self {
        Self { progress: progress.is_shown().then_some(progress), ..self }
    }

    /// Copies a result. Returns `None` if it is gone, or does not pass `filter` by now. `is_expected`: whether the goal
    /// probably has it.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if the goal has another document with this run id; if the original cannot
    /// be read, or holds data that the profile of the goal drops; if the copy cannot be written or read, or differs.
    pub(super) async fn copy(
        &self,
        run_id: &RunId,
        filter: Option<&Query>,
        is_expected: bool,
    ) -> Result<Option<CopiedResult>> {
        let Some(read) = self.read(run_id, filter).await? else { return Ok(None) };
        let copied = |outcome| Ok(Some(CopiedResult { outcome, entry: read.document.entry.clone() }));
        let mut is_expected = is_expected;
        for _ in 0..ATTEMPTS {
            if !std::mem::take(&mut is_expected) {
                match self.to.save(&read.document, SaveMode::IfAbsent).await {
                    Ok(()) => {
                        self.check(run_id, read.digest).await?;
                        return copied(CopyOutcome::Copied);
                    }
                    Err(error) if error.kind() == ErrorKind::AlreadyExists && !HeldElsewhere::is_cause_of(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            match digest_in(run_id, self.to).await? {
                // It was deleted since it was listed.
                None => {}
                Some(found) if found == read.digest => return copied(CopyOutcome::WasThere),
                Some(_) if self.overwrites => {
                    self.to.save(&read.document, SaveMode::Overwrite).await?;
                    self.check(run_id, read.digest).await?;
                    return copied(CopyOutcome::Overwritten);
                }
                Some(_) => return Err(self.conflict(run_id)),
            }
        }
        Err(Error::new(ErrorKind::Write, self.not_copied(run_id))
            .with_run_id(run_id.as_str())
            .with_source("others keep saving and deleting it there"))
    }

    /// Returns the digests of these results that the stores tell without reading documents.
    ///
    /// # Errors
    /// If a store cannot be asked.
    pub(super) async fn known_digests(&self, run_ids: &[RunId]) -> Result<KnownDigests> {
        let (from, to) = (self.from.digests_of(run_ids), self.to.digests_of(run_ids));
        let (from, to) = try_join(from, to).await?;
        Ok(KnownDigests { from, to })
    }

    /// Whether both stores have the result with the same document. A document is read only if its digest is not `known`, and
    /// held nowhere.
    ///
    /// # Errors
    /// If a document cannot be read.
    pub(super) async fn is_same(&self, run_id: &RunId, known: &KnownDigests) -> Result<bool> {
        let _reader = permit(&self.readers).await?;
        let digest = async |known: &HashMap<RunId, DocumentDigest>, store| match known.get(run_id) {
            Some(digest) => Ok(Some(*digest)),
            None => digest_in(run_id, store).await,
        };
        let (from, to) = try_join(digest(&known.from, self.from), digest(&known.to, self.to)).await?;
        Ok(from.is_some() && from == to)
    }

    /// Compares a result of the goal with its original. Returns `None` if the original is gone, or does not pass `filter` by
    /// now.
    ///
    /// # Errors
    /// If one of the two cannot be read, or if the original holds data that the profile of the goal drops.
    pub(super) async fn compare(&self, run_id: &RunId, filter: Option<&Query>) -> Result<Option<CopyComparison>> {
        let Some(read) = self.read(run_id, filter).await? else { return Ok(None) };
        Ok(Some(match digest_in(run_id, self.to).await? {
            None => CopyComparison::Missing,
            Some(found) if found == read.digest => CopyComparison::Same,
            Some(_) => CopyComparison::Differs,
        }))
    }

    /// Copies a result and removes the original, which had this `version` before it was read. Returns `None` if it is gone, or
    /// does not pass `filter` by now.
    ///
    /// # Errors
    /// Those of [`copy`](Self::copy); if the copy may be the original itself; if the original cannot be removed.
    pub(super) async fn move_away(
        &self,
        run_id: &RunId,
        version: &ResultVersion,
        filter: Option<&Query>,
        is_expected: bool,
    ) -> Result<Option<MovedResult>> {
        let Some(copied) = self.copy(run_id, filter, is_expected).await? else { return Ok(None) };
        self.tell_apart(&copied, version).await?;
        let is_removed = self.from.delete_version(run_id, version).await?;
        Ok(Some(MovedResult { outcome: copied.outcome, is_removed }))
    }

    /// Fails unless the copy is certainly another one than the original, which has this `version`. Two profiles can name one
    /// store in different ways; then the result that is there is the original.
    async fn tell_apart(&self, copied: &CopiedResult, version: &ResultVersion) -> Result<()> {
        // In one store, a document that was written since would have changed the version, and the original would stay.
        if copied.outcome != CopyOutcome::WasThere {
            return Ok(());
        }
        if self.to.version(&copied.entry).await?.is_some_and(|found| found != *version) {
            return Ok(());
        }
        let run_id = &copied.entry.run_id;
        let message = format!("result `{run_id}` was left in {}", self.from.location());
        Err(Error::new(ErrorKind::Other, message)
            .with_run_id(run_id.as_str())
            .with_source(format!("it cannot be told apart from its copy in {}: they may be one", self.to.location()))
            .with_hint(
                "if both profiles name the same store, leave it; otherwise remove it with `truthound-store delete`",
            ))
    }

    /// The error for a result in conflict: the goal has another document with its run id.
    pub(super) fn conflict(&self, run_id: &RunId) -> Error {
        self.differs(run_id, ErrorKind::AlreadyExists, "it is another document with the same run id")
    }

    fn differs(&self, run_id: &RunId, kind: ErrorKind, reason: &'static str) -> Error {
        Error::new(kind, format!("result `{run_id}` in {} differs from the original", self.to.location()))
            .with_run_id(run_id.as_str())
            .with_source(reason)
            .with_hint(self.conflict_hint)
    }

    /// Reads the copy, if that is asked for, and compares its digest.
    async fn check(&self, run_id: &RunId, digest: DocumentDigest) -> Result<()> {
        if !self.reads_back || digest_in(run_id, self.to).await? == Some(digest) {
            return Ok(());
        }
        let reason = "the copy that was read back is not the document that was written";
        Err(self.differs(run_id, ErrorKind::Write, reason))
    }

    /// Reads a document, into a temporary file if it is large. Its facts are those that the goal will list. `None` if it is
    /// gone or does not pass `filter`.
    async fn read(&self, run_id: &RunId, filter: Option<&Query>) -> Result<Option<ReadDocument<'_>>> {
        let reader = permit(&self.readers).await?;
        let mut stream = match self.from.get(run_id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let with_run_id = |error: Error| error.with_run_id(run_id.as_str());
        let (limit, redaction) = (self.to.capabilities().longest_document, self.to.capabilities().redaction);
        let (begun, is_whole) = beginning(&mut stream).await.map_err(with_run_id)?;
        let (large, read) = if is_whole {
            let mut body = Body::default();
            begun.into_iter().for_each(|chunk| body.push_bytes(chunk));
            (None, examine(body, limit, redaction))
        } else {
            let large = permit(&self.large).await?;
            let stream = stream::iter(begun.into_iter().map(Ok)).chain(stream).boxed();
            let read = read_document(stream, move |mut chunks| {
                let mut spool = Spool::default();
                std::io::copy(&mut chunks, &mut spool).map_err(not_held)?;
                spool.flush().map_err(not_held)?;
                examine(spool.into_body().map_err(not_held)?, limit, redaction)
            });
            (Some(large), read.await)
        };
        drop(reader);
        let Examined { entry, mut body, digest, is_refused } = read.map_err(|error| self.unreadable(run_id, &error))?;
        // A document is found by its name, so the name decides, whatever run id the content has.
        let entry = Entry { run_id: run_id.clone(), ..entry };
        let is_chosen = |filter: &Query| filter.matches(&entry.clone().in_zone(self.from.time_zone()));
        if !filter.is_none_or(is_chosen) {
            return Ok(None);
        }
        if is_refused {
            return Err(self.refused(run_id));
        }
        if let Some(progress) = self.progress
            && body.len() >= LARGE
        {
            body.watch(progress.byte_listener(body.len()));
        }
        let document = Document { entry: entry.in_zone(self.to.time_zone()), body };
        Ok(Some(ReadDocument { document, digest, _large: large }))
    }

    /// The error for a document that was not read, for the reasons in `error`.
    fn unreadable(&self, run_id: &RunId, error: &Error) -> Error {
        let causes = error.causes();
        let reason = if causes.is_empty() { error.to_string() } else { causes.join(": ") };
        let failure =
            Error::new(error.kind(), self.not_copied(run_id)).with_run_id(run_id.as_str()).with_source(reason);
        error.hint().into_iter().fold(failure, Error::with_hint)
    }

    fn not_copied(&self, run_id: &RunId) -> String {
        format!("cannot copy result `{run_id}` from {} to {}", self.from.location(), self.to.location())
    }

    /// The error for a document with data that the goal's profile drops.
    fn refused(&self, run_id: &RunId) -> Error {
        Error::usage(self.not_copied(run_id))
            .with_run_id(run_id.as_str())
            .with_source(
                "it holds samples of the data, which the profile drops (`redact`), and a copy is byte for byte",
            )
            .with_hint("save it there without them: truthound-store get RUN_ID | truthound-store save - -p PROFILE")
    }
}

/// Whether these are the same namespace of the same store, by their addresses.
pub(super) fn is_same_store(left: &dyn ResultStore, right: &dyn ResultStore) -> bool {
    left.location() == right.location() && left.namespace() == right.namespace()
}

async fn permit(semaphore: &Semaphore) -> Result<SemaphorePermit<'_>> {
    let permit = semaphore.acquire().await;
    permit.map_err(|closed| Error::new(ErrorKind::Other, "the queue of documents was closed").with_source(closed))
}

fn not_held(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot hold a document").with_source(error)
}

/// The first chunks of a document: all of them, if it is small. Returns whether these are all.
async fn beginning(stream: &mut ByteStream) -> Result<(Vec<Bytes>, bool)> {
    let (mut chunks, mut length) = (Vec::new(), 0);
    while length <= SMALL {
        let Some(chunk) = stream.next().await.transpose()? else { return Ok((chunks, true)) };
        length += chunk.len();
        chunks.push(chunk);
    }
    Ok((chunks, false))
}

/// A document that was read, with what is to be known before it is copied.
struct Examined {
    entry: Entry,
    body: Body,
    digest: DocumentDigest,
    /// Whether it holds data that may not be copied.
    is_refused: bool,
}

fn examine(mut body: Body, limit: DocumentLimit, redaction: Redaction) -> Result<Examined> {
    let digest = body.digest().map_err(not_held)?;
    body.set_digest(digest);
    let entry = describe(body.reader(), limit)?;
    let is_refused = redaction.would_change(&body)?;
    Ok(Examined { entry, body, digest, is_refused })
}

/// The SHA-256 of the document of `run_id`, as it is read; `None` if there is none.
async fn digest_in(run_id: &RunId, store: &dyn ResultStore) -> Result<Option<DocumentDigest>> {
    let mut stream = match store.get(run_id).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut hasher = DigestHasher::default();
    while let Some(chunk) = stream.next().await {
        hasher.update(&chunk.map_err(|error| error.with_run_id(run_id.as_str()))?);
    }
    Ok(Some(hasher.finish()))
}

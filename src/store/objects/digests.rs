//! The digests that were recorded when documents were saved, and documents that are compared with them as they are
//! read.
//!
//! An object has its digest in its metadata, which belongs to that version of the document. A file has it in its
//! catalog entry. There it may be that of another document: Python replaces files without touching entries, and a writer
//! of ours may be between the two.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use object_store::path::Path;
use object_store::{GetResult, ObjectMeta};
use tokio::sync::{mpsc, oneshot};

use super::access::age;
use super::backend::Backend;
use super::catalog::{Catalog, CatalogEntry, IndexMark};
use super::documents::BEING_WRITTEN;
use super::python_index::PythonIndexFile;
use super::upload::recorded_digest;
use crate::result::{Body, ChunkReader, DigestHasher, DocumentDigest, RunId, RunTime, UtcReading, find_run_time};
use crate::store::contract::{ByteStream, Notices, other_digest};

/// A version of a document on disk that was read.
#[derive(Clone, Debug)]
pub(super) struct ReadVersion {
    pub(super) run_id: RunId,
    pub(super) path: Path,
    pub(super) e_tag: Option<String>,
}

impl ReadVersion {
    pub(super) fn new(run_id: &RunId, meta: &ObjectMeta) -> Self {
        Self { run_id: run_id.clone(), path: meta.location.clone(), e_tag: meta.e_tag.clone() }
    }
}

/// The digests in the entries of the catalog.
#[derive(Debug)]
pub(super) struct EntryDigests {
    backend: Arc<Backend>,
    catalog: Catalog,
    python: PythonIndexFile,
}

impl EntryDigests {
    pub(super) fn new(backend: &Arc<Backend>, notices: Notices) -> Self {
        let catalog = Catalog::new(Arc::clone(backend));
        Self { python: PythonIndexFile::new(Arc::clone(backend), notices), catalog, backend: Arc::clone(backend) }
    }

    /// Returns the digest that was recorded for this version of a document, where that is certain. `computed` is the
    /// digest that it has. Without a `time`, because the document does not say any, all entries are searched.
    pub(super) async fn of(
        &self,
        read: &ReadVersion,
        time: Option<UtcReading>,
        computed: DocumentDigest,
    ) -> object_store::Result<Option<DocumentDigest>> {
        let mut other = None;
        for _ in 0..2 {
            let entries = match time {
                Some(time) => self.catalog.at(&read.run_id, &BTreeSet::from([time])).await?,
                None => self.catalog.of_run_anywhere(&read.run_id).await?,
            };
            let mut digests = Vec::with_capacity(entries.len());
            for found in &entries {
                digests.push(self.catalog.digest_of(found).await?);
            }
            if digests.contains(&Some(computed)) {
                return Ok(Some(computed));
            }
            // An entry without a digest may belong to a document that an older version has written.
            let Some(recorded) = digests.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
            other = recorded.first().copied();
            if other.is_none() {
                return Ok(None);
            }
            match self.trust(read, &entries).await? {
                EntryTrust::Certain => return Ok(other),
                EntryTrust::None => return Ok(None),
                EntryTrust::WhenOlder => tokio::time::sleep(BEING_WRITTEN.unsigned_abs()).await,
            }
        }
        Ok(other)
    }

    /// Returns whether these entries belong to the version of the document that was read.
    async fn trust(&self, read: &ReadVersion, entries: &[CatalogEntry]) -> object_store::Result<EntryTrust> {
        if self.catalog.intents_of(&read.run_id).await?.iter().any(|intent| !intent.is_settled) {
            return Ok(EntryTrust::None);
        }
        let present = self.backend.head(&read.path).await?;
        let Some(present) = present.filter(|present| present.e_tag == read.e_tag) else { return Ok(EntryTrust::None) };
        let version = read.e_tag.as_deref().unwrap_or_default();
        if entries.iter().any(|found| found.is_of_version(version) == Some(true)) {
            return Ok(EntryTrust::Certain);
        }
        // The file was written without its entry: by Python, which then writes its index, or by hand.
        let index = self.python.state().await?;
        if index.mark != IndexMark::absent() && !index.is_covered_by(&self.catalog.marks().await?) {
            return Ok(EntryTrust::None);
        }
        Ok(if age(&present) < BEING_WRITTEN { EntryTrust::WhenOlder } else { EntryTrust::Certain })
    }
}

/// Whether entries belong to the version of a document that was read.
enum EntryTrust {
    /// They do.
    Certain,
    /// They may belong to another one.
    None,
    /// They do, if Python has not just replaced the document: then its index follows.
    WhenOlder,
}

/// The way to the recorded digest of a document.
#[derive(Debug)]
pub(super) enum DigestCheck {
    /// The digest in the metadata of the object, if it has one.
    Metadata(RunId, Option<DocumentDigest>),
    /// The entries of the catalog.
    Entries(Box<(EntryDigests, ReadVersion)>),
}

impl DigestCheck {
    /// The check of a document that was found.
    pub(super) fn new(run_id: &RunId, found: &GetResult, backend: &Arc<Backend>, notices: Notices) -> Self {
        match backend.has_metadata() {
            true => Self::Metadata(run_id.clone(), recorded_digest(&found.attributes)),
            false => {
                Self::Entries(Box::new((EntryDigests::new(backend, notices), ReadVersion::new(run_id, &found.meta))))
            }
        }
    }
}

/// Passes on a document. An error follows its last byte if its digest is not the recorded one.
pub(super) fn checked(bytes: ByteStream, check: DigestCheck) -> ByteStream {
    let finder = match &check {
        DigestCheck::Metadata(_, None) => return bytes,
        DigestCheck::Metadata(_, Some(_)) => None,
        DigestCheck::Entries(_) => Some(TimeFinder::new()),
    };
    let state = (bytes, DigestHasher::default(), finder, Some(check));
    stream::unfold(state, |(mut bytes, mut hasher, mut finder, mut check)| async move {
        check.as_ref()?;
        match bytes.next().await {
            Some(Ok(chunk)) => {
                hasher.update(&chunk);
                if let Some(finder) = &mut finder {
                    finder.push(&chunk).await;
                }
                Some((Ok(chunk), (bytes, hasher, finder, check)))
            }
            Some(Err(error)) => Some((Err(error), (bytes, hasher, finder, None))),
            None => {
                let computed = hasher.finish();
                let (run_id, recorded) = match check.take()? {
                    DigestCheck::Metadata(run_id, recorded) => (run_id, recorded),
                    DigestCheck::Entries(entries) => {
                        let (digests, read) = *entries;
                        let time = finder?.finish().await;
                        // A reader without access to the catalog gets the document.
                        let found = digests.of(&read, time.map(RunTime::as_utc), computed).await;
                        (read.run_id, found.ok().flatten())
                    }
                };
                let recorded = recorded.filter(|recorded| *recorded != computed)?;
                Some((Err(other_digest(&run_id, computed, recorded)), (bytes, hasher, None, None)))
            }
        }
    })
    .boxed()
}

/// Bytes of a document in which the run time is found faster than on another thread.
const SMALL: u64 = 64 * 1024;

/// Finds the run time of a document that passes by.
enum TimeFinder {
    /// In a document that is small so far.
    Here(Body),
    /// On another thread.
    Apart {
        /// `None` once it is found.
        chunks: Option<mpsc::Sender<io::Result<Bytes>>>,
        found: oneshot::Receiver<Option<RunTime>>,
    },
    /// Nowhere: the process may not start another thread.
    Nowhere,
}

impl TimeFinder {
    fn new() -> Self {
        Self::Here(Body::default())
    }

    async fn push(&mut self, chunk: &Bytes) {
        match self {
            Self::Here(body) => {
                body.push_bytes(chunk.clone());
                if body.len() > SMALL {
                    *self = Self::apart(std::mem::take(body)).await;
                }
            }
            Self::Apart { chunks, .. } => send(chunks, chunk.clone()).await,
            Self::Nowhere => {}
        }
    }

    /// Goes on with a document on another thread.
    async fn apart(begun: Body) -> Self {
        let (sender, receiver) = mpsc::channel(2);
        let Ok(found) = ChunkReader::read_apart(receiver, find_run_time) else { return Self::Nowhere };
        let mut chunks = Some(sender);
        // It is in memory.
        if let Ok(bytes) = begun.to_bytes() {
            send(&mut chunks, bytes).await;
        }
        Self::Apart { chunks, found }
    }

    async fn finish(self) -> Option<RunTime> {
        match self {
            Self::Here(body) => find_run_time(body.reader()),
            Self::Apart { chunks, found } => {
                drop(chunks);
                found.await.ok().flatten()
            }
            Self::Nowhere => None,
        }
    }
}

/// Sends a chunk to a reader, unless that needs no more.
async fn send(chunks: &mut Option<mpsc::Sender<io::Result<Bytes>>>, chunk: Bytes) {
    if let Some(sender) = chunks
        && sender.send(Ok(chunk)).await.is_err()
    {
        *chunks = None;
    }
}

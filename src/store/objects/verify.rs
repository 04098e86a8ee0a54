//! Verifying: each entry of the catalog, its document and the digest that was recorded with it; then the documents
//! without an entry.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta};

use super::ObjectResultStore;
use super::access::{age, optional, pause};
use super::backend::Listing;
use super::digests::{EntryDigests, ReadVersion};
use super::documents::{BEING_WRITTEN, SETTLED_AGE, StoredDocument};
use super::layout::DocumentNames;
use super::list::RunHasher;
use super::service_error::ServiceError;
use super::stream as documents;
use super::translate::Access;
use super::upload::recorded_digest;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{DocumentDigest, Entry, ExaminedDocument, RunId};
use crate::store::contract::{
    Query, VerifiedContent, VerifiedResult, VerifyOptions, VerifyStream, contradiction, damaged, other_digest,
};

/// Number of looks at a result that others change.
const ATTEMPTS: u32 = 8;

/// A fault of a result.
struct Fault {
    error: Error,
    is_missing: bool,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, is_missing: false }
    }
}

/// A document that was read to its end.
struct ReadDocument {
    version: ReadVersion,
    /// The digest in its metadata.
    in_metadata: Option<DocumentDigest>,
    /// Whether its entry may not have been written yet.
    is_young: bool,
    examined: ExaminedDocument,
}

/// Whether an entry still has to be that of its document.
enum EntryStanding {
    /// It does, under these names.
    Stands(Vec<Path>),
    /// A writer is at work.
    Moves,
    Gone,
}

/// The runs that were listed.
#[derive(Default)]
struct SeenRuns {
    keys: RunHasher,
    seen: Mutex<HashSet<u128>>,
}

impl SeenRuns {
    fn add(&self, run_id: &RunId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(self.keys.of(run_id));
    }

    fn has(&self, run_id: &RunId) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.keys.of(run_id))
    }
}

impl ObjectResultStore {
    pub(super) fn verify_results<'a>(&'a self, query: &'a Query, options: VerifyOptions) -> VerifyStream<'a> {
        let seen = Arc::new(SeenRuns::default());
        let (listing, mut sample) = (Arc::clone(&seen), options.sample);
        let listed = self.cataloged(query).map(move |listed| {
            let is_in_sample = sample.takes_next();
            match &listed {
                Ok(entry) => listing.add(&entry.run_id),
                Err(error) => {
                    error.run_id().and_then(|run_id| RunId::new(run_id).ok()).iter().for_each(|id| listing.add(id));
                }
            }
            async move { self.verify_listed(&listed?, is_in_sample, options).await }
        });
        let listed = listed.buffered(options.jobs);
        let listed = listed.filter_map(|verified| std::future::ready(verified.transpose()));
        if query.has_filters() {
            return listed.boxed();
        }
        listed.chain(self.unlisted(seen, options.jobs)).boxed()
    }

    /// Verifies the result of `run_id`, without a list.
    pub(super) async fn verify_result(
        &self,
        run_id: &RunId,
        is_in_sample: bool,
        options: VerifyOptions,
    ) -> Result<VerifiedResult> {
        let failed = |error| self.backend.failed_with("verify", run_id, Access::Read, error);
        if is_in_sample && let Some(verified) = self.verify_at_once(run_id).await? {
            return Ok(verified);
        }
        for _ in 0..ATTEMPTS {
            let Some(StoredDocument { facts, is_young, .. }) = self.documents.current(run_id).await.map_err(failed)?
            else {
                let entries = self.catalog.of_run_anywhere(run_id).await.map_err(failed)?;
                return Err(if entries.is_empty() { self.not_found(run_id) } else { self.missing(run_id).error });
            };
            let facts = facts.map_err(|error| self.damaged(run_id, reason(&error)).error)?;
            let listed = match self.has_entry(&facts, is_young).await.map_err(failed)? {
                true => facts,
                // The document may contradict its entry.
                false => match self.catalog.of_run_anywhere(run_id).await.map_err(failed)?.into_iter().next() {
                    Some(found) => found.entry,
                    None => return Err(self.not_listed(run_id)),
                },
            };
            // It may have been replaced since.
            if let Some(verified) = self.verify_listed(&listed, is_in_sample, options).await? {
                return Ok(verified);
            }
        }
        Err(self.not_found(run_id))
    }

    /// Verifies the result of `run_id` with one look at its document. `None` unless it is sound.
    async fn verify_at_once(&self, run_id: &RunId) -> Result<Option<VerifiedResult>> {
        let failed = |error| self.backend.failed_with("verify", run_id, Access::Read, error);
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(None) };
        let Some(read) = self.read_to_end(&names, run_id).await? else { return Ok(None) };
        let Ok(facts) = &read.examined.facts else { return Ok(None) };
        let listed = Entry { run_id: run_id.clone(), ..facts.clone().in_zone(&self.backend.time_zone) };
        if !self.has_entry(&listed, read.is_young).await.map_err(failed)? {
            return Ok(None);
        }
        Ok(self.judged(read, &listed).await?.ok())
    }

    fn not_listed(&self, run_id: &RunId) -> Error {
        let message = format!("result `{run_id}` is stored in {} and not listed", self.backend.location);
        Error::new(ErrorKind::Read, message)
            .with_run_id(run_id.as_str())
            .with_hint("list it with `truthound-store reindex`")
    }

    /// Verifies one entry; `None` if its result was replaced or deleted meanwhile.
    async fn verify_listed(
        &self,
        listed: &Entry,
        is_in_sample: bool,
        options: VerifyOptions,
    ) -> Result<Option<VerifiedResult>> {
        let run_id = &listed.run_id;
        let failed = |error| self.backend.failed_with("verify", run_id, Access::Read, error);
        let names = self.backend.keys.document(run_id)?;
        let mut stood = Vec::new();
        for attempt in 1.. {
            let mut looked = None;
            if !is_in_sample {
                looked = Some(self.look_for(&names, listed).await?);
            }
            let lacks_digest = matches!(&looked, Some(Ok(found)) if !found.has_recorded_digest);
            let looked = match looked {
                Some(looked) if !(lacks_digest && options.wants_digests) => looked,
                _ => self.read_whole(&names, listed).await?,
            };
            let fault = match looked {
                Ok(verified) => return Ok(Some(verified)),
                Err(fault) => fault,
            };
            match self.standing(listed, &names).await.map_err(failed)? {
                EntryStanding::Gone => return Ok(None),
                // The same entry stood before and after a look. An entry with these facts that stands only after it can
                // belong to a later document.
                EntryStanding::Stands(paths) if paths.iter().any(|path| stood.contains(path)) => {
                    return Err(fault.error);
                }
                EntryStanding::Stands(paths) if attempt < ATTEMPTS => stood = paths,
                EntryStanding::Moves if attempt < ATTEMPTS => pause(attempt).await,
                EntryStanding::Moves | EntryStanding::Stands(_) if fault.is_missing => return Ok(None),
                EntryStanding::Moves | EntryStanding::Stands(_) => return Err(fault.error),
            }
        }
        Ok(None)
    }

    /// Looks whether the document exists.
    async fn look_for(&self, names: &DocumentNames, listed: &Entry) -> Result<Result<VerifiedResult, Fault>> {
        let run_id = &listed.run_id;
        let failed = |error| self.backend.failed_with("verify", run_id, Access::Read, error);
        for path in names.all() {
            let options = GetOptions { head: true, ..GetOptions::default() };
            let found = optional(self.backend.store.get_opts(path, options).await).map_err(failed)?;
            let Some(found) = found else { continue };
            let digest = match self.backend.has_metadata() {
                true => recorded_digest(&found.attributes),
                false => self.digest_in_entry(listed).await.map_err(failed)?,
            };
            return Ok(Ok(self.verified(run_id, digest, digest.is_some(), VerifiedContent::NotRead)));
        }
        Ok(Err(self.missing(run_id)))
    }

    async fn digest_in_entry(&self, listed: &Entry) -> object_store::Result<Option<DocumentDigest>> {
        let times = BTreeSet::from([listed.run_time.as_utc()]);
        match self.catalog.at(&listed.run_id, &times).await?.as_slice() {
            [found] => self.catalog.digest_of(found).await,
            _ => Ok(None),
        }
    }

    /// Reads the document, and compares its facts and its digest.
    async fn read_whole(&self, names: &DocumentNames, listed: &Entry) -> Result<Result<VerifiedResult, Fault>> {
        match self.read_to_end(names, &listed.run_id).await? {
            Some(read) => self.judged(read, listed).await,
            None => Ok(Err(self.missing(&listed.run_id))),
        }
    }

    /// Reads the document under the first of `names` that exists.
    async fn read_to_end(&self, names: &DocumentNames, run_id: &RunId) -> Result<Option<ReadDocument>> {
        let found = self.documents.find(names).await;
        let found = found.map_err(|error| self.backend.failed_with("verify", run_id, Access::Read, error))?;
        let Some((_, found)) = found else { return Ok(None) };
        let (version, in_metadata) = (ReadVersion::new(run_id, &found.meta), recorded_digest(&found.attributes));
        let is_young = age(&found.meta) <= SETTLED_AGE;
        let examined = documents::examine(found, self.backend.limit).await?;
        Ok(Some(ReadDocument { version, in_metadata, is_young, examined }))
    }

    /// Compares the facts and the digest of a document that was read.
    async fn judged(&self, read: ReadDocument, listed: &Entry) -> Result<Result<VerifiedResult, Fault>> {
        let run_id = &listed.run_id;
        let failed = |error| self.backend.failed_with("verify", run_id, Access::Read, error);
        let ReadDocument { version, in_metadata, is_young: _, examined } = read;
        let ExaminedDocument { digest, facts, bytes } = examined;
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => {
                return match ServiceError::under(&error) {
                    Some(known) if known.kind == Some(ErrorKind::Read) => {
                        Ok(Ok(self.verified(run_id, None, false, VerifiedContent::Archived)))
                    }
                    Some(known) => {
                        let message = format!("cannot verify result `{run_id}` in {}", self.backend.location);
                        Err(known.explain(ErrorKind::Read, message).with_run_id(run_id.as_str()))
                    }
                    None => Ok(Err(self.damaged(run_id, reason(&error)))),
                };
            }
        };
        if let Some(reason) = contradiction(listed, &facts) {
            return Ok(Err(self.damaged(run_id, reason)));
        }
        let Some(computed) = digest else {
            return Ok(Err(self.damaged(run_id, "it cannot be read to its end".to_owned())));
        };
        let recorded = match self.backend.has_metadata() {
            true => in_metadata,
            false => {
                let digests = EntryDigests::new(&self.backend, self.python.notices.clone());
                digests.of(&version, Some(listed.run_time.as_utc()), computed).await.map_err(failed)?
            }
        };
        Ok(match recorded {
            Some(recorded) if recorded != computed => Err(other_digest(run_id, computed, recorded).into()),
            _ => {
                let verified = self.verified(run_id, Some(computed), recorded.is_some(), VerifiedContent::Read);
                Ok(VerifiedResult { bytes, ..verified })
            }
        })
    }

    fn verified(
        &self,
        run_id: &RunId,
        digest: Option<DocumentDigest>,
        has_recorded_digest: bool,
        content: VerifiedContent,
    ) -> VerifiedResult {
        VerifiedResult { run_id: run_id.clone(), digest, has_recorded_digest, content, bytes: 0 }
    }

    fn damaged(&self, run_id: &RunId, reason: String) -> Fault {
        damaged(run_id, &self.backend.location).with_source(reason).into()
    }

    fn missing(&self, run_id: &RunId) -> Fault {
        let error = damaged(run_id, &self.backend.location).with_source("it is listed, and its document is missing");
        let hint = "restore its document from a backup; `truthound-store reindex` takes it off the list";
        Fault { error: error.with_hint(hint), is_missing: true }
    }

    /// Returns whether the entry has to be that of the document that was read.
    async fn standing(&self, listed: &Entry, names: &DocumentNames) -> object_store::Result<EntryStanding> {
        if self.catalog.intents_of(&listed.run_id).await?.iter().any(|intent| !intent.is_settled) {
            return Ok(EntryStanding::Moves);
        }
        let times = BTreeSet::from([listed.run_time.as_utc()]);
        let mut found = self.catalog.at(&listed.run_id, &times).await?;
        found.retain(|found| found.entry == *listed);
        if found.is_empty() {
            return Ok(EntryStanding::Gone);
        }
        if !self.backend.has_metadata() {
            // Python writes documents in place.
            for path in names.all() {
                if self.backend.head(path).await?.is_some_and(|present| age(&present) < BEING_WRITTEN) {
                    return Ok(EntryStanding::Moves);
                }
            }
        }
        Ok(EntryStanding::Stands(found.into_iter().map(|found| found.path).collect()))
    }

    /// Finds documents that are not listed, and files that look like documents.
    fn unlisted(&self, seen: Arc<SeenRuns>, jobs: usize) -> VerifyStream<'_> {
        let directory = self.backend.keys.documents();
        let names: BoxStream<'_, object_store::Result<ObjectMeta>> = match self.backend.listing {
            Listing::Flat => self.backend.store.list(Some(&directory)),
            Listing::Directories => stream::once(async move {
                let listed = self.backend.store.list_with_delimiter(Some(&directory)).await?;
                Ok::<_, object_store::Error>(stream::iter(listed.objects.into_iter().map(Ok)))
            })
            .try_flatten()
            .boxed(),
        };
        let looked = names.map(move |name| {
            let seen = Arc::clone(&seen);
            async move { self.is_listed(&name.map_err(|error| self.backend.cannot_list(error))?, &seen).await }
        });
        looked.buffered(jobs).filter_map(|looked| std::future::ready(looked.err().map(Err))).boxed()
    }

    /// Fails if this object looks like a document and is not listed.
    async fn is_listed(&self, meta: &ObjectMeta, seen: &SeenRuns) -> Result<()> {
        let path = &meta.location;
        let Some(run_id) = self.backend.keys.run_id(path) else { return Ok(()) };
        let stray = |reason: String| {
            let message = format!("`{path}` in {} is not the document of any result", self.backend.location);
            Error::new(ErrorKind::Read, message).with_source(reason).with_hint("move it away, or delete it")
        };
        let names = match self.backend.keys.document(&run_id) {
            Ok(names) if names.all().any(|name| name == path) => names,
            Ok(_) => return Err(stray("no run id has a document of that name".to_owned())),
            Err(error) => return Err(stray(error.to_string())),
        };
        let failed = |error| self.backend.failed_with("look for", &run_id, Access::Read, error);
        if *path != names.own && self.backend.head(&names.own).await.map_err(failed)?.is_some() {
            return Err(stray(format!("it is hidden by the document of the same run in `{}`", names.own)));
        }
        if seen.has(&run_id) {
            return Ok(());
        }
        // It may have been saved, replaced or deleted since the list.
        let Some(StoredDocument { facts, is_young, .. }) = self.documents.current(&run_id).await.map_err(failed)?
        else {
            return Ok(());
        };
        let (is_listed, reason) = match facts {
            Ok(facts) => (self.has_entry(&facts, is_young).await.map_err(failed)?, None),
            Err(error) => {
                let entries = self.catalog.of_run_anywhere(&run_id).await.map_err(failed)?;
                (!entries.is_empty(), Some(reason(&error)))
            }
        };
        if is_listed {
            return Ok(());
        }
        let error = self.not_listed(&run_id);
        Err(reason.into_iter().fold(error, |error, reason| error.with_source(format!("it cannot be read: {reason}"))))
    }
}

/// Returns the reason why a document cannot be read.
pub(super) fn reason(error: &Error) -> String {
    let causes = error.causes();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

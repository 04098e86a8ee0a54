//! Saving: write the document, then its catalog entry, then remove the document and the entries that they replace.
//!
//! A new document needs no intent: it is not listed until its entry exists. Before a document is replaced, the writer
//! announces an intent. From then until the entries are in order, lists ask the document.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use futures_util::future::{join, try_join};
use object_store::path::Path;
use object_store::{PutMode, UpdateVersion};
use tokio::time::Instant;

use super::ObjectResultStore;
use super::access::pause;
use super::catalog::{CatalogEntry, OwnIntent};
use super::documents::StoredDocument;
use super::layout::DocumentNames;
use super::options::PythonIndex;
use super::reconcile::{OwnDocument, PendingEntry, no_entry_follows};
use super::service_error::ServiceError;
use super::translate::Access;
use super::upload::{Upload, UploadError, Uploaded};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Body, Document, Entry, RunId, UtcReading};
use crate::store::contract::{SaveMode, already_exists};

/// Number of attempts to replace a document that others keep replacing.
const ATTEMPTS: u32 = 64;

/// Maximum time between a new document and its entry before the writer must check whether others have replaced the
/// document since. A writer that replaces a young document without an entry leaves an intent for longer than this.
pub(super) const ENTRY_DEADLINE: Duration = Duration::from_secs(600);

/// Time that a save with `--if-absent` waits for the entry of another writer's new document before it writes one
/// itself.
const ENTRY_WAIT: Duration = Duration::from_secs(2);

impl ObjectResultStore {
    pub(super) async fn save_document(&self, document: &Document, mode: SaveMode) -> Result<()> {
        let entry = &document.entry;
        let run_id = &entry.run_id;
        let names = self.backend.keys.document(run_id)?;
        self.refuse_what_python_cannot_find(run_id, &names).await?;
        let failed = |error| self.backend.failed_with("save", run_id, Access::Write, error);
        let refused = |error| match error {
            UploadError::Store(error) => failed(error),
            UploadError::Body(error) => {
                Error::new(ErrorKind::Other, format!("cannot read the document of result `{run_id}`"))
                    .with_run_id(run_id.as_str())
                    .with_source(error)
            }
        };

        // Looked up before our document is written. Of two writers with different settings, at most one then removes
        // the other's document.
        // A server may ignore the condition of `--if-absent`, so the document's own name is looked up, too.
        let looks = mode == SaveMode::IfAbsent && self.backend.writes.conditions_of_server;
        let exists = async |path: &Path, is_asked: bool| match is_asked {
            true => self.backend.head(path).await.map(|found| found.is_some()),
            false => Ok(false),
        };
        let looked = try_join(exists(&names.other, names.other != names.own), exists(&names.own, looks)).await;
        let (has_other, mut has_own) = looked.map_err(failed)?;
        let body = with_digest(&document.body).await.map_err(|error| refused(UploadError::Body(error)))?;
        let mut upload = Upload::new(&self.backend, entry, &body);
        let begun = (Instant::now(), SystemTime::now());
        // Tokens of the writes that lost against another writer, according to their answers. Such an answer may belong
        // to a request that was sent again after its first attempt took effect.
        let mut tokens = Vec::new();
        for attempt in 0..ATTEMPTS {
            let created = if has_other || std::mem::take(&mut has_own) {
                None
            } else {
                self.create(&mut upload, &names.own, &mut tokens).await.map_err(refused)?
            };
            let written = match (created, mode) {
                (Some(written), _) => WriteOutcome::Created(written),
                (None, SaveMode::IfAbsent) => self.ensure_listed(run_id, &tokens).await.map_err(failed)?,
                (None, SaveMode::Overwrite) => {
                    let replacing = self.replace(entry, &names, &mut upload, has_other, &mut tokens);
                    replacing.await.map_err(refused)?
                }
            };
            let written = match written {
                WriteOutcome::Created(written) => {
                    let own = self.catalog.put(entry, written.version(), written.digest).await.map_err(failed)?;
                    let probed = looks.then(|| own.clone());
                    if begun.0.elapsed() > ENTRY_DEADLINE
                        || begun.1.elapsed().is_ok_and(|elapsed| elapsed > ENTRY_DEADLINE)
                    {
                        self.check_late_entry(entry, &names.own, &written, own).await.map_err(failed)?;
                    }
                    Some((written, probed))
                }
                WriteOutcome::Replaced(written) => Some((written, None)),
                WriteOutcome::Exists => return Err(already_exists(run_id, &self.backend.location)),
                WriteOutcome::Absent => None,
            };
            if let Some((written, probed)) = written {
                join(self.python.add(entry, &names.own, &written), self.probe_conditions(entry, probed)).await;
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Error::new(ErrorKind::Write, format!("cannot save result `{run_id}`: other writers keep replacing it"))
            .with_run_id(run_id.as_str())
            .with_hint("try again when fewer processes write this run id"))
    }

    /// Warns, once, of a server that ignores conditions: on it, two concurrent writers overwrite each other. `path` is
    /// where `entry` was written, if it is to be probed there.
    async fn probe_conditions(&self, entry: &Entry, path: Option<Path>) {
        let Some(path) = path else { return };
        if !self.is_probed.swap(true, Ordering::Relaxed) && self.catalog.is_condition_ignored(entry, &path).await {
            self.warn(
                "the server ignores the conditions of writes: of several concurrent writers of one result the last one \
                 wins, even with --if-absent",
            );
        }
    }

    /// Refuses to save under a name that differs from Python's, in a store that Python reads too.
    async fn refuse_what_python_cannot_find(&self, run_id: &RunId, names: &DocumentNames) -> Result<()> {
        if names.same_in_python {
            return Ok(());
        }
        let shared = match self.backend.python_index {
            PythonIndex::Never => false,
            PythonIndex::Always => true,
            PythonIndex::Auto => {
                let index = self.backend.head(&self.backend.keys.index()).await;
                index.map_err(|error| self.backend.failed_with("save", run_id, Access::Write, error))?.is_some()
            }
        };
        if !shared {
            return Ok(());
        }
        Err(Error::usage(format!(
            "cannot save result `{}`: its name would differ from the one that Python looks for",
            run_id.as_str().escape_debug()
        ))
        .with_run_id(run_id.as_str())
        .with_hint("use a run id without `/`, `\\` and control characters, or set `python_index = \"never\"`"))
    }

    /// Writes a document if none exists; returns `None` if one does.
    async fn create(
        &self,
        upload: &mut Upload<'_>,
        path: &Path,
        tokens: &mut Vec<String>,
    ) -> Result<Option<Uploaded>, UploadError> {
        match upload.prepare(path, &PutMode::Create).await? {
            Some(prepared) => {
                tokens.extend(prepared.token().map(str::to_owned));
                prepared.commit().await
            }
            None => Ok(None),
        }
    }

    /// Reconciles a new document with an entry that came so late that others may not have waited for it.
    async fn check_late_entry(
        &self,
        entry: &Entry,
        document: &Path,
        written: &Uploaded,
        path: Path,
    ) -> object_store::Result<()> {
        let times = BTreeSet::from([entry.run_time.as_utc()]);
        let intent = self.catalog.announce(&[(entry.run_id.clone(), times.clone())]).await?;
        let own = OwnDocument { document, written, entry: CatalogEntry { path, entry: entry.clone() } };
        let reconciled = self.reconcile(&entry.run_id, &times, Some(own)).await?;
        self.conclude(intent, reconciled.has_moved).await
    }

    /// Replaces exactly the documents that were read.
    async fn replace(
        &self,
        entry: &Entry,
        names: &DocumentNames,
        upload: &mut Upload<'_>,
        has_other: bool,
        tokens: &mut Vec<String>,
    ) -> Result<WriteOutcome, UploadError> {
        let run_id = &entry.run_id;
        let mut tried: Vec<StoredDocument> = Vec::new();
        // Run times at which others have, or may have, entries of the run.
        let (mut times, mut intents) = (BTreeSet::new(), Vec::new());
        for attempt in 0..ATTEMPTS {
            let own = self.documents.read(&names.own, run_id).await?;
            if let Some(written) = own.as_ref().and_then(|own| own.written_by(tokens)) {
                if intents.is_empty() {
                    return Ok(WriteOutcome::Created(written));
                }
                self.replaced(entry, names, &written, (tried, times), intents).await?;
                return Ok(WriteOutcome::Replaced(written));
            }
            let other = if has_other { self.documents.read(&names.other, run_id).await? } else { None };
            let mode = own.as_ref().map_or(PutMode::Create, |own| {
                let UpdateVersion { e_tag, version } = &own.version;
                PutMode::Update(UpdateVersion { e_tag: e_tag.clone(), version: version.clone() })
            });
            let Some(prepared) = upload.prepare(&names.own, &mode).await? else {
                pause(attempt).await;
                continue;
            };
            let replaced: Vec<StoredDocument> = own.into_iter().chain(other).collect();
            let before = times.len();
            if let Err(error) = self.add_times(run_id, &replaced, &mut times).await {
                prepared.discard().await;
                return Err(error.into());
            }
            if intents.is_empty() || times.len() > before {
                let own_time = entry.run_time.as_utc();
                let announced = times.iter().copied().chain([own_time]).collect();
                match self.catalog.announce(&[(run_id.clone(), announced)]).await {
                    Ok(intent) => intents.push(intent),
                    Err(error) => {
                        prepared.discard().await;
                        return Err(error.into());
                    }
                }
            }
            tokens.extend(prepared.token().map(str::to_owned));
            let committed = match prepared.commit().await {
                Err(error) => {
                    if is_refusal(&error) {
                        // The server refused, so nothing has changed, and nothing will.
                        for intent in intents {
                            drop(self.catalog.withdraw(intent).await);
                        }
                    }
                    return Err(error);
                }
                committed => committed?,
            };
            if let Some(written) = committed {
                self.replaced(entry, names, &written, (replaced, times), intents).await?;
                return Ok(WriteOutcome::Replaced(written));
            }
            tried = replaced;
            pause(attempt).await;
        }
        Ok(WriteOutcome::Absent)
    }

    /// Puts the entries in order after `written` has replaced documents with entries at `times`.
    async fn replaced(
        &self,
        entry: &Entry,
        names: &DocumentNames,
        written: &Uploaded,
        (replaced, mut times): (Vec<StoredDocument>, BTreeSet<UtcReading>),
        intents: Vec<OwnIntent>,
    ) -> object_store::Result<()> {
        let run_id = &entry.run_id;
        let (path, others) =
            try_join(self.catalog.put(entry, written.version(), written.digest), self.catalog.intents_of(run_id))
                .await?;
        // Writers that died may have left entries there.
        let others = others.iter().filter(|other| !intents.iter().any(|own| own.is(other)));
        times.extend(others.flat_map(|other| other.times_of(run_id)));
        let own = OwnDocument { document: &names.own, written, entry: CatalogEntry { path, entry: entry.clone() } };
        let found = self.reconcile(run_id, &times, Some(own)).await?.found;
        for other in replaced.iter().filter(|old| old.path == names.other && old.path != names.own) {
            self.documents.remove_version(&other.path, other.version.e_tag.as_deref()).await?;
        }
        if replaced.iter().all(|old| no_entry_follows(old, &found)) {
            for intent in intents {
                self.catalog.settle(intent).await?;
            }
            self.tidy_intents().await;
        }
        Ok(())
    }

    /// Makes sure that a document of this run written by others is listed, here and by Python.
    async fn ensure_listed(&self, run_id: &RunId, tokens: &[String]) -> object_store::Result<WriteOutcome> {
        let Some(current) = self.documents.current(run_id).await? else { return Ok(WriteOutcome::Absent) };
        if let Some(written) = current.written_by(tokens) {
            return Ok(WriteOutcome::Created(written));
        }
        let written = current.written();
        let StoredDocument { path, version, is_young, facts, .. } = current;
        let Ok(facts) = facts else { return Ok(WriteOutcome::Exists) };
        if !self.has_entry(&facts, is_young).await? {
            let pending = PendingEntry {
                path: path.clone(),
                version,
                facts: facts.clone(),
                known: Vec::new(),
                may_be_of_python: true,
            };
            let entered = self.enter(vec![pending]).await?;
            if entered.iter().all(|(_, facts)| facts.is_none()) {
                return Ok(WriteOutcome::Absent);
            }
        }
        self.python.add_if_missing(&facts, &path, &written).await;
        Ok(WriteOutcome::Exists)
    }

    /// Returns whether a document with these facts has its entry. Waits for the entry of a young document.
    pub(super) async fn has_entry(&self, facts: &Entry, is_young: bool) -> object_store::Result<bool> {
        let times = BTreeSet::from([facts.run_time.as_utc()]);
        let begun = Instant::now();
        for attempt in 0.. {
            if self.catalog.at(&facts.run_id, &times).await?.iter().any(|found| found.entry == *facts) {
                return Ok(true);
            }
            if !is_young || begun.elapsed() > ENTRY_WAIT {
                break;
            }
            pause(attempt).await;
        }
        Ok(false)
    }
}

/// Returns `body` with its digest, which the reader of the input has computed for almost all of them.
async fn with_digest(body: &Body) -> io::Result<Body> {
    let mut body = body.clone();
    if body.known_digest().is_none() {
        let digest = match body.len_in_memory() == body.len() {
            true => body.digest()?,
            false => {
                let body = body.clone();
                tokio::task::spawn_blocking(move || body.digest()).await.map_err(io::Error::other)??
            }
        };
        body.set_digest(digest);
    }
    Ok(body)
}

/// Returns whether the server answered that it refuses the request, so that the write has not happened and will not
/// happen.
fn is_refusal(error: &UploadError) -> bool {
    let UploadError::Store(error) = error else { return false };
    ServiceError::under(error).is_some_and(|known| known.kind != Some(ErrorKind::Connection))
}

/// Outcome of writing a document.
enum WriteOutcome {
    /// The document is new and has no entry yet.
    Created(Uploaded),
    /// The document has replaced another, and the entries are in order.
    Replaced(Uploaded),
    /// Another document exists and stays.
    Exists,
    /// Not written: the other document is gone meanwhile, or others were faster each time.
    Absent,
}

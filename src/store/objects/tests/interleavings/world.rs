//! The objects that all clients of an execution share, the effect of each request on them, and the queue of requests.
//!
//! Every request takes effect at one moment, between two others. Moments are counted, and each change of a document is
//! recorded, so that a list can be compared with the documents at every moment of the list.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    Error as Failure, GetOptions, GetResult, ListResult, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutMode,
    PutOptions, PutPayload, PutResult,
};

use super::request::{Request, RequestOutcome};
use crate::result::{Entry, TimeZone};
use crate::store::objects::tests::{Arc, InMemory, Mutex};

/// Names per page of a list. Few, so that a list over a small store takes several moments.
const PAGE: usize = 2;

/// Versions and times of objects. Either equal content has an equal version and times are whole seconds, as on S3; or
/// every write has a version and a time of its own, as on Google Cloud Storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    OfContent,
    Counted,
}

/// One change of a document, and the moment at which it took effect.
#[derive(Clone, Debug)]
pub(super) struct DocumentChange {
    pub(super) moment: usize,
    pub(super) run_id: String,
    pub(super) document: Option<Bytes>,
    /// The client that made it; `None` before the clients start.
    pub(super) by: Option<usize>,
}

/// A request that waits for its turn.
pub(super) struct WaitingRequest {
    pub(super) ticket: u64,
    pub(super) client: usize,
    pub(super) request: Request,
    turn: Arc<dyn QueuedEffect>,
}

impl fmt::Debug for WaitingRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.request, self.client)
    }
}

/// The effect of a request, once its turn has come.
pub(super) trait QueuedEffect: Send + Sync {
    /// Applies the effect, whether or not the client polls for the answer now.
    fn take(&self, verdict: RequestOutcome);
}

#[derive(Debug, Default)]
struct Records {
    waiting: Vec<WaitingRequest>,
    tickets: u64,
    moment: usize,
    changes: Vec<DocumentChange>,
    /// The moment at which each object was written.
    written: BTreeMap<Path, usize>,
}

#[derive(Debug)]
pub(super) struct World {
    objects: InMemory,
    /// Objects written at moment 0 have this time; every moment takes a millisecond.
    origin: ObjectMeta,
    pub(super) versions: Versions,
    /// The time zone of all profiles.
    pub(super) zone: TimeZone,
    /// How much older everything appears than it is.
    aged: Duration,
    records: Mutex<Records>,
}

impl World {
    pub(super) fn new(versions: Versions, zone: TimeZone) -> Arc<Self> {
        let (objects, records) = (InMemory::new(), Mutex::default());
        let path = Path::from("origin");
        now(objects.put(&path, PutPayload::new())).unwrap();
        let origin = now(objects.head(&path)).unwrap();
        now(objects.delete(&path)).unwrap();
        Arc::new(Self { objects, origin, versions, zone, aged: Duration::ZERO, records })
    }

    /// Copies the objects, `aged` later. The copies are independent.
    pub(super) fn fork(&self, aged: Duration) -> Arc<Self> {
        let records = self.records();
        let (moment, changes, written) = (records.moment, records.changes.clone(), records.written.clone());
        let records = Mutex::new(Records { moment, changes, written, ..Records::default() });
        let (objects, origin) = (self.objects.fork(), self.origin.clone());
        Arc::new(Self {
            objects,
            origin,
            versions: self.versions,
            zone: self.zone.clone(),
            aged: self.aged + aged,
            records,
        })
    }

    /// Returns the number of requests that have taken effect.
    pub(super) fn moment(&self) -> usize {
        self.records().moment
    }

    pub(super) fn changes(&self) -> Vec<DocumentChange> {
        self.records().changes.clone()
    }

    /// Returns the key and the content of every object.
    pub(super) fn contents(&self) -> Vec<(Path, Bytes)> {
        let listed: Vec<ObjectMeta> = now(self.objects.list(None).try_collect()).unwrap_or_default();
        let read = |meta: ObjectMeta| (meta.location.clone(), self.content(&meta.location).unwrap_or_default());
        listed.into_iter().map(read).collect()
    }

    // The queue.

    /// Adds a request to the queue.
    pub(super) fn ask(&self, client: usize, request: Request, turn: Arc<dyn QueuedEffect>) -> u64 {
        let mut records = self.records();
        records.tickets += 1;
        let ticket = records.tickets;
        records.waiting.push(WaitingRequest { ticket, client, request, turn });
        ticket
    }

    /// Returns the waiting requests with their clients and tickets.
    pub(super) fn waiting(&self) -> Vec<(usize, Request, u64)> {
        let records = self.records();
        let waiting = records.waiting.iter().map(|waiting| (waiting.client, waiting.request.clone(), waiting.ticket));
        waiting.collect()
    }

    /// Lets a request take effect.
    pub(super) fn grant(&self, ticket: u64, verdict: RequestOutcome) {
        if let Some(waiting) = self.give_up(ticket) {
            waiting.turn.take(verdict);
        }
    }

    /// Removes a request from the queue, if it is there.
    pub(super) fn give_up(&self, ticket: u64) -> Option<WaitingRequest> {
        let waiting = &mut self.records().waiting;
        let place = waiting.iter().position(|waiting| waiting.ticket == ticket)?;
        Some(waiting.remove(place))
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // A panic of a client is reported as a fault of its own.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The effects of requests.

    pub(super) fn put(
        &self,
        client: Option<usize>,
        path: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.records().moment += 1;
        if let PutMode::Update(version) = &options.mode {
            self.require(path, version.e_tag.as_deref())?;
            options.mode = PutMode::Overwrite;
        }
        let content = Bytes::from(payload.clone());
        let mut result = now(self.objects.put_opts(path, payload, options))?;
        let moment = self.moment();
        self.records().written.insert(path.clone(), moment);
        self.note(client, path, Some(&content));
        result.e_tag = self.e_tag(path, result.e_tag);
        Ok(result)
    }

    pub(super) fn get(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.records().moment += 1;
        let mut result = now(self.objects.get_opts(path, options))?;
        result.meta = self.seen(result.meta);
        Ok(result)
    }

    pub(super) fn delete(&self, client: Option<usize>, path: &Path, e_tag: Option<&str>) -> object_store::Result<()> {
        self.records().moment += 1;
        let present = self.content(path);
        if let Some(e_tag) = e_tag {
            // Some services check the condition first: an object that does not exist has another version.
            if present.is_none() && self.versions == Versions::OfContent {
                return Err(Failure::NotFound { path: path.to_string(), source: "nothing is there".into() });
            }
            self.require(path, Some(e_tag))?;
        }
        now(self.objects.delete(path))?;
        if present.is_some() {
            self.note(client, path, None);
        }
        Ok(())
    }

    /// Returns one page of names after `after`, and whether there are more.
    pub(super) fn page(&self, prefix: Option<&Path>, after: Option<&Path>) -> (Vec<ObjectMeta>, bool) {
        self.records().moment += 1;
        let listed: Vec<ObjectMeta> = now(self.objects.list(prefix).try_collect()).unwrap_or_default();
        let mut listed: Vec<ObjectMeta> =
            listed.into_iter().filter(|meta| after.is_none_or(|after| meta.location > *after)).collect();
        let more = listed.len() > PAGE;
        listed.truncate(PAGE);
        (listed.into_iter().map(|meta| self.seen(meta)).collect(), more)
    }

    pub(super) fn directory(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.records().moment += 1;
        let mut listed = now(self.objects.list_with_delimiter(prefix))?;
        listed.objects = listed.objects.into_iter().map(|meta| self.seen(meta)).collect();
        Ok(listed)
    }

    fn content(&self, path: &Path) -> Option<Bytes> {
        now(async { self.objects.get(path).await?.bytes().await }).ok()
    }

    fn seen(&self, meta: ObjectMeta) -> ObjectMeta {
        let e_tag = self.e_tag(&meta.location, meta.e_tag);
        let moment = self.records().written.get(&meta.location).copied().unwrap_or_default();
        // In milliseconds, so the whole execution is over before an intent has lingered.
        let age = Duration::from_millis(moment as u64);
        let mut last_modified = self.origin.last_modified + age - self.aged;
        if self.versions == Versions::OfContent {
            last_modified -= Duration::from_nanos(last_modified.timestamp_subsec_nanos().into());
        }
        ObjectMeta { e_tag, last_modified, ..meta }
    }

    fn e_tag(&self, path: &Path, counted: Option<String>) -> Option<String> {
        match self.versions {
            Versions::Counted => counted,
            Versions::OfContent => {
                let mut hasher = DefaultHasher::new();
                self.content(path)?.hash(&mut hasher);
                Some(format!("{:016x}", hasher.finish()))
            }
        }
    }

    /// Fails unless the object at `path` has this version.
    fn require(&self, path: &Path, e_tag: Option<&str>) -> object_store::Result<()> {
        let present = now(self.objects.head(path)).ok().and_then(|meta| self.e_tag(path, meta.e_tag));
        if present.is_some() && present.as_deref() == e_tag {
            return Ok(());
        }
        Err(Failure::Precondition { path: path.to_string(), source: "it has another version".into() })
    }

    fn note(&self, by: Option<usize>, path: &Path, content: Option<&Bytes>) {
        let Some(run_id) = document_of(path) else { return };
        let mut records = self.records();
        let moment = records.moment;
        records.changes.push(DocumentChange { moment, run_id, document: content.cloned(), by });
    }
}

/// Returns the run id of the document at `path`.
pub(super) fn document_of(path: &Path) -> Option<String> {
    let (_, name) = path.as_ref().split_once("/results/")?;
    Some(name.strip_suffix(".json")?.to_owned())
}

/// Returns the facts in a document.
pub(super) fn facts(document: &Bytes) -> Entry {
    crate::result::describe(&document[..], crate::result::DocumentLimit::NONE).unwrap()
}

/// Requests to memory are answered at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().unwrap()
}

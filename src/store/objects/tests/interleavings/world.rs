//! The objects that all clients of an execution share: what each request does to them, and who waits for a turn.
//!
//! Every request takes effect at one moment, between two others. Moments are counted, and what each did to a document
//! is written down, so that a list can be compared with what was there while it was under way.

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

use super::request::{Request, Verdict};
use crate::result::Entry;
use crate::store::objects::tests::{Arc, InMemory, Mutex};

/// How many names one page of a list holds: few, so that a list over a small store has moments in between.
const PAGE: usize = 2;

/// Whether equal content has an equal version and times are whole seconds, as on S3, or every write has a version of its
/// own and its own time, as on Google's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    OfContent,
    Counted,
}

/// One change of a document, and the moment at which it took effect.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) moment: usize,
    pub(super) run_id: String,
    pub(super) document: Option<Bytes>,
    /// The client that made it; nothing for what was there before all of them.
    pub(super) by: Option<usize>,
}

/// A request that waits for its turn.
pub(super) struct Waiting {
    pub(super) ticket: u64,
    pub(super) client: usize,
    pub(super) request: Request,
    turn: Arc<dyn Turn>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.request, self.client)
    }
}

/// What is to be done when the turn of a request has come.
pub(super) trait Turn: Send + Sync {
    /// Does it, whether or not the client looks for the answer now.
    fn take(&self, verdict: Verdict);
}

#[derive(Debug, Default)]
struct Records {
    waiting: Vec<Waiting>,
    tickets: u64,
    moment: usize,
    changes: Vec<Change>,
    /// When each object was written.
    written: BTreeMap<Path, usize>,
}

#[derive(Debug)]
pub(super) struct World {
    objects: InMemory,
    /// What is written at moment 0 was modified then; every moment takes a millisecond.
    origin: ObjectMeta,
    versions: Versions,
    /// By how much everything is older than it is.
    aged: Duration,
    records: Mutex<Records>,
}

impl World {
    pub(super) fn new(versions: Versions) -> Arc<Self> {
        let (objects, records) = (InMemory::new(), Mutex::default());
        let path = Path::from("origin");
        now(objects.put(&path, PutPayload::new())).unwrap();
        let origin = now(objects.head(&path)).unwrap();
        now(objects.delete(&path)).unwrap();
        Arc::new(Self { objects, origin, versions, aged: Duration::ZERO, records })
    }

    /// The same objects, `aged` later; what happens to either does not happen to the other.
    pub(super) fn fork(&self, aged: Duration) -> Arc<Self> {
        let records = self.records();
        let (moment, changes, written) = (records.moment, records.changes.clone(), records.written.clone());
        let records = Mutex::new(Records { moment, changes, written, ..Records::default() });
        let (objects, origin) = (self.objects.fork(), self.origin.clone());
        Arc::new(Self { objects, origin, versions: self.versions, aged: self.aged + aged, records })
    }

    /// How many requests have taken effect.
    pub(super) fn moment(&self) -> usize {
        self.records().moment
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        self.records().changes.clone()
    }

    /// The name and the content of every object.
    pub(super) fn contents(&self) -> Vec<(Path, Bytes)> {
        let listed: Vec<ObjectMeta> = now(self.objects.list(None).try_collect()).unwrap_or_default();
        let read = |meta: ObjectMeta| (meta.location.clone(), self.content(&meta.location).unwrap_or_default());
        listed.into_iter().map(read).collect()
    }

    // Turns.

    /// Puts a request into the queue.
    pub(super) fn ask(&self, client: usize, request: Request, turn: Arc<dyn Turn>) -> u64 {
        let mut records = self.records();
        records.tickets += 1;
        let ticket = records.tickets;
        records.waiting.push(Waiting { ticket, client, request, turn });
        ticket
    }

    /// The clients that wait, with their requests and their places in the queue.
    pub(super) fn waiting(&self) -> Vec<(usize, Request, u64)> {
        let records = self.records();
        let waiting = records.waiting.iter().map(|waiting| (waiting.client, waiting.request.clone(), waiting.ticket));
        waiting.collect()
    }

    /// Lets a request take effect.
    pub(super) fn grant(&self, ticket: u64, verdict: Verdict) {
        if let Some(waiting) = self.give_up(ticket) {
            waiting.turn.take(verdict);
        }
    }

    /// Takes a request out of the queue, if it is there.
    pub(super) fn give_up(&self, ticket: u64) -> Option<Waiting> {
        let waiting = &mut self.records().waiting;
        let place = waiting.iter().position(|waiting| waiting.ticket == ticket)?;
        Some(waiting.remove(place))
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // A client that panics is a fault of its own.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What requests do.

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
            // Some services look at the condition first: what is absent has another version.
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

    /// The names after `after`, one page of them, and whether there are more.
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
        // In milliseconds: the whole execution is over before an intent has lingered.
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

    /// An error unless the object at `path` has this version.
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
        records.changes.push(Change { moment, run_id, document: content.cloned(), by });
    }
}

/// The run whose document lies at `path`.
pub(super) fn document_of(path: &Path) -> Option<String> {
    let (_, name) = path.as_ref().split_once("/results/")?;
    Some(name.strip_suffix(".json")?.to_owned())
}

/// What a document says of itself.
pub(super) fn facts(document: &Bytes) -> Entry {
    crate::result::describe(&document[..]).unwrap()
}

/// Requests to memory are answered at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().unwrap()
}

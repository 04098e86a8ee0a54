//! Requests that each operation sends to the store.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::{fmt, io};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions,
};

use super::*;

/// Records every request, and lets only a limited number of writes through.
#[derive(Debug)]
pub(super) struct Counted {
    inner: Arc<dyn ObjectStore>,
    requests: Mutex<Vec<String>>,
    writes_left: AtomicI64,
    is_full: AtomicBool,
    hides_versions: AtomicBool,
}

impl Counted {
    pub(super) fn new(inner: Arc<dyn ObjectStore>) -> Arc<Self> {
        let writes_left = AtomicI64::new(i64::MAX);
        let (is_full, hides_versions) = Default::default();
        Arc::new(Self { inner, requests: Mutex::new(Vec::new()), writes_left, is_full, hides_versions })
    }

    /// Leaves the versions of objects out of lists, as some servers of the S3 API do.
    fn hide_versions(&self) {
        self.hides_versions.store(true, Ordering::SeqCst);
    }

    /// Makes every further write fail because the store is full.
    pub(super) fn fill(&self) {
        self.is_full.store(true, Ordering::SeqCst);
    }

    pub(super) fn allow_writes(&self, count: i64) {
        self.writes_left.store(count, Ordering::SeqCst);
    }

    /// Returns the requests since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    fn note(&self, request: &str) {
        self.requests.lock().unwrap().push(request.to_owned());
    }

    fn write(&self) -> object_store::Result<()> {
        if self.writes_left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        Err(Error::Generic { store: "counted", source: "killed".into() })
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "counted {}", self.inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Counted {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        self.note(match options.mode {
            PutMode::Create => "create",
            PutMode::Update(_) => "update",
            PutMode::Overwrite => "put",
        });
        self.write()?;
        if self.is_full.load(Ordering::SeqCst) {
            return Err(Error::Generic {
                store: "counted",
                source: io::Error::from(io::ErrorKind::StorageFull).into(),
            });
        }
        self.inner.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.note("multipart");
        self.write()?;
        self.inner.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.note(if options.head { "head" } else { "get" });
        self.inner.get_opts(from, options).await
    }

    async fn get_ranges(&self, from: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        self.inner.get_ranges(from, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.note("delete");
        match self.write() {
            Ok(()) => self.inner.delete_stream(paths),
            Err(error) => futures_util::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.note("list");
        if !self.hides_versions.load(Ordering::SeqCst) {
            return self.inner.list(prefix);
        }
        self.inner.list(prefix).map_ok(|meta| ObjectMeta { e_tag: None, ..meta }).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.note("list");
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.note("list");
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> object_store::Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[tokio::test]
async fn no_operation_costs_more_in_a_larger_store() {
    let counted = Counted::new(Arc::new(InMemory::new()));
    let store = cloud(counted.clone(), true);
    compared(&store).await;
    for run_time in ["2026-01-01", "2026-01-02"] {
        // The first overwrite of a process looks for settled intents to remove.
        save(&store, &result("warm", run_time)).await;
    }
    entries(&store, &newest(1)).await;
    counted.take();
    for size in 0..3 {
        save(&store, &result(&format!("new-{size}"), "2026-01-01T10:00:00")).await;
        // The document under the other extension, the document, its entry, Python's index.
        assert_eq!(counted.take(), ["head", "create", "put", "get"]);

        save(&store, &result(&format!("new-{size}"), "2026-01-01T11:00:00")).await;
        // The first `put` is the intent, the last one settles it; the first `list` is that of other intents.
        let overwrite =
            ["head", "create", "get", "put", "update", "put", "list", "list", "head", "delete", "put", "get"];
        assert_eq!(counted.take(), overwrite);

        read(&store, &format!("new-{size}")).await.unwrap();
        assert_eq!(counted.take(), ["get"]);

        entries(&store, &newest(2)).await;
        let mut requests = counted.take();
        requests.sort();
        // The second `list` is of intents, because results were overwritten within the last half minute.
        assert_eq!(requests, ["get", "list", "list"]);

        for more in 0..50 {
            save(&store, &result(&format!("more-{size}-{more}"), &format!("2026-02-01T10:00:{more:02}"))).await;
        }
        counted.take();
    }
    store.delete(&id("more-1-1"), None).await.unwrap();
    // The document under both extensions, other intents, the intent, the document's version, the document, its entries,
    // the document under both extensions again, an entry, the intent, Python's index.
    let delete = ["get", "get", "list", "put", "head", "delete", "list", "get", "get", "delete", "delete", "get"];
    assert_eq!(counted.take(), delete);
}

#[tokio::test]
async fn a_server_that_lists_no_versions_is_asked_once_for_each() {
    let objects = Arc::new(InMemory::new());
    let counted = Counted::new(objects.clone());
    counted.hide_versions();
    let store = cloud(counted.clone(), false);
    for run_id in ["a", "b", "c"] {
        save(&store, &result(run_id, "2026-01-01")).await;
    }
    counted.take();
    assert_eq!(ids(&store).await, ["a", "b", "c"]);
    let mut requests = counted.take();
    requests.retain(|request| request != "list");
    requests.sort();
    // Python's index, the version of each document, and the mark that they were compared.
    assert_eq!(requests, ["get", "head", "head", "head", "put"]);
    assert_eq!(ids(&store).await, ["a", "b", "c"]);
    assert!(!counted.take().iter().any(|request| request == "head"));

    // Python replaces a document, and writes its index.
    let replaced = tagged("b", "2026-01-01", Status::Failure, &[]);
    put(&objects, "truthound/default/results/b.json", replaced.body.to_bytes().unwrap()).await;
    put(&objects, "truthound/default/_index.json", Bytes::from_static(b"{}")).await;
    assert_eq!(entries(&store, &Query::default()).await.get(1), Some(&replaced.entry));
}

async fn put(objects: &InMemory, key: &str, content: Bytes) {
    objects.put_opts(&Path::from(key), content.into(), PutOptions::default()).await.unwrap();
}

#[tokio::test]
async fn the_newest_on_a_disk_need_only_the_newest_directories() {
    let directory = tempfile::tempdir().unwrap();
    let plain = disk(&directory);
    for hour in 0..10 {
        for run in 0..3 {
            save(&plain, &result(&format!("{hour}-{run}"), &format!("2026-01-01T{hour:02}:00:00"))).await;
        }
    }
    compared(&plain).await;
    let counted = Counted::new(plain.backend.store.clone());
    let store: Arc<dyn ObjectStore> = counted.clone();
    let backend = Backend { store, ..(*plain.backend).clone() };
    let store = ObjectResultStore::new(backend, Said::default().context());
    assert_eq!(entries(&store, &newest(3)).await.len(), 3);
    let mut requests = counted.take();
    requests.sort();
    // Python's index, intents before and after, marks, the newest hour. The names of the hours come from `NameSearch`.
    assert_eq!(requests, ["get", "list", "list", "list", "list"]);
    assert_eq!(entries(&store, &newest(4)).await.len(), 4);
    // One more hour, and the intents once more.
    assert_eq!(counted.take().len(), 7);
}
